package core

import (
	"errors"
	"iter"
	"math"
	"time"
)

// Piece is a time of constant current.
type Piece struct {
	From, To time.Time
	State    State
	Amps     float64
}

var (
	errWindow = errors.New("a time that ends before it begins")
	errRate   = errors.New("a sample rate outside 1..10000000 per second")
)

// Charge is what the supply gave between two instants, in C. From the
// timeline's start on (or before: there was no supply then) it is known for ever,
// later on as far as the timeline reaches back. What lies ahead is what will be if
// nothing happens.
func (t *Timeline) Charge(from, to time.Time) (float64, error) {
	a, b := t.offset(from), t.offset(to)
	if b < a {
		return 0, errWindow
	}
	var v view
	sum, err := t.look(&v, a, b, true)
	if err != nil {
		return 0, err
	}
	return sum + v.charge(&t.currents), nil
}

// States are the pieces between two instants, in order and without gaps.
func (t *Timeline) States(from, to time.Time) (iter.Seq[Piece], error) {
	a, b := t.offset(from), t.offset(to)
	if b < a {
		return nil, errWindow
	}
	v := new(view)
	if _, err := t.look(v, a, b, false); err != nil {
		return nil, err
	}
	return func(yield func(Piece) bool) {
		for w := v.walk(&t.currents); w.t < w.end; {
			p := w.next()
			if !yield(Piece{t.instant(p.from), t.instant(p.to), p.state, w.amps(p.state)}) {
				return
			}
		}
	}, nil
}

// Samples fills dst with the current from the instant from on, at rate samples
// per second, 1 to 10 million: each is the mean over its own time, so that their
// sum over rate is the charge.
func (t *Timeline) Samples(dst []float32, from time.Time, rate float64) error {
	if !(rate >= 1 && rate <= 10e6) {
		return errRate
	}
	a := t.offset(from)
	edge := func(k int) int64 { return a + int64(math.Round(float64(k)*1e9/rate)) }
	v := t.view()
	defer t.views.Put(v)
	if _, err := t.look(v, a, edge(len(dst)), false); err != nil {
		return err
	}
	w := v.walk(&t.currents)
	p := piece{to: w.t} // before the start there is no supply
	amps := 0.0
	for k := range dst {
		begin, end, sum := edge(k), edge(k+1), 0.0
		for at := begin; at < end; {
			for p.to <= at {
				p = w.next()
				amps = w.amps(p.state)
			}
			until := min(p.to, end)
			sum += amps * float64(until-at)
			at = until
		}
		dst[k] = float32(sum / float64(end-begin))
	}
	return nil
}

// Enabled fills dst with the level of CHIP_EN at the begin of each sample's time, 1 for high, from the instant from on, at
// rate samples per second, 1 to 10 million. Without supply it is low.
func (t *Timeline) Enabled(dst []byte, from time.Time, rate float64) error {
	if !(rate >= 1 && rate <= 10e6) {
		return errRate
	}
	a := t.offset(from)
	edge := func(k int) int64 { return a + int64(math.Round(float64(k)*1e9/rate)) }
	v := t.view()
	defer t.views.Put(v)
	if _, err := t.look(v, a, edge(len(dst)), false); err != nil {
		return err
	}
	w := v.walk(&t.currents)
	p := piece{to: w.t} // before the start it is low, as in the state of the zero value
	for k := range dst {
		for at := edge(k); p.to <= at; {
			p = w.next()
		}
		dst[k] = 1
		if p.state == StateShutdown || p.state == StateUnsupplied {
			dst[k] = 0
		}
	}
	return nil
}

// view is one to look at the timeline with, from those that were given back.
func (t *Timeline) view() *view {
	if v, ok := t.views.Get().(*view); ok {
		return v
	}
	return new(view)
}

// look copies what is known of the time from a to b. Of the whole time from the
// start on it copies what is left, and gives the charge of the rest.
func (t *Timeline) look(v *view, a, b int64, whole bool) (before float64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.split(a)
	a = max(a, 0)
	b = max(b, a)
	if whole && a == 0 && b >= t.horizon {
		a, before = t.horizon, t.folded
	}
	if a < t.horizon {
		return 0, ErrForgotten
	}
	t.cut(v, a, b)
	return before, nil
}

// cut copies what is known of the time from a to b; the caller holds mu.
func (t *Timeline) cut(v *view, a, b int64) {
	v.from, v.to = a, b
	first := max(t.base.search(func(s *stretch) bool { return s.from > a })-1, 0)
	v.base = t.base.copyTo(v.base[:0], first, func(s *stretch) bool { return s.from < b || s.from <= a })
	v.awake = t.awake.copyTo(v.awake[:0], t.awake.search(func(w *window) bool { return w.to > a }),
		func(w *window) bool { return w.from < b })
	for i := range t.air {
		v.air[i] = t.air[i].copyTo(v.air[i][:0], t.air[i].search(func(s *span) bool { return s.to > a }),
			func(s *span) bool { return s.from < b })
	}
	v.hold(t.held)
}
