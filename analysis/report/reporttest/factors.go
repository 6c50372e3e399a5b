package reporttest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"st67bench/results"
)

// Levels of the factors of Factors.
var (
	FactorLengths   = []string{"64", "512", "1460", "2920"}
	FactorTransmits = []string{"512", "1460", "2920"}
)

// Factors writes a run of two factors, 4 x 3 cases in 3 boots of 3 repeats, and opens it. Goodput is that of a fixed time for each send
// and of the line, and the transmit size adds 5 % a level where sends are long and nothing where they are short, so that both act
// together; latency follows from it, and the energy of a bit falls as goodput rises. In each repeat the network is away for a time,
// which is marked.
func Factors(t testing.TB) *results.Run {
	t.Helper()
	run := results.Run{
		Start: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true,
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "uart", "baud": "2000000", "flow": "rtscts", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-48"},
		Scenario:   results.Document{Name: "two-factors", Title: "Which length and which transmit size?", Text: "name: x\n", Parsed: map[string]any{"workload": map[string]any{"kind": "cipsendl"}}},
		Rig:        results.Document{Name: "emulated", Text: "module: emulated?link=uart\n"},
		Factors:    []string{"length", "transmit"},
	}
	for _, l := range FactorLengths {
		for _, s := range FactorTransmits {
			run.Cases = append(run.Cases, results.CaseInfo{Key: "length=" + l + "/transmit=" + s, Factors: map[string]string{"length": l, "transmit": s}})
		}
	}
	w, err := results.Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	rng, seq, now := rand.New(rand.NewPCG(67, 2)), 0, time.Duration(0)
	for boot := range 3 {
		now += 5 * time.Second
		for block := range 3 {
			for _, c := range run.Cases {
				seq++
				r := results.Result{Seq: seq, Boot: boot + 1, Block: block + 1, Repeat: 3*boot + block + 1, Case: c.Key, Factors: c.Factors, Outcome: results.Pass}
				r.Marks = []results.Mark{{Name: "start", T: now}, {Name: "away", T: now + 400*time.Millisecond}, {Name: "away_end", T: now + 600*time.Millisecond},
					{Name: "back", T: now + 650*time.Millisecond}, {Name: "end", T: now + time.Second}}
				factorRepeat(t, w, rng, now, &r)
				if err := w.Append(r); err != nil {
					t.Fatal(err)
				}
				now += 1200 * time.Millisecond
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

// factorRepeat is one second of one case.
func factorRepeat(t testing.TB, w *results.Writer, rng *rand.Rand, begin time.Duration, r *results.Result) {
	t.Helper()
	length, _ := strconv.ParseFloat(r.Factors["length"], 64)
	level := 0.0
	for i, s := range FactorTransmits {
		if s == r.Factors["transmit"] {
			level = float64(i)
		}
	}
	send := length*10/2e6 + 3e-3
	if length > 1000 {
		send /= 1 + 0.05*level
	}
	samples, err := w.Samples(r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]float64{"goodput": 8 * length / send * math.Exp(0.01*rng.NormFloat64()), "ceiling": 8 * length / (length*10/2e6 + 2e-4), "sends": 1 / send,
		"stage_command": 2.6e-3, "stage_payload": length * 10 / 2e6, "stage_final": 0.2e-3, "stage_host": 0.1e-3, "received": length / send, "loss": 0}
	m["efficiency"] = m["goodput"] / m["ceiling"]
	m["energy_per_bit"] = 0.2/m["goodput"] + 2e-8
	g := &generator{rng: rng, add: func(series string, at, v float64) {
		samples.Add(results.Sample{Series: series, T: begin + time.Duration(at*1e9), V: v})
	}}
	g.times(m, "send_latency", 400, send)
	for i := range 100 {
		at, v := float64(i)*0.01, m["goodput"]
		if at >= 0.4 && at < 0.6 {
			v = 0
		}
		g.add("goodput", at, v*(1+0.02*rng.NormFloat64()))
	}
	if r.Samples, err = samples.Close(); err != nil {
		t.Fatal(fmt.Errorf("samples of %s: %w", r.Case, err))
	}
	r.Metrics = m
}
