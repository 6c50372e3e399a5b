package reporttest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/results/trace"
)

// TraceRate is that of the traces of a Traced run, in samples/s.
const TraceRate = 10_000

// Traced is a run with a meter: in closed form what each repeat comes to, and what the first one of each level drew.
type Traced struct {
	Kind, Factor string
	Levels       []string
	Repeats      int
	Metrics      func(level, repeat int) map[string]float64
	// Amps are the samples from 1 s before the mark "start" to 1 s after the mark "end"; nil for no trace. Lost are those that are
	// missing.
	Amps func(level int) []float32
	Lost trace.Span
	// Samples are those of a repeat that has a trace, in time since its start.
	Samples []results.Sample
}

// Run writes the run directory, and opens it.
func (f Traced) Run(t testing.TB) *results.Run {
	t.Helper()
	run := results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true,
		Identity: map[string]string{"module": "ST67W611M1", "firmware": "2.0.106", "link": "uart", "meter": "sim"},
		Scenario: results.Document{Name: f.Kind + "-traced", Parsed: map[string]any{"workload": map[string]any{"kind": f.Kind}, "needs": []any{"meter"}}},
		Factors:  []string{f.Factor},
	}
	for _, l := range f.Levels {
		run.Cases = append(run.Cases, results.CaseInfo{Key: f.Factor + "=" + l, Factors: map[string]string{f.Factor: l}})
	}
	w, err := results.Create(t.TempDir(), run)
	if err == nil {
		err = os.Mkdir(filepath.Join(w.Dir(), "power"), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for repeat := range f.Repeats {
		for i, c := range run.Cases {
			r := results.Result{Seq: repeat*len(f.Levels) + i + 1, Boot: 1, Block: repeat + 1, Repeat: repeat + 1, Case: c.Key, Factors: c.Factors,
				Outcome: results.Pass, Metrics: f.Metrics(i, repeat)}
			if repeat == 0 && f.Amps != nil {
				f.measured(t, w, &r, f.Amps(i))
			}
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := results.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// measured writes the trace and the samples of a repeat. Its first sample is at 100 s of the run's time for each Seq.
func (f Traced) measured(t testing.TB, w *results.Writer, r *results.Result, amps []float32) {
	t.Helper()
	begin := time.Duration(r.Seq) * 100 * time.Second
	start := begin + time.Second
	end := begin + time.Duration(len(amps))*time.Second/TraceRate - time.Second
	r.Marks = []results.Mark{{Name: "start", T: start}, {Name: "end", T: end}}
	r.Power = fmt.Sprintf("power/%06d.ppk2", r.Seq)
	tw, err := trace.Create(filepath.Join(w.Dir(), filepath.FromSlash(r.Power)), trace.Header{Instrument: "sim", Kind: trace.Average, Rate: TraceRate, Volts: 3.3, VoltsFrom: "set",
		Digital: []string{"chip_en"}})
	if err != nil {
		t.Fatal(err)
	}
	digital := make([]byte, len(amps))
	for i := range digital {
		if i >= TraceRate/2 { // CHIP_EN rises half a second before the start
			digital[i] = 1
		}
	}
	for _, part := range []trace.Span{{From: 0, To: f.Lost.From}, {From: f.Lost.To, To: int64(len(amps))}} {
		if part.To > part.From {
			if err := tw.Write(trace.Block{Index: part.From, Amps: amps[part.From:part.To], Digital: digital[part.From:part.To]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := tw.Close(trace.Clock{Method: "arrivals", Offset: begin, Period: 1.0 / TraceRate, Residual: 0.4e-3}, 0); err != nil {
		t.Fatal(err)
	}
	samples, err := w.Samples(r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Samples {
		s.T += start
		samples.Add(s)
	}
	if r.Samples, err = samples.Close(); err != nil {
		t.Fatal(err)
	}
}
