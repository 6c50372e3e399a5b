package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// longBlock is about how long the blocks of the stream within a CIPSENDL are, in bytes: what the module hands to its stack at
// once unless it is told otherwise (manual 4.1.14.3), so that the first block is there when the first of these is.
const longBlock = 2920

// longPatience is how long a module may, once all of a CIPSENDL was given, neither report, nor let anything arrive at the
// peer, nor end: longer than any retransmission of a network that is worth to be measured.
const longPatience = 3 * time.Second

// cipsendl sends long data with AT+CIPSENDL, one after the other, round robin over its links.
type cipsendl struct {
	upload
	report, transmit int // CIPSENDLCFG as it was found; 0 where it was left alone
	progress         progress
	cancels          int
	cancelTime       time.Duration // from +++ to SEND CANCELLED, of all
	moduleSent       int64         // by the module's own count, of the sends that have ended
}

func newCipsendl(w scenarios.Workload, seed uint64) Workload {
	return &cipsendl{upload: upload{Workload: w, seed: seed}}
}

// Prepare sets the sizes of the blocks and opens a sink and a connection per link.
func (w *cipsendl) Prepare(ctx context.Context, r *Rig) error {
	if err := w.configure(ctx, r); err != nil {
		return err
	}
	return w.open(ctx, r, blockOf(w.given()))
}

// configure sets what the case gives; the other size stays as it was.
func (w *cipsendl) configure(ctx context.Context, r *Rig) error {
	if w.Report == 0 && w.Transmit == 0 {
		return nil
	}
	report, transmit, err := r.Module.SendLongSizes(ctx)
	if err != nil {
		return err
	}
	w.report, w.transmit = report, transmit
	if w.Report > 0 {
		report = w.Report
	}
	if w.Transmit > 0 {
		transmit = w.Transmit
	}
	return refused(r.Module.SendLongConfig(ctx, report, transmit))
}

// given is how many bytes of each send are given to the module.
func (w *cipsendl) given() int {
	if w.Cancel > 0 {
		return int(w.Cancel)
	}
	return w.Length
}

// blockOf is the block of the stream for sends of n bytes: the largest divisor of n up to longBlock, so that each send
// ends with a block and its arrival is seen; where there is none that has room for a block's frame, longBlock.
func blockOf(n int) int {
	if n <= longBlock {
		return n
	}
	for d := longBlock; d >= peer.MinFramed; d-- {
		if n%d == 0 {
			return d
		}
	}
	return longBlock
}

// Run sends until the first stop unit is reached, waits for the last bytes to arrive and derives the metrics of the repeat.
func (w *cipsendl) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	w.stages = newStages(r.Link, w.given())
	sendErr := w.loop(ctx, rec, func(l *uplink, _ time.Time) (time.Time, error) { return w.one(ctx, r, rec, l) })
	if errors.Is(sendErr, errRefused) {
		return sendErr
	}
	w.drain(ctx, rec)
	if sendErr == nil && w.Cancel > 0 && !w.ended {
		sendErr = w.after(ctx, r, rec)
	}
	err := synchronize(ctx, r)
	w.results(r, rec)
	if err := errors.Join(sendErr, err); err != nil {
		return err
	}
	return w.longEnough()
}

// one is one CIPSENDL over a link.
func (w *cipsendl) one(ctx context.Context, r *Rig, rec *Recorder, l *uplink) (time.Time, error) {
	base := l.sent
	w.progress.base = w.sent()
	res, err := r.Module.SendLong(ctx, l.id, int64(w.Length), st67.LongOptions{
		To: w.remote(l),
		Fill: func(p []byte, offset int64) {
			l.stream.Fill(p, base+offset)
			if r.Refer != nil {
				r.Refer(l.stream.ID, base+offset, p)
			}
			w.progress.record(rec)
		},
		Report:      w.progress.add,
		CancelAfter: w.Cancel,
		Patience:    longPatience,
		Alive:       func() int64 { return l.sink.Report().Bytes },
	})
	w.progress.record(rec)
	w.moduleSent += res.Sent
	if err != nil {
		l.sent += res.Given
		return time.Time{}, err
	}
	p := outgoing{due: res.Response.Sent}
	if !res.Cancelled { // else its end is that of the cancel
		p = w.stages.add(rec, res.Response)
	}
	l.gave(res.Given, p)
	if res.Short {
		w.cutShort(rec, l, res)
	} else if res.Cancelled {
		w.cancels++
		w.cancelTime += res.End.Sub(res.Escaped)
		rec.Sample("cancel_latency", res.Escaped, res.End.Sub(res.Escaped).Seconds())
	}
	return res.End, nil
}

// cutShort says that bytes were lost before the module counted them.
func (w *cipsendl) cutShort(rec *Recorder, l *uplink, res st67.LongResult) {
	w.ended = true
	rec.Condition("short_note", fmt.Sprintf(
		"send %d on link %d did not end: the module waited for bytes of the %d B that were written to the link, reported %d B of them as received, and for %v nothing went on; it was cancelled, and the repeat ended. Bytes that the module never counts are lost on the link: an over-run without flow control",
		w.sends+1, l.id, res.Given, res.Received, longPatience))
}

// after sends one block more over each link, and says whether a link can be used after its send was cancelled.
func (w *cipsendl) after(ctx context.Context, r *Rig, rec *Recorder) error {
	for _, l := range w.links {
		err := w.usable(ctx, r, l)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			rec.Condition("cancel_note", fmt.Sprintf("link %d cannot be used after its CIPSENDL was cancelled: %v", l.id, err))
			return nil
		}
	}
	rec.Condition("after_cancel", "usable")
	return nil
}

// usable sends a block and waits for it.
func (w *cipsendl) usable(ctx context.Context, r *Rig, l *uplink) error {
	before := l.sink.Report().Bytes
	if _, err := r.Module.Send(ctx, l.id, l.fill(r), st67.SendOptions{}); err != nil {
		return err
	}
	l.sent += int64(len(l.payload))
	wait, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	return l.sink.Wait(wait, before+int64(len(l.payload)))
}

// longEnough refuses a repeat that is too short to mean anything.
func (w *cipsendl) longEnough() error {
	need := int64(max(minSends*w.links[0].stream.Block, minBytes))
	if w.sent() >= need {
		return nil
	}
	return fmt.Errorf("too short: %d B in %d sends; a repeat needs %d B (%d blocks, and two send buffers): a longer send, duration or cancel, or more sends",
		w.sent(), w.sends, need, minSends)
}

// results are the metrics of the repeat. A send that was cancelled says nothing about throughput.
func (w *cipsendl) results(r *Rig, rec *Recorder) {
	measured := w.upload.report()
	x := exchange{payload: float64(w.Length)}
	if w.Cancel == 0 {
		toModule, fromModule := st67.SendLongExchange(0, int64(w.Length), w.remote(w.links[0]))
		x.line, x.known = r.Link.LineTime(toModule, fromModule)
		x.data, _ = r.Link.LineTime(toModule[1:], nil)
	} else {
		measured = peer.Report{}
	}
	w.metrics(r, rec, x, measured)
	rec.Metric("module_sent", float64(w.moduleSent))
	if w.cancels > 0 {
		rec.Metric("cancel_latency", w.cancelTime.Seconds()/float64(w.cancels))
	}
}

// Conclude closes the connections and the sinks, and puts the sizes back.
func (w *cipsendl) Conclude(ctx context.Context, r *Rig) error {
	err := w.close(ctx, r)
	if w.report > 0 {
		err = errors.Join(err, r.Module.SendLongConfig(ctx, w.report, w.transmit))
	}
	return err
}

// progress keeps the module's reports, which come on the reader's goroutine, until the workload records them.
type progress struct {
	base    int64 // bytes of the sends before
	mu      sync.Mutex
	reports []progressReport
}

type progressReport struct {
	sent, received int64
	t              time.Time
}

func (p *progress) add(sent, received int64, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reports = append(p.reports, progressReport{sent, received, t})
}

// record records what has come: bytes of all sends so far.
func (p *progress) record(rec *Recorder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.reports {
		rec.Sample("report_sent", r.t, float64(p.base+r.sent))
		rec.Sample("report_received", r.t, float64(p.base+r.received))
	}
	p.reports = p.reports[:0]
}
