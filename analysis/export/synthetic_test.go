package export

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/results/trace"
)

var update = flag.Bool("update", false, "rewrite testdata")

var start = time.Date(2026, 11, 22, 18, 40, 0, 123456789, time.UTC)

// hostile has what means something to any of the formats, and what is no text at all.
const hostile = "a\"b,c|d\n<script>&amp;`*_[x](http://evil)@team #1 ü\u202e\x00\x7f"

// newRun is a run of two lengths on the emulated module, without results.
func newRun() results.Run {
	return results.Run{
		Start: start, Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true, Release: "R1", Session: "S1",
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "uart", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-48"},
		Scenario:   results.Document{Name: "cipsend-size", Title: "How does upload goodput depend on the CIPSEND length?"},
		Rig:        results.Document{Name: "emulated"},
		Factors:    []string{"length"},
		Cases: []results.CaseInfo{
			{Key: "length=512", Factors: map[string]string{"length": "512"}}, {Key: "length=2920", Factors: map[string]string{"length": "2920"}},
		},
	}
}

// measured is one result of a run, as its seq-th, of which a second was measured.
func measured(seq, boot, repeat, of int, metrics map[string]float64) results.Result {
	length := []string{"512", "2920"}[of]
	at := time.Duration(seq) * 2 * time.Second
	return results.Result{
		Seq: seq, Boot: boot, Block: boot, Repeat: repeat, Case: "length=" + length, Factors: map[string]string{"length": length},
		Outcome: results.Pass, Metrics: metrics, Marks: []results.Mark{{Name: "start", T: at}, {Name: "end", T: at + time.Second}},
	}
}

// syntheticResults are two boots of two lengths with two repeats; one is outside a limit, one was not measured.
func syntheticResults() (all []results.Result) {
	for boot := 1; boot <= 2; boot++ {
		for repeat := 1; repeat <= 2; repeat++ {
			for of := range 2 {
				seq := len(all) + 1
				all = append(all, measured(seq, boot, repeat, of, map[string]float64{
					"goodput": 1e6*float64(of+1) + 1e4*float64(seq) + 0.1, "efficiency": 0.75, "send_latency_p50": 0.0033, "loss": 0, "sends": 20,
				}))
			}
		}
	}
	all[3].Outcome, all[3].Err = results.Fail, "goodput 2.04 Mbit/s is below the limit of 3.00 Mbit/s"
	all[6].Outcome, all[6].Err, all[6].Metrics = results.Error, `no ">" within 5 s after AT+CIPSEND=0,512`, nil
	return all
}

// write makes a run directory of it and opens it. put may add what results name.
func write(t testing.TB, run results.Run, all []results.Result, put func(w *results.Writer, r *results.Result)) *results.Run {
	t.Helper()
	w, err := results.Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if put != nil {
			put(w, &r)
		}
		if err := w.Append(r); err != nil {
			t.Fatal(err)
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

// syntheticRun has raw samples, an at.log and current traces too.
func syntheticRun(t testing.TB) *results.Run {
	t.Helper()
	return write(t, newRun(), syntheticResults(), func(w *results.Writer, r *results.Result) {
		if r.Seq == 1 {
			fmt.Fprintf(w.Log(), "# st67bench trace 1 %s\n", start.Format("2006-01-02T15:04:05.000000000Z"))
			fmt.Fprint(w.Log(), "+0.100000000 > \"AT+CWJAP=\\\"home\\\",\\\"\" *12 \"\\\"\\r\\n\"\n+0.200000000 < \"\\r\\nOK\\r\\n\"\n")
		}
		if len(r.Metrics) == 0 {
			return
		}
		putSends(t, w, r, 20)
		if r.Seq <= 2 {
			putCurrent(t, w.Dir(), r)
		}
	})
}

// putSends are sends one after the other within a repeat, 1/n of it each, in at.log and in the samples: 1 ms of command, the payload, and an arrival at
// the end.
func putSends(t testing.TB, w *results.Writer, r *results.Result, n int) {
	t.Helper()
	samples, err := w.Samples(r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	each := time.Second / time.Duration(n)
	for i := range n {
		at := r.Marks[0].T + time.Duration(i)*each
		samples.Add(results.Sample{Series: "send_latency", T: at, V: (each - time.Microsecond).Seconds()})
		samples.Add(results.Sample{Series: "stage_command", T: at, V: 0.001})
		samples.Add(results.Sample{Series: "stage_recv", T: at + 2*time.Millisecond, V: (each - 3*time.Millisecond).Seconds()})
		samples.Add(results.Sample{Series: "stage_radio", T: at + 3*time.Millisecond, V: (each - 2*time.Millisecond).Seconds()})
		samples.Add(results.Sample{Series: "delivery", T: at + each - time.Millisecond, V: (each - time.Millisecond).Seconds()})
		line := func(at time.Duration) string { return fmt.Sprintf("+%d.%09d", at/time.Second, at%time.Second) }
		fmt.Fprintf(w.Log(), "%s > \"AT+CIPSEND=0,%s\\r\\n\"\n%s < \"\\r\\nOK\\r\\n\\r\\n>\"\n", line(at), r.Factors["length"], line(at+time.Millisecond))
		fmt.Fprintf(w.Log(), "%s > @0:%d+%s crc32c=00000000\n%s < \"Recv %s bytes\\r\\n\\r\\nSEND OK\\r\\n\"\n", line(at+2*time.Millisecond), i, r.Factors["length"],
			line(at+each-time.Millisecond), r.Factors["length"])
	}
	if r.Samples, err = samples.Close(); err != nil {
		t.Fatal(err)
	}
}

// putCurrent is a trace of 1 kS/s with 70 mA, a peak of 290 mA, and a gap.
func putCurrent(t testing.TB, dir string, r *results.Result) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "power"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.Power = fmt.Sprintf("power/%06d.ppk2", r.Seq)
	w, err := trace.Create(filepath.Join(dir, r.Power), trace.Header{Instrument: "sim", Kind: trace.Average, Rate: 1000, Volts: 3.3, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	amps := make([]float32, 400)
	for i := range amps {
		amps[i] = 0.07
	}
	amps[123] = 0.29
	for _, index := range []int64{0, 600} {
		if err := w.Write(trace.Block{Index: index, Amps: amps}); err != nil {
			t.Fatal(err)
		}
		amps[123] = 0.07
	}
	if _, err := w.Close(trace.Clock{Method: "marks", Offset: r.Marks[0].T, Period: 0.001, Residual: 1e-4}, 0); err != nil {
		t.Fatal(err)
	}
}

// hostileRun is one whose names are somebody else's.
func hostileRun(t testing.TB) *results.Run {
	t.Helper()
	run := newRun()
	run.Scenario.Title, run.Release, run.Session, run.Tool, run.Rig.Name = hostile, hostile, hostile, hostile, hostile
	run.Identity["firmware"], run.Identity[hostile] = hostile, hostile
	run.Conditions[hostile] = hostile
	run.Factors = []string{hostile}
	run.Cases = []results.CaseInfo{{Key: hostile, Factors: map[string]string{hostile: hostile}}}
	var all []results.Result
	for seq := 1; seq <= 2; seq++ {
		r := measured(seq, 1, seq, 0, map[string]float64{"goodput": 1e6})
		r.Case, r.Factors = hostile, map[string]string{hostile: hostile}
		all = append(all, r)
	}
	all[1].Outcome, all[1].Err, all[1].Metrics = results.Error, hostile, nil
	return write(t, run, all, func(w *results.Writer, r *results.Result) {
		if r.Seq == 1 {
			fmt.Fprintf(w.Log(), "# st67bench trace 1 x\n+2.100000000 > %q\n+2.200000000 < \"ERR CODE:0x01070000\\r\\n\\r\\nERROR\\r\\n\"\n", "AT+X="+strings.ReplaceAll(hostile, "\n", "")+"\r\n")
			putSends(t, w, r, 10)
		}
	})
}

// golden compares with testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}
