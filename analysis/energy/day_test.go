package energy

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"st67bench/results/trace"
)

// endless is a trace of one second over and over, without memory for more: at 100 kS/s a floor of 80 µA with noise, and a
// wake of 38 mA for 2 ms every tenth of a second.
type endless struct {
	samples int64
	second  []float32
}

const dayRate = 100_000

func newEndless(length time.Duration) *endless {
	e := &endless{samples: int64(length.Seconds() * dayRate), second: make([]float32, dayRate)}
	random := rand.New(rand.NewPCG(5, 6))
	for i := range e.second {
		e.second[i] = float32(80e-6 * (1 + 0.02*random.NormFloat64()))
		if i%10_000 >= 5000 && i%10_000 < 5200 {
			e.second[i] = 38e-3
		}
	}
	return e
}

func (e *endless) Side() trace.Side {
	return trace.Side{Samples: e.samples, Header: trace.Header{Kind: trace.Average, Rate: dayRate, Volts: 3.3}}
}

func (e *endless) Blocks(from, to int64) iter.Seq2[trace.Block, error] {
	return func(yield func(trace.Block, error) bool) {
		for to = min(to, e.samples); from < to; {
			i := from % dayRate
			n := min(4096, dayRate-i, to-from)
			if !yield(trace.Block{Index: from, Amps: e.second[i : i+n]}, nil) {
				return
			}
			from += n
		}
	}
}

func dayQuestion() Question {
	return Question{Interval: 100 * time.Millisecond, Beacon: 100 * time.Millisecond, Asleep: true}
}

// heap is what the Go heap takes from the system now, in bytes.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() + s[1].Value.Uint64()
}

// largestHeap runs f and returns the largest heap that was seen on the way.
func largestHeap(f func()) uint64 {
	runtime.GC()
	done, largest := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			most = max(most, heap())
			select {
			case <-done:
				largest <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	return <-largest
}

func checkDay(t testing.TB, length time.Duration) {
	clock := trace.Nominal((&endless{}).Side().Header)
	got, err := Measure(newEndless(length), clock, dayQuestion())
	if err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	for name, want := range map[string]float64{
		"current": 80e-6 + 0.02*(38e-3-80e-6), "current_floor": 80e-6, "wakes": 10 * length.Seconds(),
		"wake_beacons": 1, "wake_charge": 2e-3 * (38e-3 - 80e-6), "wake_interval": 0.1,
	} {
		near(t, name, got.Metrics[name], want, 1e-3)
	}
}

// Two minutes at 100 kS/s; BenchmarkDay does the same with 24 hours.
func TestMemoryStaysSmall(t *testing.T) {
	if most := largestHeap(func() { checkDay(t, 2*time.Minute) }); most > 50<<20 {
		t.Errorf("%d MiB of heap", most>>20)
	}
}

// BenchmarkDay measures a trace of 24 hours at 100 kS/s, 8.64e9 samples.
func BenchmarkDay(b *testing.B) {
	for range b.N {
		most := largestHeap(func() { checkDay(b, 24*time.Hour) })
		b.ReportMetric(float64(most)/(1<<20), "MiB")
		if most > 200<<20 {
			b.Errorf("%d MiB of heap", most>>20)
		}
	}
	b.ReportMetric(86_400*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
}

// naive adds up samples as simply as can be: the floor that the others are held against.
func naive(e *endless) (sum float64) {
	for b := range e.Blocks(0, e.samples) {
		for _, v := range b.Amps {
			sum += float64(v)
		}
	}
	return sum
}

func timeOf(f func()) float64 {
	begin := time.Now()
	f()
	return time.Since(begin).Seconds()
}

func benchmarkRate(b *testing.B, work func(e *endless)) {
	const seconds = 60
	e := newEndless(seconds * time.Second)
	var total float64
	var sink float64
	floor := timeOf(func() { sink = naive(e) })
	for b.Loop() {
		work(e)
		total += seconds
	}
	spent := b.Elapsed().Seconds()
	b.ReportMetric(total/spent, "x-realtime")
	b.ReportMetric(spent/(total/seconds)/floor, "x-naive")
	if sink <= 0 {
		b.Error("nothing was added")
	}
}

// BenchmarkIndex is the integration alone: charge, with compensated prefix sums.
func BenchmarkIndex(b *testing.B) {
	clock := trace.Nominal((&endless{}).Side().Header)
	benchmarkRate(b, func(e *endless) {
		if _, err := NewIndex(e, clock, 0, e.samples); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkMeasure is everything: charge, states, wakes, floor and cadence.
func BenchmarkMeasure(b *testing.B) {
	clock := trace.Nominal((&endless{}).Side().Header)
	benchmarkRate(b, func(e *endless) {
		if _, err := Measure(e, clock, dayQuestion()); err != nil {
			b.Fatal(err)
		}
	})
}

// A block costs no allocation, whatever its samples are.
func TestBlocksDoNotAllocate(t *testing.T) {
	e := newEndless(time.Second)
	x := newIndex(e, trace.Nominal(e.Side().Header), 0)
	x.cells = make([]prefix, 1, 4096)
	s := newSegmenter(defaultLevels, 1.0/dayRate)
	s.wakes.list = make([]wake, 0, 4096)
	all := &histogram{}
	at := int64(0)
	if n := testing.AllocsPerRun(100, func() {
		b := trace.Block{Index: at, Amps: e.second[:4096+at%1000]}
		x.add(b)
		all.add(b.Amps)
		s.add(b)
		at = b.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
