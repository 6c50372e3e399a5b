package energy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"st67bench/results/trace"
)

// The acceptance of the whole way: a synthetic module, through a model of an instrument and of its line to the host, to
// the figures. What they should be is a sum over the module's segments.

// disturbed is a module that wakes every nth beacon, of an access point whose clock is 12 ppm slow, and that skips, misses
// and adds wakes.
func disturbed(beacons int) sleeper {
	m := bl616(beacons)
	m.ppm, m.skipped, m.missed, m.unscheduled = 12, 0.04, 0.04, 0.3
	return m
}

// spanOf is the span in which a module that runs for so many seconds keeps its schedule.
func spanOf(seconds float64) Span { return Span{100 * ms, time.Duration((seconds - 0.245) * 1e9)} }

// whole is the mean current over the whole wake cycles of a span.
func (tr truth) whole(m sleeper, span Span) float64 {
	period := m.period * (1 + m.ppm*1e-6)
	from := 0.1403 - period/2
	from -= math.Floor((from-span.From.Seconds())/period) * period
	n := math.Floor((span.To.Seconds() - from) / period)
	return tr.charge(from, from+n*period) / (n * period)
}

// answer is what st67bench makes of a trace.
func answer(t *testing.T, r *trace.Memory, q Question) (trace.Clock, Figures) {
	t.Helper()
	clock, err := Align(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := Check(r, clock, q)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Measure(r, clock, q)
	if err != nil {
		t.Fatal(err)
	}
	f.Apply(problems)
	for _, p := range f.Problems {
		t.Errorf("problem %+v", p)
	}
	return clock, f
}

func TestSyntheticBeacons(t *testing.T) {
	for name, instrument := range map[string]instrument{"ppk2": ppk2(38), "meter": meter(10_000, -22)} {
		means, charges := []Point{}, map[int]float64{}
		for _, n := range []int{1, 3, 10} {
			t.Run(fmt.Sprint(name, "/", n), func(t *testing.T) {
				seconds := 12 + 1.5*float64(n)
				span := spanOf(seconds)
				m := disturbed(n)
				rng := rand.New(rand.NewPCG(uint64(n), 77))
				truth := m.run(rng, seconds)
				if n == 1 && (truth.skipped == 0 || truth.missed == 0 || truth.unscheduled == 0) {
					t.Fatal("nothing disturbs this module")
				}
				r := instrument.measure(rng, truth.segments, seconds-0.1)
				clock, f := answer(t, r, Question{Span: span, Asleep: true, Interval: interval(n)})
				if off := instrument.link.clockError(clock, 0, r.Meta.Samples, instrument.header.Rate); off > 0.002 || off > clock.Residual {
					t.Errorf("the clock is off by %v s, says %v", off, clock.Residual)
				}
				got := f.Metrics
				want(t, got, "current", truth.whole(m, span), 0.005)
				want(t, got, "power", truth.whole(m, span)*3.3, 0.005)
				want(t, got, "wake_charge", truth.perWake, 0.02)
				want(t, got, "current_floor", m.floor, 0.01)
				want(t, got, "wake_beacons", float64(n), 0)
				want(t, got, "wake_interval", m.period*(1+12e-6), 20e-6)
				want(t, got, "wakes", float64(truth.wakes), 0)
				want(t, got, "wakes_skipped", float64(truth.skipped), 0)
				want(t, got, "wakes_unscheduled", float64(truth.unscheduled), 0)
				want(t, got, "beacons_missed", 1000*float64(truth.missed)/float64(truth.wakes-truth.unscheduled), 0)
				charges[n] = got["wake_charge"]

				plain := bl616(n) // the regression is over a module that only does what it should
				plainTruth := plain.run(rng, seconds)
				_, f = answer(t, instrument.measure(rng, plainTruth.segments, seconds-0.1), Question{Span: span, Asleep: true, Interval: interval(n)})
				means = append(means, Point{1 / (float64(n) * 0.1024), f.Metrics["current"]})
			})
		}
		line, ok := Regression(means)
		if !ok {
			t.Fatal("no regression of", means)
		}
		for n, direct := range charges {
			if math.Abs(line.Slope/direct-1) > 0.10 {
				t.Errorf("%s: %v C per wake by regression, %v C directly at DTIM %d", name, line.Slope, direct, n)
			}
		}
		want(t, map[string]float64{"floor by regression": line.Base}, "floor by regression", 78.6e-6, 0.01)
	}
}

// A TWT agreement of 1,1,13,128,1000: 1000 x 2^13 us are 8.192 s, 128 x 256 us are 32.768 ms, and the module is awake for
// 16.25 ms more than that.
func TestSyntheticTWT(t *testing.T) {
	const seconds = 100
	m := bl616(1)
	m.period, m.wake, m.ppm, m.jitter = 8.192, 0.032768+0.01625, 12, 500e-6
	rng := rand.New(rand.NewPCG(5, 5))
	truth := m.run(rng, seconds)
	instrument := meter(10_000, 30)
	span := spanOf(seconds)
	q := Question{Span: span, Asleep: true, Interval: 8192 * ms, TWT: true, Service: 32768 * time.Microsecond}
	_, f := answer(t, instrument.measure(rng, truth.segments, seconds-0.1), q)
	want(t, f.Metrics, "current", truth.whole(m, span), 0.005)
	want(t, f.Metrics, "wake_interval", 8.192*(1+12e-6), 50e-6)
	want(t, f.Metrics, "wake_time", m.wake, 0.01)
	want(t, f.Metrics, "wake_charge", truth.perWake, 0.02)
	want(t, f.Metrics, "current_floor", m.floor, 0.01)
	want(t, f.Metrics, "wakes", float64(truth.wakes), 0)
	want(t, f.Metrics, "wakes_skipped", 0, 0)
	want(t, f.Metrics, "wakes_unscheduled", 0, 0)
}

// TestSyntheticNoise: noise of two thirds of the floor, by which one sample in twenty is below 0, hides neither the wakes nor the floor, and
// is not taken for the end of a range.
func TestSyntheticNoise(t *testing.T) {
	const seconds = 31
	m := bl616(1)
	rng := rand.New(rand.NewPCG(6, 6))
	truth := m.run(rng, seconds)
	instrument := meter(10_000, 20)
	instrument.noise, instrument.header.MinAmps = 50e-6, 0
	_, f := answer(t, instrument.measure(rng, truth.segments, seconds-0.1), Question{Span: spanOf(seconds), Asleep: true, Interval: interval(1)})
	want(t, f.Metrics, "current", truth.whole(m, spanOf(seconds)), 0.005)
	want(t, f.Metrics, "wake_charge", truth.perWake, 0.02)
	want(t, f.Metrics, "current_floor", m.floor, 0.01)
	want(t, f.Metrics, "wakes", float64(truth.wakes), 0)
	want(t, f.Metrics, "wakes_skipped", 0, 0)
	want(t, f.Metrics, "wakes_unscheduled", 0, 0)
}

// TestSyntheticDropOuts: what was lost is neither guessed nor a wake that did not take place.
func TestSyntheticDropOuts(t *testing.T) {
	const seconds = 31
	m := disturbed(1)
	rng := rand.New(rand.NewPCG(8, 8))
	truth := m.run(rng, seconds)
	instrument := ppk2(38)
	instrument.drops = []Span{{5 * time.Second, 5010 * ms}, {20 * time.Second, 20010 * ms}} // 20 of 30 700 ms, in blocks of 10 ms
	r := instrument.measure(rng, truth.segments, seconds-0.1)
	_, f := answer(t, r, Question{Span: spanOf(seconds), Asleep: true, Interval: interval(1)})
	want(t, f.Metrics, "wakes_skipped", float64(truth.skipped), 0)
	want(t, f.Metrics, "wake_charge", truth.perWake, 0.02)
	want(t, f.Metrics, "current_floor", m.floor, 0.01)
	if c := f.Metrics["coverage"]; c > 0.9995 || c < 0.999 {
		t.Errorf("coverage %v", c)
	}
}

// TestSyntheticPolled: of a supply that is asked for its mean 10 times a second, the mean stays, and nothing else that
// takes a wake to be seen.
func TestSyntheticPolled(t *testing.T) {
	const seconds = 61
	m := bl616(1)
	rng := rand.New(rand.NewPCG(9, 9))
	truth := m.run(rng, seconds)
	r := polled().measure(rng, truth.segments, seconds-0.1)
	q := Question{Span: spanOf(seconds), Asleep: true, Interval: interval(1)}
	clock, err := Align(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := Check(r, clock, q)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Measure(r, clock, q)
	if err != nil {
		t.Fatal(err)
	}
	f.Apply(problems)
	want(t, f.Metrics, "current", truth.charge(0.1, seconds-0.245)/(seconds-0.345), 0.005)
	for _, name := range []string{"wakes", "wake_charge", "current_floor", "share_sleep"} {
		if v, ok := f.Metrics[name]; ok {
			t.Errorf("%s is %v", name, v)
		}
	}
	if len(f.Problems) != 1 || f.Problems[0].Name != "sampling" {
		t.Errorf("%+v", f.Problems)
	}
}
