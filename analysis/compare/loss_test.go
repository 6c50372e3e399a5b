package compare

import "testing"

// lossesOf gives the losses of each repeat in turn, of 1000 datagrams.
func lossesOf(lost ...float64) func(string, int, int) map[string]float64 {
	i := -1
	return func(string, int, int) map[string]float64 {
		i++
		return map[string]float64{"datagrams_lost": lost[i%len(lost)], "datagrams": 1000 - lost[i%len(lost)]}
	}
}

// Known answers: Fisher's exact p of R 4.2, fisher.test(matrix(c(k1, 5000-k1, k2, 5000-k2), 2))$p.value, and Newcombe's hybrid
// score intervals (Statistics in Medicine 17, 1998, method 10) by their formula in R, of 95 % and 90 %.
func TestLosses(t *testing.T) {
	for _, c := range []struct {
		name      string
		base, new []float64
		verdict   Verdict
		change    float64
		i95, i90  Range
		p         float64
	}{
		{"none", []float64{0}, []float64{0}, Equivalent, 0,
			Range{-0.000767701945057, 0.000767701945057}, Range{-0.000540816050554, 0.000540816050554}, 1},
		{"10 and 60", []float64{2}, []float64{12}, Regressed, 0.01,
			Range{0.00685039713886, 0.01353475507627}, Range{0.00735234208891, 0.01292257311436}, 7.069373189e-10},
		{"60 and 10", []float64{12}, []float64{2}, Improved, -0.01,
			Range{-0.01353475507627, -0.00685039713886}, Range{-0.01292257311436, -0.00735234208891}, 7.069373189e-10},
		{"10 and 12", []float64{2}, []float64{2, 2, 2, 3, 3}, Inconclusive, 0.0004,
			Range{-0.00156699481663, 0.00241000141323}, Range{-0.00121648671086, 0.00204785404862}, 0.8316266015},
	} {
		a, b := two([]string{"rate=1000000"}, 5, lossesOf(c.base...), lossesOf(c.new...))
		r := compared(t, a, b, Options{}).Comparisons[0]
		if nothing := c.change == 0; r.Metric != "datagram_loss" || r.Verdict != c.verdict || (r.PGate == nil) != nothing || r.Margin != 0.001 {
			t.Errorf("%s: %+v", c.name, r)
		}
		near(t, c.name+" change", *r.Change, c.change, 1e-15)
		near(t, c.name+" p", *r.PExact, c.p, 1e-6*c.p)
		for i := range 2 {
			near(t, c.name+" 95 %", r.Interval[i], c.i95[i], 1e-12)
			near(t, c.name+" 90 %", r.Interval90[i], c.i90[i], 1e-12)
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
