package compare

import (
	"math"
	"testing"
)

// lossesOf gives the losses of each repeat in turn, of 1000 datagrams.
func lossesOf(lost ...float64) func(string, int, int) map[string]float64 {
	i := -1
	return func(string, int, int) map[string]float64 {
		i++
		return map[string]float64{"datagrams_lost": lost[i%len(lost)], "datagrams": 1000 - lost[i%len(lost)]}
	}
}

// Known answers: Fisher's exact p of R 4.2, fisher.test(matrix(c(k1, n1-k1, k2, n2-k2), 2))$p.value, and Newcombe's hybrid
// score interval (Statistics in Medicine 17, 1998, method 10) by its formula in R.
func TestLosses(t *testing.T) {
	for _, c := range []struct {
		name      string
		base, new []float64
		verdict   Verdict
		change    float64
		gate      float64 // 0 for none
	}{
		// nothing of 5000: Wilson's upper end is 1.96^2/(5000+1.96^2) = 0.077 %, below 0.1 pp
		{"none", []float64{0}, []float64{0}, Equivalent, 0, 0},
		// 10 and 60 of 5000: +1 pp, R: p 5.9e-10
		{"more", []float64{2}, []float64{12}, Regressed, 0.01, 1},
		{"fewer", []float64{12}, []float64{2}, Improved, -0.01, 1},
		// 10 and 12 of 5000: +0.04 pp, interval -0.14 to +0.23 pp
		{"a few more", []float64{2}, []float64{2, 2, 2, 3, 3}, Inconclusive, 0.0004, 1},
	} {
		a, b := two([]string{"rate=1000000"}, 5, lossesOf(c.base...), lossesOf(c.new...))
		r := compared(t, a, b, Options{}).Comparisons[0]
		if r.Metric != "datagram_loss" || r.Verdict != c.verdict || (r.PGate == nil) != (c.gate == 0) || r.Margin != 0.001 {
			t.Errorf("%s: %+v", c.name, r)
		}
		near(t, c.name+" change", *r.Change, c.change, 1e-15)
		if r.Interval == nil || math.IsNaN(r.Interval[0]) || r.Interval[0] > c.change || r.Interval[1] < c.change {
			t.Errorf("%s: interval %v", c.name, r.Interval)
		}
	}
}

// One burst of 300 in one boot of each five: 300 of 5000 against none is p < 1e-80 for independent losses, and tells nothing
// of boots: the exact Mann-Whitney p of (0, 0, 0, 0, .3) against zeros is 1, as 5 of 10 places of the one are base's.
func TestBurstsAreComparedByBoot(t *testing.T) {
	a, b := two([]string{"rate=1000000"}, 5, lossesOf(0), lossesOf(0, 0, 300, 0, 0))
	r := compared(t, a, b, Options{}).Comparisons[0]
	if r.Verdict == Regressed || *r.PGate != 1 || r.Note == "" {
		t.Errorf("%s, p %v, note %q", r.Verdict, *r.PGate, r.Note)
	}
	a, b = two([]string{"rate=1000000"}, 5, lossesOf(0, 1, 2, 3, 4), lossesOf(300, 120, 250, 80, 190))
	if r = compared(t, a, b, Options{}).Comparisons[0]; r.Verdict != Regressed {
		t.Errorf("bursts in every boot: %s, p %v", r.Verdict, *r.PGate)
	}
	near(t, "exact p", *r.PExact, 0.00793650793650794, 1e-12) // 2/choose(10, 5)
}

// Bytes lost are a fraction of those sent.
func TestBytesLost(t *testing.T) {
	of := func(lost float64) func(string, int, int) map[string]float64 {
		return func(string, int, int) map[string]float64 {
			return map[string]float64{"loss": lost, "sent": 100000, "received": 100000 - lost}
		}
	}
	a, b := two([]string{"length=64"}, 5, of(0), of(1000))
	r := compared(t, a, b, Options{}).Comparisons[0]
	if r.Metric != "loss" || r.Verdict != Regressed || r.Base != 0 || r.New != 0.01 {
		t.Errorf("%+v", r)
	}
}
