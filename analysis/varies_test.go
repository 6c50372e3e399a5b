package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// ofBoots is a run of one case with these values of goodput by boot. A boot takes 12 s and each repeat 5 s.
func ofBoots(groups [][]float64) *results.Run {
	var all []results.Result
	at := time.Duration(0)
	for b, values := range groups {
		for _, v := range values {
			r := repeatOf("length=64", b+1, v, 400)
			r.Marks = []results.Mark{{Name: "start", T: at}, {Name: "end", T: at + 5*time.Second}}
			at += 5 * time.Second
			all = append(all, r)
		}
		at += 12 * time.Second
	}
	return runOf([]string{"length=64"}, all...)
}

// R 4.2: v <- log(c(101, 99, 111, 109, 91, 89)); b <- gl(3, 2); a <- anova(lm(v ~ b))$"Mean Sq"; sqrt((a[1] - a[2])/2); sqrt(a[2]).
// The best number of repeats is the root of 12/5 x within/between: less than 1, so 1.
func TestVaries(t *testing.T) {
	s := mustSummarize(t, ofBoots([][]float64{{101, 99}, {111, 109}, {91, 89}}))
	v := s.Cases[0].Metrics["goodput"].Varies
	if v == nil || math.Abs(v.Boots-0.0998779824901067) > 1e-9 || math.Abs(v.Repeats-0.014285722502475) > 1e-9 || math.Abs(v.Share-0.0998779824901067*0.0998779824901067/(0.0998779824901067*0.0998779824901067+0.014285722502475*0.014285722502475)) > 1e-9 || v.Best != 1 {
		t.Errorf("%+v", v)
	}
	const want = "Goodput varies by 10 % from boot to boot and by 1.4 % from repeat to repeat within one, 98 % and 2.0 % of the variance: " +
		"more boots narrow it, more repeats do not; by what a boot costs, 1 repeat of each is best."
	if got := strings.Join(s.Findings, " "); !strings.Contains(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if m := s.Cases[0].Metrics["ceiling"]; m.Varies != nil {
		t.Errorf("a metric that is not judged: %+v", m.Varies)
	}
}

// Boots that differ no more than their repeats explain: 20 repeats are the most that is advised, and more of them do.
func TestVariesWithinBoots(t *testing.T) {
	s := mustSummarize(t, ofBoots([][]float64{{99, 101}, {101, 99}, {99, 101}}))
	v := s.Cases[0].Metrics["goodput"].Varies
	if v == nil || v.Share != 0 || v.Best != 20 {
		t.Errorf("%+v", v)
	}
	if got := strings.Join(s.Findings, " "); !strings.Contains(got, "more repeats narrow it as well as more boots; by what a boot costs, 20 repeats of each are best.") {
		t.Errorf("%q", got)
	}
}

// Nothing is said of two boots, of one repeat a boot, of values that do not vary, and of costs that are not known.
func TestVariesIsNotKnown(t *testing.T) {
	for name, groups := range map[string][][]float64{
		"two boots":  {{101, 99}, {111, 109}},
		"one repeat": {{101}, {111}, {91}},
		"equal":      {{100, 100}, {100, 100}, {100, 100}},
	} {
		if v := mustSummarize(t, ofBoots(groups)).Cases[0].Metrics["goodput"].Varies; v != nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
	run := ofBoots([][]float64{{101, 99}, {111, 109}, {91, 89}})
	run.Variant = "X" // between its boots were those of the other side
	if v := mustSummarize(t, run).Cases[0].Metrics["goodput"].Varies; v == nil || v.Best != 0 {
		t.Errorf("one side of two: %+v", v)
	}
}

// By hand: repeats begin 5 s apart within boots, two cases are a round of 10 s, and 12 s lie between boots.
func TestCosts(t *testing.T) {
	run := ofBoots([][]float64{{1, 1, 1, 1}, {1, 1, 1, 1}})
	for i := range run.Results {
		if i%2 == 1 {
			run.Results[i].Case = "length=128"
		}
	}
	if c := costsOf(run); c.boot != 12*time.Second || c.round != 10*time.Second {
		t.Errorf("%+v", c)
	}
	if c := costsOf(ofBoots([][]float64{{1, 1}})); c != (costs{}) {
		t.Errorf("one boot: %+v", c)
	}
}
