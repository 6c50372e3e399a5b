package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// memory is a journal that keeps everything.
type memory struct {
	results []results.Result
	samples map[int]*kept
	fail    error
}

type kept struct{ values []results.Sample }

func (k *kept) Add(s results.Sample)            { k.values = append(k.values, s) }
func (k *kept) Close() (name string, err error) { return "samples", nil }

func (m *memory) Append(r results.Result) error {
	if m.fail != nil {
		return m.fail
	}
	m.results = append(m.results, r)
	return nil
}

func (m *memory) Samples(seq int) (SampleWriter, error) {
	k := &kept{}
	m.samples[seq] = k
	return k, nil
}

// runner runs the scenario once per case and boot.
func runner(t *testing.T, r *Rig, j Journal, text string) *Runner {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	cases := s.Expand()
	return &Runner{
		Rig: r, Scenario: s, Cases: cases, Seed: 1, Start: time.Now(), Journal: j,
		Next: func(boot []results.Result) (int, bool) { return len(boot), len(boot) < len(cases) },
	}
}

const oneCase = `
name: one
title: One case
workload: {kind: cipsend, length: 1460, sends: 20}
setup: [AT+SLWKDTIM=1]
cleanup: [AT+SYSRAM?]
repeats: {min: 1, max: 1}
warmup: 1
`

// The phases of a repeat come in their order: setup, warm-up, conditions, and
// then prepare, run and conclude, conditions, cleanup.
func TestPhasesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		w.lines = nil
		j := &memory{samples: map[int]*kept{}}
		if err := runner(t, r, j, oneCase).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		once := []string{"AT+CIPSTART", "AT+CIPSEND", "AT+CIPCLOSE"}
		conditions := []string{"AT+CWJAP?", "AT+TEMP", "AT+VBAT?", "AT+SYSRAM?", "AT+CWSTATE?"}
		var want []string
		for _, phase := range [][]string{{"AT+SLWKDTIM"}, once, conditions, once, conditions, {"AT+SYSRAM?"}} {
			want = append(want, phase...)
		}
		got := slices.Compact(slices.Clone(w.lines))
		if !equalPhases(got, want) {
			t.Errorf("commands\n%q, want\n%q", got, want)
		}
		checkRepeat(t, j)
	})
}

// equalPhases compares the order of commands; within conditions the order is free.
func equalPhases(got, want []string) bool {
	fold := func(lines []string) []string {
		var out []string
		for _, l := range lines {
			if strings.HasSuffix(l, "?") || l == "AT+TEMP" {
				l = "query"
			}
			out = append(out, l)
		}
		return slices.Compact(out)
	}
	return slices.Equal(fold(got), fold(want))
}

func checkRepeat(t *testing.T, j *memory) {
	t.Helper()
	if len(j.results) != 1 {
		t.Fatalf("%d results, want one: a warm-up has none", len(j.results))
	}
	res := j.results[0]
	if res.Outcome != results.Pass || len(res.Marks) != 2 || res.Marks[0].Name != "start" || res.Marks[1].Name != "end" {
		t.Errorf("%s %s, marks %v", res.Outcome, res.Err, res.Marks)
	}
	for _, name := range []string{"rssi", "rssi_after", "heap", "heap_after"} {
		if res.Conditions[name] == "" {
			t.Errorf("condition %s is missing: %v", name, res.Conditions)
		}
	}
	perSeries := map[string]int{}
	for _, s := range j.samples[1].values {
		perSeries[s.Series]++
		if s.T < res.Marks[0].T || s.T > res.Marks[1].T {
			t.Errorf("sample %+v lies outside the marks %v", s, res.Marks)
		}
	}
	for _, name := range []string{"send_latency", "stage_command", "stage_prompt", "payload_write", "stage_recv", "stage_final", "delivery"} {
		if perSeries[name] != 20 {
			t.Errorf("%d samples of %s, want one per send", perSeries[name], name)
		}
	}
}

// A journal that cannot be written ends the run with its error.
func TestJournalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		full := errors.New("disk full")
		err := runner(t, r, &memory{samples: map[int]*kept{}, fail: full}, oneCase).Run(t.Context())
		if !errors.Is(err, full) {
			t.Errorf("the run ended with %v", err)
		}
	})
}

// A context that ends in mid-case marks that case and the rest ABORTED.
func TestAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		j := &memory{samples: map[int]*kept{}}
		ctx, cancel := context.WithCancelCause(t.Context())
		run := runner(t, r, j, strings.Replace(oneCase, "length: 1460, sends: 20}", "duration: 10s}\nsweep: {length: [512, 1024, 1460]}", 1))
		go func() {
			time.Sleep(25 * time.Second) // warm-up and repeat of the first case are done, the second one's warm-up runs
			cancel(errors.New("enough"))
		}()
		err := run.Run(ctx)
		if err == nil {
			t.Error("the run ended without an error")
		}
		var got []results.Outcome
		for _, res := range j.results {
			got = append(got, res.Outcome)
			if res.Outcome == results.Aborted && (!strings.Contains(res.Err, "enough") || res.Metrics != nil) {
				t.Errorf("%s: %s, metrics %v", res.Case, res.Err, res.Metrics)
			}
		}
		if want := []results.Outcome{results.Pass, results.Aborted, results.Aborted}; !slices.Equal(got, want) {
			t.Errorf("outcomes %v, want %v", got, want)
		}
		if r.Module.LinkUp(0) {
			t.Error("the module's connection is still open")
		}
	})
}

// A result's error is one line, whatever was joined: tables and the journal have a line for each.
func TestOutcomeIsOneLine(t *testing.T) {
	o, text := outcome(t.Context(), errors.Join(errors.New("the module is gone"), errors.New("the meter too")))
	if o != results.Error || text != "the module is gone; the meter too" {
		t.Errorf("%s %q", o, text)
	}
}
