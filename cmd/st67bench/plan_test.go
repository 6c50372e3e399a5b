package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/analysis"
	"st67bench/results"
	"st67bench/scenarios"
)

func planOf(t *testing.T, text string) *planner {
	t.Helper()
	s, err := scenarios.Parse("plan.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &planner{scenario: s, cases: s.Expand(), seed: 67}
}

// runPlan lets a plan run in a bubble's time: a repeat takes a second, a reset five. It returns how often each case ran.
func runPlan(t *testing.T, p *planner, repeat func(key string, boot int) results.Result) (boots int, repeats map[string]int) {
	t.Helper()
	repeats = map[string]int{}
	for p.another() {
		if boots++; boots > 100 {
			t.Fatal("the plan does not end")
		}
		time.Sleep(5 * time.Second)
		var boot []results.Result
		for {
			i, more := p.next(boot)
			if !more {
				break
			}
			time.Sleep(time.Second)
			r := repeat(p.cases[i].Key, boots)
			r.Boot, r.Case = boots, p.cases[i].Key
			repeats[r.Case]++
			boot = append(boot, r)
		}
	}
	return boots, repeats
}

// wave is a goodput whose logarithm goes up and down by spread from boot to boot.
func wave(spread float64, boot int) results.Result {
	return results.Result{Outcome: results.Pass, Metrics: map[string]float64{"goodput": math.Exp(spread * float64(boot%2*2-1))}}
}

// The boots that a spread takes are those that R finds: analysis's TestAnother has the call. Each has min repeats of each case, and one
// that is refused is tried once.
func TestPlanTakesTheBootsItNeeds(t *testing.T) {
	const text = "name: p\nworkload: {kind: cipsend}\nsweep: {length: [64, 1460, 8192]}\nrepeats: {boots: 5..30, min: 2, max: 4, until: {goodput: 2%}"
	for _, row := range []struct {
		name, budget string
		spread       float64
		want         int
	}{
		{"nothing varies", "", 0, 8},
		{"12 boots and three more", "", 0.03, 15},
		{"28 boots, cut off at the most", "", 0.05, 30},
		{"futile, so that the other case decides", "", 0.3, 8},
		{"a budget that holds ten boots of 5 s and four repeats", ", budget: 94s", 0.05, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := planOf(t, text+row.budget+"}")
			boots, repeats := runPlan(t, p, func(key string, boot int) results.Result {
				switch key {
				case "length=8192":
					return results.Result{Outcome: results.Refused}
				case "length=64":
					return wave(0, boot)
				}
				return wave(row.spread, boot)
			})
			if boots != row.want || repeats["length=1460"] != 2*row.want || repeats["length=64"] != 2*row.want || repeats["length=8192"] != 1 {
				t.Errorf("%s: %d boots, repeats %v, want %d boots", row.name, boots, repeats, row.want)
			}
		})
	}
}

func TestPlanEndsWhenAllIsRefused(t *testing.T) {
	p := planOf(t, "name: p\nworkload: {kind: cipsend}\nrepeats: {boots: 5..30, min: 2, until: {goodput: 2%}}")
	synctest.Test(t, func(t *testing.T) {
		if boots, _ := runPlan(t, p, func(string, int) results.Result { return results.Result{Outcome: results.Refused} }); boots != 1 {
			t.Errorf("%d boots", boots)
		}
	})
}

// With a fixed number of boots until counts the repeats of each: five, or min if that is more, and three more.
func TestPlanOfFixedBoots(t *testing.T) {
	p := planOf(t, "name: p\nworkload: {kind: cipsend}\nrepeats: {boots: 3, min: 2, until: {goodput: 2%}}")
	synctest.Test(t, func(t *testing.T) {
		if boots, repeats := runPlan(t, p, func(string, int) results.Result { return wave(0, 1) }); boots != 3 || repeats["cipsend"] != 3*8 {
			t.Errorf("%d boots, repeats %v", boots, repeats)
		}
	})
}

func TestPlanInWords(t *testing.T) {
	for text, want := range map[string]string{
		// sinh(2.5706 · cv/√6) = 2 %: cv = 1.906 %; times 1.796, R's power.t.test(n = 6, power = .8)$delta.
		"sweep: {length: [64, 1460]}\nrepeats: {min: 6, max: 20, until: {goodput: 2%}, budget: 25s}": "2 cases x 6..20 repeats of 1s, 1 boot, interleaved, seed 67; " +
			"about 15s..25s; detects 3.4 % of goodput at n=6 within one association (assumed from until)",
		"repeats: {boots: 5..30, min: 2, until: {goodput: 2%}}\nwarmup: 0": "1 case x 2 repeats of 1s in each of 5..30 boots, interleaved, seed 67; " +
			"about 11s..1m6s; detects 3.6 % of goodput at n=8 (assumed from until)",
		"repeats: {boots: 2, min: 3, max: 3}": "1 case x 6 repeats of 1s, 2 boots, interleaved, seed 67; about 9s",
		"repeats: {min: 6, max: 6, budget: 2s}": "1 case x 6 repeats of 1s, 1 boot, interleaved, seed 67; about 8s (the budget of 2s does not hold the " +
			"least number of repeats)",
	} {
		if got := planOf(t, "name: p\nworkload: {kind: cipsend}\n"+text).String(); got != want {
			t.Errorf("%s:\n%s, want\n%s", text, got, want)
		}
	}
}

// earlierRun writes a run of two boots of five repeats of 2 s each, 10 s apart, with goodputs of a known spread.
func earlierRun(t *testing.T, out string, p *planner, spread float64) string {
	t.Helper()
	run := results.Run{Start: time.Now(), Identity: map[string]string{"link": "uart"}, Scenario: results.Document{Name: "p"}}
	for _, c := range p.cases {
		run.Cases = append(run.Cases, results.CaseInfo{Key: c.Key, Hash: c.Hash})
	}
	w, err := results.Create(out, run)
	if err != nil {
		t.Fatal(err)
	}
	seq := 0
	for boot := range 2 {
		for i := range 5 {
			seq++
			r := wave(spread, i)
			begin := time.Duration(10*(boot+1)+10*boot+2*i) * time.Second
			r.Seq, r.Boot, r.Block, r.Repeat, r.Case = seq, boot+1, seq, seq, p.cases[0].Key
			r.Marks = []results.Mark{{Name: "start", T: begin}, {Name: "end", T: begin + 2*time.Second}}
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(w.Dir())
}

// Cost and spread come from the newest run of the same cases that has them.
func TestPlanLooksAtEarlierRuns(t *testing.T) {
	out := t.TempDir()
	p := planOf(t, "name: p\nworkload: {kind: cipsend}\nrepeats: {min: 6, max: 6, until: {goodput: 2%}}")
	id := earlierRun(t, out, p, 0.01)
	earlierRun(t, out, planOf(t, "name: p\nworkload: {kind: cipsend, length: 64}"), 0.1)
	any := func(*results.Run) bool { return true }
	p.look(out, any)
	// Five of ±1 % deviate by 1.095 %, in both boots; times 1.796.
	want := "1 case x 6 repeats of 1s, 1 boot, interleaved, seed 67; about 22s; detects 2.0 % of goodput at n=6 within one association (spread as in " + id + ")"
	if p.String() != want {
		t.Errorf("%s, want\n%s", p, want)
	}
	// Two boots say nothing of how boots spread, and still what they cost: 10 s, and 2 s a repeat.
	p = planOf(t, "name: p\nworkload: {kind: cipsend}\nrepeats: {boots: 5..10, min: 5, until: {goodput: 2%}}")
	p.look(out, any)
	if got := p.String(); !strings.Contains(got, "; about 1m40s..3m20s; detects 3.6 % of goodput at n=8 (assumed from until)") {
		t.Errorf("%s", got)
	}
	if p.look(out, func(*results.Run) bool { return false }); p.outlook != nil {
		t.Errorf("a run over another link is looked at: %+v", p.outlook)
	}
	if p.look(t.TempDir(), any); p.outlook != nil {
		t.Errorf("no run, and %+v", p.outlook)
	}
}

// A whole run, in virtual time: nothing varies in an ideal module, so that five boots are tight and three more follow; nothing is
// ABORTED, and the summary says why it ended.
func TestVirtualBootsUntilTight(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("tight.yaml", []byte("name: tight\nworkload: {kind: cipsend, sends: 20}\nsweep: {length: [1460, 8000]}\n"+
		"repeats: {boots: 5..30, min: 1, until: {goodput: 2%}}\nwarmup: 0\nmargins: {goodput: 3%}"))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[results.Outcome]int{}
	for _, r := range run.Results {
		outcomes[r.Outcome]++
	}
	if len(run.Results) != 9 || outcomes[results.Pass] != 8 || outcomes[results.Refused] != 1 {
		t.Errorf("outcomes %v, want 8 PASS and 1 REFUSED", outcomes)
	}
	sum, err := analysis.Summarize(run)
	if err != nil {
		t.Fatal(err)
	}
	if stop := sum.Cases[0].Stop; stop == nil || stop.Reason != analysis.StopTight || stop.N != 8 || stop.Of != "boots" || sum.Cases[1].Stop != nil {
		t.Errorf("stop %+v and %+v", stop, sum.Cases[1].Stop)
	}
	parsed, _ := run.Scenario.Parsed.(map[string]any)
	if margins, _ := parsed["margins"].(map[string]any); margins["goodput"] != 0.03 {
		t.Errorf("margins %v", parsed["margins"])
	}
}
