package compare

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// two are the same plan for two firmwares.
func two(cases []string, boots int, base, new func(string, int, int) map[string]float64) (Side, Side) {
	p := plan{scenario: "cipsend-size", firmware: "2.0.97", cases: cases, boots: boots, metrics: base}
	q := p
	q.firmware, q.metrics, q.start = "2.0.106", new, time.Hour
	return sideOf("2.0.97", p.run()), sideOf("2.0.106", q.run())
}

func compared(t *testing.T, base, new Side, o Options) *Comparison {
	t.Helper()
	c, err := Compare(base, new, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// metricsOf gives every metric its level with the boots' wobble.
func metricsOf(levels map[string]float64) func(string, int, int) map[string]float64 {
	return func(_ string, boot, _ int) map[string]float64 {
		out := map[string]float64{}
		for name, v := range levels {
			out[name] = v * wobble(boot)
		}
		return out
	}
}

// Every joint verdict and exit code by constructed levels. Eight boots of 0.8 % spread see 3 % with a p far below .05/6.
func TestJointVerdicts(t *testing.T) {
	base := map[string]float64{"goodput": 1e7, "send_latency_p50": 0.002, "energy_per_bit": 1e-7}
	for _, c := range []struct {
		name    string
		new     map[string]float64
		boots   int
		verdict Joint
		exit    int
		text    string
	}{
		{"the same", base, 8, Pass, 0, "goodput, send latency p50 and energy per bit no worse"},
		{"5 % less goodput", map[string]float64{"goodput": 0.95e7, "send_latency_p50": 0.002, "energy_per_bit": 1e-7}, 8, Fail, 3, "goodput regressed at all 2 cases; send latency p50 and energy per bit no worse"},
		{"6 % more goodput", map[string]float64{"goodput": 1.06e7, "send_latency_p50": 0.002, "energy_per_bit": 1e-7}, 8, Dominates, 0, "goodput improved at all 2 cases"},
		{"6 % more for 5 % energy", map[string]float64{"goodput": 1.06e7, "send_latency_p50": 0.002, "energy_per_bit": 1.05e-7}, 8, TradeOff, 5, "+6.0 % goodput for +5.0 % energy per bit"},
		{"two boots", base, 2, Undecided, 4, "goodput, send latency p50 and energy per bit undecided at all 2 cases; about 5 boots a side would decide it"},
	} {
		a, b := two([]string{"length=64", "length=2920"}, c.boots, metricsOf(base), metricsOf(c.new))
		got := compared(t, a, b, Options{})
		if got.Verdict != c.verdict || got.Exit != c.exit || !strings.Contains(got.Text, c.text) {
			t.Errorf("%s: %s, exit %d, %q; want %s, %d, %q", c.name, got.Verdict, got.Exit, got.Text, c.verdict, c.exit, c.text)
		}
		if len(got.Comparisons) != 6 || got.Family != 6 || (got.Exchange != nil) != (c.verdict == TradeOff) {
			t.Errorf("%s: %d rows, family %d, exchange %v", c.name, len(got.Comparisons), got.Family, got.Exchange)
		}
	}
}

// The exchange rate is the geometric mean over the cases: goodput x 1.04 and x 1.0816 is x 1.0606 = 1.04^1.5.
func TestExchangeRate(t *testing.T) {
	base := metricsOf(map[string]float64{"goodput": 1e7, "energy_per_bit": 1e-7})
	a, b := two([]string{"length=64", "length=2920"}, 8, base, func(key string, boot, _ int) map[string]float64 {
		gain := map[string]float64{"length=64": 1.04, "length=2920": 1.0816}[key]
		return map[string]float64{"goodput": 1e7 * gain * wobble(boot), "energy_per_bit": 1.05e-7 * wobble(boot)}
	})
	got := compared(t, a, b, Options{})
	if got.Exchange == nil || len(got.Exchange.Gains) != 1 || len(got.Exchange.Costs) != 1 {
		t.Fatalf("%s: %+v", got.Verdict, got.Exchange)
	}
	near(t, "gain", got.Exchange.Gains[0].Change, math.Pow(1.04, 1.5)-1, 1e-12)
	near(t, "cost", got.Exchange.Costs[0].Change, 0.05, 1e-12)
	if got.Exchange.Gains[0].Cases != 2 {
		t.Errorf("of %d cases", got.Exchange.Gains[0].Cases)
	}
}

// A regression that is one of 200 tests and no more than chance among them does not fail the release, and does not pass it.
// With R: p.adjust(p, "holm") of one p of .003 among 200 is 0.6.
func TestAloneIsNotEnough(t *testing.T) {
	p, high := 0.003, 0.9
	c := &Comparison{Comparisons: []Row{{Scenario: "s", Case: "a", Metric: "goodput", Verdict: Regressed, PGate: &p, Change: new(float64)}}}
	for range 199 {
		c.Comparisons = append(c.Comparisons, Row{Scenario: "s", Case: "b", Metric: "goodput", Verdict: Equivalent, PGate: &high})
	}
	c.adjust()
	c.conclude()
	near(t, "Holm's p", *c.Comparisons[0].PHolm, 0.6, 1e-12)
	if c.Verdict != Undecided || c.Exit != 4 || c.Comparisons[0].Verdict != Regressed {
		t.Errorf("%s, exit %d", c.Verdict, c.Exit)
	}
}

// Holm of .004, .03, .02, .2 is .016, .06, .06, .2 (R: p.adjust); what has no p is no part of the family.
func TestFamily(t *testing.T) {
	c := &Comparison{}
	for _, p := range []float64{0.004, 0.03, 0.02, 0.2} {
		c.Comparisons = append(c.Comparisons, Row{PGate: &p}, Row{})
	}
	c.adjust()
	for i, want := range []float64{0.016, 0.06, 0.06, 0.2} {
		near(t, "Holm's p", *c.Comparisons[2*i].PHolm, want, 1e-15)
		if c.Comparisons[2*i+1].PHolm != nil {
			t.Error("a row without a p has one of the family")
		}
	}
	if c.Family != 4 {
		t.Errorf("family of %d", c.Family)
	}
}

func TestErrorsInPlaceOfFigures(t *testing.T) {
	good := metricsOf(map[string]float64{"goodput": 1e7})
	a, b := two([]string{"length=64", "length=8192"}, 8, good, func(key string, boot, repeat int) map[string]float64 {
		if key == "length=8192" && boot == 3 {
			return nil
		}
		return good(key, boot, repeat)
	})
	c := compared(t, a, b, Options{})
	if c.Exit != 1 || c.New.Errors != 1 || !strings.Contains(c.Text, "1 of 16 of 2.0.106") {
		t.Errorf("exit %d, %q", c.Exit, c.Text)
	}
	for i := range b.Runs[0].Results { // a module that refuses a length which it took before
		r := &b.Runs[0].Results[i]
		if r.Case == "length=8192" {
			r.Outcome, r.Metrics, r.Err = results.Refused, nil, "ERR CODE:0x01070000"
		}
	}
	c = compared(t, a, b, Options{})
	if c.Verdict != Undecided || c.Exit != 4 || !strings.Contains(c.Text, "no figures at length=8192 (REFUSED: ERR CODE:0x01070000)") {
		t.Errorf("%s, exit %d, %q", c.Verdict, c.Exit, c.Text)
	}
}

func TestCasesOnOneSideAreListed(t *testing.T) {
	good := metricsOf(map[string]float64{"goodput": 1e7})
	a, b := two([]string{"length=64", "length=2920"}, 8, good, good)
	b.Runs[0].Cases = b.Runs[0].Cases[:1]
	b.Runs[0].Results = b.Runs[0].Results[:1:1]
	for _, r := range a.Runs[0].Results[1:] {
		if r.Case == "length=64" {
			b.Runs[0].Results = append(b.Runs[0].Results, r)
		}
	}
	c := compared(t, a, b, Options{})
	if len(c.Comparisons) != 1 || c.Verdict != Pass || len(c.NotCompared) != 1 || c.NotCompared[0].Case != "length=2920" || c.NotCompared[0].Side != "new" {
		t.Errorf("%s: %+v", c.Verdict, c.NotCompared)
	}
}

// What is not comparable is refused, and the refusal says what differs, with both values, and what to do.
func TestRefusals(t *testing.T) {
	good := metricsOf(map[string]float64{"goodput": 1e7})
	for _, c := range []struct {
		name   string
		change func(base, new *results.Run)
		want   []string // empty: it is compared
	}{
		{"firmware and what comes with it", func(_, b *results.Run) { b.Identity["macsw"] = "1.6.99" }, nil},
		{"conditions", func(_, b *results.Run) { b.Conditions["rssi"] = "-80" }, nil},
		{"another sweep", func(_, b *results.Run) { b.Identity["scenario"] = "0" }, nil},
		{"link", func(_, b *results.Run) { b.Identity["link"] = "uart" }, []string{"link: base spi, new uart", "same kind of link"}},
		{"speed", func(_, b *results.Run) { delete(b.Identity, "speed") }, []string{"speed: base 20000000, new none"}},
		{"peer and module", func(_, b *results.Run) { b.Identity["peer"], b.Identity["module"] = "remote", "ST67W611M2" },
			[]string{"peer: base in-process, new remote", "module: base ST67W611M1, new ST67W611M2"}},
		{"emulated", func(_, b *results.Run) { b.Emulated = true }, []string{"base is a real module, new the emulated module"}},
		{"parameters", func(_, b *results.Run) {
			b.Cases[0].Hash = "0"
			b.Scenario.Parsed = map[string]any{"workload": map[string]any{"kind": "cipsend", "duration": 2000000000}}
		}, []string{"scenario cipsend-size", "workload.duration: base 1.00 s, new 2.00 s"}},
		{"A/B of rigs", func(a, b *results.Run) {
			a.Subject, b.Subject, b.Identity["link"], b.Identity["baud"] = "rig", "rig", "uart", "921600"
		}, nil},
		{"A/B of settings", func(a, b *results.Run) {
			a.Subject, b.Subject, b.Cases[0].Hash = "settings", "settings", "0"
			b.Identity["firmware"], b.Identity["built"] = a.Identity["firmware"], a.Identity["built"]
		}, nil},
		{"A/B of settings on two firmwares", func(a, b *results.Run) { a.Subject, b.Subject = "settings", "settings" },
			[]string{"firmware: base 2.0.97, new 2.0.106"}},
		{"another scenario", func(_, b *results.Run) { b.Scenario.Name = "rtt" }, []string{"no gated metric of any case in common", "base ran cipsend-size, new rtt"}},
	} {
		a, b := two([]string{"length=64"}, 8, good, good)
		c.change(a.Runs[0], b.Runs[0])
		_, err := Compare(a, b, Options{})
		if len(c.want) == 0 {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", c.name, err, want)
			}
		}
	}
	a, b := two([]string{"length=64"}, 8, good, good)
	if _, err := Compare(sideOf("both", a.Runs[0], b.Runs[0]), b, Options{}); err == nil || !strings.Contains(err.Error(), "firmware 2.0.97 and 2.0.106") {
		t.Errorf("a side of two firmwares: %v", err)
	}
	_, err := Compare(sideOf("both", a.Runs[0], b.Runs[0], b.Runs[0]), b, Options{})
	if err == nil || strings.Count(err.Error(), "not of one kind") != 1 {
		t.Errorf("the same said twice: %v", err)
	}
	a, b = two([]string{"length=64"}, 8, good, good)
	b.Runs[0].Results = nil
	if _, err := Compare(a, b, Options{}); err == nil || strings.Contains(err.Error(), "base ran") {
		t.Errorf("one scenario on both sides: %v", err)
	}
}

// Several one-boot runs are as many boots.
func TestRunsOfOneBootEach(t *testing.T) {
	var a, b []*results.Run
	for i := range 5 {
		for _, side := range []struct {
			runs     *[]*results.Run
			firmware string
			level    float64
		}{{&a, "2.0.97", 1e7}, {&b, "2.0.106", 0.93e7}} {
			*side.runs = append(*side.runs, plan{
				scenario: "cipsend-size", firmware: side.firmware, cases: []string{"length=64"}, boots: 1, repeats: 3, start: time.Duration(i) * time.Hour,
				metrics: func(string, int, int) map[string]float64 {
					return map[string]float64{"goodput": side.level * wobble(i)}
				},
			}.run())
		}
	}
	c := compared(t, sideOf("2.0.97", a...), sideOf("2.0.106", b...), Options{})
	if r := c.Comparisons[0]; r.Verdict != Regressed || r.N != (Counts{5, 5}) || r.Boots != (Counts{5, 5}) || c.Base.Boots != 5 {
		t.Errorf("%+v", r)
	}
}

// Later margins go before earlier ones, and each says where it is from. A difference of 10 % is within 20 %.
func TestMargins(t *testing.T) {
	a, b := two([]string{"length=64"}, 8, metricsOf(map[string]float64{"goodput": 1e7}), metricsOf(map[string]float64{"goodput": 0.9e7}))
	for _, c := range []struct {
		scenario map[string]any
		given    []Margins
		margin   float64
		from     string
		verdict  Verdict
	}{
		{nil, nil, 0.03, FromTable, Regressed},
		{map[string]any{"goodput": 0.2}, nil, 0.2, "the scenario", Negligible},
		{map[string]any{"goodput": 0.2}, []Margins{{From: "A/A", Of: map[string]float64{"goodput": 0.04}}}, 0.04, "A/A", Regressed},
		{nil, []Margins{{From: "A/A", Of: map[string]float64{"goodput": 0.04}}, {From: "--margin", Of: map[string]float64{"goodput": 0.25}}}, 0.25, "--margin", Negligible},
		{nil, []Margins{{From: "A/A", Of: map[string]float64{"rtt_p50": 0.04}}}, 0.03, FromTable, Regressed},
	} {
		b.Runs[0].Scenario.Parsed = map[string]any{"margins": c.scenario}
		r := compared(t, a, b, Options{Margins: c.given}).Comparisons[0]
		if r.Margin != c.margin || r.MarginFrom != c.from || r.Verdict != c.verdict {
			t.Errorf("margin %v from %s, %s; want %v from %s, %s", r.Margin, r.MarginFrom, r.Verdict, c.margin, c.from, c.verdict)
		}
	}
}

// A latency of 40 µs that becomes 48 µs, +20 %, differs by less than the 10 µs that the harness itself adds.
func TestLessThanTheFloorIsNoDifference(t *testing.T) {
	for _, c := range []struct {
		base, new float64
		want      Verdict
	}{{40e-6, 48e-6, Negligible}, {40e-6, 60e-6, Regressed}, {4e-3, 4.8e-3, Regressed}} {
		a, b := two([]string{"length=64"}, 8, metricsOf(map[string]float64{"rtt_p50": c.base}), metricsOf(map[string]float64{"rtt_p50": c.new}))
		r := compared(t, a, b, Options{}).Comparisons[0]
		if r.Verdict != c.want || strings.Contains(r.MarginFrom, "floor, 10") != (c.base < 1e-3) {
			t.Errorf("%v to %v: %s, margin %v from %s", c.base, c.new, r.Verdict, r.Margin, r.MarginFrom)
		}
	}
}

func TestConditionsThatCouldExplain(t *testing.T) {
	a, b := two([]string{"length=64"}, 8, metricsOf(map[string]float64{"goodput": 1e7}), metricsOf(map[string]float64{"goodput": 0.9e7}))
	if c := compared(t, a, b, Options{}); len(c.Explanations) != 0 || c.Settle != nil {
		t.Errorf("equal conditions: %+v, %+v", c.Explanations, c.Settle)
	}
	for i := range b.Runs[0].Results {
		b.Runs[0].Results[i].Conditions = map[string]string{"rssi": "-55", "rssi_after": "-57"}
	}
	b.Runs[0].Conditions["rssi"], b.Runs[0].Conditions["channel"] = "-56", "11"
	b.Runs[0].Conditions["floor_p50"] = "1.2e-05"
	c := compared(t, a, b, Options{})
	want := []Explanation{{"rssi", "-48", "-56"}, {"channel", "6", "11"}}
	if len(c.Explanations) != 2 || c.Explanations[0] != want[0] || c.Explanations[1] != want[1] {
		t.Errorf("%+v", c.Explanations)
	}
	// 8 boots of 2 s each: the last of 8 results of a side ends 17 s after its start
	if c.Settle == nil || c.Settle.Scenario != "cipsend-size" || c.Settle.A != "2.0.97" || c.Settle.B != "2.0.106" || c.Settle.Boots != 16 || math.Abs(c.Settle.Seconds-34) > 1e-9 {
		t.Errorf("%+v", c.Settle)
	}
}

// Stock benchstat prints the same exact p for the bench.txt of the two runs.
func TestBenchstatAgrees(t *testing.T) {
	base := func(_ string, boot, repeat int) map[string]float64 {
		return map[string]float64{"goodput": 1e7 * wobble(boot) * (1 + 0.001*float64(repeat))}
	}
	new := func(_ string, boot, repeat int) map[string]float64 {
		return map[string]float64{"goodput": 0.997e7 * wobble(boot+3) * (1 + 0.002*float64(repeat))}
	}
	for _, c := range []struct{ boots, repeats int }{{8, 2}, {1, 8}, {6, 1}} {
		a, b := two([]string{"length=64"}, c.boots, base, new)
		for _, s := range []Side{a, b} {
			for i := range s.Runs[0].Results {
				s.Runs[0].Results[i].Repeat = i + 1
			}
		}
		got := *compared(t, a, b, Options{}).Comparisons[0].PExact
		want, digits := benchstat(t, a.Runs[0], b.Runs[0])
		if math.Abs(got-want) > 0.5*math.Pow(10, -float64(digits))+1e-12 {
			t.Errorf("%d boots of %d repeats: p %v, benchstat prints %v", c.boots, c.repeats, got, want)
		}
	}
}

var printedP = regexp.MustCompile(`\(p=(0?\.(\d+)|1\.(\d+)) n=`)

// benchstat is the p that it prints, and its digits behind the point.
func benchstat(t *testing.T, base, new *results.Run) (p float64, digits int) {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for i, run := range []*results.Run{base, new} {
		var text bytes.Buffer
		run.Identity = map[string]string{"link": "spi"} // benchstat puts what differs into tables of their own
		if err := results.WriteBench(&text, run); err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, strconv.Itoa(i)))
		if err := os.WriteFile(files[i], text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("go", append([]string{"tool", "benchstat"}, files...)...).CombinedOutput()
	m := printedP.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("benchstat: %v\n%s", err, out)
	}
	p, err = strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return p, len(m[2]) + len(m[3])
}

// The JSON has the documented keys, null where something is not known, and no number that JSON has not.
func TestJSON(t *testing.T) {
	a, b := two([]string{"length=64"}, 2, metricsOf(map[string]float64{"goodput": 1e7}), metricsOf(map[string]float64{"goodput": 0.9e7}))
	text, err := json.Marshal(compared(t, a, b, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict     string
		Exit        int
		Comparisons []map[string]any
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"case", "metric", "base", "new", "change", "interval", "p_exact", "p_gate", "p_holm", "margin", "verdict", "n"} {
		if v, ok := got.Comparisons[0][key]; !ok || v == nil {
			t.Errorf("%s is %v", key, v)
		}
	}
	if i, ok := got.Comparisons[0]["interval"].([]any); !ok || len(i) != 2 || got.Verdict != "INCONCLUSIVE" || got.Exit != 4 {
		t.Errorf("%s", text)
	}
}
