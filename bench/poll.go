package bench

import (
	"context"
	"fmt"
	"time"
)

// step takes what has come: in active mode it comes by itself, in passive mode it is read, by the poll policy. With wait
// it waits a little when there is nothing.
func (g *downloads) step(ctx context.Context, r *Rig, rec *Recorder, wait bool) error {
	now := time.Now()
	if err := g.look(ctx, r, rec, now); err != nil {
		return err
	}
	switch {
	case g.notices != nil && g.Poll == "timer":
		return g.onTimer(ctx, r, rec, now, wait)
	case g.notices != nil && g.Poll == "length":
		return g.byLength(ctx, r, rec, now)
	case g.notices != nil:
		return g.onNotice(ctx, r, rec, now, wait)
	case wait:
		return g.pause(ctx, lookEvery)
	}
	return nil
}

// onNotice reads each link that may hold something: one with a notice since its last read, and one whose last read was
// full.
func (g *downloads) onNotice(ctx context.Context, r *Rig, rec *Recorder, now time.Time, wait bool) error {
	idle := true
	for _, d := range g.links {
		if fresh := g.notices.Fresh(d.id); !fresh && !d.more { // asked before the read: what comes during it shows again
			continue
		}
		idle = false
		n, err := g.read(ctx, r, rec, d, g.Read)
		if err != nil {
			return err
		}
		d.more = n == g.Read
	}
	switch {
	case !idle:
		g.asked = now
	case now.Sub(g.asked) >= noticeLimit:
		for _, d := range g.links {
			d.more = true
		}
	case wait:
		return g.pause(ctx, lookEvery)
	}
	return nil
}

// byLength asks what each link holds, and reads that.
func (g *downloads) byLength(ctx context.Context, r *Rig, rec *Recorder, began time.Time) error {
	held, err := r.Module.Buffered(ctx)
	if err != nil {
		return err
	}
	g.in.waited(time.Since(began))
	for _, d := range g.links {
		for left := held[d.id]; left > 0; {
			n, err := g.read(ctx, r, rec, d, min(left, g.Read))
			if err != nil {
				return err
			}
			if left -= n; n == 0 {
				break
			}
		}
	}
	return nil
}

// onTimer reads each link once when the next round is due. A round that is late puts off those after it.
func (g *downloads) onTimer(ctx context.Context, r *Rig, rec *Recorder, now time.Time, wait bool) error {
	if until := g.due.Sub(now); until > 0 {
		if !wait {
			return nil
		}
		return g.pause(ctx, min(until, lookEvery))
	}
	if g.due = g.due.Add(g.Every); g.due.Before(now) {
		g.due = now
	}
	for _, d := range g.links {
		if _, err := g.read(ctx, r, rec, d, g.Read); err != nil {
			return err
		}
	}
	return nil
}

// read is one read of n bytes at most, and returns how many it brought.
func (g *downloads) read(ctx context.Context, r *Rig, rec *Recorder, d *download, n int) (int, error) {
	resp, err := r.Module.Read(ctx, d.id, n)
	if err != nil {
		if bytes, _ := g.in.arrived(); bytes == 0 {
			return 0, refused(err)
		}
		return 0, fmt.Errorf("read of %d B on link %d, after %d B: %w", n, d.id, d.bytes.Load(), err)
	}
	g.in.read(rec, resp)
	d.shape.begin(len(resp.Data))
	d.take(resp.Data, resp.End)
	return len(resp.Data), nil
}

// pause waits for a notice, d at the most.
func (g *downloads) pause(ctx context.Context, d time.Duration) error {
	var notice <-chan struct{}
	if g.notices != nil && g.Poll != "timer" {
		notice = g.notices.More()
	}
	began := time.Now()
	g.timer.Reset(d)
	select {
	case <-notice:
	case <-g.timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	g.in.waited(time.Since(began))
	return nil
}
