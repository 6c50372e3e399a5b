package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// cipsend sends blocks with AT+CIPSEND, or AT+CIPSENDEX, one after the other, round robin over
// its links, each as soon as the last one ended, or when it is due at an offered load.
type cipsend struct {
	upload
	expanded bool  // CIPSENDEX
	written  int64 // payload with its escapes, in bytes
}

func newCipsend(w scenarios.Workload, seed uint64) Workload {
	return &cipsend{upload: upload{Workload: w, seed: seed}, expanded: w.Kind == "cipsendex"}
}

// Prepare opens a sink and a connection per link.
func (w *cipsend) Prepare(ctx context.Context, r *Rig) error { return w.open(ctx, r, w.Length) }

// Run sends until the first stop unit is reached, waits for the last bytes to
// arrive and derives the metrics of the repeat.
func (w *cipsend) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	w.stages = newStages(r.Link, w.Length)
	sendErr := w.loop(ctx, rec, func(l *uplink, due time.Time) (time.Time, error) { return w.one(ctx, r, rec, l, due) })
	if errors.Is(sendErr, errRefused) {
		return sendErr
	}
	w.drain(ctx, rec)
	err := synchronize(ctx, r)
	w.metrics(r, rec, w.exchange(r.Link), w.report())
	if err := errors.Join(sendErr, err); err != nil {
		return err
	}
	return w.longEnough()
}

// one is one send over a link.
func (w *cipsend) one(ctx context.Context, r *Rig, rec *Recorder, l *uplink, due time.Time) (time.Time, error) {
	payload, wire := l.fill(r), w.Length
	opts := st67.SendOptions{UntilRecv: w.Wait == "recv"}
	var resp st67.Response
	var err error
	switch to := w.remote(l); {
	case w.expanded:
		wire = st67.EscapedLen(payload)
		resp, err = r.Module.SendExTo(ctx, l.id, payload, to, opts)
	case to.IsValid():
		resp, err = r.Module.SendTo(ctx, l.id, payload, to, opts)
	default:
		resp, err = r.Module.Send(ctx, l.id, payload, opts)
	}
	if err != nil {
		return time.Time{}, err
	}
	if opts.UntilRecv && resp.Recv.IsZero() {
		return time.Time{}, fmt.Errorf("%w: this firmware says no \"Recv n bytes\" that wait: recv could end a send at; measure wait: final", errRefused)
	}
	w.written += int64(wire)
	w.stages.resize(wire)
	if due.IsZero() {
		l.gave(int64(w.Length), w.stages.add(rec, resp))
	} else {
		l.gave(int64(w.Length), w.stages.addDue(rec, resp, due))
	}
	return ended(resp), nil
}

// exchange is the closed form of a send; of CIPSENDEX, whose escapes are the payload's, the mean of all.
func (w *cipsend) exchange(l Link) exchange {
	wait, to := w.Wait, netip.AddrPort{}
	if w.sends > 0 && !w.stages.acknowledged {
		wait = "none"
	}
	if len(w.links) > 0 {
		to = w.remote(w.links[0])
	}
	toModule, fromModule := st67.SendExchange(0, w.Length, wait, to)
	if w.expanded {
		toModule, fromModule = st67.SendExExchange(0, w.Length, w.wire(), wait, to)
	}
	line, known := l.LineTime(toModule, fromModule)
	data, _ := l.LineTime(toModule[1:], nil)
	if w.expanded && w.sends > 0 { // to the fraction of a byte
		mean := w.stages.payload / time.Duration(w.sends)
		line, data = line-data+mean, mean
	}
	return exchange{payload: float64(w.Length), line: line, data: data, known: known}
}

// wire is the mean length of a payload with its escapes, in whole bytes.
func (w *cipsend) wire() int {
	if w.sends == 0 {
		return w.Length
	}
	return int(w.written / int64(w.sends))
}

// Conclude closes the connections and the sinks.
func (w *cipsend) Conclude(ctx context.Context, r *Rig) error { return w.close(ctx, r) }
