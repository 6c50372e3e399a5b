package power

import (
	"fmt"
	"math"
	"time"

	"st67bench/results/trace"
)

const (
	// clockError is how far an instrument's clock may be off what it is called: crystals are good to 50 ppm, RC
	// oscillators that are trimmed by USB to some more.
	clockError = 200e-6
	// usbSlack is how much later than others samples may come all the time, because USB hands them over in batches. It
	// is 0.1 % of 30 s, the shortest time over which the current of a power-save mode is worth measuring.
	usbSlack = 30 * time.Millisecond
	// watchSpan is for how long samples must be late, in whole seconds, to be late for good.
	watchSpan = 5
)

// watch holds the samples of an instrument against the host's monotonic clock. A USB stack that loses samples does not
// always say so, and an instrument's own counter wraps: what is left then seems to have taken less time than it did.
//
// Its measure is how late a sample is: the instant at which the host had read it, less its index over the nominal rate.
// Batches, a busy host and a start make samples late for a while, and never early. So only the least late sample of each
// second counts, and of these the least of the last five: a host that stops for seconds and then finds all samples in its
// buffers changes nothing. Lost samples make all that follow late for good. A clock that is slow does so too, by at most
// clockError, which is taken off. What then is later than the least late sample ever was, by more than slack, is a loss:
// all at once, or little by little. It is told once, and the watch starts anew.
//
// A loss of 64 samples at 100 kS/s, 0.64 ms, is not seen by itself; 50 of them are, and so is each steady loss of more
// than two times clockError, after slack/(loss - 2 clockError).
type watch struct {
	period float64 // s, nominal
	slack  float64 // s
	since  time.Time

	origin time.Time           // when the first samples came
	second int64               // that of the newest ones, from origin on
	best   [watchSpan]lateness // the least one of each of the last seconds, at second modulo watchSpan
	floor  lateness            // the least one before these
}

// lateness is how late a sample was, less what a slow clock may make of it, and when that was.
type lateness struct{ late, at float64 } // s

// never is the lateness of a second without samples.
var never = lateness{late: math.Inf(1)}

// newWatch watches rate samples/s that come in batches of at most slack. Event.T counts from since.
func newWatch(rate float64, slack time.Duration, since time.Time) *watch {
	w := &watch{period: 1 / rate, slack: slack.Seconds(), since: since, floor: never}
	for i := range w.best {
		w.best[i] = never
	}
	return w
}

// see is told that the host had read all samples before index, lost ones that are known included, at the instant t. It
// returns an event when samples are missing. The first second is left out: what was in the buffers at the start belongs
// to no time.
func (w *watch) see(index int64, t time.Time) (e trace.Event, lost bool) {
	if w.origin.IsZero() {
		w.origin = t
	}
	at := t.Sub(w.origin).Seconds()
	if second := int64(at); second > w.second {
		e, lost = w.judge(index, t)
		for range min(second-w.second, watchSpan) {
			w.second++
			place := &w.best[w.second%watchSpan]
			w.floor = least(w.floor, *place)
			*place = never
		}
		w.second = second
	}
	if w.second > 0 {
		place := &w.best[w.second%watchSpan]
		*place = least(*place, lateness{late: at - float64(index)*w.period - clockError*at, at: at})
	}
	return e, lost
}

// judge holds the last seconds against all before.
func (w *watch) judge(index int64, t time.Time) (trace.Event, bool) {
	now := never
	for _, l := range w.best {
		now = least(now, l)
	}
	if now == never || now.late-w.floor.late <= w.slack { // less than no floor is nothing
		return trace.Event{}, false
	}
	span := now.at - w.floor.at
	missing := now.late - w.floor.late + clockError*span
	w.floor = now
	return trace.Event{
		Index: index, T: t.Sub(w.since), Kind: trace.Compressed, Value: missing / span,
		Text: fmt.Sprintf("%.0f samples fewer than the wall clock asks for in %.1f s, and no gap says so", missing/w.period, span),
	}, true
}

func least(a, b lateness) lateness {
	if b.late < a.late {
		return b
	}
	return a
}
