package history

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// The sentences, without their figures' last digits.
func TestText(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	l := lab{releases: 18, boots: 5}
	step, temporary, creep := l.series(throughput, r, from(9, -0.05)), l.series(p99, r, during(5, 9, 0.25)), l.series(energy, r, creeping(0.006))
	clean := l.series(throughput, r, none)
	moved := l.series(throughput, r, from(9, -0.05))
	for i := range moved.Releases {
		moved.Releases[i].Rig = map[bool]string{true: "b", false: "a"}[i > 8]
	}
	clean.Name, moved.Name = "length=64/throughput_mbps", "length=1460/throughput_mbps"
	h := Analyze([]Series{step, temporary, creep, clean, moved}, Options{})
	h.Warnings = []string{"1 left out"}
	var out bytes.Buffer
	if err := h.Text(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"throughput_mbps              step at r09 (after r08): -4.9 % [-5.3, -4.6", "], location 100 %, still there\n",
		"rtt_p99_ms                   step at r05 (after r04): +2", "], location 100 %, fixed in r09\n",
		"                             fixed at r09 (after r08): -", "energy_mj_per_mb             creeping +0.6 % a release since r00 (p ",
		"); 18 releases add up to +1", "length=64 throughput_mbps    no change in 18 releases; would have seen 3.",
		"length=1460 throughput_mbps  step between r08 and r09: -5.", "no release is named, since with it changed rig a -> b\n", "changed   rig a -> b at r09\n",
		"newest r17: ", "\nr17: no regression in 5 series; 18 releases\n", "\nwarning   1 left out\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
}

// The keys that are documented.
func TestJSON(t *testing.T) {
	l := lab{releases: 16, boots: 5, drift: 0.03}
	s := l.series(throughput, rand.New(rand.NewPCG(8, 9)), from(9, -0.05))
	text, err := json.Marshal(Analyze([]Series{s}, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Metrics map[string]struct {
			Changes []struct {
				Release, Kind string
				Bracket       [2]string
				Size, P, Q    float64
				Interval      [2]float64
				Confidence    float64
				Worse         bool
			}
			Newest struct{ Release, Verdict string }
			N      int
			Drift  struct{ F float64 }
		}
		Releases, Regressed []string
		Exit                *int
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	m := got.Metrics["throughput_mbps"]
	if len(m.Changes) != 1 || m.N != 16 || m.Newest.Release != "r15" || m.Newest.Verdict == "" || m.Drift.F < 2 || len(got.Releases) != 16 || got.Regressed == nil || got.Exit == nil {
		t.Fatalf("%s", text)
	}
	k := m.Changes[0]
	if k.Release != "r09" || k.Bracket != [2]string{"r08", "r09"} || k.Kind != "step" || !k.Worse || k.Size > -0.04 || k.Size < -0.06 ||
		k.Interval[0] > k.Size || k.Interval[1] < k.Size || k.Interval[1] > -0.04 || k.P > 0.01 || k.Q > 0.01 || k.Confidence < 0.9 {
		t.Errorf("%+v", k)
	}
	for _, empty := range [][]Series{nil, {raw(1)}} {
		if _, err := json.Marshal(Analyze(empty, Options{})); err != nil {
			t.Error(err)
		}
		if err := Analyze(empty, Options{}).Text(&bytes.Buffer{}); err != nil {
			t.Error(err)
		}
	}
}

// A release that some series say nothing of has not passed in them.
func TestUndecidedSeriesAreCounted(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 10))
	l := lab{releases: 9, boots: 5}
	whole, without := l.series(throughput, r, none), l.series(p99, r, none)
	without.Releases[8].Sessions = nil
	if word := Analyze([]Series{whole, without}, Options{}).Verdict(); word != "r08: no regression in 2 series, 1 of them undecided; 9 releases" {
		t.Errorf("%s", word)
	}
}

// What holds for every series is said once, and what is of one stays with it.
func TestSharedWarningsAreSaidOnce(t *testing.T) {
	h := &History{Releases: []string{"1"}, Courses: []Course{
		{Name: "a", Warnings: []string{"too few", "of a alone"}, Points: []Point{{Release: "1", Mark: "rig a -> b"}}},
		{Name: "b", Warnings: []string{"too few"}, Points: []Point{{Release: "1", Mark: "rig a -> b"}}},
	}}
	var b strings.Builder
	if err := h.Text(&b); err != nil {
		t.Fatal(err)
	}
	if text := "\n" + b.String(); strings.Count(text, "\nwarning   too few\n") != 1 || strings.Count(text, "\nchanged   rig a -> b at 1\n") != 1 ||
		!strings.Contains(text, "\na  warning   of a alone\n") {
		t.Errorf("%s", text)
	}
}
