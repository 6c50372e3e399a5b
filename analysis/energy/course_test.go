package energy

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"st67bench/results/trace"
)

func courseOf(t *testing.T, m trace.Reader, to int64, stretches int) *Course {
	t.Helper()
	c, err := NewCourse(m, trace.Nominal(m.Side().Header), 0, to, stretches)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A second of sleep with two wakes of 20 ms, in stretches of 10 ms: which samples are awake, and what each stretch shows, is known.
func TestCourse(t *testing.T) {
	c := train{floor: 80e-6, length: 1, rate: 10_000, pulses: []pulse{{0.3, 0.02, 38e-3}, {0.7, 0.02, 100e-3}}}
	got := courseOf(t, c.trace(), 10_000, 100)
	if want := []trace.Span{{From: 3000, To: 3200}, {From: 7000, To: 7200}}; !slices.Equal(got.Wakes, want) {
		t.Errorf("wakes %v, want %v", got.Wakes, want)
	}
	want := []Run{{Sleep, 0, 30}, {Idle, 30, 32}, {Sleep, 32, 70}, {Receive, 70, 72}, {Sleep, 72, 100}}
	if runs := got.Runs(100); !slices.Equal(runs, want) {
		t.Errorf("states %v, want %v", runs, want)
	}
	if runs := got.Runs(10); !slices.Equal(runs, []Run{{Sleep, 0, 100}}) {
		t.Errorf("states of tenths %v: each of them sleeps for most of its time", runs)
	}
	if got.High[31] < 38e-3 || got.High[32] > 81e-6 || got.High[70] < 0.1 {
		t.Errorf("extremes %v %v %v", got.High[31], got.High[32], got.High[70])
	}
	closer, err := got.Closer(2990, 3210, 220)
	if err != nil {
		t.Fatal(err)
	}
	if runs := closer.Runs(220); !slices.Equal(runs, []Run{{Sleep, 0, 10}, {Idle, 10, 210}, {Sleep, 210, 220}}) {
		t.Errorf("closer: %v", runs)
	}
}

// What is missing is in no state, and a wake that a gap cuts is none.
func TestCourseGap(t *testing.T) {
	asleep, awake := make([]float32, 1000), make([]float32, 1000)
	for i := range asleep {
		asleep[i], awake[i] = 80e-6, 38e-3
	}
	got := courseOf(t, memory(trace.Average, 10_000, 512, asleep, awake, nil, awake, asleep), 4010, 401)
	if len(got.Wakes) != 0 {
		t.Errorf("wakes %v were cut by a gap", got.Wakes)
	}
	if runs := got.Runs(401); !slices.Equal(runs, []Run{{Sleep, 0, 100}, {Idle, 100, 200}, {Idle, 201, 301}, {Sleep, 301, 401}}) {
		t.Errorf("states %v", runs)
	}
}

// A board that draws 3 mA beside the module has no sleep below the default level: the levels are those of its own histogram.
func TestCourseFindsLevels(t *testing.T) {
	c := train{floor: 0.4e-3, length: 2, rate: 10_000, pulses: []pulse{{0.5, 0.1, 40e-3}, {1.5, 0.1, 40e-3}}}
	if got := courseOf(t, c.trace(), 20_000, 200); len(got.Wakes) != 2 || got.Runs(200)[1] != (Run{Idle, 50, 60}) {
		t.Errorf("wakes %v, states %v", got.Wakes, got.Runs(200))
	}
}

// The schedule is told from what comes between: wakes at every third beacon, and ten requests at other times.
func TestCourseScheduled(t *testing.T) {
	c := train{floor: 80e-6, length: 20, rate: 10_000, pulses: beacons(3, 20, 0)}
	n := len(c.pulses)
	for k := range 10 {
		c.pulses = append(c.pulses, pulse{0.2 + 1.9*float64(k), 0.03, 57e-3})
	}
	got := courseOf(t, c.trace(), 200_000, 100)
	for _, w := range got.Scheduled() {
		if long := w.To - w.From; long < 20 || long > 21 {
			t.Errorf("a wake of %d samples on the schedule", long)
		}
	}
	if len(got.Wakes) <= n || len(got.Scheduled()) < n-3 { // a request may hide a beacon
		t.Errorf("%d of %d wakes on the schedule, want about %d", len(got.Scheduled()), len(got.Wakes), n)
	}
}

// Edges of a channel that has few are told, across blocks and not across a gap; those of a clock and of a pin without a name are not.
func TestCourseEdges(t *testing.T) {
	m := &trace.Memory{Meta: trace.Side{Header: trace.Header{Kind: trace.Average, Rate: 1000, Digital: []string{"chip_en", "sck", ""}}}}
	digital := make([]byte, 1000)
	for i := range digital {
		if i >= 300 && i < 700 {
			digital[i] |= 1
		}
		digital[i] |= byte(i) & 2
		digital[i] |= byte(i) & 4
	}
	amps := make([]float32, 100)
	for i := 0; i < 1000; i += 100 {
		m.Add(trace.Block{Index: int64(i), Amps: amps, Digital: digital[i : i+100]})
	}
	m.Add(trace.Block{Index: 1100, Amps: amps, Digital: slices.Repeat([]byte{1}, 100)})
	want := []Edge{{300, "chip_en", true}, {700, "chip_en", false}}
	if got := courseOf(t, m, 1200, 10); !reflect.DeepEqual(got.Edges, want) {
		t.Errorf("edges %v, want %v", got.Edges, want)
	}
}

// 101 wakes whose plateau goes evenly from 30 to 40 mA above 80 µA: mean 35.08 mA, p10 31.08 mA, p90 39.08 mA on it, the floor round it.
func TestLay(t *testing.T) {
	c := train{floor: 80e-6, length: 11, rate: 10_000}
	for i := range 101 {
		c.pulses = append(c.pulses, pulse{0.1 + 0.1*float64(i), 0.01, 30e-3 + 1e-4*float64(i)})
	}
	m := c.trace()
	got := courseOf(t, m, m.Meta.Samples, 100)
	o, err := Lay(m, trace.Nominal(m.Meta.Header), got.Wakes, 0.005, 0.02, 50)
	if err != nil || o.Wakes != 101 || len(o.Mean) != 50 {
		t.Fatalf("%v: %d wakes in %d bins", err, o.Wakes, len(o.Mean))
	}
	near(t, "from", o.From, -0.005, 1e-9)
	near(t, "bin", o.Bin, 0.0005, 1e-9)
	for i := range o.Mean {
		mean, low, high := 80e-6, 80e-6, 80e-6
		if i >= 10 && i < 30 { // from 0 to 10 ms
			mean, low, high = 35.08e-3, 31.08e-3, 39.08e-3
		}
		near(t, "mean", o.Mean[i], mean, 1e-6)
		near(t, "p10", o.Low[i], low, 0.016)
		near(t, "p90", o.High[i], high, 0.016)
	}
}

// A wake whose window has a gap, or begins before the trace, is left out; more than a thousand are thinned out.
func TestLayLeavesOut(t *testing.T) {
	m := memory(trace.Average, 1000, 100, make([]float32, 500), nil, make([]float32, 1500))
	o, err := Lay(m, trace.Nominal(m.Meta.Header), []trace.Span{{From: 5, To: 8}, {From: 100, To: 103}, {From: 495, To: 498}}, 0.01, 0.02, 300)
	if err != nil || o.Wakes != 1 || len(o.Mean) != 30 {
		t.Errorf("%v: %d wakes in %d bins", err, o.Wakes, len(o.Mean))
	}
	many := make([]trace.Span, 5000)
	for i := range many {
		many[i] = trace.Span{From: 600 + int64(i)/5, To: 601 + int64(i)/5}
	}
	if o, err := Lay(m, trace.Nominal(m.Meta.Header), many, 0.01, 0.02, 300); err != nil || o.Wakes != mostLaid {
		t.Errorf("%v: %d wakes", err, o.Wakes)
	}
}

// A page draws five minutes at 100 kS/s in memory that does not grow with them.
func TestCourseMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("short: reads 30 million samples")
	}
	e := newEndless(5 * time.Minute)
	before := heap()
	most := largestHeap(func() {
		c := courseOf(t, e, e.samples, 800)
		if len(c.Wakes) != 3000 {
			t.Errorf("%d wakes, want 3000", len(c.Wakes))
		}
		o, err := Lay(e, trace.Nominal(e.Side().Header), c.Wakes, 0.001, 0.004, 300)
		if err != nil || o.Wakes != mostLaid {
			t.Errorf("%v: %d wakes laid over each other", err, o.Wakes)
		}
	})
	if most > before+16<<20 {
		t.Errorf("the heap grew from %d to %d MiB", before>>20, most>>20)
	}
}
