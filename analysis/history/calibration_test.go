package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"st67bench/results"
)

// Rates of simulations come with a standard error sqrt(p (1-p)/trials); bounds are up to four of them away.

func noise(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// rate counts how often a trial says yes.
func rate(trials int, trial func() bool) float64 {
	yes := 0
	for range trials {
		if trial() {
			yes++
		}
	}
	return float64(yes) / float64(trials)
}

func slack(p float64, trials int) float64 { return 4 * math.Sqrt(p*(1-p)/float64(trials)) }

// The first test says yes to chance in 5 %, the second look in at most 1 % more: 0.05 and 0.06, se 0.012 at 300 trials.
func TestChanceAlone(t *testing.T) {
	t.Parallel()
	const trials = 300
	r := rand.New(rand.NewPCG(1, 1))
	primary := 0
	either := rate(trials, func() bool {
		x := noise(r, 20)
		if _, p := newScan(20).split(x, []int{0, 20}, seeded(x)); p <= alpha {
			primary++
		}
		cuts, _ := divide(x, seeded(x))
		return len(cuts) > 0
	})
	if p := float64(primary) / trials; math.Abs(p-alpha) > slack(alpha, trials) {
		t.Errorf("the permutation test finds a cut in %.3f of clean series, nominal is 0.05", p)
	}
	if either > 0.06+slack(0.06, trials) {
		t.Errorf("with the second look it is %.3f, nominal is 0.06 at most", either)
	}
}

// Clean series of 100 releases, of which one scatters by the margin: with the gate at most 5 % have a change (statistics
// of Otava on such series: 8.7 % at its default p).
func TestCleanHundred(t *testing.T) {
	t.Parallel()
	const trials = 40
	r := rand.New(rand.NewPCG(2, 2))
	p := rate(trials, func() bool {
		s := raw(1, noise(r, 100)...)
		return len(s.course(Options{}).Changes) > 0
	})
	t.Logf("%.3f", p)
	if p > 0.05 {
		t.Errorf("a change in %.3f of clean series", p)
	}
}

// The tip test: one new release after 20. The powers are those of the two-sided t test of a new observation,
// P(|T'| > t(0.995, 19)) with T' noncentral t of 19 degrees and noncentrality d/sqrt(1+1/20), by scipy 1.10:
// t = stats.t.ppf(.995, 19); m = d/sqrt(1.05); stats.nct.sf(t, 19, m) + stats.nct.cdf(-t, 19, m).
func TestTipPower(t *testing.T) {
	t.Parallel()
	const trials = 1000
	r := rand.New(rand.NewPCG(3, 3))
	for d, want := range map[float64]float64{0: 0.0100, 2: 0.2145, 3: 0.5385, 4: 0.8367} {
		got := rate(trials, func() bool {
			x := noise(r, 21)
			x[20] += d
			s := raw(1e-9, x...)
			return s.tip(x).Outlying
		})
		if math.Abs(got-want) > slack(want, trials) {
			t.Errorf("power at %v standard deviations is %.3f, should be %.3f", d, got, want)
		}
	}
}

// Power of the search for a step of 3 standard deviations that lasts k releases after 20: at least what the permutation
// tests of the same kind reach at level 0.01, .50 at k = 3, .86 at 5 and .93 at 8, and a bump of six releases .87.
func TestSearchPower(t *testing.T) {
	t.Parallel()
	const trials = 30
	r := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct {
		before, during, after int
		least                 float64
	}{{20, 3, 0, 0.50}, {20, 5, 0, 0.86}, {20, 8, 0, 0.93}, {12, 6, 12, 0.87}} {
		got := rate(trials, func() bool {
			x := noise(r, c.before+c.during+c.after)
			for i := range c.during {
				x[c.before+i] += 3
			}
			cuts, _ := divide(x, seeded(x))
			return slices.ContainsFunc(cuts, func(k cut) bool { return k.at >= c.before-1 && k.at <= c.before+1 })
		})
		t.Logf("%+v: %.3f", c, got)
		if got < c.least-slack(c.least, trials)/2 {
			t.Errorf("%+v: power %.3f", c, got)
		}
	}
}

// Sessions that drift by the scatter of a boot: 16 releases of 5 boots, the ratio to the reference has false changes in
// at most 5 %, and a step of two standard deviations of a boot is named at its exact release in at least 57 %. Where nothing
// drifts the reference is left alone, and that is at least 90 %.
func TestDriftingSessions(t *testing.T) {
	t.Parallel()
	const trials = 40
	const sd = 0.01
	f := figure{results.Metric{Name: "x", Better: +1, Margin: sd}, sd}
	for _, c := range []struct{ drift, least float64 }{{sd, 0.57}, {0, 0.90}} {
		r := rand.New(rand.NewPCG(5, 5))
		l := lab{releases: 16, boots: 5, drift: c.drift}
		removed := 0
		alarm := rate(trials, func() bool {
			s := l.series(f, r, none)
			k := s.course(Options{})
			if k.Drift.Removed {
				removed++
			}
			return len(k.Changes) > 0
		})
		named := rate(trials, func() bool {
			s := l.series(f, r, from(8, -2*sd))
			return slices.Equal(said(s.course(Options{})), []string{"step@r08"})
		})
		t.Logf("drift %v: removed in %d of %d, false %.3f, named %.3f", c.drift, removed, trials, alarm, named)
		if alarm > 0.05 || named < c.least-slack(c.least, trials)/2 {
			t.Errorf("drift %v: false changes in %.3f, the exact release named in %.3f", c.drift, alarm, named)
		}
		if part := float64(removed) / trials; (c.drift > 0) != (part > 0.5) {
			t.Errorf("drift %v: it was removed in %.2f", c.drift, part)
		}
	}
}

// The gate on releases that are the same, without a reference and in sessions that differ: at most 5 % REGRESSED.
func TestGateAcrossSessions(t *testing.T) {
	t.Parallel()
	const trials = 120
	r := rand.New(rand.NewPCG(6, 6))
	l := lab{releases: 12, boots: 5, drift: 0.02, unreferenced: true}
	p := rate(trials, func() bool {
		s := l.series(throughput, r, none)
		return s.course(Options{}).Newest.Verdict == "REGRESSED"
	})
	t.Logf("%.3f", p)
	if p > 0.05 {
		t.Errorf("%.3f of releases that are the same are said to be worse", p)
	}
}

// What would have been seen is seen in about four of five histories.
func TestDetectable(t *testing.T) {
	t.Parallel()
	const trials = 60
	r := rand.New(rand.NewPCG(7, 7))
	l := lab{releases: 14, boots: 5}
	f := figure{results.Metric{Name: "x", Better: +1, Margin: 0.01}, 0.02}
	clean := l.series(f, r, none)
	size := *clean.course(Options{}).Detectable
	got := rate(trials, func() bool {
		s := l.series(f, r, from(7, -size))
		return len(s.course(Options{}).Changes) > 0
	})
	t.Logf("%.3f of a step of %.3f", got, size)
	if got < 0.8-slack(0.8, trials)/4 {
		t.Errorf("a step of %.3f is found in %.2f of histories, said was 0.8", size, got)
	}
}
