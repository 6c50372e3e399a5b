package energy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"st67bench/results/trace"
)

// pulse is a current above the floor, from an instant on, in s and A.
type pulse struct{ at, long, amps float64 }

// train is a current of a floor and pulses, of which every figure is known in closed form.
type train struct {
	floor  float64
	noise  float64 // standard deviation, as a fraction of the current
	length float64 // s
	rate   float64
	pulses []pulse
}

// trace samples the current: each sample is its mean over the period.
func (c train) trace() *trace.Memory {
	amps := make([]float32, int(math.Round(c.length*c.rate)))
	random := rand.New(rand.NewPCG(1, 2))
	sums := make([]float64, len(amps))
	for _, p := range c.pulses {
		from, to := p.at*c.rate, (p.at+p.long)*c.rate
		for i := max(int(from), 0); i < len(sums) && float64(i) < to; i++ {
			sums[i] += p.amps * (min(to, float64(i+1)) - max(from, float64(i)))
		}
	}
	for i := range amps {
		amps[i] = float32(c.floor + sums[i])
		if c.noise > 0 {
			amps[i] *= float32(1 + c.noise*random.NormFloat64())
		}
	}
	return memory(trace.Average, c.rate, 4096, amps)
}

const beacon = 0.1024

// beacons are wakes of 38 mA and 2 ms, at every nth beacon from 30 ms on.
func beacons(n int, length float64, jitter float64) []pulse {
	var all []pulse
	random := rand.New(rand.NewPCG(3, uint64(n)))
	for k := 0; ; k++ {
		at := 0.03 + float64(k*n)*beacon + jitter*(2*random.Float64()-1)
		if at+0.002 > length {
			return all
		}
		all = append(all, pulse{at, 0.002, 38e-3})
	}
}

func measure(t *testing.T, m *trace.Memory, q Question) Figures {
	t.Helper()
	got, err := Measure(m, trace.Nominal(m.Meta.Header), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// clean measures what has to have no problem.
func clean(t *testing.T, m *trace.Memory, q Question) map[string]float64 {
	t.Helper()
	got := measure(t, m, q)
	if len(got.Problems) > 0 {
		t.Fatalf("problems: %+v", got.Problems)
	}
	return got.Metrics
}

func want(t *testing.T, got map[string]float64, name string, value, relative float64) {
	t.Helper()
	v, ok := got[name]
	if !ok {
		t.Errorf("%s is missing", name)
		return
	}
	if !(math.Abs(v-value) <= relative*math.Abs(value)+1e-12) {
		t.Errorf("%s is %v, want %v within %v", name, v, value, relative)
	}
}

func interval(n int) time.Duration { return time.Duration(n) * beaconInterval }

// Floor 78.6 µA, wakes of 38 mA above it for 2 ms: 76 µC every n beacons, so that the mean is 78.6 µA + 76 µC / (n 102.4 ms).
func TestTrainOfBeacons(t *testing.T) {
	for _, n := range []int{1, 3, 10} {
		c := train{floor: 78.6e-6, noise: 0.02, length: 60, rate: 10_000, pulses: beacons(n, 60, 0.0005)}
		got := clean(t, c.trace(), Question{Interval: interval(n), Asleep: true})
		want(t, got, "current", 78.6e-6+76e-6/(float64(n)*beacon), 0.002)
		want(t, got, "current_floor", 78.6e-6, 0.002)
		want(t, got, "wake_charge", 76e-6, 0.005)
		want(t, got, "wake_time", 0.002, 0.05)
		want(t, got, "wakes", float64(len(c.pulses)), 0)
		want(t, got, "wake_beacons", float64(n), 0)
		want(t, got, "wake_interval", float64(n)*beacon, 1e-4)
		want(t, got, "wake_rate", 1/(float64(n)*beacon), 0.002)
		want(t, got, "wake_duty", 0.002/(float64(n)*beacon), 0.05)
		want(t, got, "wakes_skipped", 0, 0)
		want(t, got, "wakes_unscheduled", 0, 0)
		want(t, got, "beacons_missed", 0, 0)
		want(t, got, "current_peak", 38e-3, 0.1)
		want(t, got, "share_idle", 0.002/(float64(n)*beacon), 0.06)
		want(t, got, "charge_sleep", got["charge"]*78.6e-6*(1-got["share_idle"])/got["current"], 0.002)
		if j := got["wake_jitter"]; j < 0.0002 || j > 0.0003 { // the median of |uniform ±0.5 ms| is 0.25 ms
			t.Errorf("jitter %v", j)
		}
	}
}

// Skipped and additional wakes are counted exactly, with jitter, a clock that is 80 ppm off, and thousands of wakes.
func TestSkippedAndUnscheduledAreExact(t *testing.T) {
	for _, n := range []int{1, 3, 10} {
		length := 2000 * beacon * float64(n)
		all := beacons(n, length, 0.001)
		random := rand.New(rand.NewPCG(9, uint64(n)))
		var kept []pulse
		skipped, extra := 0, 0
		for i, p := range all {
			p.at *= 1 + 80e-6
			switch {
			case i%37 == 17 || i%100 == 50 || i == 0:
				skipped++
				continue
			case i%41 == 3: // between 10 ms and the next wake's 10 ms before
				kept = append(kept, p, pulse{p.at + 0.01 + random.Float64()*(beacon*float64(n)-0.02), 0.003, 38e-3})
				extra++
				continue
			}
			kept = append(kept, p)
		}
		c := train{floor: 78.6e-6, length: length * (1 + 80e-6), rate: 2000, pulses: kept}
		got := clean(t, c.trace(), Question{Interval: interval(n)})
		want(t, got, "wake_beacons", float64(n), 0)
		want(t, got, "wake_interval", float64(n)*beacon*(1+80e-6), 5e-6)
		want(t, got, "wakes_skipped", float64(skipped), 0)
		want(t, got, "wakes_unscheduled", float64(extra), 0)
	}
}

func TestSkipsInAGapAreNotSkips(t *testing.T) {
	c := train{floor: 80e-6, length: 300, rate: 2000, pulses: beacons(10, 300, 0)}
	m := c.trace()
	whole := *m
	m.Meta.Gaps, m.Data = nil, nil
	m.Meta.Samples = 0
	for _, b := range whole.Data {
		from := int64((c.pulses[100].at - 0.02) * c.rate)
		if to := from + 100; b.Index < to && b.End() > from { // 50 ms round the begin of wake 100
			m.Add(b.Slice(b.Index, from))
			b = b.Slice(to, b.End())
		}
		m.Add(b)
	}
	got := clean(t, m, Question{Interval: interval(10)})
	want(t, got, "wakes_skipped", 0, 0)
	want(t, got, "wakes", float64(len(c.pulses)-1), 0)
}

// What was asked for and not granted is void, and says what is there instead.
func TestNotGranted(t *testing.T) {
	for _, c := range []struct {
		name   string
		pulses []pulse
		q      Question
		text   string
	}{
		{"not-granted", beacons(1, 60, 0), Question{Interval: interval(3)},
			"asked for wakes every 3rd beacon (307 ms), the trace shows every beacon (102 ms)"},
		{"not-granted", beacons(10, 60, 0), Question{Interval: interval(1)},
			"asked for wakes every beacon (102 ms), the trace shows every 10th beacon (1.02 s)"},
		{"not-granted", beacons(1, 60, 0), Question{Interval: 8192 * time.Millisecond, TWT: true, Service: 32768 * time.Microsecond},
			"asked for TWT every 80th beacon (8.19 s), the trace shows every beacon (102 ms)"},
		{"no-cadence", nil, Question{Interval: interval(3)},
			"asked for wakes every 3rd beacon (307 ms), the trace shows 0 wakes without a schedule"},
		{"too-short", nil, Question{Interval: 20 * time.Second}, "1m are too short to see wakes every 20.0 s"},
		{"awake", []pulse{{0, 60, 57e-3}}, Question{Asleep: true},
			"the module was told to sleep, and its current was never below 500 µA"},
	} {
		got := measure(t, train{floor: 79e-6, length: 60, rate: 2000, pulses: c.pulses}.trace(), c.q)
		if len(got.Problems) != 1 || got.Problems[0].Name != c.name || got.Problems[0].Text != c.text || !got.Problems[0].Void || got.Problems[0].Do == "" {
			t.Errorf("%+v, want %s: %s", got.Problems, c.name, c.text)
		}
		if _, ok := got.Metrics["current"]; ok {
			t.Errorf("%s: a current is given", c.name)
		}
	}
}

// AT+TWT_PARAM with exponent 13, mantissa 1000 and 128 x 256 µs: 8.192 s and 32.768 ms; awake for 49 ms in fact.
func TestTWTWithBeaconsBeside(t *testing.T) {
	pulses := beacons(10, 120, 0)
	for at := 1.0; at < 119; at += 8.192 {
		pulses = append(pulses, pulse{at, 0.049, 38e-3})
	}
	slices.SortFunc(pulses, func(a, b pulse) int { return int(math.Copysign(1, a.at-b.at)) })
	q := Question{Interval: 8192 * time.Millisecond, TWT: true, Service: 32768 * time.Microsecond}
	got := measure(t, train{floor: 79e-6, length: 120, rate: 2000, pulses: pulses}.trace(), q)
	if len(got.Problems) > 0 {
		t.Fatal(got.Problems)
	}
	want(t, got.Metrics, "wake_interval", 8.192, 1e-4)
	want(t, got.Metrics, "wake_charge", 0.049*38e-3, 0.02)
	want(t, got.Metrics, "wake_time", 0.049, 0.03)
	for _, text := range []string{
		fmt.Sprint(len(beacons(10, 120, 0))) + " wakes beside the TWT agreement, every 10th beacon (1.02 s): beacons are still listened to",
		"awake for 49.0 ms, 1.50 times the service period that was asked for",
	} {
		if !slices.Contains(got.Notes, text) {
			t.Errorf("no note %q in %q", text, got.Notes)
		}
	}
}
