package bench

import (
	"context"
	"fmt"
	"time"

	"st67bench/bench/peer"
)

// minMessages is how many messages make a rate.
const minMessages = 20

// deliver is a stream of which each block is one message: a publication or a notification. It matches what was sent with what
// arrived, on the one clock of both ends.
type deliver struct {
	stream  peer.Stream
	series  string // of the one-way delay
	payload []byte
	checker *peer.Checker // of the receiving end
	due     []time.Time   // of the messages that have not been seen there
	first   int64         // number of the first of them
	n       int           // messages that were taken
	retries int           // attempts that were not taken
}

func newDeliver(seed uint64, length int, series string) deliver {
	s := peer.Stream{Seed: seed, Block: length}
	return deliver{stream: s, series: series, payload: make([]byte, length), checker: peer.NewChecker(s)}
}

// next is the payload of the next message, valid until the one after.
func (d *deliver) next() []byte {
	d.stream.Fill(d.payload, d.offset())
	return d.payload
}

// offset is where the next message begins in the stream.
func (d *deliver) offset() int64 { return int64(d.n) * int64(d.stream.Block) }

// sent notes that the next message, which was due then, is on its way.
func (d *deliver) sent(due time.Time) {
	d.due = append(d.due, due)
	d.n++
}

// arrivals records the one-way delay of each message that has arrived by now: from due to arrival.
func (d *deliver) arrivals(rec *Recorder) {
	var buf [64]time.Time
	for len(d.due) > 0 {
		n := d.checker.Arrived(d.first, buf[:min(len(buf), len(d.due))])
		if n == 0 {
			return
		}
		for i, t := range buf[:n] {
			if !t.IsZero() {
				delay := t.Sub(d.due[i]).Seconds()
				rec.Sample(d.series, d.due[i], delay)
				rec.Keep(d.series, delay)
			}
		}
		d.due = d.due[:copy(d.due, d.due[n:])]
		d.first += int64(n)
		d.checker.Forget(d.first)
	}
}

// drain waits for the last messages; those that do not come are lost.
func (d *deliver) drain(ctx context.Context, rec *Recorder) {
	for by := time.Now().Add(settle); time.Now().Before(by) && d.checker.Report().Bytes < d.offset(); {
		if pause(ctx, lookEvery) != nil {
			return
		}
	}
	d.checker.Finish()
	d.arrivals(rec)
}

// metrics are those of the messages at the receiving end.
func (d *deliver) metrics(rec *Recorder) {
	got := d.checker.Report()
	rec.Metric("sends", float64(d.n))
	rec.Metric("sent", float64(d.offset()))
	rec.Metric("retries", float64(d.retries))
	integrity(rec, got, d.offset())
	if span := got.Last.Sub(got.First); got.Blocks > 1 && span > 0 {
		rec.Metric("rate", float64(got.Blocks-1)/span.Seconds())
	}
	if goodput, ok := got.Goodput(); ok {
		rec.Metric("goodput", goodput)
	}
}

// ceiling is that of messages which each take the line this long, and how much of it was reached.
func (d *deliver) ceiling(rec *Recorder, line time.Duration, known bool) {
	if !known {
		return
	}
	ceiling := 8 * float64(d.stream.Block) / line.Seconds()
	rec.Metric("ceiling", ceiling)
	if goodput, ok := rec.metrics["goodput"]; ok {
		rec.Metric("efficiency", goodput/ceiling)
	}
}

// longEnough refuses a repeat that is too short to mean anything.
func (d *deliver) longEnough() error {
	if n := d.checker.Report().Blocks; n < minMessages {
		return fmt.Errorf("too short: %d of %d messages arrived; a rate needs %d: sends: %d would be enough, or a longer duration",
			n, d.n, minMessages, minMessages)
	}
	return nil
}
