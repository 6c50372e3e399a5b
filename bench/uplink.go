package bench

import (
	"context"
	"errors"
	"math"
	"time"

	"st67bench/bench/peer"
)

// maxPending bounds the sends of a link whose arrival is awaited: of a link on which nothing arrives, memory must not grow.
const maxPending = 1 << 16

// uplink is one connection of an upload with its stream.
type uplink struct {
	id      int
	open    bool
	stream  peer.Stream
	sink    peer.Sink
	sent    int64  // bytes given to the module
	payload []byte // of one send
	pending []outgoing
	transit transits
}

// fill makes the next payload, and tells the trace of it.
func (l *uplink) fill(r *Rig) []byte {
	l.stream.Fill(l.payload, l.sent)
	if r.Refer != nil {
		r.Refer(l.stream.ID, l.sent, l.payload)
	}
	return l.payload
}

// gave notes a send of n bytes that is on its way. One that ends no block has no arrival of its own.
func (l *uplink) gave(n int64, p outgoing) {
	before := l.sent / int64(l.stream.Block)
	l.sent += n
	p.block = l.sent/int64(l.stream.Block) - 1
	if p.block < before {
		return
	}
	if len(l.pending) == maxPending {
		l.drop(1)
	}
	l.pending = append(l.pending, p)
}

// drop forgets the n oldest; the slice's storage is reused.
func (l *uplink) drop(n int) {
	l.sink.Forget(l.pending[n-1].block + 1)
	l.pending = l.pending[:copy(l.pending, l.pending[n:])]
}

// arrivals takes every send whose last block has arrived by now: its one-way delay from due to arrival, on the one clock of
// host and peer.
func (l *uplink) arrivals(rec *Recorder, st *stages) {
	var buf [64]time.Time
	for len(l.pending) > 0 {
		n := l.sink.Arrived(l.pending[0].block, buf[:l.row(len(buf))])
		if n == 0 {
			return
		}
		for i, t := range buf[:n] {
			p := l.pending[i]
			if !t.IsZero() {
				st.arrived(rec, p, t)
				delay := t.Sub(p.due)
				rec.Sample("delivery", t, delay.Seconds())
				rec.Keep("delay_up", delay.Seconds())
				l.transit.add(delay)
			}
		}
		l.drop(n)
	}
}

// row is how many of the pending sends, n at the most, have blocks that follow each other.
func (l *uplink) row(n int) int {
	n = min(n, len(l.pending))
	for i := 1; i < n; i++ {
		if l.pending[i].block != l.pending[0].block+int64(i) {
			return i
		}
	}
	return n
}

// await waits until n bytes of the stream have arrived, or nothing more does: for the time of settle there was none.
func (l *uplink) await(ctx context.Context, n int64) {
	before, since := int64(-1), time.Now()
	for ctx.Err() == nil && time.Since(since) < settle {
		got := l.sink.Report()
		if got.Good+got.Corrupt >= n {
			return
		}
		if got.Bytes != before {
			before, since = got.Bytes, time.Now()
		}
		wait, cancel := context.WithTimeout(ctx, settle/10)
		err := l.sink.Wait(wait, n+got.Duplicate+got.Foreign)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return // the connection has ended: the report says what arrived
		}
	}
}

// finish takes what has arrived in the end; what has not is lost.
func (l *uplink) finish(rec *Recorder, st *stages) {
	l.arrivals(rec, st)
	l.pending = l.pending[:0]
}

// transits makes the jitter of what travels: the mean difference of the transits of neighbours, smoothed by 16 (RFC 3550
// 6.4.1).
type transits struct {
	n      int
	last   time.Duration
	jitter float64 // s
}

func (t *transits) add(transit time.Duration) {
	if t.n > 0 {
		t.jitter += (math.Abs((transit - t.last).Seconds()) - t.jitter) / 16
	}
	t.n++
	t.last = transit
}
