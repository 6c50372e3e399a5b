package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// A repeat that is shorter than this says more about its edges than about the
// module: fewer than minSends sends, or less than two of the module's send
// buffers (6144 B, the most that its firmware takes in one CIPSEND), which it
// may have accepted without having sent anything.
const (
	minSends   = 20
	sendBuffer = 6144
	minBytes   = 2 * sendBuffer
)

// settle is how long the last bytes may stay on their way to the peer after the last send.
const settle = 3 * time.Second

// cipsend sends blocks with AT+CIPSEND, one after the other, round robin over
// its links, each as soon as the last one ended.
type cipsend struct {
	scenarios.Workload
	seed  uint64
	links []*sendLink
}

// sendLink is one connection with its stream.
type sendLink struct {
	id      int
	stream  peer.Stream
	sink    peer.Sink
	sent    int64 // bytes
	pending flight
	payload []byte
}

// Prepare opens a sink and a connection per link.
func (w *cipsend) Prepare(ctx context.Context, r *Rig) error {
	w.links = nil
	if err := useIP(ctx, r, w.IP); err != nil {
		return err
	}
	for id := range w.Links {
		s := peer.Stream{ID: uint32(id), Seed: w.seed, Block: w.Length}
		sink, err := r.Peer.Sink(ctx, s, peer.Options{Protocol: w.Protocol, IPv6: w.IP == "6"})
		if err != nil {
			return err
		}
		l := &sendLink{id: id, stream: s, sink: sink, payload: make([]byte, w.Length)}
		w.links = append(w.links, l)
		if err := r.Module.Connect(ctx, id, w.Protocol, sink.Addr()); err != nil {
			return fmt.Errorf("connect link %d to the peer at %s: %w", id, sink.Addr(), err)
		}
	}
	return nil
}

// Run sends until the first stop unit is reached, waits for the last bytes to
// arrive and derives the metrics of the repeat.
func (w *cipsend) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	stages := newStages(r.Link, w.Length)
	sendErr := w.send(ctx, r, rec, stages)
	if errors.Is(sendErr, errRefused) {
		return sendErr
	}
	w.drain(ctx)
	for _, l := range w.links {
		l.arrivals(rec)
	}
	w.metrics(r, rec, stages)
	if sendErr != nil {
		return sendErr
	}
	return w.longEnough(stages.n)
}

// send is the measured loop.
func (w *cipsend) send(ctx context.Context, r *Rig, rec *Recorder, st *stages) error {
	opts := st67.SendOptions{UntilRecv: w.Wait == "recv"}
	begin := time.Now()
	for {
		l := w.links[st.n%len(w.links)]
		l.stream.Fill(l.payload, l.sent)
		if r.Refer != nil {
			r.Refer(l.stream.ID, l.sent, l.payload)
		}
		resp, err := w.one(ctx, r, l, opts)
		if err != nil {
			return w.failed(st.n, l, err)
		}
		l.sent += int64(w.Length)
		l.pending.push(resp.Sent)
		st.add(rec, resp)
		l.arrivals(rec)
		if now := ended(resp); w.done(st.n, now.Sub(begin), rec, now) {
			return nil
		}
	}
}

// one is one send over a link.
func (w *cipsend) one(ctx context.Context, r *Rig, l *sendLink, opts st67.SendOptions) (st67.Response, error) {
	if to := w.remote(l); to.IsValid() {
		return r.Module.SendTo(ctx, l.id, l.payload, to, opts)
	}
	return r.Module.Send(ctx, l.id, l.payload, opts)
}

// remote is the remote end that each send names; not valid when the link has it.
func (w *cipsend) remote(l *sendLink) netip.AddrPort {
	if w.Remote == "each" {
		return l.sink.Addr()
	}
	return netip.AddrPort{}
}

// useIP switches IPv6 on for a workload that needs it; Restore puts it back.
func useIP(ctx context.Context, r *Rig, version string) error {
	if version != "6" {
		return nil
	}
	return r.Module.UseIPv6(ctx, true)
}

// failed says after how many sends a send failed. The module's own error code
// to the first send of all is a refusal of this level.
func (w *cipsend) failed(n int, l *sendLink, err error) error {
	if text, ok := st67.Refusal(err); ok && n == 0 {
		return fmt.Errorf("%w: %s", errRefused, text)
	}
	return fmt.Errorf("send %d on link %d (%d B accepted before): %w", n+1, l.id, l.sent, err)
}

// done says whether a stop unit is reached after n sends.
func (w *cipsend) done(n int, elapsed time.Duration, rec *Recorder, now time.Time) bool {
	var share float64
	if w.Duration > 0 {
		share = max(share, elapsed.Seconds()/w.Duration.Seconds())
	}
	if w.Total > 0 {
		share = max(share, float64(n)*float64(w.Length)/float64(w.Total))
	}
	if w.Sends > 0 {
		share = max(share, float64(n)/float64(w.Sends))
	}
	rec.Progress(now, share)
	return share >= 1
}

// drain waits for what was sent to arrive; what does not arrive counts as lost.
func (w *cipsend) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	for _, l := range w.links {
		_ = l.sink.Wait(ctx, l.sent) // the report says what arrived
	}
}

// longEnough refuses a repeat that is too short to mean anything.
func (w *cipsend) longEnough(n int) error {
	need := max(minSends, (minBytes+w.Length-1)/w.Length)
	if n >= need {
		return nil
	}
	return fmt.Errorf("too short: %d sends, %d B; a repeat needs %d sends and %d B (two send buffers): sends: %d would be enough, or a longer duration",
		n, n*w.Length, minSends, minBytes, need)
}

// Conclude closes the connections and the sinks.
func (w *cipsend) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	for _, l := range w.links {
		errs = append(errs, r.Module.CloseLink(ctx, l.id), l.sink.Close())
	}
	w.links = nil
	return errors.Join(errs...)
}
