package tune

import (
	"math"
	"slices"
	"testing"

	"st67bench/results"
)

// Six units of 2 x 2 cases: 1, 2, 3 and 6 Mbit/s. The factors 2 and 3 are exact, so that the means of the levels are sqrt(1 x 3) and
// sqrt(2 x 6), sqrt(1 x 2) and sqrt(3 x 6), and nothing is left for an interaction. All units count, not only a race's first; the one
// in which a case was not measured does not.
func TestEffectsOfRun(t *testing.T) {
	r := race("max goodput", grid([]string{"1", "2"}, []string{"a", "b"}), 1, 6)
	goodput := []float64{1e6, 2e6, 3e6, 6e6}
	run := &results.Run{Factors: r.Factors, Cases: r.Cases, Results: fullRun(r, 6, func(i, u int) float64 {
		if i == 2 && u == 3 {
			return 0
		}
		return goodput[i]
	})}
	for i := range run.Results { // not measured, and not refused for good
		if run.Results[i].Outcome == results.Refused {
			run.Results[i].Outcome = results.Error
		}
		run.Results[i].Repeat = run.Results[i].Block
	}
	e, ok := EffectsOf(run, "goodput")
	if !ok || e.Units != 5 || len(e.LeftOut) != 0 || len(e.Terms) != 3 {
		t.Fatalf("%v %+v", ok, e)
	}
	got := []float64{e.At(), e.At(e.Terms[0].Levels[0].Change), e.At(e.Terms[0].Levels[1].Change), e.At(e.Terms[0].Levels[1].Change, e.Terms[1].Levels[1].Change)}
	for i, want := range []float64{math.Sqrt(6), math.Sqrt2, 3 * math.Sqrt2, 6} {
		if math.Abs(got[i]/1e6-want) > 1e-9 {
			t.Errorf("mean %d is %g, want %g", i, got[i]/1e6, want)
		}
	}
	if x := e.Terms[2]; x.P != 1 || x.Share != 0 {
		t.Errorf("interaction %+v", x)
	}
	run.Cases = run.Cases[:3] // of a plan that leaves a combination out
	if e, ok := EffectsOf(run, "goodput"); ok {
		t.Errorf("effects of three of four combinations: %+v", e)
	}
	if _, ok := EffectsOf(run, "rtt_p99"); ok {
		t.Error("effects on what was not measured")
	}
}

// The cases of TestFront: 0, 1, 3 and 4 are the front, 2 is behind 1; the noise is 0, so that each membership is certain.
func TestFrontOfRun(t *testing.T) {
	r := race("max goodput", numbered(5), 1, 12)
	run := traded(r, 6, []float64{1, 8, 7, 10, 9.9}, []float64{1, 2, 3, 10, 10.2}, 0)
	run.Factors, run.Cases = r.Factors, r.Cases
	f := FrontOf(run)
	var cases []string
	for _, m := range f.Members {
		cases = append(cases, m.Case)
	}
	if !slices.Equal(cases, []string{"length=0", "length=1", "length=3", "length=4"}) || len(f.Behind) != 1 || f.Behind[0].Case != "length=2" || f.Behind[0].Membership != 0 {
		t.Errorf("%+v", f)
	}
	if math.Abs(f.Behind[0].Metrics["goodput"]-7e6) > 1e-3 || !slices.Equal(f.Objectives, []string{"goodput", "send_latency_p99"}) {
		t.Errorf("%+v", f)
	}
	for _, x := range run.Results {
		delete(x.Metrics, "send_latency_p99")
	}
	if f := FrontOf(run); len(f.Members)+len(f.Behind) != 0 {
		t.Errorf("a front of one objective: %+v", f)
	}
}

// A quantile that only some repeats can carry is compared in those that two cases share; where they share none, neither is behind.
func TestFrontOfWhatSomeRepeatsHave(t *testing.T) {
	of := func(first, second []int) Front {
		r := race("max goodput", numbered(2), 1, 12)
		run := traded(r, 6, []float64{1, 8}, []float64{2, 1}, 0)
		run.Factors, run.Cases = r.Factors, r.Cases
		for _, x := range run.Results {
			if has := map[string][]int{"length=0": first, "length=1": second}[x.Case]; !slices.Contains(has, x.Block) {
				delete(x.Metrics, "send_latency_p99")
			}
		}
		return FrontOf(run)
	}
	if f := of([]int{4, 5, 6}, []int{3, 5, 6}); len(f.Members) != 1 || len(f.Behind) != 1 || f.Behind[0].Case != "length=0" {
		t.Errorf("they share two repeats: %+v", f)
	}
	if f := of([]int{1, 2}, []int{5, 6}); len(f.Members) != 2 {
		t.Errorf("they share none: %+v", f)
	}
}
