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

const (
	// replyLimit is how long a reply may take beside what the peer and the module's sleep are allowed: TCP sends again what was
	// lost, and a datagram that has not come by then is lost.
	replyLimit = 5 * time.Second
	// longestDTIM bounds the time between two DTIM beacons that a module in standby wakes for, with SLWKDTIM=1.
	longestDTIM = 2 * time.Second
	// settleEvents is after how many events the peer is asked when they reached it.
	settleEvents = 1 << 10
)

// Streams of a request-response: what the peer answers, and what it is asked.
const (
	replyStream = iota
	requestStream
)

// request is a request to the peer by CIPSEND and its reply, one at a time over one connection.
type request struct {
	latency
	at      netip.AddrPort // where the peer dials; not valid when the module does
	link    int
	open    bool
	echo    peer.Echo
	stream  peer.Stream // of the requests
	payload []byte
	checker *peer.Checker // of the replies
	more    chan struct{} // one token when something has come
	timer   *time.Timer

	expected int64 // number of the next reply: requests that have reached the peer
	missed   bool  // the last one did not come in time: the peer knows how many it got
	answered int
	passages passages
	reading  time.Duration // of the present reply's reads
	clocked  peer.Clocked  // a peer with another clock; else nil
	doubt    time.Duration // the most that its clock may have been wrong
}

// Prepare sets the receive mode while no link is open, and opens echo and connection.
func (w *request) Prepare(ctx context.Context, r *Rig) error {
	w.stream = peer.Stream{ID: requestStream, Seed: w.stream.Seed, Block: w.Length}
	w.payload, w.more, w.timer = make([]byte, w.Length), make(chan struct{}, 1), time.NewTimer(0)
	w.passages = newPassages()
	passive := w.Mode == "passive"
	if err := r.Module.ReceiveMode(ctx, passive); err != nil {
		return err
	}
	if w.Buffer > 0 {
		if err := r.Module.ReceiveBuffer(ctx, 0, w.Buffer); err != nil {
			return refused(err)
		}
	}
	var err error
	if w.at, err = stage(ctx, r, w.Workload); err != nil {
		return err
	}
	replies := peer.Stream{ID: replyStream, Seed: w.stream.Seed, Block: w.reply()}
	w.checker = peer.NewChecker(replies)
	w.echo, w.link, err = connect(ctx, r, w.Workload, w.at, 0, func(o peer.Options) (peer.Echo, error) {
		return r.Peer.Echo(ctx, replies, peer.EchoOptions{Options: o, Request: w.Length, Reply: w.reply(), Delay: w.Delay})
	})
	if err != nil {
		return err
	}
	w.open = true
	if passive {
		r.Module.OnIPD(w.notice)
	} else {
		r.Module.SetSink(w.link, w.take)
	}
	if err := w.load.prepare(ctx, r, w.link); err != nil {
		return err
	}
	return w.synchronize(ctx, r)
}

// reply is the length of a reply.
func (w *request) reply() int {
	if w.Reply > 0 {
		return w.Reply
	}
	return w.Length
}

// synchronize measures the clock of a peer that has one of its own.
func (w *request) synchronize(ctx context.Context, r *Rig) error {
	var has bool
	if w.clocked, has = r.Peer.(peer.Clocked); !has {
		return nil
	}
	if err := w.clocked.Synchronize(ctx); err != nil {
		return fmt.Errorf("measure the peer's clock: %w", err)
	}
	_, doubt := w.clocked.Clock()
	w.doubt = max(w.doubt, doubt)
	return nil
}

// take is what the module gave, notice what it says that it holds; both on the reader's goroutine.
func (w *request) take(p []byte, t time.Time) {
	w.checker.Feed(p, t)
	w.wake()
}

func (w *request) notice(link, _ int, _ time.Time) {
	if link == w.link {
		w.wake()
	}
}

func (w *request) wake() {
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// Run measures until the first stop unit is reached.
func (w *request) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	w.passages.payload, _ = r.Link.LineTime([]int{w.Length}, nil)
	if w.Mode != "passive" {
		w.passages.data, _ = r.Link.LineTime(nil, w.given())
	}
	err := w.run(ctx, r, rec, func(time.Time) (event, error) { return w.one(ctx, r, rec) })
	w.passages.settle(w.echo, rec)
	if err == nil {
		err = w.synchronize(ctx, r)
	}
	w.metrics(r, rec)
	if err != nil {
		return err
	}
	if w.Protocol == "udp" && w.answered == 0 && w.n > 0 {
		return fmt.Errorf("none of %d requests was answered: a firewall may drop the datagrams", w.n)
	}
	return w.longEnough(w.answered)
}

// one is one request and its reply.
func (w *request) one(ctx context.Context, r *Rig, rec *Recorder) (event, error) {
	if w.missed {
		w.expected, w.missed = w.echo.Requests(), false
	}
	offset := int64(w.n) * int64(w.Length)
	w.stream.Fill(w.payload, offset)
	if r.Refer != nil {
		r.Refer(w.stream.ID, offset, w.payload)
	}
	resp, err := r.Module.Send(ctx, w.link, w.payload, st67.SendOptions{})
	if err != nil {
		return event{}, err
	}
	number := w.expected
	w.reading = 0
	end, err := w.await(ctx, r, number)
	if err != nil || end.IsZero() {
		w.missed = true
		return event{sent: resp.Sent}, err
	}
	w.expected++
	w.answered++
	w.passages.add(rec, resp, passage{number: number, sent: resp.Sent, payload: resp.Payload, end: end, reading: w.reading})
	if w.passages.full() {
		w.passages.settle(w.echo, rec)
	}
	return event{sent: resp.Sent, end: end}, nil
}

// await waits until a reply is whole, and returns when it was; the zero time when it is lost.
func (w *request) await(ctx context.Context, r *Rig, number int64) (time.Time, error) {
	var at [1]time.Time
	limit := w.patience()
	for deadline := time.Now().Add(limit); ; {
		if w.checker.Arrived(number, at[:]) == 1 {
			w.checker.Forget(number + 1)
			if at[0].IsZero() && w.Protocol != "udp" {
				return at[0], errors.New("a part of the reply is missing: the line lost it (flow control), or the module")
			}
			return at[0], nil
		}
		if !r.Module.LinkUp(w.link) {
			return time.Time{}, &st67.LinkError{Link: w.link, What: "closed by the peer or the module before the reply"}
		}
		left := time.Until(deadline)
		if left <= 0 && w.Protocol == "udp" {
			return time.Time{}, nil
		}
		if left <= 0 {
			return time.Time{}, fmt.Errorf("no reply within %v: the connection or the peer is gone, or the module lost a part of it", limit)
		}
		if err := w.wait(ctx, min(left, time.Second)); err != nil {
			return time.Time{}, err
		}
		if w.Mode == "passive" {
			if err := w.read(ctx, r); err != nil {
				return time.Time{}, err
			}
		}
	}
}

// wait returns when something has come, or after a time.
func (w *request) wait(ctx context.Context, d time.Duration) error {
	w.timer.Reset(d)
	select {
	case <-w.more:
		return nil
	case <-w.timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// read takes what the module holds: one read, and more as long as they are full.
func (w *request) read(ctx context.Context, r *Rig) error {
	for {
		resp, err := r.Module.Read(ctx, w.link, w.Read)
		if err != nil {
			return fmt.Errorf("read the reply: %w", err)
		}
		w.reading += resp.End.Sub(resp.Sent)
		w.checker.Feed(resp.Data, resp.End)
		var at [1]time.Time
		if len(resp.Data) < w.Read || w.checker.Arrived(w.expected, at[:]) == 1 {
			return nil
		}
	}
}

// patience is how long a reply is waited for.
func (w *request) patience() time.Duration {
	limit := replyLimit + w.Delay
	if w.Power == "standby" {
		limit += time.Duration(max(w.DTIM, 1)) * longestDTIM
	}
	if t, on := w.Agreement(); on {
		limit += t.Interval()
	}
	return limit
}

// metrics are those of the repeat.
func (w *request) metrics(r *Rig, rec *Recorder) {
	w.checker.Finish()
	w.load.integrity(rec, w.checker.Report())
	if w.Protocol == "udp" {
		rec.Metric("datagrams", float64(w.answered))
		rec.Metric("datagrams_lost", float64(w.n-w.answered))
	}
	w.passages.metrics(rec)
	if w.clocked != nil {
		rec.Metric("clock_uncertainty", w.doubt.Seconds())
	}
	if bound, known := w.bound(r.Link); known {
		rec.Metric("bound", (bound + w.Delay).Seconds())
	}
}

// bound is the line's time for one request and its reply with a module, a radio and a peer of zero latency. In active mode the
// reply may come before Recv; in passive mode it is read after SEND OK, when the notice is there.
func (w *request) bound(l Link) (time.Duration, bool) {
	to, from := st67.SendExchange(w.link, w.Length, "final", netip.AddrPort{})
	if w.Mode != "passive" {
		return l.LineTime(to, append(from[:1], w.given()...))
	}
	from = append(from, st67.NoticeLength(w.link, w.reply()))
	for left := w.reply(); left > 0; left -= w.Read {
		ask, answer := st67.ReadExchange(w.link, w.Read)
		if left < w.Read {
			_, answer = st67.ReadExchange(w.link, left)
		}
		to, from = append(to, ask...), append(from, answer...)
	}
	return l.LineTime(to, from)
}

// given are the messages of a reply in active mode, up to its last byte: the CRLF comes after it.
func (w *request) given() []int {
	given := st67.GivenExchange(w.link, w.reply())
	given[len(given)-1] -= len("\r\n")
	return given
}

// Conclude closes connection, echo and load, and gives the mode back.
func (w *request) Conclude(ctx context.Context, r *Rig) error {
	r.Module.OnIPD(nil)
	r.Module.SetSink(w.link, nil)
	errs := []error{w.load.conclude(ctx, r)}
	if w.open {
		errs = append(errs, r.Module.CloseLink(ctx, w.link))
	}
	if w.echo != nil {
		errs = append(errs, w.echo.Close())
	}
	w.open, w.echo = false, nil
	errs = append(errs, strike(ctx, r, w.Workload))
	if w.Buffer > 0 {
		errs = append(errs, r.Module.RestoreReceiveBuffer(ctx, 0))
	}
	return errors.Join(append(errs, r.Module.ReceiveMode(ctx, false))...)
}
