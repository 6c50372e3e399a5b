// Package reporttest has what the tests of reports share: synthetic runs of every kind
// of workload, whose figures are known in advance and which are written to disk and read
// again as real ones are; a run with hostile names in every place; and a headless
// Chromium, without a network, that opens a page, looks at its charts and points at them.
package reporttest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/results"
)

// Lengths are the levels of the demo's sweep.
var Lengths = []int{64, 256, 512, 1024, 1460, 2048, 2920, 4096, 6144, 8192}

const bitTime = 1.0 / 2e6 // s, a line of 2 Mbit/s

// Run writes a run directory that looks like one of cipsend-size on a
// line of 2 Mbit/s, and opens it. Sends are its closed form and noise: the line
// of the command, of the prompt, of the payload at 10 bit times a byte, and
// latencies of the module with a long tail.
func Run(t testing.TB) *results.Run {
	t.Helper()
	return Write(t, results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true,
		Identity: map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "uart", "baud": "2000000", "flow": "rtscts", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-48", "channel": "6", "bssid": "aa:bb:cc:dd:ee:ff", "vbat": "3.310", "temperature": "34.0",
			"heap": "148408", "rig": "emulated", "cpu_governor": "performance", "floor_p50": "4.1e-05", "floor_p99": "0.00013"},
		Scenario: results.Document{Name: "cipsend-size", Title: "How does upload goodput depend on the CIPSEND length?", Text: "name: cipsend-size\n"},
		Rig:      results.Document{Name: "emulated", Text: "module: emulated?link=uart\n"},
		Factors:  []string{"length"},
	})
}

// Write writes run with results for each of Lengths, and opens it.
func Write(t testing.TB, run results.Run) *results.Run {
	t.Helper()
	for _, n := range Lengths {
		level := strconv.Itoa(n)
		run.Cases = append(run.Cases, results.CaseInfo{Key: "length=" + level, Factors: map[string]string{"length": level}})
	}
	w, err := results.Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(67, 0))
	seq := 0
	for repeat := range 7 {
		for i, n := range Lengths {
			if n > 6144 && repeat > 0 || n == 2048 && repeat == 6 {
				continue
			}
			seq++
			r := results.Result{Seq: seq, Boot: 1, Block: repeat + 1, Repeat: repeat + 1, Case: run.Cases[i].Key, Factors: run.Cases[i].Factors}
			r = syntheticRepeat(t, w, rng, n, r)
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

// syntheticRepeat is one second of sends of n bytes.
func syntheticRepeat(t testing.TB, w *results.Writer, rng *rand.Rand, n int, r results.Result) results.Result {
	t.Helper()
	if n > 6144 {
		r.Outcome, r.Err = results.Refused, "ERR CODE:0x01070000 value out of range: this firmware stops at 6144"
		return r
	}
	if n == 4096 && r.Repeat == 3 {
		r.Outcome, r.Err = results.Error, `no "Recv" within 5 s after 4096 B of payload; 3 bytes seen: "\r\n>"`
		return r
	}
	samples, err := w.Samples(r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	now, sum, sends := 0.0, [6]float64{}, 0
	var latencies []float64
	wire := 10 * bitTime
	for now < 1 {
		parts := [6]float64{
			wire*26 + 0.0003 + 0.00002*rng.ExpFloat64(), wire*3 + 0.0001, wire * float64(n),
			wire*18 + 0.0002 + 0.00008*rng.ExpFloat64(), wire*11 + 0.0001, 0.00004 + 0.00001*rng.ExpFloat64(),
		}
		latency := 0.0
		for i, p := range parts {
			sum[i] += p
			latency += p
		}
		samples.Add(results.Sample{Series: "send_latency", T: time.Duration(now * 1e9), V: latency})
		latencies = append(latencies, latency)
		now += latency
		sends++
	}
	if r.Samples, err = samples.Close(); err != nil {
		t.Fatal(err)
	}
	r.Outcome = results.Pass
	r.Metrics = map[string]float64{
		"goodput": 8 * float64(n) * float64(sends) / now, "ceiling": 8 * float64(n) / (wire * float64(n+58)),
		"sends": float64(sends), "sent": float64(n * sends), "received": float64(n * sends),
		"loss": 0, "duplicate": 0, "reordered": 0, "corrupt": 0, "foreign": 0,
	}
	r.Metrics["efficiency"] = r.Metrics["goodput"] / r.Metrics["ceiling"]
	r.Metrics["line_share"] = r.Metrics["goodput"] * wire / 8
	for i, name := range []string{"stage_command", "stage_prompt", "stage_payload", "stage_recv", "stage_final"} {
		r.Metrics[name] = sum[i] / float64(sends)
	}
	for suffix, v := range analysis.Quantiles(latencies) {
		r.Metrics["send_latency"+suffix] = v
	}
	r.Conditions = map[string]string{"rssi": fmt.Sprint(-47 - rng.IntN(3)), "rssi_after": fmt.Sprint(-47 - rng.IntN(3)), "temperature": "34.5"}
	return r
}

// Summarize is the summary of a run.
func Summarize(t testing.TB, run *results.Run) *analysis.Summary {
	t.Helper()
	s, err := analysis.Summarize(run)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Factors, run.Factors) {
		t.Fatalf("factors %v", s.Factors)
	}
	return s
}
