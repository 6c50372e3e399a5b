package bench

import (
	"math"
	"sync/atomic"
	"time"

	"st67bench/bench/peer"
)

// download is one connection on which the peer sends and the module receives.
type download struct {
	id      int
	open    bool // the module's link
	source  peer.Source
	checker *peer.Checker
	in      *intake
	shape   shape
	delays  delays
	bytes   atomic.Int64
	more    bool // passive mode: the module may hold more
}

// take is what a read brought, of the line in active mode, of the module in passive mode.
func (d *download) take(p []byte, t time.Time) {
	d.shape.take(p)
	d.checker.Feed(p, t)
	d.bytes.Add(int64(len(p)))
	d.in.arrive(len(p), t)
}

// shape tells whether what the module hands over at once is one datagram, as it was sent.
type shape struct {
	size  int // of a datagram
	seen  int // first bytes of this piece, as many as a block's head has
	alike bool
	whole int64 // pieces that were one datagram
}

// begin says that n bytes follow in one piece.
func (s *shape) begin(n int) { s.seen, s.alike = 0, n == s.size }

func (s *shape) take(p []byte) {
	for _, c := range p[:min(len(p), len(peer.BlockHead)-s.seen)] {
		s.alike = s.alike && c == peer.BlockHead[s.seen]
		if s.seen++; s.seen == len(peer.BlockHead) && s.alike {
			s.whole++
		}
	}
}

// delays follows the one-way delay of blocks: from the write of the source to the arrival of their last byte.
type delays struct {
	far  bool  // the source is on another machine: each look is a request to it
	next int64 // block

	n       int64
	transit time.Duration // of the last block
	jitter  float64       // s
}

// farLook is how many blocks of a source on another machine are looked up at a time.
const farLook = 1 << 14

// collect records the delays of the blocks that have arrived since it was called last. Of a source on another machine it waits
// for many of them, unless it is the last call.
func (s *delays) collect(d *download, rec *Recorder, last bool) {
	var buf [64]time.Time
	if s.far && !last && d.checker.Arrived(s.next+farLook-1, buf[:1]) == 0 {
		return
	}
	for {
		n := d.checker.Arrived(s.next, buf[:])
		if n == 0 {
			return
		}
		for i, t := range buf[:n] {
			if sent := d.source.SentAt(s.next + int64(i)); !sent.IsZero() && !t.IsZero() {
				s.add(rec, t, t.Sub(sent))
			}
		}
		s.next += int64(n)
		d.checker.Forget(s.next)
	}
}

// add takes the next block. Jitter is J += (|D| - J) / 16, where D is by how much its delay differs from that of the
// block before it (RFC 3550, 6.4.1).
func (s *delays) add(rec *Recorder, t time.Time, transit time.Duration) {
	rec.Sample("delay_down", t, transit.Seconds())
	rec.Keep("delay_down", transit.Seconds())
	if s.n > 0 {
		s.jitter += (math.Abs((transit - s.transit).Seconds()) - s.jitter) / 16
	}
	s.n++
	s.transit = transit
}
