package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/analysis/energy"
	"st67bench/results/trace"
)

// idleTrace is 70 s at 10 kS/s: 57 mA for 5 s, then 80 µA with 38 mA for 2 ms at every third beacon. Mark start is at 5 s, end
// at 65 s; its clock begins 1 s after the zero of its times.
func idleTrace(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "idle.ppk2")
	h := trace.Header{Instrument: "ppk2", Kind: trace.Average, Rate: 10_000, MaxAmps: 1}
	w, err := trace.Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	amps := make([]float32, 700_000)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range amps {
		amps[i] = 80e-6
		if i < 50_000 {
			amps[i] = 57e-3
		} else if (i-50_000)%3072 >= 1000 && (i-50_000)%3072 < 1020 {
			amps[i] = 38e-3
		}
		amps[i] *= 1 + 1e-3*float32(random.NormFloat64()) // an instrument that measures has noise
	}
	if err := w.Write(trace.Block{Amps: amps}); err != nil {
		t.Fatal(err)
	}
	w.Mark(trace.Mark{Name: "start", T: 6 * time.Second})
	w.Mark(trace.Mark{Name: "end", T: 66 * time.Second})
	if _, err := w.Close(trace.Clock{Method: "arrivals", Offset: time.Second, Period: 1e-4, Residual: 0.4e-3}, 0); err != nil {
		t.Fatal(err)
	}
	return path
}

func powerAnalyze(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = execute(context.Background(), append([]string{"power", "analyze"}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestPowerAnalyze(t *testing.T) {
	path := idleTrace(t)
	code, out, errOut := powerAnalyze(t, path, "--dtim", "3", "--supply", "3.3V")
	if code != 0 || errOut != "" {
		t.Fatalf("exit %d: %s%s", code, errOut, out)
	}
	// 80 µA + 20 x 37.92 mA / 3072 = 326.875 µA; 37.92 mA x 2 ms = 75.84 µC.
	for _, text := range []string{
		"trace     idle.ppk2: ppk2, 10 kS/s, 1m from 5.00 s on, coverage 100 %",
		"current   327 µA ±0.0",
		"power     1.08 mW",
		"floor     80.0 µA",
		"one every 307 ms, which is 3 beacons",
		"0 skipped, 0 beside the schedule",
		"per wake  75.8 µC above the floor, 2.00 ms awake",
		"sleep", "idle", "CR123A", "note      energy by the voltage that was set, 3.30 V, not measured",
	} {
		if !strings.Contains(out, text) {
			t.Errorf("no %q in\n%s", text, out)
		}
	}
	if strings.Contains(out, "transmit  ") || strings.Contains(out, "receive  ") {
		t.Errorf("a state that did not occur is shown:\n%s", out)
	}
}

func TestPowerAnalyzeVoid(t *testing.T) {
	code, out, _ := powerAnalyze(t, idleTrace(t), "--dtim", "1")
	if code != exitError || !strings.Contains(out, "VOID      asked for wakes every beacon (102 ms), the trace shows every 3rd beacon (307 ms)") || strings.Contains(out, "\ncurrent") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

// A board without supply gives samples as well: they are those of nothing, and no battery lasts for years on them.
func TestPowerAnalyzeOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "off.ppk2")
	w, err := trace.Create(path, trace.Header{Instrument: "ppk2", Kind: trace.Average, Rate: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	amps := make([]float32, 100_000)
	for i := range amps {
		amps[i] = 0.2e-6
	}
	if err := w.Write(trace.Block{Amps: amps}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(trace.Clock{Method: "nominal", Period: 1e-4}, 0); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := powerAnalyze(t, path)
	if code != 0 || !strings.Contains(out, "note      next to no current for 100 % of the time: CHIP_EN was low, or the module had no supply") || strings.Contains(out, "battery") {
		t.Errorf("exit %d: %s%s", code, errOut, out)
	}
}

// One instant is a current and no time.
func TestPowerAnalyzeOneSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.ppk2")
	h := trace.Header{Instrument: "csv", Kind: trace.Point, Rate: 1000}
	w, err := trace.Create(path, h)
	if err == nil {
		err = w.Write(trace.Block{Amps: []float32{1e-3}})
	}
	if err == nil {
		_, err = w.Close(trace.Nominal(h), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := powerAnalyze(t, path); code != exitError || errOut != "st67bench: "+path+": no time to measure over: its samples are 1\n" {
		t.Errorf("exit %d: %s", code, errOut)
	}
}

// How far off the host's clock is matters for edges at marks of the host, and not for edges that are samples.
func TestPowerAnalyzeEdges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "edges.ppk2")
	w, err := trace.Create(path, trace.Header{Instrument: "ppk2", Kind: trace.Average, Rate: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	amps := make([]float32, 30_000)
	for i := range amps {
		amps[i] = 57e-3
	}
	if err := w.Write(trace.Block{Amps: amps}); err != nil {
		t.Fatal(err)
	}
	w.Mark(trace.Mark{Name: "start", T: time.Second})
	w.Mark(trace.Mark{Name: "end", T: 2 * time.Second})
	if _, err := w.Close(trace.Clock{Method: "arrivals", Period: 1e-4, Residual: 50e-3}, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitError, nil},
		{exitError, []string{"--from", "1s"}},
		{0, []string{"--from", "1s", "--to", "2s"}},
	} {
		code, out, errOut := powerAnalyze(t, append(c.args, path)...)
		if void := strings.Contains(out, "is known to ±50.0 ms at each end only"); code != c.code || void != (c.code == exitError) {
			t.Errorf("%v: exit %d: %s%s", c.args, code, errOut, out)
		}
	}
}

// What was cut off is analyzed as far as it goes, which is said; what was damaged later is not.
func TestPowerAnalyzeDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cut.ppk2")
	w, err := trace.Create(path, trace.Header{Instrument: "ppk2", Kind: trace.Average, Rate: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(trace.Block{Amps: make([]float32, 100_000)}); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := powerAnalyze(t, path); code != exitError || !strings.Contains(out, "note      "+trace.CutOff) {
		t.Errorf("unfinished: exit %d: %s%s", code, errOut, out)
	}
	if _, err := w.Close(trace.Clock{Method: "nominal", Period: 1e-4}, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 300_000); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := powerAnalyze(t, path); code != exitError || !strings.Contains(errOut, "cut.ppk2 has changed since it was written") || out != "" {
		t.Errorf("cut afterwards: exit %d: %s%s", code, errOut, out)
	}
}

// A TWT agreement is seen among the wakes for beacons that go on, and a clock that nothing ties has no alignment.
func TestPowerAnalyzeTWT(t *testing.T) {
	amps := make([]float32, 400_000) // 40 s: 47 ms every 8.192 s, and 2 ms every 1.024 s
	for i := range amps {
		amps[i] = 80e-6
		if i%81920 >= 5000 && i%81920 < 5470 || i%10240 >= 1000 && i%10240 < 1020 {
			amps[i] = 38e-3
		}
	}
	path := filepath.Join(t.TempDir(), "twt.ppk2")
	h := trace.Header{Instrument: "f32", Kind: trace.Average, Rate: 10_000}
	w, err := trace.Create(path, h)
	if err == nil {
		err = w.Write(trace.Block{Amps: amps})
	}
	if err == nil {
		_, err = w.Close(trace.Nominal(h), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, out, errOut := powerAnalyze(t, path, "--json", "--interval", "8.192s", "--service", "32.768ms")
	var got analysisOf
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil || got.Metrics["wake_interval"] != 8.192 {
		t.Fatalf("exit %d, %v: %s%s", code, err, errOut, out)
	}
	if v, ok := got.Metrics["alignment"]; ok {
		t.Errorf("alignment %v of a clock that nothing ties", v)
	}
}

func TestPowerAnalyzeJSON(t *testing.T) {
	path := idleTrace(t)
	code, out, errOut := powerAnalyze(t, path, "--json", "--from", "1s", "--to", "3s", "--supply", "3V", "--bits", "1000000")
	var got analysisOf
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, errOut, out)
	}
	// 57 mA at 3 V for 2 s.
	for name, want := range map[string]float64{"current": 57e-3, "energy": 0.342, "energy_per_bit": 342e-9, "share_idle": 1, "alignment": 0.4e-3} {
		if v := got.Metrics[name]; math.Abs(v-want) > 1e-4*want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	if got.From != 1 || got.To != 3 || got.Metrics["wakes"] != 0 || len(got.Battery) != 3 || len(got.Battery[0].Assumptions) < 4 {
		t.Errorf("%+v", got)
	}
	if _, ok := got.Metrics["wakes"]; ok {
		t.Error("a module that never slept has wakes")
	}
}

func TestPowerAnalyzeMistakes(t *testing.T) {
	path := idleTrace(t)
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "--from", []string{path, "--from", "10"}},
		{exitUsage, "--to 1s is not after --from 2s", []string{path, "--from", "2s", "--to", "1s"}},
		{exitUsage, "--from -1s is outside of the trace, which is 70 s long", []string{path, "--from", "-1s"}},
		{exitUsage, "--to 71s is outside of the trace", []string{path, "--to", "71s"}},
		{exitUsage, "--supply", []string{path, "--supply", "3"}},
		{exitUsage, "interval", []string{path, "--dtim", "3", "--interval", "1s"}},
		{exitUsage, "--service", []string{path, "--dtim", "3", "--service", "8ms"}},
		{exitError, "none.ppk2", []string{filepath.Join(t.TempDir(), "none.ppk2")}},
	} {
		if code, _, errOut := powerAnalyze(t, c.args...); code != c.code || !strings.Contains(errOut, c.want) {
			t.Errorf("%v: exit %d, %q", c.args[1:], code, errOut)
		}
	}
}

// What to do begins in lower case behind what was found, but for a command of the module.
func TestToldProblem(t *testing.T) {
	for do, want := range map[string]string{"AT+TWT_STATUS? tells.": "no; AT+TWT_STATUS? tells", "Measure again.": "no; measure again", "": "no"} {
		if got := told(energy.Problem{Text: "no", Do: do}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
