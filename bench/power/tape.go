package power

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"st67bench/results/trace"
)

// Trace takes what a tape cuts out for one repeat.
type Trace interface {
	// Write takes a block whose index counts from the begin of the trace. It is not called by two goroutines at once.
	Write(trace.Block) error
	// Mark names an instant since trace.Header.Start.
	Mark(name string, t time.Duration)
	// Close ends it. first is the index, in the session, of the trace's first sample. name is where it is, empty when nothing
	// was written.
	Close(first int64) (name string, err error)
}

// Tape runs a meter for a whole session and cuts traces from it. One stream over all repeats has one clock, so that what
// ties it to the host's clock is found once, and no instrument is started and stopped beside a measurement.
type Tape struct {
	meter  Meter
	header trace.Header
	cancel context.CancelFunc
	done   chan struct{} // closed when the stream has ended

	mu     sync.Mutex
	err    error            // of the stream, once done
	grown  chan struct{}    // closed when blocks have come
	end    int64            // index after the last sample
	seen   bool             // there was a block
	zero   [2]time.Duration // least of: when a block had come, less the time of its samples; of the present stretch and the one before
	turned time.Duration    // when the present stretch began, since Header.Start
	last   trace.Block      // a copy of the last block with samples, without its events
	cut    Trace            // of the present repeat; nil for none
	first  int64            // index of its first sample; -1 until there is one
	failed error            // the first error of writing to cut
}

// Bounds of the wait for samples.
const (
	// silence is how long a meter may give nothing. Buffered instruments are read about once a second.
	silence = 10 * time.Second
	// stretch is for how long the delay of blocks is looked back at: some batches of the slowest instrument, and so short that
	// clocks do not part.
	stretch = 5 * time.Second
	// latency is a bound of what is not seen: how long an instrument and its USB hold a sample at least.
	latency = 50 * time.Millisecond
)

// Record starts the meter's stream; times of traces count from start. Stop ends it.
func Record(ctx context.Context, m Meter, start time.Time) *Tape {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t := &Tape{meter: m, header: m.Header(), cancel: cancel, done: make(chan struct{}), grown: make(chan struct{})}
	t.header.Start = start
	go func() {
		err := m.Stream(ctx, start, t.take)
		if err == nil && ctx.Err() == nil {
			err = errors.New("it has stopped by itself")
		}
		t.mu.Lock()
		t.err = err
		t.mu.Unlock()
		close(t.done)
	}()
	return t
}

// Meter is the instrument.
func (t *Tape) Meter() Meter { return t.meter }

// Header is that of every trace that is cut.
func (t *Tape) Header() trace.Header { return t.header }

// Started says whether samples have come: a meter with a trigger input waits for an edge.
func (t *Tape) Started() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen
}

// take is where the stream's blocks come in.
func (t *Tape) take(b trace.Block) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.estimate(b)
	t.end = b.End()
	close(t.grown)
	t.grown = make(chan struct{})
	if len(b.Amps) > 0 {
		t.keep(b)
	}
	if t.cut != nil {
		t.write(b)
	}
	return nil
}

// keep copies a block: what it holds is the meter's again afterwards.
func (t *Tape) keep(b trace.Block) {
	t.last.Index, t.last.Time = b.Index, b.Time
	t.last.Amps = append(t.last.Amps[:0], b.Amps...)
	t.last.Plain = append(t.last.Plain[:0], b.Plain...) // nil stays nil
	t.last.Digital = append(t.last.Digital[:0], b.Digital...)
	t.last.Volts = append(t.last.Volts[:0], b.Volts...)
}

// write adds a block to the present cut.
func (t *Tape) write(b trace.Block) {
	if t.failed != nil {
		return
	}
	if t.first < 0 {
		t.first = b.Index
	}
	b.Index -= t.first
	for i := range b.Events {
		b.Events[i].Index -= t.first
	}
	t.failed = t.cut.Write(b)
}

// estimate follows the instant of sample 0. A block comes late or later, never early; so the least delay of the last stretches counts.
func (t *Tape) estimate(b trace.Block) {
	if len(b.Amps) == 0 {
		return
	}
	now := b.Time.Sub(t.header.Start)
	zero := now - time.Duration(float64(b.End())/t.header.Rate*1e9)
	switch {
	case !t.seen:
		t.zero, t.turned, t.seen = [2]time.Duration{zero, zero}, now, true
	case now-t.turned > stretch:
		t.zero, t.turned = [2]time.Duration{zero, t.zero[0]}, now
	default:
		t.zero[0] = min(t.zero[0], zero)
	}
}

// Begin cuts a trace that begins with the last block that has come: with the next one, a slow meter's first sample would be
// as much as a period after whatever is measured from now on.
func (t *Tape) Begin(cut Trace) error {
	if err := t.Ended(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut, t.first, t.failed = cut, -1, nil
	if t.seen {
		t.write(t.last)
	}
	return nil
}

// End waits until the samples up to now have come, and closes the trace. name is empty when there are none.
func (t *Tape) End(ctx context.Context) (name string, err error) {
	err = t.until(ctx, time.Now())
	t.mu.Lock()
	cut, first := t.cut, max(t.first, 0)
	err = errors.Join(err, t.failed)
	t.cut = nil
	t.mu.Unlock()
	name, closeErr := cut.Close(first)
	return name, errors.Join(err, closeErr)
}

// until waits until the samples taken before an instant have come.
func (t *Tape) until(ctx context.Context, at time.Time) error {
	patience := time.NewTimer(silence)
	defer patience.Stop()
	for {
		t.mu.Lock()
		grown := t.grown
		due := int64(math.Ceil((at.Sub(t.header.Start) + latency - min(t.zero[0], t.zero[1])).Seconds() * t.header.Rate))
		there := t.seen && t.end >= due
		t.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-grown:
		case <-t.done:
			return t.Ended()
		case <-patience.C:
			return fmt.Errorf("the meter's samples of the last %v have not come; look at its cable and at what else uses its port", silence)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Ended is why there are no samples any more; nil while there are.
func (t *Tape) Ended() error {
	select {
	case <-t.done:
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.err == nil {
			return errors.New("the meter was stopped")
		}
		return fmt.Errorf("the meter measures no more: %w", t.err)
	default:
		return nil
	}
}

// Stop ends the stream, and leaves the meter as its settings say.
func (t *Tape) Stop(ctx context.Context) error {
	t.cancel()
	<-t.done
	t.mu.Lock()
	err := t.err
	t.mu.Unlock()
	return errors.Join(err, t.meter.Close(ctx))
}
