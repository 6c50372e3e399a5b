package history

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"st67bench/results"
)

func TestAcknowledged(t *testing.T) {
	a, err := ReadAcknowledged("a.yaml", []byte(`
- {metric: goodput, release: 2.0.97, reason: "TCP window halved on purpose"}
- metric: energy
  scenario: upload
  case: length=64
  release: 2.0
  reason: new radio calibration
`))
	if err != nil {
		t.Fatal(err)
	}
	of := func(metric, scenario, key string) *Series {
		return &Series{Metric: results.Metric{Name: metric}, Scenario: scenario, Case: key}
	}
	for _, c := range []struct {
		s             *Series
		release, want string
	}{
		{of("goodput", "any", "any"), "2.0.97", "TCP window halved on purpose"},
		{of("goodput", "any", "any"), "2.0.98", ""},
		{of("energy", "upload", "length=64"), "2.0", "new radio calibration"},
		{of("energy", "upload", "length=128"), "2.0", ""},
		{of("energy", "download", "length=64"), "2.0", ""},
	} {
		if got := a.reason(c.s, c.release); got != c.want {
			t.Errorf("%+v at %s: %q", c.s, c.release, got)
		}
	}
	for _, text := range []string{"", "# nothing yet\n", "[]", "---\n"} {
		if a, err := ReadAcknowledged("a.yaml", []byte(text)); err != nil || a == nil || len(a.entries) > 0 {
			t.Errorf("%q: %+v, %v", text, a, err)
		}
	}
}

func TestMistakesOfAcknowledged(t *testing.T) {
	for text, want := range map[string][]string{
		"metric: goodput\n": {"a.yaml:1:1: a list of changes is expected"},
		"- goodput\n":       {"a.yaml:1:3: a change is expected"},
		"- {metric: goodput, relase: 2, reason: x}\n":        {`a.yaml:1:21: unknown key "relase"; did you mean "release"? allowed here: metric, scenario, case, release, reason`, "a.yaml:1:3: release is missing"},
		"- {metric: [a], release: 2, reason: ''}\n":          {"a.yaml:1:12: metric: a text is expected", "a.yaml:1:37: reason: a text is expected"},
		"- {metric: a, release: 2, reason: b}\n- {metric: a": {"a.yaml:3:1: no YAML"},
	} {
		_, err := ReadAcknowledged("a.yaml", []byte(text))
		var all Mistakes
		if !errors.As(err, &all) {
			t.Errorf("%q: %v is no list of mistakes", text, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %q lacks %q", text, err, w)
			}
		}
	}
}

// What is acknowledged does not fail. With a list, what is not acknowledged goes on failing in later releases.
func TestAcknowledgedDoNotFail(t *testing.T) {
	l := lab{releases: 16, boots: 5}
	history := func(at int, a *Acknowledged) *History {
		r := rand.New(rand.NewPCG(9, 9))
		return Analyze([]Series{l.series(throughput, r, from(at, -0.06))}, Options{Acknowledged: a})
	}
	list := func(release string) *Acknowledged {
		return &Acknowledged{[]entry{{"metric": throughput.Name, "release": release, "reason": "wanted"}}}
	}
	for _, c := range []struct {
		what    string
		at      int
		a       *Acknowledged
		exit    int
		against string
	}{
		{"at the newest", 15, nil, 3, "r14"},
		{"at the newest, accepted", 15, list("r15"), 0, "r14"},
		{"at the newest, another accepted", 15, list("r14"), 3, "r14"},
		{"before, no list", 10, nil, 0, "r14"},
		{"before, not in the list", 10, list("r09"), 3, "r09"},
		{"before, accepted", 10, list("r10"), 0, "r14"},
	} {
		h := history(c.at, c.a)
		w := h.Courses[0].Newest
		if h.Exit() != c.exit || w.Against != c.against {
			t.Errorf("%s: exit %d, against %s: %+v", c.what, h.Exit(), w.Against, w)
		}
	}
	changes := history(10, list("r10")).Courses[0].Changes
	if len(changes) != 1 || changes[0].Acknowledged != "wanted" {
		t.Errorf("the change is not shown as acknowledged: %+v", changes)
	}
}

// An entry that acknowledges nothing is told, and one that does, or that may be of a series that was not looked at, is not.
func TestIdleEntriesAreTold(t *testing.T) {
	l := lab{releases: 16, boots: 5}
	r := rand.New(rand.NewPCG(9, 9))
	series := []Series{l.series(throughput, r, from(10, -0.06))}
	list := &Acknowledged{[]entry{
		{"metric": throughput.Name, "release": "r10", "reason": "wanted"},
		{"metric": throughput.Name, "release": "r15", "reason": "the newest"},
		{"metric": throughput.Name, "release": "r03", "reason": "nothing happened there"},
		{"metric": throughput.Name, "release": "r99", "reason": "a mistake"},
		{"metric": "goodptu", "case": "length=64", "release": "r10", "reason": "another"},
	}}
	want := []string{
		"acknowledged, but no change was found there: throughput_mbps at r03", "acknowledged, but there is no such release: throughput_mbps at r99",
		"acknowledged, but nothing is followed by that name: length=64 goodptu at r10",
	}
	for _, selected := range []bool{false, true} {
		if selected {
			want = want[:2]
		}
		if got := Analyze(series, Options{Acknowledged: list, Selected: selected}).Warnings; !slices.Equal(got, want) {
			t.Errorf("selected %t: %q, want %q", selected, got, want)
		}
	}
	if got := Analyze([]Series{lab{releases: 4, boots: 5}.series(throughput, r, none)}, Options{Acknowledged: list}).Warnings; slices.Contains(got, want[0]) {
		t.Errorf("%q; four releases carry no search", got)
	}
}
