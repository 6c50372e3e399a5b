package core

import (
	"errors"
	"math"
	"sync"
	"time"
)

// Bounds of what a timeline remembers.
const (
	mostStretches = 1 << 12 // changes of the power mode
	mostSpans     = 1 << 16 // of each kind: times awake, transmissions, receptions
)

const (
	forever = math.MaxInt64

	// splitAfter is how long a stretch with beacon misses may become, in ns,
	// until it goes on as another: a look back begins at a stretch's start. One
	// look makes so many of them at most.
	splitAfter = int64(10 * time.Minute)
	mostSplits = 64
)

// ErrForgotten is the answer to a question for what a timeline no longer knows.
var ErrForgotten = errors.New("the timeline does not reach back that far: what is older is only known as a sum from its start")

// Timeline is what the module did when, and so its supply current: constant
// pieces, whose charge is known without an error of sampling. Samples are made
// when somebody asks.
//
// Three things are written down as they happen: the stretches between changes of
// the power mode, the times at which a sleeping module was awake, and what was
// sent and received. The wakes for beacons and TWT service periods are not: they
// follow from their stretch. So memory does not grow with time; when a kind of
// record is full, what is oldest is folded into a sum.
//
// Its methods may be called from any goroutine.
type Timeline struct {
	currents Currents
	start    time.Time

	mu      sync.Mutex
	base    track[stretch]
	awake   track[window]
	air     [2]track[span] // sent, received
	held    int64          // a command keeps the module awake since then; -1: none does
	horizon int64          // what is before it is in folded alone
	folded  float64        // C from the start to horizon
	scratch view

	views sync.Pool // of *view, so that a look does not allocate
}

// Times are in ns from the timeline's start.

// stretch is from one change of the power mode to the next.
type stretch struct {
	from     int64
	state    State // between the wakes
	transmit float64
	rhythms  []rhythm // as they are at from or before; they are copied before they are used
}

// window is a time at which a module that may sleep is awake: it starts up until
// ready.
type window struct{ from, ready, to int64 }

// span is one transmission or reception.
type span struct{ from, to int64 }

// NewTimeline returns the timeline of a module that is off at the instant at.
func NewTimeline(at time.Time, c Currents) *Timeline {
	t := &Timeline{currents: c.WithDefaults(), start: at, held: -1}
	t.base.most, t.awake.most = mostStretches, mostSpans
	t.air[0].most, t.air[1].most = mostSpans, mostSpans
	t.base.push(stretch{state: StateShutdown})
	return t
}

// Start is when the timeline begins.
func (t *Timeline) Start() time.Time { return t.start }

// Currents are those of its states.
func (t *Timeline) Currents() Currents { return t.currents }

func (t *Timeline) offset(at time.Time) int64 { return int64(at.Sub(t.start)) }

func (t *Timeline) instant(ns int64) time.Time { return t.start.Add(time.Duration(ns)) }

// change begins a stretch, in place of what was to come after that.
func (t *Timeline) change(s stretch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(s)
}

func (t *Timeline) begin(s stretch) {
	s.from = max(s.from, t.horizon)
	for t.base.n > 1 && t.base.at(t.base.n-1).from > s.from {
		t.base.n--
	}
	last := t.base.at(t.base.n - 1)
	if last.from == s.from {
		*last = s
		return
	}
	if t.base.full() {
		t.fold(t.base.at(mostStretches / 64).from)
	}
	t.base.push(s)
}

// carried adds a transmission (way 0) or reception (way 1). They come almost in
// order; where one would lie over another it is cut.
func (t *Timeline) carried(way int, from, to int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := &t.air[way]
	from = max(from, t.horizon)
	i := q.n
	for i > 0 && q.at(i-1).from > from {
		i--
	}
	if i < q.n {
		to = min(to, q.at(i).from)
	}
	if i > 0 {
		before := q.at(i - 1)
		if from = max(from, before.to); from == before.to && from < to {
			before.to = to
			return
		}
	}
	if from >= to {
		return
	}
	if q.full() {
		before := q.n
		t.fold(q.at(mostSpans / 64).from)
		i -= before - q.n
	}
	if i >= 0 {
		q.insert(i, span{from, to})
	}
}

// wakeful says whether the module is awake at the instant at, and from when on.
func (t *Timeline) wakeful(at int64) (ready int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := t.awake.n - 1; i >= 0; i-- {
		if w := t.awake.at(i); w.from <= at {
			if at < w.to {
				return max(at, w.ready), true
			}
			break
		}
	}
	return at, t.held >= 0 && at >= t.held
}

// rouse adds a time awake; one that the module is awake for already goes on.
func (t *Timeline) rouse(w window) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake(w)
}

func (t *Timeline) wake(w window) {
	w.from = max(w.from, t.horizon)
	w.ready = max(w.ready, w.from)
	w.to = max(w.to, w.ready)
	i := t.awake.n
	for i > 0 && t.awake.at(i-1).from > w.from {
		i--
	}
	if i > 0 && t.awake.at(i-1).to >= w.from {
		t.extend(i-1, w.to)
		return
	}
	if t.awake.full() {
		before := t.awake.n
		t.fold(t.awake.at(mostSpans / 64).from)
		if i -= before - t.awake.n; i < 0 {
			return
		}
	}
	t.awake.insert(i, w)
	t.extend(i, w.to)
}

// release ends what hold has begun; the module stays awake until to.
func (t *Timeline) release(to int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held >= 0 {
		from := max(t.held, t.base.at(t.base.n-1).from)
		t.wake(window{from, from, to})
	}
	t.held = -1
}

// stay keeps the module awake until to, if it was at the instant from.
func (t *Timeline) stay(from, to int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := t.awake.n - 1; i >= 0; i-- {
		if w := t.awake.at(i); w.from <= from {
			if w.to >= from {
				t.extend(i, to)
			}
			return
		}
	}
}

// extend lengthens window i, and joins those that it reaches.
func (t *Timeline) extend(i int, to int64) {
	w := t.awake.at(i)
	w.to = max(w.to, to)
	for i+1 < t.awake.n && t.awake.at(i+1).from <= w.to {
		w.to = max(w.to, t.awake.at(i+1).to)
		t.awake.remove(i + 1)
	}
}

// hold says that a command keeps the module awake from here on; -1 ends it.
func (t *Timeline) hold(from int64) {
	t.mu.Lock()
	t.held = from
	t.mu.Unlock()
}

// fold puts what is before to into the sum, and forgets it.
func (t *Timeline) fold(to int64) {
	if to <= t.horizon {
		return
	}
	t.cut(&t.scratch, t.horizon, to)
	t.folded += t.scratch.charge(&t.currents)
	t.horizon = to
	n := t.base.search(func(s *stretch) bool { return s.from > to }) - 1
	t.base.drop(n)
	t.base.at(0).from = to
	t.awake.drop(t.awake.search(func(w *window) bool { return w.to > to }))
	for i := range t.air {
		t.air[i].drop(t.air[i].search(func(s *span) bool { return s.to > to }))
	}
}

// split lets a long stretch with beacon misses go on as another before the
// instant at; the caller holds mu.
func (t *Timeline) split(at int64) {
	for range mostSplits {
		last := *t.base.at(t.base.n - 1)
		if len(last.rhythms) != 1 || last.rhythms[0].beacons == nil || at-last.from < 2*splitAfter {
			return
		}
		r := last.rhythms[0]
		last.from += splitAfter
		r.seek(last.from)
		last.rhythms = []rhythm{r}
		t.begin(last)
	}
}
