package power

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"st67bench/results/trace"
)

// arrivals is a stream of samples at 100 kS/s as a host sees it.
type arrivals struct {
	ppm     float64       // how much faster than its name the instrument's clock is, in parts per million
	batch   time.Duration // samples come in batches of that much time
	jitter  time.Duration // and up to that much later
	stalls  [][2]float64  // from, to, s: the host is away, and finds all samples afterwards
	stale   int64         // samples that were in the buffers before the start
	lose    func(at float64) int64
	seconds float64
}

// play shows the arrivals to a watch and returns its events.
func (a arrivals) play(w *watch, start time.Time, r *rand.Rand) []trace.Event {
	var events []trace.Event
	lost := int64(0)
	free := 0.0
	for at := a.batch.Seconds(); at < a.seconds; at += a.batch.Seconds() {
		lost += a.lose(at)
		seen := at
		if a.jitter > 0 {
			seen += r.Float64() * a.jitter.Seconds()
		}
		for _, s := range a.stalls {
			if seen >= s[0] && seen < s[1] {
				seen = s[1]
			}
		}
		free = max(free, seen) // in order
		index := int64(at*100_000*(1+a.ppm*1e-6)) + a.stale - lost
		if e, ok := w.see(index, start.Add(time.Duration(free*1e9))); ok {
			events = append(events, e)
		}
	}
	return events
}

func nothing(float64) int64 { return 0 }

// drawArrivals are what may happen on a host where nothing is lost.
func drawArrivals(t *rapid.T) arrivals {
	a := arrivals{
		ppm:     rapid.Float64Range(-190, 190).Draw(t, "ppm"),
		batch:   time.Duration(rapid.IntRange(1, 15).Draw(t, "batch")) * time.Millisecond,
		jitter:  time.Duration(rapid.IntRange(0, 15).Draw(t, "jitter")) * time.Millisecond,
		stale:   rapid.Int64Range(0, 20_000).Draw(t, "stale"),
		seconds: rapid.Float64Range(1, 400).Draw(t, "seconds"),
		lose:    nothing,
	}
	for range rapid.IntRange(0, 6).Draw(t, "stalls") {
		from := rapid.Float64Range(0, a.seconds).Draw(t, "from")
		a.stalls = append(a.stalls, [2]float64{from, from + rapid.Float64Range(0, 4).Draw(t, "length")})
	}
	return a
}

// apart leaves out each stall that follows another one closely: the two would be one that is longer than the watch bears.
func apart(stalls [][2]float64) [][2]float64 {
	var out [][2]float64
	for _, s := range stalls {
		if !slices.ContainsFunc(out, func(o [2]float64) bool { return s[0] < o[1]+2 && o[0] < s[1]+2 }) {
			out = append(out, s)
		}
	}
	return out
}

func TestWatchDoesNotCryWolf(t *testing.T) {
	start := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		a := drawArrivals(t)
		a.stalls = apart(a.stalls)
		if events := a.play(newWatch(100_000, usbSlack, start), start, rand.New(rand.NewPCG(1, 2))); len(events) > 0 {
			t.Fatalf("nothing was lost: %+v", events)
		}
	})
}

// A steady loss is told at the latest when it is larger than the slack, the batches and what two clock errors may hide.
func TestWatchSeesSteadyLoss(t *testing.T) {
	start := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		a := drawArrivals(t)
		a.stalls = nil
		loss := rapid.Float64Range(0.001, 0.7).Draw(t, "loss")
		a.seconds = 3*watchSpan + (usbSlack+a.batch+a.jitter).Seconds()/(loss-2*clockError)
		told := 0.0
		a.lose = func(at float64) int64 {
			n := int64((at*loss*100_000 - told) / 64)
			told += float64(n * 64)
			return n * 64
		}
		events := a.play(newWatch(100_000, usbSlack, start), start, rand.New(rand.NewPCG(3, 4)))
		if len(events) == 0 {
			t.Fatalf("a loss of %.2f %% over %.0f s was not told", 100*loss, a.seconds)
		}
		for _, e := range events {
			// Over the span of the event; batches and jitter blur both of its ends, the clock its rate.
			if e.Kind != trace.Compressed || e.Value < loss/3 || e.Value > loss*1.5+0.01 {
				t.Errorf("a loss of %.3f is told as %+v", loss, e)
			}
		}
	})
}

// 64 samples cannot be told from batching, 50 times 64 can: 50 * 0.64 ms is more than the slack of 30 ms and the 1.2 ms that
// a slow clock may make in the six seconds until it is told.
func TestWatchSeesOneLoss(t *testing.T) {
	start := time.Now()
	for _, c := range []struct{ times, events int }{{1, 0}, {46, 0}, {50, 1}, {1000, 1}} {
		t.Run(fmt.Sprint(c.times, " x 64"), func(t *testing.T) {
			a := arrivals{batch: 10 * time.Millisecond, seconds: 600, lose: func(at float64) int64 {
				if at > 99.999 && at < 100.005 {
					return int64(c.times) * 64
				}
				return 0
			}}
			events := a.play(newWatch(100_000, usbSlack, start), start, nil)
			if len(events) != c.events {
				t.Fatalf("%d events, want %d: %+v", len(events), c.events, events)
			}
			for _, e := range events {
				if e.T < 100*time.Second || e.T > 107*time.Second {
					t.Errorf("told after %v: %s", e.T, e.Text)
				}
			}
		})
	}
}

func TestWatchWithoutSamples(t *testing.T) {
	start := time.Now()
	w := newWatch(100_000, usbSlack, start)
	for _, at := range []int64{0, 1, 100, 101, 3600, 3601} { // whole minutes without any, and yet none is missing
		if e, ok := w.see(at*100_000, start.Add(time.Duration(at)*time.Second)); ok {
			t.Errorf("%+v", e)
		}
	}
}
