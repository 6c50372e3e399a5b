package tune

import (
	"math"
	"slices"
	"testing"

	"st67bench/results"
)

// The values are 1e6 x base x exp(unit + error): base 1.00 1.02, 1.30 1.35, 1.40 1.52 by length and wait, unit 0, 0.05, -0.03. What is
// expected is of R 4.2.2: m <- aov(log(y) ~ factor(unit) + factor(length)*factor(wait)); summary(m) for p, model.tables(m, "effects") for
// the effects, the shares are the sums of squares over those of the three terms, and intervals are exp(effect -+
// qt(.975, 10) sqrt(MSE df/18)) - 1 with the term's df.
func TestEffectsAgainstR(t *testing.T) {
	base := [][]float64{{1.00, 1.02}, {1.30, 1.35}, {1.40, 1.52}}
	noise := []float64{0.010, -0.004, 0.006, -0.012, 0.003, 0.008, -0.007, 0.002, 0.011, -0.005, -0.009, 0.004, 0.001, 0.006, -0.003, 0.007, -0.010, 0.005}
	unit := []float64{0, 0.05, -0.03}
	r := race("max goodput", grid([]string{"512", "1460", "2920"}, []string{"final", "recv"}), 1, 12)
	s := r.begin(fullRun(r, 3, func(i, u int) float64 {
		return 1e6 * base[i/2][i%2] * math.Exp(unit[u]+noise[6*u+i])
	}))
	e, ok := r.effects(s, s.goal.Metric)
	if !ok || len(e.Terms) != 3 || e.Units != 3 || len(e.LeftOut) != 0 {
		t.Fatalf("%+v", e)
	}
	close := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	close("mean", e.Mean/1e6, 1.25897500042)
	for i, want := range []struct{ share, p float64 }{
		{0.9666579358858, 4.05934879264e-15}, {0.0227257571169, 1.08897696768e-07}, {0.0106163069973, 1.44696523401e-05},
	} {
		close("share", e.Terms[i].Share, want.share)
		close("p", e.Terms[i].P/want.p, 1)
	}
	for i, want := range []struct{ change, lo, hi float64 }{
		{-0.1913560617040, -0.1958957124391, -0.1867907819191}, {0.0600010128275, 0.0540502672036, 0.0659853539776}, {0.1666387149219, 0.1600893153049, 0.1732250898259},
	} {
		l := e.Terms[0].Levels[i]
		close("change", l.Change, want.change)
		close("lo", l.Interval.Lo, want.lo)
		close("hi", l.Interval.Hi, want.hi)
	}
	for i, want := range []float64{0.01399252019127, -0.01379943136921, 0.00896663987328, -0.00888695375935, -0.02256375022007, 0.02308462595402} {
		close("interaction", e.Terms[2].Levels[i].Change, want)
	}
}

// fullRun measures each case in each of so many units.
func fullRun(r *Race, units int, goodput func(i, u int) float64) []results.Result {
	var all []results.Result
	for u := range units {
		for i, c := range r.Cases {
			x := results.Result{Seq: len(all) + 1, Boot: 1, Block: u + 1, Case: c.Key, Factors: c.Factors, Outcome: results.Pass, Metrics: map[string]float64{}}
			if v := goodput(i, u); v > 0 {
				x.Metrics["goodput"] = v
			} else {
				x.Outcome = results.Refused
			}
			all = append(all, x)
		}
	}
	return all
}

// A length that is refused with one setting, or with both, is left out of the effects, so that the rest is balanced: 1 and 2 at a, 2 and 4 at b
// (a factor 2 each) are -29.3 % and +41.4 %, 1/sqrt 2 and sqrt 2, with no interaction and no error.
func TestEffectsLeaveOutLevels(t *testing.T) {
	for _, refused := range [][]int{{4}, {4, 5}} {
		r := race("max goodput", grid([]string{"1", "2", "3"}, []string{"a", "b"}), 1, 12)
		s := r.begin(fullRun(r, 3, func(i, _ int) float64 {
			if slices.Contains(refused, i) {
				return 0
			}
			return 1e6 * float64(int(1)<<(i/2+i%2))
		}))
		e, ok := r.effects(s, s.goal.Metric)
		if !ok || !slices.Equal(e.LeftOut, []string{"length=3"}) {
			t.Fatalf("%+v", e)
		}
		for _, term := range e.Terms[:2] {
			if math.Abs(term.Levels[1].Change-(math.Sqrt2-1)) > 1e-12 || term.P != 0 || math.Abs(term.Share-0.5) > 1e-12 || term.Levels[0].Interval.Lo != term.Levels[0].Change {
				t.Errorf("%+v", term)
			}
		}
		if x := e.Terms[2]; x.P != 1 || x.Share != 0 {
			t.Errorf("%+v", x)
		}
	}
}

// Scale: in other units the effects are the same. Order: that of the results does not matter.
func TestEffectsInvariance(t *testing.T) {
	r := race("max goodput", grid([]string{"1", "2"}, []string{"a", "b"}), 1, 12)
	value := func(i, u int) float64 { return 1e6 * (1 + 0.1*float64(i*i) + 0.01*float64((u*7+i*3)%5)) }
	all := fullRun(r, 3, value)
	one, _ := r.effects(r.begin(all), r.Goal.Metric)
	scaled := fullRun(r, 3, func(i, u int) float64 { return 1000 * value(i, u) })
	slices.Reverse(scaled)
	two, _ := r.effects(r.begin(scaled), r.Goal.Metric)
	for i, term := range one.Terms {
		other := two.Terms[i]
		if math.Abs(term.Share-other.Share) > 1e-12 || math.Abs(term.P/other.P-1) > 1e-9 || math.Abs(term.Levels[0].Change-other.Levels[0].Change) > 1e-12 {
			t.Errorf("%+v\n%+v", term, other)
		}
	}
}
