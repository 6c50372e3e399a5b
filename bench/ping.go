package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// pingNote says whose figures those of ping are.
const pingNote = "rtt is the module's own figure of AT+PING, in whole ms and cut off below"

// ping is the module's own AT+PING, one echo an event.
type ping struct {
	latency
	end            peer.Echo // nothing but an address of the peer
	pinger         *st67.Pinger
	host           netip.Addr
	answered       int
	command, radio mean
}

// Prepare finds the peer's address.
func (w *ping) Prepare(ctx context.Context, r *Rig) error {
	w.reported = true
	w.command, w.radio = mean{name: "stage_command"}, mean{name: "stage_radio"}
	if _, err := stage(ctx, r, w.Workload); err != nil {
		return err
	}
	var err error
	w.end, err = r.Peer.Echo(ctx, peer.Stream{Block: 1}, peer.EchoOptions{Options: peer.Options{IPv6: w.IP == "6"}, Request: 1, Reply: 1})
	if err != nil {
		return err
	}
	w.host = w.end.Addr().Addr()
	w.pinger = r.Module.Pinger(w.host, w.Length)
	return w.load.prepare(ctx, r, 0)
}

// Run measures until the first stop unit is reached. An echo without an answer is lost, and has no time.
func (w *ping) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	rec.Condition("rtt_note", pingNote)
	err := w.run(ctx, r, rec, func(time.Time) (event, error) { return w.one(ctx, rec) })
	rec.Metric("datagrams", float64(w.answered))
	rec.Metric("datagrams_lost", float64(w.n-w.answered))
	w.command.metric(rec, w.answered)
	w.radio.metric(rec, w.answered)
	if err != nil {
		return err
	}
	if w.answered == 0 && w.n > 0 {
		return fmt.Errorf("none of %d echoes was answered by %s: it has to answer ICMP echoes (a firewall may drop them), and the module reports times of less than 1 ms as lost where its firmware has that fault", w.n, w.host)
	}
	return w.longEnough(w.answered)
}

func (w *ping) one(ctx context.Context, rec *Recorder) (event, error) {
	e, err := w.pinger.Once(ctx)
	if err != nil {
		return event{}, err
	}
	if !e.Answered {
		return event{sent: e.Sent}, nil
	}
	w.answered++
	w.command.add(rec, e.Sent, e.First)
	w.radio.add(rec, e.First, e.End)
	return event{sent: e.Sent, end: e.End, trip: e.Trip}, nil
}

// Conclude closes what was opened.
func (w *ping) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.pinger != nil {
		w.pinger.Close()
	}
	if w.end != nil {
		errs = append(errs, w.end.Close())
	}
	w.pinger, w.end = nil, nil
	return errors.Join(append(errs, w.load.conclude(ctx, r))...)
}
