package compare

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"st67bench/analysis"
	"st67bench/results"
)

// values are boots that say nothing of when they were measured.
func values(v ...float64) []analysis.Observation {
	all := make([]analysis.Observation, len(v))
	for i, x := range v {
		all[i] = analysis.Observation{Run: "r", Boot: i + 1, Block: i + 1, Value: x, Repeats: 1}
	}
	return all
}

// inSession puts the boots into one session, so that those of equal blocks are pairs.
func inSession(all []analysis.Observation) []analysis.Observation {
	for i := range all {
		all[i].Session = "s"
	}
	return all
}

func metric(t testing.TB, name string) results.Metric {
	t.Helper()
	m, ok := results.LookupMetric(name)
	if !ok {
		t.Fatalf("no metric %s", name)
	}
	return m
}

// eight boots of the base of the known answers.
var eight = []float64{9.91e6, 10.02e6, 9.97e6, 10.08e6, 10.05e6, 9.95e6, 10.01e6, 9.99e6}

// The expected values are R 4.2's, with lx = log(x), ly = log(y): change exp(mean(ly)-mean(lx))-1, intervals
// exp(t.test(ly, lx)$conf.int)-1 and the same with conf.level = .9, p_gate t.test(ly, lx)$p.value, p_exact
// wilcox.test(ly, lx, exact = TRUE)$p.value, and of those with ties coin::wilcox_test(distribution = "exact").
// The margin of goodput is 3 %: the oriented difference has to be within -log(1/.97) = 3.046 %.
func TestJudgeAgreesWithR(t *testing.T) {
	for _, c := range []struct {
		name    string
		new     []float64
		verdict Verdict
		change  float64
		i95     Range
		i90     Range
		gate    float64
		exact   float64
	}{
		{"-5 %: the 95 % interval is below 0, and log .9501 = -5.12 % beyond the margin", []float64{9.41e6, 9.55e6, 9.49e6, 9.58e6, 9.53e6, 9.44e6, 9.52e6, 9.47e6}, Regressed,
			-0.0498900953463649, Range{-0.0557403877286274, -0.0440035566601059}, Range{-0.0546960259549734, -0.0450597313600823}, 6.04904705276683e-11, 0.000155400155400155},
		{"+5.5 %", []float64{10.61e6, 10.55e6, 10.49e6, 10.58e6, 10.53e6, 10.64e6, 10.52e6, 10.47e6}, Improved,
			0.0551384654309248, Range{0.0489288335724118, 0.0613848581511705}, Range{0.0500364085804199, 0.0602653128352555}, 1.51538382565547e-11, 0.000155400155400155},
		{"-1.6 %: real, and even its 90 % interval is above -3 %", []float64{9.81e6, 9.87e6, 9.79e6, 9.88e6, 9.83e6, 9.84e6, 9.82e6, 9.86e6}, Negligible,
			-0.0159953967524468, Range{-0.0208114992614709, -0.0111556064209452}, Range{-0.0199289147537139, -0.0120460915658425}, 1.55645925812725e-05, 0.000155400155400155},
		{"no difference: the 90 % interval is within 0.5 %", []float64{9.93e6, 10.04e6, 9.96e6, 10.06e6, 10.07e6, 9.94e6, 10.03e6, 9.98e6}, Equivalent,
			0.000374768458931696, Range{-0.00551580878240376, 0.00630023705454175}, Range{-0.00446514021250966, 0.00523820691008670}, 0.893695536304915, 0.959129759129759},
		{"+2 %, up to +3.9 %: not worse, but not within 3 % either", []float64{9.75e6, 10.52e6, 10.1e6, 10.4e6, 9.9e6, 10.45e6, 10.2e6, 10.3e6}, NonInferior,
			0.0201987144288, Range{-0.0025359647137, 0.0434515732925}, Range{0.00187050961914, 0.03886221515573}, 0.07460576, 0.1048951},
		{"-1.1 % ± 4: the 90 % interval reaches -4.5 %", []float64{9.5e6, 10.4e6, 9.2e6, 10.6e6, 9.7e6, 10.1e6, 9.4e6, 10.3e6}, Inconclusive,
			-0.0109280599477514, Range{-0.0533813104357093, 0.0334291023231261}, Range{-0.0451273725806307, 0.0244961207470835}, 0.573533608499462, 1},
	} {
		r := Judge(metric(t, "goodput"), 0.03, values(eight...), values(c.new...))
		if r.Verdict != c.verdict || r.Paired || r.Within || r.N != (Counts{8, 8}) {
			t.Errorf("%s: %s, paired %v, within %v, n %v; want %s", c.name, r.Verdict, r.Paired, r.Within, r.N, c.verdict)
		}
		near(t, c.name+" change", *r.Change, c.change, 1e-10)
		for i := range 2 {
			near(t, c.name+" 95 %", r.Interval[i], c.i95[i], 1e-9)
			near(t, c.name+" 90 %", r.Interval90[i], c.i90[i], 1e-9)
		}
		near(t, c.name+" p of the gate", *r.PGate, c.gate, 1e-6*c.gate)
		near(t, c.name+" exact p", *r.PExact, c.exact, 1e-6*c.exact)
		if open := c.verdict == Inconclusive; (r.Needed > 8) != open || r.Detectable == nil {
			t.Errorf("%s: needs %d, detectable %v", c.name, r.Needed, r.Detectable)
		}
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

// Of the inconclusive one above, n = 8: half of its 90 % interval on logarithms is (log 1.0244961 - log 0.9548726)/2 = 0.0351905,
// its room log(1/.97) + log .98907194 = 0.0304592 - 0.0109882 = 0.0194710, and 8 (0.0351905/0.0194710)^2 = 26.13: 27 boots.
func TestNeededFollowsTheInterval(t *testing.T) {
	r := Judge(metric(t, "goodput"), 0.03, values(eight...), values(9.5e6, 10.4e6, 9.2e6, 10.6e6, 9.7e6, 10.1e6, 9.4e6, 10.3e6))
	if r.Needed != 27 {
		t.Errorf("needs %d boots, want 27", r.Needed)
	}
}

// Of a metric that is better when lower, the same ratio is the opposite verdict.
func TestLowerIsBetter(t *testing.T) {
	up := []float64{10.61e6, 10.55e6, 10.49e6, 10.58e6, 10.53e6, 10.64e6, 10.52e6, 10.47e6}
	for _, c := range []struct {
		metric string
		want   Verdict
	}{{"goodput", Improved}, {"energy_per_bit", Regressed}, {"send_latency_p50", Regressed}} {
		if r := Judge(metric(t, c.metric), 0.03, values(eight...), values(up...)); r.Verdict != c.want || *r.Change < 0.05 {
			t.Errorf("%s: %s, %+v; want %s", c.metric, r.Verdict, *r.Change, c.want)
		}
	}
}

// Pairs cancel what the rig did to both sides. Values from R 4.2: t.test(ly, lx, paired = TRUE), wilcox.test(..., paired =
// TRUE, exact = TRUE): 2/2^8 = .0078125.
func TestPairs(t *testing.T) {
	down := []float64{9.41e6, 9.55e6, 9.49e6, 9.58e6, 9.53e6, 9.44e6, 9.52e6, 9.47e6}
	r := Judge(metric(t, "goodput"), 0.03, inSession(values(eight...)), inSession(values(down...)))
	if r.Verdict != Regressed || !r.Paired || r.Robust.CliffDelta != nil {
		t.Errorf("%s, paired %v", r.Verdict, r.Paired)
	}
	near(t, "change", *r.Change, -0.0498900953463666, 1e-12)
	near(t, "lower end", r.Interval[0], -0.0514104282060515, 1e-10)
	near(t, "upper end", r.Interval[1], -0.0483673258037655, 1e-10)
	near(t, "p of the gate", *r.PGate, 1.86987502601443e-11, 1e-16)
	near(t, "exact p", *r.PExact, 0.0078125, 1e-15)
}

// What has equal blocks in one session, but was over before the other side began, was not interleaved.
func TestDisjointInTimeIsNotPaired(t *testing.T) {
	start := time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC)
	at := func(all []analysis.Observation, first, step time.Duration) []analysis.Observation {
		for i := range all {
			all[i].From = start.Add(first + time.Duration(i)*step)
			all[i].To = all[i].From.Add(step / 4)
		}
		return inSession(all)
	}
	m := metric(t, "goodput")
	interleaved := Judge(m, 0.03, at(values(eight...), 0, time.Minute), at(values(eight...), 30*time.Second, time.Minute))
	after := Judge(m, 0.03, at(values(eight...), 0, time.Minute), at(values(eight...), 10*time.Minute, time.Minute))
	if !interleaved.Paired || after.Paired {
		t.Errorf("interleaved: paired %v; one after the other: paired %v", interleaved.Paired, after.Paired)
	}
	other := inSession(values(eight...))
	for i := range other {
		other[i].Session = "another"
	}
	if r := Judge(m, 0.03, inSession(values(eight...)), other); r.Paired {
		t.Error("two sessions are paired")
	}
	if r := Judge(m, 0.03, inSession(values(eight...)), inSession(values(eight...))[5:]); r.Paired {
		t.Error("3 of 8 blocks are taken for pairs")
	}
}

// Several boots of a block are one value of it: the order A B B A. Means of logarithms of the blocks: base (10, 10), (20, 20),
// (40, 40), new the same halved: -50 % in each block without any spread.
func TestBootsOfABlockAreOneValue(t *testing.T) {
	base, new := values(10, 10, 20, 20, 40, 40), values(5, 5, 10, 10, 20, 20)
	for i := range base {
		base[i].Block, new[i].Block = i/2, i/2
	}
	r := Judge(metric(t, "goodput"), 0.03, inSession(base), inSession(new))
	if !r.Paired || r.N != (Counts{3, 3}) || r.Boots != (Counts{6, 6}) {
		t.Errorf("paired %v, n %v of %v boots", r.Paired, r.N, r.Boots)
	}
	near(t, "change", *r.Change, -0.5, 1e-12)
	near(t, "width", r.Interval[1]-r.Interval[0], 0, 1e-12)
}

// An outlier of 60 % hides from t what every rank shows (R: t p .264, exact p 2/choose(10,5) = .0079365); and of few outliers t
// makes a mean that the ranks do not see.
func TestMethodsDisagree(t *testing.T) {
	r := Judge(metric(t, "goodput"), 0.03, values(100.1, 100.2, 100.3, 100.4, 100.5), values(95.1, 95.2, 95.3, 95.4, 40))
	if r.Verdict != Inconclusive || !strings.HasPrefix(r.Note, "methods disagree: t p 0.26, exact p 0.0079") {
		t.Errorf("%s, %q", r.Verdict, r.Note)
	}
	near(t, "exact p", *r.PExact, 0.00793650793650794, 1e-12)
	near(t, "p of the gate", *r.PGate, 0.264166770573126, 1e-9)
	near(t, "Hodges-Lehmann", *r.Robust.Change, -0.0508474576271, 1e-10)
	// t p .0465, exact p .1049 (R, see above): the improvement is not shown by both
	r = Judge(metric(t, "goodput"), 0.03, values(eight...), values(9.8e6, 10.9e6, 10.1e6, 10.6e6, 9.9e6, 10.5e6, 10.2e6, 10.7e6))
	if r.Verdict != Inconclusive || !strings.HasPrefix(r.Note, "methods disagree: t p 0.046, exact p 0.1") {
		t.Errorf("%s, %q", r.Verdict, r.Note)
	}
}

func TestFewBoots(t *testing.T) {
	m := metric(t, "goodput")
	base, worse := []float64{100, 101, 99, 100, 100.5}, []float64{90, 91, 89, 90, 90.5}
	for n := 2; n <= 5; n++ {
		r := Judge(m, 0.03, values(base[:n]...), values(worse[:n]...))
		if n < 3 && (r.Verdict != Inconclusive || r.Needed != 5 || r.PGate == nil) {
			t.Errorf("n %d: %s, needs %d", n, r.Verdict, r.Needed)
		}
		if n >= 3 && r.Verdict != Regressed {
			t.Errorf("n %d: %s", n, r.Verdict)
		}
		if r.Within != (n < 5) || n > 2 && n < 5 != strings.HasPrefix(r.Note, "low n") {
			t.Errorf("n %d: within these associations %v, note %q", n, r.Within, r.Note)
		}
	}
	one := Judge(m, 0.03, values(base[0]), values(worse...))
	if _, err := json.Marshal(one); err != nil || one.Verdict != Inconclusive || one.Interval != nil || one.Detectable != nil || one.PGate != nil {
		t.Errorf("1 boot against 5: %+v, %v", one, err)
	}
	five := Judge(m, 0.03, inSession(values(base...)), inSession(values(worse...))) // 2/2^5 = .0625
	if five.Verdict != Regressed || !strings.Contains(five.Note, "needs 6 pairs") {
		t.Errorf("5 pairs: %s, %q", five.Verdict, five.Note)
	}
}

// Repeats of one boot have their p, but no verdict.
func TestRepeatsOfOneBoot(t *testing.T) {
	base, new := values(100, 101, 99, 100.5, 100.2), values(90, 91, 89, 90.5, 90.2)
	for i := range base {
		base[i].Boot, new[i].Boot = 1, 1
	}
	r := Judge(metric(t, "goodput"), 0.03, base, new)
	if r.Verdict != Inconclusive || r.Needed != 5 || r.N != (Counts{5, 5}) || r.Boots != (Counts{1, 1}) || r.PGate != nil {
		t.Errorf("%+v", r)
	}
	near(t, "exact p", *r.PExact, 0.00793650793650794, 1e-12)
}

// Values without spread give an interval without width and p 0 or 1, never NaN.
func TestNoSpread(t *testing.T) {
	for _, m := range []string{"goodput", "fairness", "rtt_p99"} {
		same := Judge(metric(t, m), 0.03, values(7, 7, 7, 7, 7), values(7, 7, 7, 7, 7))
		if same.Verdict != Equivalent || *same.PGate != 1 || *same.PExact != 1 || *same.Change != 0 || *same.Interval != (Range{}) || *same.Detectable != 0 {
			t.Errorf("%s: equal values: %+v", m, same)
		}
		lower := Judge(metric(t, m), 0.03, values(8, 8, 8, 8, 8), values(6, 6, 6, 6, 6))
		if lower.Verdict == Inconclusive || *lower.PGate != 0 {
			t.Errorf("%s: 8 against 6: %s, p %v", m, lower.Verdict, *lower.PGate)
		}
		near(t, m+" change", *lower.Change, -0.25, 1e-12)
		near(t, m+" lower end", lower.Interval[0], -0.25, 1e-12)
		near(t, m+" upper end", lower.Interval[1], -0.25, 1e-12)
	}
}

// A base of 0 has nothing that a change could be a fraction of.
func TestBaseOfZero(t *testing.T) {
	m := metric(t, "wake_duty")
	r := Judge(m, 0.03, values(0, 0, 0, 0, 0), values(0.1, 0.11, 0.12, 0.1, 0.11))
	if r.Verdict != Regressed || r.Change != nil || r.Interval != nil || r.Detectable != nil {
		t.Errorf("%+v", r)
	}
	if r := Judge(m, 0.03, values(0, 0, 0, 0, 0), values(0, 0, 0, 0, 0)); r.Verdict != Equivalent || *r.Change != 0 {
		t.Errorf("%+v", r)
	}
}

// The verdict depends neither on the order of the boots, nor on the unit, nor, turned round, on which side is called base.
func TestInvariance(t *testing.T) {
	m := metric(t, "goodput")
	rapid.Check(t, func(rt *rapid.T) {
		one := rapid.Float64Range(90, 110)
		x := rapid.SliceOfN(one, 5, 9).Draw(rt, "base")
		y := rapid.SliceOfN(one, 5, 9).Draw(rt, "new")
		r := Judge(m, 0.03, values(x...), values(y...))
		turned := Judge(m, 0.03, values(rapid.Permutation(x).Draw(rt, "order")...), values(y...))
		scaled := Judge(m, 0.03, values(times(x, 1024)...), values(times(y, 1024)...)) // exact in binary
		for _, other := range []Row{turned, scaled} {
			if other.Verdict != r.Verdict || math.Abs(*other.Change-*r.Change) > 1e-12 || math.Abs(*other.PGate-*r.PGate) > 1e-9 || *other.PExact != *r.PExact {
				rt.Errorf("%+v is not %+v", other, r)
			}
		}
		back := Judge(m, 0.03, values(y...), values(x...))
		if math.Abs((1+*back.Change)*(1+*r.Change)-1) > 1e-12 || math.Abs(*back.PGate-*r.PGate) > 1e-9 {
			rt.Errorf("turned round: %v and %v", *back.Change, *r.Change)
		}
		for _, v := range []float64{*r.Change, r.Interval[0], r.Interval[1], *r.PGate, *r.PExact, *r.Detectable} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				rt.Errorf("%v in %+v", v, r)
			}
		}
	})
}

func times(x []float64, by float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] * by
	}
	return out
}
