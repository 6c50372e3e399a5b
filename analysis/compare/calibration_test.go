package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"st67bench/analysis"
)

// draw is n boots of 10 Mbit/s, changed by the fraction, whose logarithms have the standard deviation.
func draw(rng *rand.Rand, n int, change, deviation float64) []analysis.Observation {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1e7 * (1 + change) * math.Exp(deviation*rng.NormFloat64())
	}
	return values(v...)
}

// shareOf judges trials draws of two sides, and says how often is holds.
func shareOf(t *testing.T, rng *rand.Rand, trials, n int, change, deviation, margin float64, is func(Row) bool) float64 {
	m := metric(t, "goodput")
	hits := 0
	for range trials {
		if is(Judge(m, margin, draw(rng, n, 0, deviation), draw(rng, n, change, deviation))) {
			hits++
		}
	}
	return float64(hits) / float64(trials)
}

func within(r Row) bool { return r.Verdict == Equivalent || r.Verdict == Negligible }

// standardError of a share.
func standardError(p float64, trials int) float64 { return math.Sqrt(p * (1 - p) / float64(trials)) }

// Two sides that are the same regress by mistake in 2.5 % of the trials at most, the lower half of a two-sided level of 5 %; with
// no margin to speak of, so that nothing else keeps them from it. The standard error of 1500 trials is 0.4 %.
func TestSameSidesDoNotRegress(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 34))
	const trials = 1500
	for _, n := range []int{3, 5, 8} {
		got := shareOf(t, rng, trials, n, 0, 0.02, 1e-6, func(r Row) bool { return r.Verdict == Regressed })
		if limit := 0.025 + 3*standardError(0.025, trials); got > limit {
			t.Errorf("n %d: %.4f regressed, want at most %.4f", n, got, limit)
		}
	}
}

// The interval covers the true change 95 % of the time: 2000 trials have a standard error of 0.49 %.
func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 35))
	got := shareOf(t, rng, 2000, 5, -0.04, 0.03, 0.03, func(r Row) bool { return r.Interval[0] <= -0.04 && -0.04 <= r.Interval[1] })
	if got < 0.935 || got > 0.97 { // Welch's is a little wide at n 5
		t.Errorf("covers %.4f, want 0.95", got)
	}
}

// Among 12 metrics that share half of their variance, a boot's luck, some false difference counts in at most 5 % of the
// trials. The standard error of 600 trials is 0.89 %. Without Holm it is far more often.
func TestFamilyOfTwelve(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 36))
	m := metric(t, "goodput")
	const trials, n, deviation = 600, 6, 0.02
	flagged, alone := 0, 0
	for range trials {
		luck := make([]float64, 2*n)
		for i := range luck {
			luck[i] = rng.NormFloat64()
		}
		c := &Comparison{}
		for range 12 {
			base, new := draw(rng, n, 0, 0), draw(rng, n, 0, 0)
			for i := range n {
				base[i].Value *= math.Exp(deviation * (luck[i] + rng.NormFloat64()) / math.Sqrt2)
				new[i].Value *= math.Exp(deviation * (luck[n+i] + rng.NormFloat64()) / math.Sqrt2)
			}
			c.Comparisons = append(c.Comparisons, Judge(m, 1e-6, base, new))
		}
		c.adjust()
		any, one := false, false
		for _, r := range c.Comparisons {
			differs := r.Verdict == Regressed || r.Verdict == Improved
			one = one || differs
			any = any || differs && r.Counts()
		}
		if any {
			flagged++
		}
		if one {
			alone++
		}
	}
	got := float64(flagged) / trials
	if limit := 0.05 + 3*standardError(0.05, trials); got > limit {
		t.Errorf("a false difference counts in %.3f of the trials, want at most %.3f", got, limit)
	}
	if share := float64(alone) / trials; share < 0.15 {
		t.Errorf("without the family %.3f would: there is nothing to adjust for", share)
	}
}

// How often two equal sides are told to be within 3 % of each other, and how often two that are 3 % apart are: the figures of
// two one-sided t tests of 5 % by simulation in NumPy with the same numbers of boots and spreads, .99 and .045, .41, .90, .42.
// The method that stands beside t may cost nothing of it. The standard error of 800 trials is at most 1.8 %.
func TestPowerOfEquivalence(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 37))
	const trials = 800
	for _, c := range []struct {
		n                       int
		change, deviation, want float64
	}{{5, 0, 0.01, 0.99}, {5, 0, 0.02, 0.41}, {10, 0, 0.02, 0.90}, {10, 0, 0.03, 0.42}} {
		got := shareOf(t, rng, trials, c.n, c.change, c.deviation, 0.03, within)
		if got < c.want-3*standardError(c.want, trials) {
			t.Errorf("n %d, CV %v: within the margin %.3f of the time, want %.3f", c.n, c.deviation, got, c.want)
		}
	}
	if got := shareOf(t, rng, trials, 5, -0.03, 0.01, 0.03, within); got > 0.05+3*standardError(0.05, trials) {
		t.Errorf("3 %% worse is within 3 %% in %.3f of the trials, want at most 0.05", got)
	}
}

// A shift of two standard deviations is seen with 5 boots a side as often as the weaker of the two tests sees it, .68 by
// simulation in NumPy; the standard error of 1200 trials is 1.3 %.
func TestPowerOfDifference(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 38))
	const trials = 1200
	got := shareOf(t, rng, trials, 5, math.Expm1(-2*0.02), 0.02, 1e-6, func(r Row) bool { return r.Verdict == Regressed })
	if got < 0.68-3*standardError(0.68, trials) {
		t.Errorf("seen %.3f of the time, want 0.68", got)
	}
}
