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

// bidirectional sends by CIPSEND on one connection while the peer sends on another: an end of the peer either takes a
// stream or gives one. In active mode what comes is given while a send goes on, in passive mode it is read between two
// sends.
type bidirectional struct {
	down downloads // its Workload is that of both directions
	seed uint64

	link    int // up
	open    bool
	sink    peer.Sink
	stream  peer.Stream
	payload []byte
	sent    int64
	reads   time.Duration // spent on reads, up to the last send
}

func newBidirectional(w scenarios.Workload, seed uint64) Workload {
	w.Links = 1 // down
	return &bidirectional{down: downloads{Workload: w}, seed: seed}
}

// Prepare opens the connection up, and then the one down.
func (w *bidirectional) Prepare(ctx context.Context, r *Rig) error {
	const up, down = 0, 1
	if err := w.down.receiving(ctx, r, down, 1); err != nil {
		return err
	}
	at, err := stage(ctx, r, w.down.Workload)
	if err != nil {
		return err
	}
	w.stream = peer.Stream{ID: up, Seed: w.seed, Block: w.down.Length}
	w.payload = make([]byte, w.down.Length)
	w.sink, w.link, err = connect(ctx, r, w.down.Workload, at, up, func(o peer.Options) (peer.Sink, error) {
		return r.Peer.Sink(ctx, w.stream, o)
	})
	if err != nil {
		return err
	}
	w.open = true
	s := peer.Stream{ID: down, Seed: w.seed, Block: w.down.Length}
	if err := w.down.add(ctx, r, at, down, s, w.down.Rate); err != nil {
		return err
	}
	return synchronize(ctx, r)
}

// Run sends and receives until the first stop unit is reached, and derives the metrics of the repeat.
func (w *bidirectional) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	g, st := &w.down, newStages(r.Link, w.down.Length)
	begin := time.Now()
	if err := g.start(ctx); err != nil {
		return err
	}
	err := w.both(ctx, r, rec, st, begin)
	g.stop(rec)
	elapsed := time.Since(begin)
	if errors.Is(err, errRefused) {
		return err
	}
	measured := g.report()
	if err == nil {
		err = g.drain(ctx, r, rec)
	}
	wait, cancel := context.WithTimeout(ctx, settle)
	_ = w.sink.Wait(wait, w.sent) // the report says what arrived
	cancel()
	w.metrics(r, rec, st, measured, elapsed)
	if err == nil {
		err = synchronize(ctx, r)
	}
	clockUncertainty(r, rec)
	if err != nil {
		return err
	}
	return w.longEnough(st.n)
}

// both is the measured loop: a send, and in passive mode what there is to read.
func (w *bidirectional) both(ctx context.Context, r *Rig, rec *Recorder, st *stages, begin time.Time) error {
	g := &w.down
	for {
		if err := w.send(ctx, r, rec, st); err != nil {
			return err
		}
		if err := g.step(ctx, r, rec, false); err != nil {
			return err
		}
		now := time.Now()
		bytes, _ := g.in.arrived()
		done := share(g.Workload, now.Sub(begin).Seconds(), w.sent+bytes, st.n)
		rec.Moved(w.sent + bytes)
		rec.Progress(now, done)
		if done >= 1 {
			return nil
		}
	}
}

// send is one CIPSEND.
func (w *bidirectional) send(ctx context.Context, r *Rig, rec *Recorder, st *stages) error {
	w.stream.Fill(w.payload, w.sent)
	if r.Refer != nil {
		r.Refer(w.stream.ID, w.sent, w.payload)
	}
	w.reads = w.down.in.reading()
	resp, err := r.Module.Send(ctx, w.link, w.payload, st67.SendOptions{})
	if err != nil {
		if st.n == 0 {
			err = refused(err)
		}
		return fmt.Errorf("send %d on link %d (%d B accepted before): %w", st.n+1, w.link, w.sent, err)
	}
	w.sent += int64(len(w.payload))
	st.add(rec, resp)
	return nil
}

// longEnough refuses a repeat in which one direction was too short to mean anything.
func (w *bidirectional) longEnough(sends int) error {
	if sends < minSends {
		return fmt.Errorf("too short: %d sends; a rate needs %d: a longer duration or total", sends, minSends)
	}
	return w.down.longEnough()
}

// metrics derives the metrics of the repeat: goodput is the sum of both directions, as are the counts.
func (w *bidirectional) metrics(r *Rig, rec *Recorder, st *stages, measured peer.Report, elapsed time.Duration) {
	g := &w.down
	g.finish(rec, elapsed)
	up, down := w.sink.Report(), g.report()
	w.integrity(rec, up, down)
	w.stages(rec, st)
	rec.Metric("sends", float64(st.n))
	rec.Metric("sent", float64(w.sent+g.given()))
	rateUp, okUp := up.Goodput()
	rateDown, okDown := g.in.goodput(measured.Bytes - measured.Good)
	if okUp {
		rec.Metric("goodput_up", rateUp)
	}
	if okDown {
		rec.Metric("goodput_down", rateDown)
	}
	ceiling, known := w.ceiling(r.Link)
	if known {
		rec.Metric("ceiling", ceiling)
	}
	if !okUp || !okDown {
		return
	}
	rec.Metric("goodput", rateUp+rateDown)
	if known {
		rec.Metric("efficiency", (rateUp+rateDown)/ceiling)
	}
}

// integrity adds up what became of the payload of both directions.
func (w *bidirectional) integrity(rec *Recorder, up, down peer.Report) {
	lost := down.Lost
	if sent := w.down.onTheWay(); sent >= 0 {
		lost = sent - down.Good - down.Corrupt
	}
	sum := peer.Report{
		Good: up.Good + down.Good, Lost: w.sent - up.Good - up.Corrupt + lost, Duplicate: up.Duplicate + down.Duplicate,
		Reordered: up.Reordered + down.Reordered, Corrupt: up.Corrupt + down.Corrupt, Foreign: up.Foreign + down.Foreign,
	}
	integrity(rec, sum, -1)
}

// stages are those of a send. In passive mode the reads between two sends are stage_data, which the send's own account
// takes for the host's.
func (w *bidirectional) stages(rec *Recorder, st *stages) {
	if g := &w.down; g.notices != nil && st.n > 0 {
		st.host -= w.reads
		rec.Metric("stage_data", w.reads.Seconds()/float64(st.n))
		rec.Metric("reads", float64(g.in.pieces))
	}
	st.metrics(rec)
}

// ceiling is the most that both directions carry together with a module of zero latency, in bit/s. In passive mode sends
// and reads follow each other, so it is the better of the two. In active mode sends follow each other, at best without a
// gap, while +IPD has all of the direction from the module that their answers leave; or there are none.
func (w *bidirectional) ceiling(l Link) (bitPerSecond float64, known bool) {
	to, from := st67.SendExchange(w.link, w.down.Length, "final", netip.AddrPort{})
	exchange, known := l.LineTime(to, from)
	up := 8 * float64(w.down.Length) / exchange.Seconds()
	down, _ := w.down.pieces(l)
	if w.down.notices != nil {
		return max(up, down), known
	}
	answers, _ := l.LineTime(nil, from)
	return max(down, up+down*(1-answers.Seconds()/exchange.Seconds())), known
}

// Conclude closes the connections and their ends.
func (w *bidirectional) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.open {
		errs = append(errs, r.Module.CloseLink(ctx, w.link))
	}
	if w.sink != nil {
		errs = append(errs, w.sink.Close())
	}
	w.open, w.sink = false, nil
	return errors.Join(append(errs, w.down.conclude(ctx, r))...)
}
