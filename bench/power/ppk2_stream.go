package power

import (
	"context"
	"fmt"
	"time"

	"st67bench/results/trace"
)

// Stream implements Meter.
func (p *ppk2) Stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error {
	r := newReader(p.line)
	defer r.close()
	if err := p.say(ppk2Start); err != nil {
		return fmt.Errorf("ppk2: start it: %w", err)
	}
	d := newPPK2Decoder(p.conversion, since, p.handOver(since, emit))
	err := follow(ctx, r, d)
	if stop := p.say(ppk2Stop); err == nil && stop != nil {
		err = fmt.Errorf("ppk2: stop it: %w", stop)
	}
	if err == nil {
		// What was measured before the end belongs to the trace.
		if err = drain(context.WithoutCancel(ctx), r, d.take); err != nil {
			err = fmt.Errorf("ppk2: stop it: %w", err)
		}
	}
	if last := d.finish(); err == nil {
		err = last
	}
	return err
}

// handOver adds to blocks what is known of the stream as a whole, and emits them until that fails.
func (p *ppk2) handOver(since time.Time, emit func(trace.Block) error) func(trace.Block) error {
	w := newWatch(ppk2Rate, usbSlack, since)
	var failed error
	return func(b trace.Block) error {
		if failed != nil {
			return failed
		}
		if e, lost := w.see(b.End(), b.Time); lost {
			e.Index = b.Index
			b.Events = append(b.Events, e)
		}
		failed = emit(b)
		return failed
	}
}

// follow decodes what comes until ctx ends, which is no error.
func follow(ctx context.Context, r *reader, d *ppk2Decoder) error {
	heard, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(ppk2Silence, cancel)
	defer silence.Stop()
	for ctx.Err() == nil {
		silence.Reset(ppk2Silence)
		c, err := r.next(heard)
		silence.Stop()
		switch {
		case err == nil:
			if err := d.take(c); err != nil {
				return err
			}
		case ctx.Err() != nil:
		case heard.Err() != nil:
			return fmt.Errorf("ppk2: nothing has come for %v, after %d samples; is it supplied by USB, and its port not opened by another program?", ppk2Silence, d.index)
		default:
			if last := d.finish(); last != nil {
				return last
			}
			return fmt.Errorf("ppk2: the line ended after %d samples: %w; was it unplugged?", d.index, err)
		}
	}
	return nil
}

// take decodes a chunk.
func (d *ppk2Decoder) take(c chunk) error {
	if c.lost > 0 {
		d.now = c.time
		if err := d.lost(c.lost); err != nil {
			return err
		}
	}
	return d.feed(c.data, c.time)
}

// drain takes what still comes from an instrument that was told to stop, until nothing does.
func drain(ctx context.Context, r *reader, take func(chunk) error) error {
	begin := time.Now()
	for {
		quiet, cancel := context.WithTimeout(ctx, ppk2Quiet)
		c, err := r.next(quiet)
		cancel()
		switch {
		case err == nil && c.time.Sub(begin) > ppk2Goes:
			return fmt.Errorf("it goes on sending for %v after it was told to stop; unplug it and plug it in again", ppk2Goes)
		case err == nil:
			if err := take(c); err != nil {
				return err
			}
		case quiet.Err() != nil && ctx.Err() == nil:
			return nil
		default:
			return err
		}
	}
}

func discard(chunk) error { return nil }
