package energy

import (
	"testing"
	"time"

	"st67bench/results/trace"
)

// 10 s at 1 mA and 10 s at 3 mA, at 3 V: of the 12 s from 5 s on, 5 s are the first and 7 s the second.
func TestMeasureRectangles(t *testing.T) {
	low, high := make([]float32, 10_000), make([]float32, 10_000)
	for i := range low {
		low[i], high[i] = 1e-3, 3e-3
	}
	m := memory(trace.Average, 1000, 4096, low, high)
	q := Question{Span: Span{4 * time.Second, 17 * time.Second}, Settle: time.Second, Bits: 1e6, Idle: 3e-3}
	got, err := Measure(m, trace.Nominal(m.Meta.Header), q)
	if err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	charge := 5*1e-3 + 7*3e-3
	for name, want := range map[string]float64{
		"charge": charge, "current": charge / 12, "energy": 3 * charge, "power": 3 * charge / 12, "coverage": 1,
		"energy_per_bit": 3 * charge / 1e6, "energy_per_bit_net": (3*charge - 12*3e-3) / 1e6,
	} {
		near(t, name, got.Metrics[name], want, 1e-6)
	}
}

func TestMeasureVoidsWhatIsNotCovered(t *testing.T) {
	run := make([]float32, 5000)
	m := memory(trace.Average, 1000, 4096, run, nil, run) // 10 of 10 010 samples are missing: 99.90 %
	clock := trace.Nominal(m.Meta.Header)
	got, err := Measure(m, clock, Question{})
	if err != nil || len(got.Problems) != 0 {
		t.Errorf("99.9001 %% is enough: %v %v", err, got.Problems)
	}
	got, err = Measure(m, clock, Question{Span: Span{time.Second, 10 * time.Second}})
	if err != nil || len(got.Problems) != 1 || !got.Problems[0].Void || got.Problems[0].Name != "coverage" || len(got.Metrics) != 1 {
		t.Errorf("99.89 %%: %v %+v", err, got)
	}
	if _, err := Measure(m, clock, Question{Settle: time.Minute}); err == nil {
		t.Error("a span that is over before it settles was measured")
	}
}
