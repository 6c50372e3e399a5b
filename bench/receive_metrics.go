package bench

import (
	"context"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// receiveChunk is the most, in bytes, that the firmware hands over in one +IPD.
const receiveChunk = 4608

// report adds up the checkers of all links.
func (g *downloads) report() (sum peer.Report) {
	for _, d := range g.links {
		r := d.checker.Report()
		sum.Bytes += r.Bytes
		sum.Good += r.Good
		sum.Lost += r.Lost
		sum.Duplicate += r.Duplicate
		sum.Reordered += r.Reordered
		sum.Corrupt += r.Corrupt
		sum.Foreign += r.Foreign
		sum.Blocks += r.Blocks
	}
	return sum
}

// metrics derives the metrics of the repeat: rates from what was measured, counts from all that came.
func (g *downloads) metrics(r *Rig, rec *Recorder, measured peer.Report, elapsed time.Duration) {
	for _, d := range g.links {
		d.checker.Finish()
	}
	g.counts(rec)
	blocked := time.Duration(0)
	for _, d := range g.links {
		blocked += d.source.Blocked()
	}
	rec.Metric("blocked", blocked.Seconds()/elapsed.Seconds()/float64(len(g.links)))
	g.stages(rec)
	if len(g.links) > 1 {
		rec.Metric("fairness", g.fairness())
	}
	goodput, ok := g.in.goodput(measured.Bytes - measured.Good)
	if ok {
		rec.Metric("goodput", goodput)
	}
	ceiling, known := g.ceiling(r.Link)
	if !known {
		return
	}
	rec.Metric("ceiling", ceiling)
	if !ok {
		return
	}
	rec.Metric("efficiency", goodput/ceiling)
	n := g.piece()
	if payload, timed := r.Link.LineTime(nil, []int{n}); timed {
		rec.Metric("line_share", goodput*payload.Seconds()/(8*float64(n)))
	}
}

// counts are what became of the bytes, and of the datagrams of UDP. A datagram is a block, so that the blocks' own numbers
// tell where each begins, however the module cuts what it gives.
func (g *downloads) counts(rec *Recorder) {
	got, sent, whole := g.report(), int64(0), int64(0)
	for _, d := range g.links {
		sent += d.source.Sent()
		whole += d.shape.whole
	}
	rec.Metric("sent", float64(sent))
	if !g.sent {
		integrity(rec, got, -1)
	} else {
		integrity(rec, got, sent)
	}
	if g.Protocol != "udp" {
		return
	}
	block := int64(g.Length)
	datagrams := got.Blocks + got.Duplicate/block
	rec.Metric("datagrams", float64(datagrams))
	rec.Metric("datagrams_lost", float64(sent/block-got.Blocks))
	rec.Metric("datagrams_reordered", float64(got.Reordered/block))
	rec.Metric("datagrams_duplicate", float64(got.Duplicate/block))
	if block >= peer.MinFramed {
		rec.Metric("boundaries_lost", float64(datagrams-whole))
	}
	if g.Rate > 0 {
		g.jitter(rec)
	}
}

// jitter is the largest of the links'.
func (g *downloads) jitter(rec *Recorder) {
	most, known := 0.0, false
	for _, d := range g.links {
		if d.delays.n > 1 {
			most, known = max(most, d.delays.jitter), true
		}
	}
	if known {
		rec.Metric("jitter", most)
	}
}

// stages are the means per piece, in s. In active mode there are no commands, and what is between two pieces is waiting.
func (g *downloads) stages(rec *Recorder) {
	in := &g.in
	if in.pieces == 0 {
		return
	}
	mean := func(name string, d time.Duration) { rec.Metric(name, d.Seconds()/float64(in.pieces)) }
	rec.Metric("reads", float64(in.pieces))
	mean("stage_data", in.data)
	mean("stage_wait", in.wait)
	if g.notices != nil {
		mean("stage_command", in.command)
		mean("stage_host", in.host)
	}
}

// fairness is Jain's index over what arrived on each link.
func (g *downloads) fairness() float64 {
	var sum, squares float64
	for _, d := range g.links {
		x := float64(d.bytes.Load())
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(g.links)) * squares)
}

// piece is how long a piece is at most, in bytes.
func (g *downloads) piece() int {
	switch {
	case g.Mode == "passive":
		return g.Read
	case g.Protocol == "udp":
		return g.Length
	}
	return receiveChunk
}

// ceiling is the most that the line allows of this exchange with a module of zero latency, in bit/s: of pieces of the full
// length, one after the other. With poll: length a query comes before what the receive buffer holds; with poll: timer it is
// no more than one read of each link a round.
func (g *downloads) ceiling(l Link) (bitPerSecond float64, known bool) {
	n := g.piece()
	if g.Mode != "passive" {
		line, known := l.LineTime(nil, st67.GivenExchange(0, n))
		return 8 * float64(n) / line.Seconds(), known
	}
	line, known := l.LineTime(st67.ReadExchange(0, n))
	rate := 8 * float64(n) / line.Seconds()
	switch {
	case g.Poll == "timer":
		rate = min(rate, 8*float64(n*len(g.links))/g.Every.Seconds())
	case g.Poll == "length" && g.held > 0:
		rate = g.lengthCeiling(l, line)
	}
	return rate, known
}

// lengthCeiling is that of rounds that begin with a query: each brings what the buffers hold, in full reads and a rest, or in
// full reads alone where the rest does not pay.
func (g *downloads) lengthCeiling(l Link, full time.Duration) float64 {
	query, _ := l.LineTime(st67.LengthsExchange(g.held))
	links := len(g.links)
	reads, rest := g.held/g.Read, g.held%g.Read
	rate := func(bytes int, reads time.Duration) float64 {
		return 8 * float64(links*bytes) / (query + time.Duration(links)*reads).Seconds()
	}
	best := 0.0
	if reads > 0 {
		best = rate(reads*g.Read, time.Duration(reads)*full)
	}
	if rest > 0 {
		last, _ := l.LineTime(st67.ReadExchange(0, rest))
		best = max(best, rate(g.held, time.Duration(reads)*full+last))
	}
	return best
}

// synchronize measures the clock of a peer on another machine.
func synchronize(ctx context.Context, r *Rig) error {
	if c, far := r.Peer.(peer.Clocked); far {
		return c.Synchronize(ctx)
	}
	return nil
}

// uncertainty is by how much the delays may be wrong; there is none on one clock.
func (g *downloads) uncertainty(r *Rig, rec *Recorder) {
	if c, far := r.Peer.(peer.Clocked); far {
		_, u := c.Clock()
		rec.Metric("clock_uncertainty", u.Seconds())
	}
}
