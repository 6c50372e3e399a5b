package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// planned is a run with this plan, as it is read back: times are numbers of ns.
func planned(keys []string, plan map[string]any, all ...results.Result) *results.Run {
	run := runOf(keys, all...)
	run.Scenario.Parsed = map[string]any{"repeats": plan}
	return run
}

// marked gives each result of a run a second.
func marked(all []results.Result) []results.Result {
	for i := range all {
		begin := time.Duration(i) * time.Second
		all[i].Marks = []results.Mark{{Name: "start", T: begin + time.Second/10}, {Name: "end", T: begin + time.Second}}
	}
	return all
}

// waves are n goodputs about 1 Mbit/s whose logarithms are ±spread in turn.
func waves(n int, spread float64) []float64 {
	var out []float64
	for i := range n {
		out = append(out, 1e6*math.Exp(spread*float64(1-i%2*2)))
	}
	return out
}

func TestStopOfRepeats(t *testing.T) {
	until := map[string]any{"goodput": 0.02}
	upTo20 := map[string]any{"boots": 1, "min": 6, "max": 20, "until": until}
	budget := map[string]any{"boots": 1, "min": 6, "max": 20, "until": until, "budget": 11e9}
	for _, row := range []struct {
		name string
		plan map[string]any
		all  []results.Result
		want string // reason, and what is said of it
	}{
		{"tight", upTo20, repeats("length=1", waves(9, 0.001)...), "tight: goodput ±0.08 % after 9 repeats, wanted ±2.0 %"},
		// R: s <- sd(rep(c(.05,-.05), 10)); n <- 2; while (sinh(qt(.975, n-1)*s/sqrt(n)) > .02) n <- n+1: 28, and 30 of rep(…, 5)
		{"the most", upTo20, repeats("length=1", waves(20, 0.05)...), "max: goodput ±2.4 % after 20 repeats, wanted ±2.0 %, which takes about 28"},
		{"the budget", budget, marked(repeats("length=1", waves(10, 0.05)...)), "budget: goodput ±3.8 % after 10 repeats, wanted ±2.0 %, which takes about 30"},
		{"killed, with time left", budget, marked(repeats("length=1", waves(6, 0.05)...)), ""},
		{"stopped by hand", upTo20, append(repeats("length=1", waves(9, 0.05)...), results.Result{Boot: 1, Case: "length=1", Outcome: results.Aborted}), ""},
		{"nothing to be tight", map[string]any{"boots": 1, "min": 6, "max": 6}, repeats("length=1", waves(6, 0.05)...), ""},
		{"not measured", upTo20, []results.Result{{Boot: 1, Case: "length=1", Outcome: results.Refused}}, ""},
		{"without the metric", map[string]any{"boots": 1, "min": 6, "max": 20, "until": map[string]any{"rtt_p99": 0.1}},
			repeats("length=1", waves(6, 0.05)...), "missing: no round trip p99 in 6 repeats"},
	} {
		c := mustSummarize(t, planned([]string{"length=1"}, row.plan, row.all...)).Cases[0]
		got := ""
		if c.Stop != nil {
			got = c.Stop.Reason + ": " + c.Stop.String()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// bootsOf is one repeat in each boot for each case.
func bootsOf(goodput map[string][]float64, keys []string) []results.Result {
	var all []results.Result
	for boot := range goodput[keys[0]] {
		for _, key := range keys {
			all = append(all, repeatOf(key, boot+1, goodput[key][boot], 400))
		}
	}
	return marked(all)
}

func TestStopOfBoots(t *testing.T) {
	keys := []string{"length=1", "length=2"}
	plan := map[string]any{"boots": 5, "max_boots": 30, "min": 1, "max": 20, "until": map[string]any{"goodput": 0.02}}
	// Five boots of ±30 % cannot become 2 % within 30; the other case has its eight.
	s := mustSummarize(t, planned(keys, plan, bootsOf(map[string][]float64{keys[0]: waves(8, 0.001), keys[1]: waves(8, 0.3)}, keys)...))
	tight, futile := s.Cases[0].Stop, s.Cases[1].Stop
	if tight == nil || tight.Reason != StopTight || tight.N != 8 || tight.Of != "boots" || tight.Needs != 0 {
		t.Errorf("the steady case: %+v", tight)
	}
	if futile == nil || futile.Reason != StopFutile || futile.N != 8 || futile.Needs < 900 || futile.Needs > 1100 {
		// (1.96 · 0.3 √(8/7) / 0.02)² = 988
		t.Errorf("the wild case: %+v", futile)
	}
	if got, want := s.Stopped(), "1 of 2 cases tight after 8 boots"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	got := warningOf(s, "wide")
	if !strings.HasPrefix(got, "length=2: goodput ±") || !strings.HasSuffix(got, ". Find what varies from boot to boot, or ask for less with until") {
		t.Errorf("warning %q", got)
	}
	plan["max_boots"] = 12
	s = mustSummarize(t, planned(keys, plan, bootsOf(map[string][]float64{keys[0]: waves(12, 0.001), keys[1]: waves(12, 0.04)}, keys)...))
	if stop := s.Cases[1].Stop; stop == nil || stop.Reason != StopMax || stop.Needs < 13 {
		t.Errorf("the most boots: %+v", stop)
	}
	plan["max_boots"], plan["budget"] = 30, 25e9
	s = mustSummarize(t, planned(keys, plan, bootsOf(map[string][]float64{keys[0]: waves(12, 0.001), keys[1]: waves(12, 0.04)}, keys)...))
	if stop := s.Cases[1].Stop; stop == nil || stop.Reason != StopBudget {
		t.Errorf("the budget: %+v", stop)
	}
}

// With a few boots the repeats of each are counted, and the widest is told.
func TestStopOfWidestBoot(t *testing.T) {
	var all []results.Result
	for boot, spread := range []float64{0.001, 0.05, 0.002} {
		for _, r := range repeats("length=1", waves(10, spread)...) {
			r.Boot = boot + 1
			all = append(all, r)
		}
	}
	plan := map[string]any{"boots": 3, "min": 6, "max": 10, "until": map[string]any{"goodput": 0.02}}
	stop := mustSummarize(t, planned([]string{"length=1"}, plan, all...)).Cases[0].Stop
	if stop == nil || stop.Reason != StopMax || stop.N != 10 || stop.HalfWidth == nil || *stop.HalfWidth < 0.02 {
		t.Errorf("%+v", stop)
	}
}
