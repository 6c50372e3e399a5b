package analysis

import (
	"fmt"
	"math"
	"testing"

	"st67bench/results"
)

// Three sessions of three boots of two repeats.
var nested = [][][]float64{
	{{101, 99}, {103, 101}, {100, 99}},
	{{111, 109}, {112, 113}, {107, 109}},
	{{91, 89}, {95, 93}, {92, 90}},
}

func sessionsOf(groups [][][]float64) []*results.Run {
	var all []*results.Run
	for i, boots := range groups {
		run := ofBoots(boots)
		run.ID, run.Session = fmt.Sprintf("run %d", i), fmt.Sprintf("session %d", i)
		all = append(all, run)
	}
	return all
}

func togetherOf(t *testing.T, runs []*results.Run) string {
	t.Helper()
	var all []*Summary
	for _, r := range runs {
		all = append(all, mustSummarize(t, r))
	}
	return Together(all)
}

// R 4.2: v <- log(c(101,99,103,101,100,99,111,109,112,113,107,109,91,89,95,93,92,90)); s <- gl(3, 6); b <- gl(9, 2);
// a <- anova(lm(v ~ s + b))$"Mean Sq"; (a[1] - a[2])/6; (a[2] - a[3])/2; a[3].
func TestTogether(t *testing.T) {
	runs := sessionsOf(nested)
	var all []*Summary
	for _, r := range runs {
		all = append(all, mustSummarize(t, r))
	}
	goodput, _ := results.LookupMetric("goodput")
	l, ok := levelsOf(all, "length=64", goodput)
	if !ok || math.Abs(l.sessions-0.00833197776287738) > 1e-12 || math.Abs(l.boots-0.000281959620493699) > 1e-12 || math.Abs(l.repeats-0.000170431174838459) > 1e-12 {
		t.Errorf("%+v %v", l, ok)
	}
	const want = "Goodput varies by 9.1 % from session to session, by 1.7 % from boot to boot and by 1.3 % from repeat to repeat, 95 %, 3.2 % and 1.9 % of the variance."
	if got := Together(all); got != want {
		t.Errorf("%q", got)
	}
}

// Nothing is said of two sessions, of several runs in one, of runs of another firmware, and of values that do not vary.
func TestTogetherIsNotKnown(t *testing.T) {
	equal := [][][]float64{{{5, 5}, {5, 5}}, {{5, 5}, {5, 5}}, {{5, 5}, {5, 5}}}
	one, other := sessionsOf(nested), sessionsOf(nested)
	for _, r := range one {
		r.Session = "one"
	}
	other[1].Identity = map[string]string{"firmware": "2.0.97"}
	for name, runs := range map[string][]*results.Run{"two": sessionsOf(nested)[:2], "one session": one, "another firmware": other, "equal": sessionsOf(equal), "none": nil} {
		if got := togetherOf(t, runs); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
