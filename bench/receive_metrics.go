package bench

import (
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

// finish ends the check of what came, and derives what says how it came.
func (g *downloads) finish(rec *Recorder, elapsed time.Duration) {
	blocked, sent := time.Duration(0), g.given()
	for _, d := range g.links {
		d.checker.Finish()
		blocked += d.source.Blocked()
	}
	rec.Metric("sent", float64(sent))
	rec.Metric("blocked", blocked.Seconds()/elapsed.Seconds()/float64(len(g.links)))
	if g.Rate > 0 {
		rec.Metric("offered", 8*float64(sent)/elapsed.Seconds())
	}
	if g.Protocol == "udp" {
		g.datagrams(rec, sent)
	}
	if len(g.links) > 1 {
		rec.Metric("fairness", fairness(g.links, func(d *download) int64 { return d.bytes.Load() }))
	}
}

// datagrams are the counts of UDP. A datagram is a block, so that the blocks' own numbers tell where each begins, however
// the module cuts what it gives.
func (g *downloads) datagrams(rec *Recorder, sent int64) {
	got, whole := g.report(), int64(0)
	for _, d := range g.links {
		whole += d.shape.whole
	}
	block := int64(g.Length)
	came := got.Blocks + got.Duplicate/block
	rec.Metric("datagrams", float64(came))
	rec.Metric("datagrams_lost", float64(sent/block-got.Blocks))
	rec.Metric("datagrams_reordered", float64(got.Reordered/block))
	rec.Metric("datagrams_duplicate", float64(got.Duplicate/block))
	if block >= peer.MinFramed {
		rec.Metric("boundaries_lost", float64(came-whole))
	}
	g.jitter(rec)
}

// onTheWay is what was given to the other end in all, for integrity: negative when what is on its way is no loss.
func (g *downloads) onTheWay() int64 {
	if g.sent {
		return g.given()
	}
	return -1
}

// metrics derives the metrics of the repeat: rates from what was measured, counts from all that came.
func (w *receive) metrics(r *Rig, rec *Recorder, measured peer.Report, elapsed time.Duration) {
	w.finish(rec, elapsed)
	w.stages(rec)
	integrity(rec, w.report(), w.onTheWay())
	goodput, ok := w.in.goodput(measured.Bytes - measured.Good)
	if ok {
		rec.Metric("goodput", goodput)
	}
	ceiling, known := w.ceiling(r.Link)
	if !known {
		return
	}
	rec.Metric("ceiling", ceiling)
	if !ok {
		return
	}
	rec.Metric("efficiency", goodput/ceiling)
	n := w.piece()
	if payload, timed := r.Link.LineTime(nil, []int{n}); timed {
		rec.Metric("line_share", goodput*payload.Seconds()/(8*float64(n)))
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

// pieces is the most that the line allows of pieces of the full length, one after the other, with a module of zero
// latency, in bit/s.
func (g *downloads) pieces(l Link) (bitPerSecond float64, known bool) {
	var to, from []int
	n := g.piece()
	if g.Mode == "passive" {
		to, from = st67.ReadExchange(0, n)
	} else {
		from = st67.GivenExchange(0, n)
	}
	line, known := l.LineTime(to, from)
	return 8 * float64(n) / line.Seconds(), known
}

// ceiling is pieces, less what the poll policy costs: with length a query comes before what the receive buffer holds, with
// timer it is no more than one read of each link a round.
func (g *downloads) ceiling(l Link) (bitPerSecond float64, known bool) {
	rate, known := g.pieces(l)
	switch {
	case g.notices == nil:
	case g.Poll == "timer":
		rate = min(rate, 8*float64(g.Read*len(g.links))/g.Every.Seconds())
	case g.Poll == "length" && g.held > 0:
		rate = g.lengthCeiling(l)
	}
	return rate, known
}

// lengthCeiling is that of rounds that begin with a query: each brings what the buffers hold, in full reads and a rest, or in
// full reads alone where the rest does not pay.
func (g *downloads) lengthCeiling(l Link) float64 {
	full, _ := l.LineTime(st67.ReadExchange(0, g.Read))
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
