package main

import (
	"strings"
	"sync"
	"time"

	"st67bench/results/trace"
)

// tally sums up what a meter measures, from one look to the next.
type tally struct {
	nominal float64 // samples/s

	mu    sync.Mutex
	now   figures
	since time.Time // of this look: what was read before is no part of it
	end   int64     // index after the newest sample
}

// figures are those of the samples of one look.
type figures struct {
	n, lost     int64
	sum, most   float64   // A
	began, came time.Time // when the first and the last block were read
	first, last int64     // the index after each
	over        bool      // a current was beyond the meter's range
	said        []string  // what else voids a measurement, in words
}

func newTally(h trace.Header) *tally { return &tally{nominal: h.Rate, end: -1} }

// next ends a look and begins another.
func (t *tally) next() figures {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.now
	t.now = figures{}
	return f
}

// from begins another look at an instant that is to come.
func (t *tally) from(since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now, t.since = figures{}, since
}

// take adds a block.
func (t *tally) take(b trace.Block) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	came := b.Time
	if came.IsZero() {
		came = time.Now()
	}
	before := t.end
	t.end = b.End()
	if came.Before(t.since) {
		return nil
	}
	f := &t.now
	if before >= 0 {
		f.lost += b.Index - before
	}
	for _, a := range b.Amps {
		f.sum += float64(a)
		f.most = max(f.most, float64(a))
	}
	f.n += int64(len(b.Amps))
	f.came, f.last = came, b.End()
	if f.began.IsZero() {
		f.began, f.first = f.came, f.last
	}
	for _, e := range b.Events {
		switch e.Kind {
		case trace.OverRange:
			f.over = true
		case trace.Compressed, trace.Implausible, trace.PowerDown, trace.Warning:
			f.said = append(f.said, strings.TrimSpace(string(e.Kind)+" "+e.Text))
		}
	}
	return nil
}

// mean is in A; 0 without samples.
func (f figures) mean() float64 {
	if f.n == 0 {
		return 0
	}
	return f.sum / float64(f.n)
}

// rate is in samples/s of the wall clock, between the first block and the last; 0 when there was but one.
func (f figures) rate() float64 {
	if d := f.came.Sub(f.began).Seconds(); d > 0 {
		return float64(f.last-f.first) / d
	}
	return 0
}
