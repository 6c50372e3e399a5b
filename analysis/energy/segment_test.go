package energy

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"st67bench/results/trace"
)

// The currents of the module's states, as the emulator has them, each for 2 s and with 1 % of noise or 0.1 µA, whichever is more.
func TestStatesOfTheModule(t *testing.T) {
	for _, c := range []struct {
		name  string
		amps  float64
		state State
	}{
		{"unsupplied", 0, Off}, {"shutdown", 0.2e-6, Off},
		{"hibernate", 2.5e-6, Sleep}, {"sleep", 78.6e-6, Sleep}, {"standby", 90e-6, Sleep},
		{"beacon", 38e-3, Idle}, {"idle", 57e-3, Idle},
		{"receive", 65e-3, Receive},
		{"transmit Bluetooth", 167e-3, Transmit}, {"transmit ax", 290e-3, Transmit}, {"transmit b", 377e-3, Transmit},
	} {
		random := rand.New(rand.NewPCG(8, 9))
		amps := make([]float32, 20_000)
		for i := range amps {
			amps[i] = float32(c.amps + max(0.01*c.amps, 0.1e-6)*random.NormFloat64())
		}
		got := clean(t, memory(trace.Average, 10_000, 1000, amps), Question{})
		want(t, got, "share_"+c.state.String(), 1, 0.001)
		if q := got["charge_"+c.state.String()]; math.Abs(q-2*c.amps) > 0.01*2*c.amps+1e-8 { // noise of 0.1 µA / sqrt(20 000) x 2 s is 1.4 nC
			t.Errorf("%s: charge %v", c.name, q)
		}
	}
}

// The states' charges are together that of the span, of two instants too: between them is one period.
func TestChargesOfInstants(t *testing.T) {
	got := clean(t, memory(trace.Point, 100_000, 10, []float32{38e-3, 38e-3}), Question{})
	want(t, got, "charge", 38e-8, 1e-6)
	want(t, got, "charge_idle", 38e-8, 1e-6)
}

// One state near the default border between idle and receive is not torn in two by its own noise.
func TestOneStateAtABorder(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	amps := make([]float32, 20_000)
	for i := range amps {
		amps[i] = float32(60e-3 + 0.1e-3*random.NormFloat64())
	}
	copy(amps[5000:], []float32{0.3, 0.3, 0.3, 0.3, 0.3}) // after which a border inside of the noise would keep it in receive
	got := clean(t, memory(trace.Average, 10_000, 1000, amps), Question{})
	want(t, got, "share_idle", 1, 0.001)
}

// 1 s each of off, sleep, idle, receive and transmit, one after the other and back: every share is a fifth.
func TestSharesOfStates(t *testing.T) {
	levels := []float32{0.2e-6, 80e-6, 38e-3, 65e-3, 330e-3}
	var runs [][]float32
	for i := range 10 {
		run := make([]float32, 5000)
		for k := range run {
			run[k] = levels[min(i, 9-i)]
		}
		runs = append(runs, run)
	}
	got := clean(t, memory(trace.Average, 5000, 777, runs...), Question{})
	for i, s := range []State{Off, Sleep, Idle, Receive, Transmit} {
		want(t, got, "share_"+s.String(), 0.2, 1e-3)
		want(t, got, "charge_"+s.String(), 2*float64(levels[i]), 1e-3)
	}
	want(t, got, "current_floor", 80e-6, 1e-6) // what is off is no sleep floor
	want(t, got, "current_peak", 330e-3, 1e-6)
	want(t, got, "wakes", 1, 0)
	want(t, got, "wake_duty", 0.6, 1e-3)
}

// A rail that feeds 2 mA more never comes below the default level: the level is found between its floor and its wakes.
func TestLevelsAreFound(t *testing.T) {
	c := train{floor: 2e-3, noise: 0.03, length: 30, rate: 10_000, pulses: beacons(3, 30, 0)}
	got := measure(t, c.trace(), Question{Interval: interval(3), Asleep: true})
	if len(got.Problems) > 0 {
		t.Fatal(got.Problems)
	}
	want(t, got.Metrics, "current_floor", 2e-3, 0.002)
	want(t, got.Metrics, "wake_charge", 76e-6, 0.01)
	found := false
	for _, n := range got.Notes {
		found = found || strings.HasPrefix(n, "levels by the trace's own histogram")
	}
	if !found {
		t.Error(got.Notes)
	}
}

// What lasts less than 200 µs is no wake, a drop of less than 1 ms does not end one, and one of more does.
func TestGlitchesAndMerges(t *testing.T) {
	c := train{floor: 80e-6, length: 10, rate: 100_000, pulses: []pulse{
		{1, 150e-6, 50e-3},
		{2, 3e-3, 38e-3}, {2.0039, 3e-3, 38e-3}, // 0.9 ms between them
		{4, 3e-3, 38e-3}, {4.0042, 3e-3, 38e-3}, // 1.2 ms
	}}
	m, err := newMeasurement(c.trace(), trace.Clock{Period: 1 / c.rate}, Question{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.scan(); err != nil {
		t.Fatal(err)
	}
	w := m.segments.wakes.list
	if len(w) != 3 {
		t.Fatalf("%+v", w)
	}
	near(t, "time of a merged wake", float64(w[0].off-w[0].on), 690, 0.005)
	near(t, "charge of a merged wake", float64(w[0].charge)/c.rate, 2*3e-3*38e-3+690e-5*80e-6, 1e-3)
	near(t, "charge before it", w[0].before/c.rate, 2*80e-6+150e-6*50e-3, 1e-3)
}

// After each wake the current falls off over milliseconds, as capacitors make it: guards and trimming keep that out of the floor.
func TestFloorKeepsItsDistance(t *testing.T) {
	c := train{floor: 80e-6, noise: 0.05, length: 20, rate: 20_000, pulses: beacons(1, 20, 0)}
	m := c.trace()
	for _, p := range c.pulses[:len(c.pulses)-1] {
		for k := range 40 { // 300 µA, falling to nothing within 2 ms
			i := int64((p.at+p.long)*c.rate) + 1 + int64(k)
			b := m.Data[i/4096]
			b.Amps[i-b.Index] += float32(300e-6 * (1 - float64(k)/40))
		}
	}
	want(t, clean(t, m, Question{Asleep: true}), "current_floor", 80e-6, 0.001)
}

// A bin's straight lines are within 1.6 % of its logarithm, and what is out of range is in the first or the last bin.
func TestHistogramBins(t *testing.T) {
	for v := float32(1e-9); v < 15; v *= 1.01 {
		i := binOf(v)
		if low := binFrom(i); float64(v) < low || float64(v) > low*1.016 {
			t.Fatalf("%v A is in the bin from %v A on", v, low)
		}
	}
	for _, v := range []float32{0, -1, -1e-9, 1e-12} {
		if binOf(v) != 0 {
			t.Errorf("%v A is in bin %d", v, binOf(v))
		}
	}
	if binOf(1e6) != bins-1 {
		t.Error("1 MA is not in the last bin")
	}
}

// Of 1..100, the mean of what is between the 2nd and the 98th percentile is that of 3..98, and of all it is 50.5.
func TestTrimmedMean(t *testing.T) {
	h := &histogram{}
	for i := range 100 {
		h.add([]float32{float32(i + 1)})
	}
	h.add([]float32{}) // nothing
	near(t, "trimmed mean", h.trimmedMean(0, 1), 50.5, 1e-12)
	low := &histogram{}
	for i := range 100 { // below 16 A each value has a bin of its own
		low.add([]float32{1 + float32(i)/10})
	}
	near(t, "trimmed mean", low.trimmedMean(0.02, 0.98), 5.95, 1e-3)
}

func TestSettleIsLeftOut(t *testing.T) {
	c := train{floor: 80e-6, length: 70, rate: 2000, pulses: append([]pulse{{0, 8, 57e-3}}, beacons(10, 70, 0)[9:]...)}
	got := clean(t, c.trace(), Question{Interval: interval(10), Settle: 10 * time.Second})
	want(t, got, "current", 80e-6+76e-6/1.024, 0.002)
	want(t, got, "wakes_skipped", 0, 0)
}
