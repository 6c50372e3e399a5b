package spi

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// grace is how long the event of a level that was already seen may be on its way
// before it counts as lost.
const grace = 100 * time.Microsecond

// patience is how a wait behaves.
type patience struct {
	limit   time.Duration // how long at most; 0 means without end
	recheck time.Duration // how often the level is read, since an edge can be lost
	halt    func() error  // asked after an interruption: nil goes on waiting
}

// watcher follows RDY: by its edges, because they carry the kernel's time, and
// by its level, because an edge can be lost.
type watcher struct {
	lines Lines
	lost  *atomic.Uint64
	pulse func(rose, fell time.Time) // told of each complete RDY pulse

	high     bool      // the level after the last edge that was seen or made up
	rose     time.Time // the time of the last rising edge; zero when it was lost
	seq      uint32    // number of the last event
	made     uint32    // edges made up since that event
	madeFrom time.Time // when the level was read that the last one was made up from
}

// await waits until RDY has the level; false means that the limit passed.
func (w *watcher) await(want bool, p *patience) (bool, error) {
	var start time.Time // of the first wait
	for {
		high, err := w.lines.Ready()
		if err != nil {
			return false, err
		}
		if high == want && w.high == want {
			return true, nil
		}
		e, err := w.lines.WaitEdge(time.Time{}) // the event of a level that is seen is mostly there
		var now time.Time
		if errors.Is(err, os.ErrDeadlineExceeded) {
			now = time.Now()
			if start.IsZero() {
				start = now
			}
			e, err = w.lines.WaitEdge(w.until(high == want, start, now, p))
		}
		switch {
		case err == nil:
			w.note(e)
		case errors.Is(err, ErrInterrupted):
			if err := p.halt(); err != nil {
				return false, err
			}
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return false, err
		case high == want:
			w.makeUp(want, now)
		case p.limit > 0 && time.Since(start) >= p.limit:
			return false, nil
		}
	}
}

// until is when to look again, now being the time of a look that saw the level
// or did not.
func (w *watcher) until(seen bool, start, now time.Time, p *patience) time.Time {
	if seen {
		return now.Add(grace)
	}
	until := now.Add(p.recheck)
	if end := start.Add(p.limit); p.limit > 0 && end.Before(until) {
		return end
	}
	return until
}

// note takes an event in. The numbers that it leaves out are edges that were
// lost; those that were made up from the level are already counted.
func (w *watcher) note(e Edge) {
	gap := e.Seq - w.seq - 1
	w.seq = e.Seq
	if !e.At.After(w.madeFrom) { // later than grace, but not lost: it stays counted
		return
	}
	if gap > w.made {
		w.lost.Add(uint64(gap - w.made))
	}
	w.made = 0
	if !e.High && w.high && !w.rose.IsZero() {
		w.pulse(w.rose, e.At)
	}
	w.high, w.rose = e.High, time.Time{}
	if e.High {
		w.rose = e.At
	}
}

// makeUp takes the place of an edge that was lost.
func (w *watcher) makeUp(high bool, seen time.Time) {
	w.lost.Add(1)
	w.made++
	w.high, w.rose, w.madeFrom = high, time.Time{}, seen
}

// drain takes in the events that wait and the level that is, and forgets when
// RDY rose: after a reset, and when the host let the module wait on purpose.
func (w *watcher) drain() error {
	w.rose = time.Time{}
	for {
		e, err := w.lines.WaitEdge(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil && !errors.Is(err, ErrInterrupted) {
			return err
		}
		if err == nil {
			w.note(e)
		}
	}
	high, err := w.lines.Ready()
	w.high, w.rose = high, time.Time{}
	return err
}

// LineError is a wait for RDY that passed its limit.
type LineError struct {
	Purpose string        // what the wait was for
	Waited  time.Duration // how long
	RDY     bool          // the level it stayed at
	CS      bool          // active
	Enable  bool          // CHIP_EN
	// AfterCS tells that RDY rose as soon as CS was taken back: the mark of an
	// inverted CS.
	AfterCS bool
}

// Error names each line and its level.
func (e *LineError) Error() string {
	s := fmt.Sprintf("spi: RDY stayed %s for %v with CS %s and CHIP_EN %s, waiting for %s",
		level(e.RDY), e.Waited, level(e.CS), level(e.Enable), e.Purpose)
	if e.AfterCS {
		s += "; it rose when CS went low"
	}
	return s
}

func level(high bool) string {
	if high {
		return "high"
	}
	return "low"
}
