package bench

import (
	"time"

	"st67bench/bench/peer"
)

// fairRounds is how many sends each link must have had before a share of them says anything: a repeat may end in the middle of a
// round.
const fairRounds = 4

// exchange is the closed form of one send: payload bytes, the time of all of its messages on the line with a module of zero
// latency, and that of the payload alone; known is false where the link has no closed form.
type exchange struct {
	payload    float64
	line, data time.Duration
	known      bool
}

// metrics derives the metrics of the repeat from the sends and from what the peer saw. measured is what goodput is made of:
// the report at the end, or one before it.
func (u *upload) metrics(r *Rig, rec *Recorder, x exchange, measured peer.Report) {
	u.stages.metrics(rec)
	total := u.report()
	rec.Metric("sends", float64(u.sends))
	rec.Metric("sent", float64(u.sent()))
	integrity(rec, total, u.sent())
	clockUncertainty(r, rec)
	if u.Rate > 0 {
		rec.Metric("offered", u.Rate)
		rec.Metric("late", float64(u.offer.late))
	}
	if u.Protocol == "udp" {
		u.datagrams(rec, total)
	}
	if len(u.links) > 1 && u.sends >= fairRounds*len(u.links) {
		rec.Metric("fairness", fairness(u.links, func(l *uplink) int64 { return l.sink.Report().Good }))
	}
	goodput, ok := measured.Goodput()
	if ok {
		rec.Metric("goodput", goodput)
	}
	if !x.known {
		return
	}
	ceiling := 8 * x.payload / x.line.Seconds()
	rec.Metric("ceiling", ceiling)
	if ok {
		rec.Metric("efficiency", goodput/ceiling)
		rec.Metric("line_share", goodput*x.data.Seconds()/(8*x.payload))
	}
}

// datagrams are the counts of whole ones, where each send is one, and the jitter of their arrival.
func (u *upload) datagrams(rec *Recorder, got peer.Report) {
	rec.Metric("datagrams", float64(got.Datagrams))
	var most float64
	known := false
	for _, l := range u.links {
		if l.transit.n > 1 {
			most, known = max(most, l.transit.jitter), true
		}
	}
	if known {
		rec.Metric("jitter", most) // the largest of the links'
	}
	if u.Kind != "cipsend" && u.Kind != "cipsendex" {
		return // the module cuts them
	}
	length := int64(u.Length)
	rec.Metric("datagrams_lost", float64((u.sent()-got.Good-got.Corrupt)/length))
	rec.Metric("datagrams_duplicate", float64(got.Duplicate/length))
	rec.Metric("datagrams_reordered", float64(got.Reordered/length))
}

// report adds up the sinks of all links: the first block is the earliest of
// them, the last the latest.
func (u *upload) report() peer.Report {
	sum := u.links[0].sink.Report()
	for _, l := range u.links[1:] {
		r := l.sink.Report()
		sum.Bytes += r.Bytes
		sum.Good += r.Good
		sum.Duplicate += r.Duplicate
		sum.Reordered += r.Reordered
		sum.Corrupt += r.Corrupt
		sum.Foreign += r.Foreign
		sum.Datagrams += r.Datagrams
		sum.LastBlock += r.LastBlock
		if r.Blocks > 0 && (sum.Blocks == 0 || r.First.Before(sum.First)) {
			sum.First, sum.FirstBlock = r.First, r.FirstBlock
		}
		sum.Blocks += r.Blocks
		if r.Last.After(sum.Last) {
			sum.Last = r.Last
		}
	}
	return sum
}
