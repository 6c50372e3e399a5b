package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

const (
	// beforeOutage is how many sends go before what is measured goes away, so that something is in flight.
	beforeOutage = 20
	// recoverLimit is how long the way back may take: an access point needs half a minute to start.
	recoverLimit = 2 * time.Minute
	// tryAgain is the pause between two tries to come back.
	tryAgain = 100 * time.Millisecond
)

// recovery takes the peer or the access point away and brings it back, again and again, and measures from its return to
// the next byte at the peer.
type recovery struct {
	scenarios.Workload
	seed    uint64
	conn    *firstByte
	opened  int           // streams so far
	rejoins time.Duration // the module comes back to its network by itself; 0: the harness joins
	gone    bool          // the access point is away
	out     bool          // the module has lost its network
	noticed time.Time     // when it said that it had lost what is away; zero: it did not
	total   stageTimes
	notices int
	notice  time.Duration // sum over the notices
	sent    int64
	got     peer.Report // over all connections
}

// Prepare opens the first connection.
func (w *recovery) Prepare(ctx context.Context, r *Rig) (err error) {
	if w.Outage == "ap" && r.Hooks == nil {
		return fmt.Errorf("%w switch its access point: it has no hook ap", ErrCannot)
	}
	if _, err := stage(ctx, r, w.Workload); err != nil {
		return err
	}
	if w.rejoins, err = r.Module.Rejoins(ctx); err != nil {
		return err
	}
	return w.open(ctx, r, 0)
}

// open opens the peer's end of the next connection; port 0 is one that is free.
func (w *recovery) open(ctx context.Context, r *Rig, port uint16) error {
	next := &firstByte{
		stream:  peer.Stream{ID: uint32(w.opened), Seed: w.seed, Block: w.Length},
		options: peer.Options{Protocol: w.Protocol, IPv6: w.IP == "6", Port: port},
	}
	if err := next.open(ctx, r); err != nil {
		return err
	}
	w.opened++
	w.conn = next
	return nil
}

// Run makes outages until the first stop unit is reached.
func (w *recovery) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	err := each(w.Workload, rec, &w.total.n, func() error { return w.once(ctx, r, rec) })
	w.count()
	w.total.metrics(rec)
	rec.Metric("sent", float64(w.sent))
	integrity(rec, w.got, w.sent)
	if w.notices > 0 {
		rec.Metric("notice", w.notice.Seconds()/float64(w.notices))
	}
	return err
}

// once is one outage: payload flows, what is measured goes away, stays away, comes back, and payload flows again.
func (w *recovery) once(ctx context.Context, r *Rig, rec *Recorder) error {
	if _, err := w.conn.send(ctx, r); err != nil {
		return err
	}
	for range beforeOutage - 1 {
		if err := w.conn.one(ctx, r); err != nil {
			return err
		}
	}
	lost := time.Now()
	w.noticed = time.Time{}
	if err := w.leave(ctx, r); err != nil {
		return err
	}
	if err := pause(ctx, w.Away-time.Since(lost)); err != nil {
		return err
	}
	back, err := w.bringBack(ctx, r)
	if err != nil {
		return err
	}
	ends, err := w.comeBack(ctx, r, lost, back)
	if err != nil {
		return err
	}
	w.total.add(rec, back, ends...)
	if !w.noticed.IsZero() {
		w.notices++
		w.notice += w.noticed.Sub(lost)
		rec.Sample("notice", lost, w.noticed.Sub(lost).Seconds())
	}
	return nil
}

// look keeps what the module has said of the outage since lost.
func (w *recovery) look(r *Rig, lost time.Time) {
	left, gone := r.Module.Seen(lost, "+CW:DISCONNECTED")
	w.out = w.out || gone
	if closed, ok := r.Module.Seen(lost, "+CIP:0,DISCONNECTED"); w.Outage == "peer" {
		left, gone = closed, ok
	}
	if gone && w.noticed.IsZero() {
		w.noticed = left.Time
	}
}

// leave takes the peer's end or the access point away.
func (w *recovery) leave(ctx context.Context, r *Rig) error {
	if w.Outage == "peer" {
		return w.conn.sink.Close()
	}
	w.gone = true
	_, err := r.Hooks.Set(ctx, "ap", "off")
	return hookFailed(err)
}

// bringBack is its reverse, and returns when it was done. A peer comes back at the port that it had.
func (w *recovery) bringBack(ctx context.Context, r *Rig) (time.Time, error) {
	if w.Outage == "peer" {
		port := w.conn.sink.Addr().Port()
		w.count()
		err := w.open(ctx, r, port)
		return time.Now(), err
	}
	_, err := r.Hooks.Set(ctx, "ap", "on")
	w.gone = err != nil
	return time.Now(), hookFailed(err)
}

func hookFailed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("switch the access point by the hook ap: %w", err)
}

// comeBack tries until a block is at the peer.
func (w *recovery) comeBack(ctx context.Context, r *Rig, lost, back time.Time) ([]moment, error) {
	for {
		w.look(r, lost)
		ends, err := w.try(ctx, r, back)
		switch {
		case err == nil:
			w.look(r, lost)
			return ends, nil
		case ctx.Err() != nil || st67.DialogBroken(err):
			return nil, err
		case time.Since(back) > recoverLimit:
			return nil, fmt.Errorf("no payload was at the peer within %v of the return of the %s; at last: %w", recoverLimit, w.Outage, err)
		}
		if st67.Gone(err) { // what is left of the link is of no use
			_ = r.Module.CloseLink(ctx, 0)
		}
		_ = pause(ctx, tryAgain)
	}
}

// try is one try: into the network if the module has lost it, a connection if there is none, a block.
func (w *recovery) try(ctx context.Context, r *Rig, back time.Time) (ends []moment, err error) {
	if w.out {
		if ends, err = w.network(ctx, r, back); err != nil {
			return nil, err
		}
	}
	if !r.Module.LinkUp(0) && w.conn.sink.Report().Connected { // the peer's end has had its connection: the next one
		port := w.conn.sink.Addr().Port()
		w.count()
		if err := w.open(ctx, r, port); err != nil {
			return nil, err
		}
	}
	at, err := w.conn.send(ctx, r)
	return append(ends, moment{"stage_first_byte", at}), err
}

// network gets the module into its network, or waits for it to come back by itself.
func (w *recovery) network(ctx context.Context, r *Rig, back time.Time) ([]moment, error) {
	if _, there := r.Module.Seen(back, "+CW:GOTIP"); !there {
		if w.rejoins > 0 {
			limited, cancel := context.WithDeadlineCause(ctx, back.Add(recoverLimit), errors.New("it has not come back"))
			defer cancel()
			if _, err := r.Module.AwaitSeen(limited, back, "+CW:GOTIP"); err != nil {
				return nil, fmt.Errorf("the module tries to join every %v (AT+CWRECONNCFG): %w", w.rejoins, err)
			}
		} else if _, err := r.Module.Join(ctx, r.Wifi); err != nil {
			return nil, err
		}
	}
	w.out = false
	joined, _ := r.Module.Seen(back, "+CW:CONNECTED")
	address, _ := r.Module.Seen(back, "+CW:GOTIP")
	return []moment{{"stage_associate", joined.Time}, {"stage_address", address.Time}}, nil
}

// count closes the peer's end of the present connection and adds up what it saw.
func (w *recovery) count() {
	if w.conn == nil {
		return
	}
	_ = w.conn.sink.Close() // it may be closed already
	got := w.conn.sink.Report()
	w.sent += w.conn.sent
	w.got.Good += got.Good
	w.got.Duplicate += got.Duplicate
	w.got.Reordered += got.Reordered
	w.got.Corrupt += got.Corrupt
	w.got.Foreign += got.Foreign
	w.conn = nil
}

// Conclude brings back what is away, closes the connection, and leaves the module in its network.
func (w *recovery) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.gone {
		_, err := r.Hooks.Set(ctx, "ap", "on")
		errs = append(errs, hookFailed(err))
	}
	if w.opened > 0 {
		errs = append(errs, r.Module.CloseLink(ctx, 0))
	}
	w.count()
	if w.out {
		_, err := r.Module.Join(ctx, r.Wifi)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
