package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// runOf is a run of two cases and as many boots as there are values, with two repeats each.
func runOf(day int, release, session, role string, goodput ...float64) *results.Run {
	run := &results.Run{
		ID: fmt.Sprint(day, role), Start: time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC), Session: session, Role: role, Release: release, Tool: "st67bench 1",
		Scenario: results.Document{Name: "upload"}, Identity: map[string]string{"firmware": "v" + release, "link": "spi"},
		Conditions: map[string]string{"unit": "a1", "rig": "bench-a"},
	}
	for _, key := range []string{"length=64", "length=1460"} {
		run.Cases = append(run.Cases, results.CaseInfo{Key: key, Hash: "h" + key})
		for boot, v := range goodput {
			for repeat := range 2 {
				run.Results = append(run.Results, results.Result{
					Seq: len(run.Results) + 1, Boot: boot + 1, Block: 1, Repeat: repeat + 1, Case: key, Outcome: results.Pass,
					Metrics: map[string]float64{"goodput": v * []float64{0.5, 2}[repeat], "loss": float64(boot), "received": 99 - float64(boot), "ceiling": 1},
				})
			}
		}
	}
	return run
}

func TestFromRuns(t *testing.T) {
	runs := []*results.Run{
		runOf(9, "2.0.97", "c", "", 9, 9), // the order of the list does not matter
		runOf(1, "2.0.75", "a", "candidate", 10, 12),
		runOf(2, "old", "a", "reference", 8, 8),
		runOf(3, "2.0.89", "b", "candidate", 11),
		runOf(4, "2.0.75", "a", "candidate", 14),
	}
	all, warnings := FromRuns(runs, Selection{})
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	want := []string{"length=64/goodput", "length=64/loss", "length=1460/goodput", "length=1460/loss"}
	if !slices.Equal(names, want) || len(warnings) > 0 {
		t.Fatalf("%q, warnings %q", names, warnings)
	}
	s := all[0]
	if !s.Ratio || s.Metric.Margin != 0.03 || s.Case != "length=64" || s.Scenario != "upload" || len(s.Releases) != 3 {
		t.Errorf("%+v", s)
	}
	first := s.Releases[0]
	if first.Name != "2.0.75" || s.Releases[1].Name != "2.0.89" || s.Releases[2].Name != "2.0.97" || first.Unit != "a1" || first.Tool != "st67bench 1" {
		t.Errorf("%+v", s.Releases)
	}
	one := first.Sessions[0]
	if len(first.Sessions) != 1 || !slices.Equal(one.Candidate, []float64{10, 12, 14}) || !slices.Equal(one.Reference, []float64{8, 8}) || one.ReferenceFirmware != "vold" {
		t.Errorf("%+v", first.Sessions)
	}
	if got := s.Releases[1].Sessions[0].Candidate; !slices.Equal(got, []float64{11}) {
		t.Errorf("the repeats of one boot are %v", got)
	}
	loss := all[1]
	if got := loss.Releases[0].Sessions[0].Candidate[:2]; loss.Ratio || loss.Metric.Margin != 0.001 || !slices.Equal(got, []float64{0, 1.0 / 99}) {
		t.Errorf("losses %v, %+v", got, loss.Metric)
	}
}

// What cannot stand beside the newest run is left out and said.
func TestLeftOut(t *testing.T) {
	newest := runOf(9, "2.0.97", "", "", 9)
	emulated, link, settings, unknown, edited := runOf(1, "a", "", "", 9), runOf(2, "b", "", "", 9), runOf(3, "c", "", "", 9), runOf(4, "", "", "", 9), runOf(5, "e", "", "", 9)
	emulated.Emulated, link.Identity["link"], settings.Subject = true, "uart", "settings"
	delete(unknown.Identity, "firmware")
	edited.Cases[1].Hash = "other"
	other := runOf(6, "f", "", "", 9)
	other.Scenario.Name = "download"
	all, warnings := FromRuns([]*results.Run{newest, emulated, link, settings, unknown, edited, other}, Selection{Scenario: "upload"})
	for _, want := range []string{"emulated module", "another link", "compare settings", "neither release nor firmware", "cases with other parameters"} {
		if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, want) && strings.HasPrefix(w, "1 ") }) {
			t.Errorf("%q lacks %q", warnings, want)
		}
	}
	measured := map[string]int{}
	for _, s := range all {
		for _, r := range s.Releases {
			if len(r.Sessions) > 0 {
				measured[s.Name+" "+r.Name]++
			}
		}
	}
	if len(warnings) != 5 || measured["length=64/goodput e"] != 1 || measured["length=1460/goodput e"] != 0 || measured["length=64/goodput a"] != 0 {
		t.Errorf("%v %q", measured, warnings)
	}
}

// The names are as short as they can be, and the metrics those that are asked for.
func TestNames(t *testing.T) {
	efficiency, _ := results.LookupMetric("goodput")
	a, b := runOf(1, "a", "", "", 9), runOf(1, "a", "", "", 9)
	a.Cases = a.Cases[:1]
	b.Scenario.Name = "download"
	for want, runs := range map[string][]*results.Run{
		"goodput": {a}, "length=64/goodput length=1460/goodput": {b},
		"upload/length=64/goodput download/length=64/goodput download/length=1460/goodput": {a, b},
	} {
		all, _ := FromRuns(runs, Selection{Metrics: []results.Metric{efficiency}})
		var names []string
		for _, s := range all {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q, should be %q", got, want)
		}
	}
}

// A scenario's own margin goes before the table's.
func TestMarginOfScenario(t *testing.T) {
	run := runOf(1, "a", "", "", 9)
	run.Scenario.Parsed = map[string]any{"margins": map[string]float64{"goodput": 0.07}}
	all, _ := FromRuns([]*results.Run{run}, Selection{})
	if all[0].Metric.Margin != 0.07 || all[1].Metric.Margin != LossMargin {
		t.Errorf("%v, %v", all[0].Metric.Margin, all[1].Metric.Margin)
	}
}
