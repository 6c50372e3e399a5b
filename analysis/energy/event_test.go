package energy

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/results/trace"
)

func clockOf(m *trace.Memory) trace.Clock { return trace.Nominal(m.Meta.Header) }

// Ten transactions of 200 ms at 57 mA, whose commands begin 5 ms before the current rises and end 150 ms later: 57 mA x 200 ms x
// 3 V = 34.2 mJ above the floor, and a tail of 55 ms.
func TestEventsFromSleep(t *testing.T) {
	c := train{floor: 80e-6, length: 60, rate: 10_000}
	var q Question
	for at := 5.0; at < 55; at += 5 {
		c.pulses = append(c.pulses, pulse{at + 0.005, 0.2, 57e-3})
		q.Events = append(q.Events, Span{time.Duration(at * 1e9), time.Duration((at + 0.15) * 1e9)})
	}
	got := clean(t, c.trace(), q)
	want(t, got, "energy_per_event", 57e-3*0.2*3, 1e-3)
	want(t, got, "tail", 0.055, 2e-3)
	want(t, got, "wake_rise", 0.005, 0.02)
}

// The same of 14.4 ms at 57 mA, as a command that wakes the module for 10 ms, with a clock that is 0.9 ms fast and said to be known to 1 ms: what
// comes before such a transaction is the floor, so that nothing of it is left out. One that begins awake has no begin that is known so well.
func TestShortEventsOfALooseClock(t *testing.T) {
	c := train{floor: 80e-6, length: 60, rate: 10_000}
	var q Question
	for at := 5.0; at < 55; at++ {
		c.pulses = append(c.pulses, pulse{at, 14.4e-3, 57e-3})
		q.Events = append(q.Events, Span{time.Duration(at * 1e9), time.Duration((at + 0.0044) * 1e9)})
	}
	ask := func(q Question, residual float64) Figures {
		clock := trace.Clock{Method: "arrivals", Offset: -900 * time.Microsecond, Period: 1e-4, Residual: residual}
		f, err := Measure(c.trace(), clock, q)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	got := ask(q, 1e-3)
	want(t, got.Metrics, "energy_per_event", 57e-3*14.4e-3*3, 2e-3)
	if math.Abs(got.Metrics["tail"]-0.010) > 1e-3 || len(got.Problems) > 0 {
		t.Errorf("tail %v s, %+v", got.Metrics["tail"], got.Problems)
	}
	got = ask(q, 2e-3) // more than a fifth of the tail
	want(t, got.Metrics, "energy_per_event", 57e-3*14.4e-3*3, 2e-3)
	if _, ok := got.Metrics["tail"]; ok {
		t.Errorf("tail %v s", got.Metrics["tail"])
	}
	for i := range q.Events {
		q.Events[i].From += 4 * ms
	}
	if got = ask(q, 1e-3); len(got.Problems) != 1 || got.Problems[0].Name != "transactions" || !strings.Contains(got.Problems[0].Text, "50 of 50 begin awake") {
		t.Errorf("%+v", got.Problems)
	} else if cost, ok := got.Metrics["energy_per_event"]; ok {
		t.Errorf("%v J of transactions whose begin is not known", cost)
	}
}

// The module idles at 57 mA and is at 65 mA for 100 ms at each transaction: 8 mA x 100 ms x 3 V = 2.4 mJ more.
func TestEventsOfAnIdleModule(t *testing.T) {
	c := train{floor: 57e-3, length: 20, rate: 10_000}
	q := Question{Idle: 57e-3 * 3}
	for at := 2.0; at < 18; at += 2 {
		c.pulses = append(c.pulses, pulse{at, 0.1, 8e-3})
		q.Events = append(q.Events, Span{time.Duration(at * 1e9), time.Duration((at + 0.1) * 1e9)})
	}
	got := clean(t, c.trace(), q)
	want(t, got, "energy_per_event", 8e-3*0.1*3, 1e-3)
	if _, ok := got["wake_rise"]; ok {
		t.Error("a module that never slept has a time to wake")
	}
}

// One that is not over before the next one begins, and one whose tail goes on past the end, have no figures.
func TestEventsThatAreNotOver(t *testing.T) {
	c := train{floor: 80e-6, length: 20, rate: 10_000, pulses: []pulse{{2, 3, 57e-3}, {8, 0.1, 57e-3}, {19, 1, 57e-3}}}
	q := Question{Events: []Span{{2 * time.Second, 3 * time.Second}, {4 * time.Second, 5 * time.Second},
		{8 * time.Second, 8100 * time.Millisecond}, {19 * time.Second, 19500 * time.Millisecond}}}
	got := measure(t, c.trace(), q)
	// The second begins awake, and ends as the current does: nothing above the floor but its second of 57 mA.
	want(t, got.Metrics, "energy_per_event", (57e-3*1*3+57e-3*0.1*3)/2, 1e-3)
	if !slices.ContainsFunc(got.Notes, func(n string) bool { return strings.HasPrefix(n, "2 of 4 events have no figures") }) {
		t.Error(got.Notes)
	}
}

// An interval of 95 % holds the true mean in about 95 of 100 experiments; with 200 of them, fewer than 176 (88 %) or none
// missed would both be out of what chance gives.
func TestBootstrapCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 13))
	held := 0
	const experiments, n, mean = 200, 300, 80.0
	for range experiments {
		cycles := make([]cycle, n)
		for i := range cycles {
			time := 1 + 0.2*random.Float64()
			cycles[i] = cycle{time * (mean + 20*random.NormFloat64()), time}
		}
		i, ok := bootstrap(cycles)
		if !ok {
			t.Fatal("no interval")
		}
		if again, _ := bootstrap(cycles); again != i {
			t.Fatal("the same cycles give another interval")
		}
		if i.Low <= mean && mean <= i.High {
			held++
		}
	}
	if held < 176 || held == experiments {
		t.Errorf("%d of %d intervals hold the mean", held, experiments)
	}
	if _, ok := bootstrap(make([]cycle, minCycles-1)); ok {
		t.Error("too few cycles give an interval")
	}
}

// The interval of a train is about its mean, and as wide as the charges of its wakes differ: with a standard deviation s of
// 20 % of 76 µC over n wakes, 1.96 s/sqrt(n) / T.
func TestIntervalOfATrain(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 3))
	c := train{floor: 79e-6, length: 100, rate: 10_000, pulses: beacons(3, 100, 0)}
	for i := range c.pulses {
		c.pulses[i].amps *= 1 + 0.2*random.NormFloat64()
	}
	got := measure(t, c.trace(), Question{Interval: interval(3)})
	i, mean := got.Intervals["current"], got.Metrics["current"]
	if i.Low > mean || i.High < mean {
		t.Errorf("%v is not in %v", mean, i)
	}
	half := 1.96 * 0.2 * 76e-6 / math.Sqrt(float64(len(c.pulses))) / (3 * beacon)
	near(t, "half of the interval", (i.High-i.Low)/2, half, 0.25)
}

// Every 50th wake lasts 15 ms, as after a beacon that was not heard.
func TestMissedBeacons(t *testing.T) {
	c := train{floor: 79e-6, length: 150, rate: 10_000, pulses: beacons(3, 150, 0)}
	missed := 0
	for i := range c.pulses {
		if i%50 == 25 {
			c.pulses[i].long = 0.015
			missed++
		}
	}
	got := measure(t, c.trace(), Question{Interval: interval(3)})
	want(t, got.Metrics, "beacons_missed", 1000*float64(missed)/float64(len(c.pulses)), 1e-9)
	want(t, got.Metrics, "wake_charge", 76e-6, 0.01)
	if !slices.ContainsFunc(got.Notes, func(n string) bool { // 13 ms x 38 mA = 494 µC each
		return strings.HasPrefix(n, "about 10 beacons missed: they cost 4.94 mC more than others")
	}) {
		t.Error(got.Notes)
	}
}
