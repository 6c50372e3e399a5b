package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"st67bench/analysis/stats"
	"st67bench/results"
)

func metric(t testing.TB, name string) results.Metric {
	t.Helper()
	m, ok := results.LookupMetric(name)
	if !ok {
		t.Fatalf("no metric %s", name)
	}
	return m
}

func halfWidthOf(m results.Metric, values ...float64) float64 {
	return variationOf(m, values).halfWidth(len(values))
}

func TestHalfWidth(t *testing.T) {
	goodput, lost := metric(t, "goodput"), metric(t, "datagrams_lost")
	// R: i <- t.test(log(c(98,99,100,100,101,102)))$conf.int; (exp(i[2])-exp(i[1]))/2/exp(mean(log(x)))
	if got := halfWidthOf(goodput, 98, 99, 100, 100, 101, 102); math.Abs(got-0.0148438102689916) > 1e-12 {
		t.Errorf("half width %.16f of logarithms", got)
	}
	// R: i <- t.test(c(3,5,4,6,7))$conf.int; (i[2]-i[1])/2/5
	if got := halfWidthOf(lost, 3, 5, 4, 6, 7); math.Abs(got-0.392648632295511) > 1e-12 {
		t.Errorf("half width %.16f of counts", got)
	}
	for _, row := range []struct {
		values []float64
		m      results.Metric
		want   float64
	}{
		{[]float64{7, 7, 7}, goodput, 0},
		{[]float64{0, 0, 0}, lost, 0},
		{[]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, goodput, 0},
		{[]float64{7}, goodput, math.Inf(1)},
		{[]float64{-1, 0, 1}, lost, math.Inf(1)}, // no fraction of a mean of 0
		{nil, goodput, math.Inf(1)},
	} {
		if got := halfWidthOf(row.m, row.values...); got != row.want {
			t.Errorf("%v: half width %v, want %v", row.values, got, row.want)
		}
	}
}

// A ratio's half width does not change with the unit, nor with the order; that of logarithms is MeanInterval's.
func TestHalfWidthScales(t *testing.T) {
	goodput := metric(t, "goodput")
	r := rand.New(rand.NewPCG(67, 1))
	for range 100 {
		n := 2 + r.IntN(20)
		x, scaled, logs := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			logs[i] = 0.3 * r.NormFloat64()
			x[i] = math.Exp(logs[i])
			scaled[n-1-i] = 1e6 * x[i]
		}
		h := halfWidthOf(goodput, x...)
		if again := halfWidthOf(goodput, scaled...); math.Abs(again/h-1) > 1e-12 {
			t.Errorf("%v: half width %v, scaled and turned round %v", x, h, again)
		}
		if i, ok := stats.MeanInterval(logs, stats.Confidence); !ok || math.Abs(math.Sinh((i.Hi-i.Lo)/2)/h-1) > 1e-9 {
			t.Errorf("%v: half width %v, of the interval %+v", x, h, i)
		}
	}
}

// R: n <- 2; while (sinh(qt(.975, n-1) * cv / sqrt(n)) > .02) n <- n + 1
func TestNeeds(t *testing.T) {
	for cv, want := range map[float64]int{0: 2, 0.01: 4, 0.02: 7, 0.03: 12, 0.05: 27} {
		if got := (variation{n: 5, deviation: cv, logs: true}).needs(0.02); got != want {
			t.Errorf("a spread of %v needs %d for 2 %%, want %d", cv, got, want)
		}
	}
	if got := (variation{n: 5, deviation: math.Inf(1)}).needs(0.02); got != 1_000_000 {
		t.Errorf("an endless spread needs %d", got)
	}
}

// R: sqrt((n-1)/qchisq(.95, n-1))
func TestLeastVariation(t *testing.T) {
	for n, want := range map[int]float64{5: 0.649305167385568, 30: 0.8254935049647} {
		if got := (variation{n: n, deviation: 1}).least().deviation; math.Abs(got-want) > 1e-12 {
			t.Errorf("the least spread of %d values is %.15f, want %.15f", n, got, want)
		}
	}
}
