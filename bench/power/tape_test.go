package power

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results/trace"
)

// stairs is a source whose current is as many mA as whole 100 ms have passed since its begin.
type stairs struct {
	begin time.Time
	off   bool
}

const stair = 100 * time.Millisecond

func (s *stairs) at(t time.Time) float32 {
	return float32(math.Floor(float64(t.Sub(s.begin))/float64(stair))) * 1e-3
}

func (s *stairs) Current(dst []float32, from time.Time, rate float64) error {
	for i := range dst {
		middle := from.Add(time.Duration((float64(i) + 0.5) / rate * 1e9))
		dst[i] = s.at(middle)
	}
	return nil
}

func (s *stairs) Supply(on bool) { s.off = !on }

// kept is a trace in memory.
type kept struct {
	trace.Memory
	first int64
	err   error // of each Write
}

func (k *kept) Write(b trace.Block) error {
	if k.err == nil {
		k.Add(b)
	}
	return k.err
}
func (k *kept) Mark(string, time.Duration) {}
func (k *kept) Close(first int64) (string, error) {
	k.first = first
	return "kept", nil
}

// samples are all of a trace, in A.
func (k *kept) samples() []float32 {
	var all []float32
	for b := range k.Blocks(0, k.Side().Samples) {
		all = append(all, b.Amps...)
	}
	return all
}

// TestTapeCuts: a cut holds every sample from its begin to its end, under its place in the session. The source says when
// each was taken: sample n of 10 kS/s at n x 100 us, of which 1000 are a stair.
func TestTapeCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		tape := Record(t.Context(), Sim(&stairs{begin: start}, Settings{}), start)
		defer func() {
			if err := tape.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		for _, wait := range []time.Duration{time.Second, 7 * time.Second} {
			time.Sleep(wait)
			k := &kept{}
			if err := tape.Begin(k); err != nil {
				t.Fatal(err)
			}
			from := time.Since(start)
			time.Sleep(300 * time.Millisecond)
			to := time.Since(start)
			if name, err := tape.End(t.Context()); err != nil || name != "kept" {
				t.Fatal(name, err)
			}
			if first := time.Duration(k.first) * 100 * time.Microsecond; first > from {
				t.Errorf("the cut begins at %v, after it was begun at %v", first, from)
			}
			if end := time.Duration(k.first+k.Side().Samples) * 100 * time.Microsecond; end < to || end > to+100*time.Millisecond {
				t.Errorf("the cut ends at %v; it was ended at %v", end, to)
			}
			for i, amps := range k.samples() {
				if want := float32((k.first+int64(i))/1000) * 1e-3; amps != want {
					t.Fatalf("sample %d of the session is %v A, it was taken at %v A", k.first+int64(i), amps, want)
				}
			}
			if len(k.Side().Gaps) > 0 {
				t.Errorf("gaps %v", k.Side().Gaps)
			}
		}
	})
}

// slow is a meter that is asked ten times a second.
type slow struct{ Meter }

func (slow) Header() trace.Header { return trace.Header{Kind: trace.Point, Rate: 10} }

func (slow) Stream(ctx context.Context, _ time.Time, emit func(trace.Block) error) error {
	block := trace.Block{Amps: []float32{0}}
	for ; ctx.Err() == nil; block.Index++ {
		block.Amps[0], block.Time = float32(block.Index), time.Now()
		if err := emit(block); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

func (slow) Close(context.Context) error { return nil }

// TestTapeOfASlowMeter: the samples before the begin of a cut and after its end are in it, and none twice.
func TestTapeOfASlowMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tape := Record(t.Context(), slow{}, time.Now())
		defer tape.Stop(context.Background())
		time.Sleep(1005 * time.Millisecond)
		k := &kept{}
		if err := tape.Begin(k); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if _, err := tape.End(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []float32{10, 11, 12, 13, 14}; k.first != 10 || !slices.Equal(k.samples(), want) {
			t.Errorf("the cut has %v, from sample %d on; it was begun 5 ms after sample 10 and ended 5 ms after sample 13", k.samples(), k.first)
		}
	})
}

// ending is a meter that gives some samples and stops.
type ending struct {
	Meter
	after int
	err   error
}

func (e *ending) Stream(ctx context.Context, _ time.Time, emit func(trace.Block) error) error {
	for i := range e.after {
		if err := emit(trace.Block{Index: int64(i), Amps: []float32{1}, Time: time.Now()}); err != nil {
			return err
		}
	}
	if e.err == nil {
		<-ctx.Done()
	}
	return e.err
}

// TestTapeOfADeadMeter: one that fails, or falls silent, ends the trace with what there is and an error that says which it was.
func TestTapeOfADeadMeter(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"unplugged", errors.New("read: input/output error"), "measures no more: read: input/output error"},
		{"silent", nil, "have not come"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, gate := time.Now(), make(chan struct{})
				m := &ending{Meter: Sim(&stairs{}, Settings{}), after: 3, err: c.err}
				tape := Record(t.Context(), gated{m, gate}, start)
				k := &kept{}
				if err := tape.Begin(k); err != nil {
					t.Fatal(err)
				}
				close(gate)
				time.Sleep(time.Second)
				if _, err := tape.End(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("End: %v; it should say %q", err, c.want)
				}
				if n := k.Side().Samples; n != 3 {
					t.Errorf("%d samples, 3 came", n)
				}
				if err := tape.Begin(&kept{}); (err != nil) != (c.err != nil) {
					t.Errorf("Begin: %v", err)
				}
				if err := tape.Stop(context.Background()); !errors.Is(err, c.err) {
					t.Errorf("Stop: %v, want %v", err, c.err)
				}
			})
		})
	}
}

// gated streams once its gate is open.
type gated struct {
	Meter
	gate chan struct{}
}

func (g gated) Stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error {
	<-g.gate
	return g.Meter.Stream(ctx, since, emit)
}

// TestTapeKeepsAFullDisk: the first error of writing is that of End.
func TestTapeKeepsAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("no space left on device")
		tape := Record(t.Context(), Sim(&stairs{begin: time.Now()}, Settings{}), time.Now())
		if err := tape.Begin(&kept{err: full}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := tape.End(t.Context()); !errors.Is(err, full) {
			t.Errorf("End: %v", err)
		}
		if err := tape.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// TestSimSupply: the supply is left as the settings declare.
func TestSimSupply(t *testing.T) {
	for final, off := range map[string]bool{"": false, "on": false, "off": true} {
		s := &stairs{}
		if err := Sim(s, Settings{Final: final}).Close(t.Context()); err != nil || s.off != off {
			t.Errorf("final %q: off is %v, %v", final, s.off, err)
		}
	}
}
