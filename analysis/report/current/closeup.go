package current

import (
	"fmt"
	"slices"

	"st67bench/analysis/energy"
	"st67bench/results"
	"st67bench/results/trace"
)

const (
	closeStretches = 1000
	fewWakes       = 3   // that are shown together
	widest         = 150 // times as long as a wake is what is shown of several: longer, and a wake is a line
	sendsShown     = 3
)

// closeUp is a part of a view at full resolution.
type closeUp struct {
	course *energy.Course // nil without anything to look closer at
	of     string         // "one request", "3 wakes"
	event  *event         // that it is of, if it is of one
	zero   float64        // sample from which its time counts
	since  string         // what that is
}

// lookCloser picks one transaction, or a few wakes, or some sends, in the middle of what was measured.
func (v *view) lookCloser(what, series string) error {
	inside := slices.DeleteFunc(slices.Clone(v.events), func(e event) bool {
		return v.at(e.from) < float64(v.from) || v.at(e.to) > float64(v.to)
	})
	wakes := v.wakes()
	var from, to int64
	switch {
	case len(inside) > 0 && series != "send_latency":
		e := inside[len(inside)/2]
		v.closer.of, v.closer.event = "one "+what, &e
		v.closer.zero, v.closer.since = v.at(e.from), "the "+what+" began"
		long := v.at(e.to) - v.at(e.from)
		from, to = v.whole(int64(v.at(e.from)-0.1*long), int64(v.at(e.to)+0.1*long))
	case len(wakes) >= fewWakes:
		from, to = v.aroundWakes(wakes)
	case len(inside) >= sendsShown:
		first := len(inside) / 2
		last := min(first+sendsShown, len(inside)-1)
		v.closer.of = fmt.Sprintf("%d %ss", last-first, what)
		v.closer.zero, v.closer.since = v.at(inside[first].from), "the first "+what
		from, to = int64(v.at(inside[first].from)), int64(v.at(inside[last].from))
		from, to = from-(to-from)/20, to+(to-from)/20
	default:
		return nil
	}
	from, to = max(from, v.course.From), min(to, v.course.To)
	if to-from < 2 || to-from > (v.course.To-v.course.From)/2 {
		v.closer = closeUp{} // the overview shows as much
		return nil
	}
	var err error
	v.closer.course, err = v.course.Closer(from, to, closeStretches)
	return err
}

// whole is a span with all of the wakes that it cuts, and a little round it.
func (v *view) whole(from, to int64) (int64, int64) {
	first, last := from, to
	for _, w := range v.course.Wakes {
		if w.From < to && w.To > from {
			first, last = min(first, w.From), max(last, w.To)
		}
	}
	round := (last - first) / 10
	return first - round, last + round
}

// aroundWakes is where some wakes are, or one where they are far apart.
func (v *view) aroundWakes(wakes []trace.Span) (from, to int64) {
	first := len(wakes) / 2
	last := min(first+fewWakes, len(wakes)) - 1
	long := max(wakes[first].To-wakes[first].From, 1)
	room := max(2*long, (wakes[last].To-wakes[first].From)/20)
	from, to = wakes[first].From-room, wakes[last].To+room
	v.closer.of = fmt.Sprintf("%d wakes", last-first+1)
	v.closer.zero, v.closer.since = float64(wakes[first].From), "the current rose"
	if last == first || to-from > widest*long {
		v.closer.of = "one wake"
		from, to = wakes[first].From-long, wakes[first].To+2*long
	}
	return from, to
}

// wakes are those on the schedule, as far as they are whole and in what was measured.
func (v *view) wakes() []trace.Span {
	return slices.DeleteFunc(slices.Clone(v.course.Scheduled()), func(w trace.Span) bool { return w.From < v.from || w.To > v.to })
}

// describe says what there is to see.
func (u closeUp) describe(v *view) string {
	_, most := extremes(u.course.Envelope)
	peak := "up to " + results.FormatQuantity(most, "A")
	if u.event != nil {
		return results.FormatQuantity((u.event.to-u.event.from).Seconds(), "s") + ", " + peak
	}
	wakes := u.course.Wakes
	if len(wakes) == 0 {
		return peak
	}
	total := int64(0)
	for _, w := range wakes {
		total += w.To - w.From
	}
	long := results.FormatQuantity(float64(total)/float64(len(wakes))*v.side.Clock.Period, "s")
	if len(wakes) == 1 {
		return long + ", " + peak
	}
	apart := float64(wakes[len(wakes)-1].From-wakes[0].From) / float64(len(wakes)-1) * v.side.Clock.Period
	return fmt.Sprintf("%s each, %s apart, %s", long, results.FormatQuantity(apart, "s"), peak)
}
