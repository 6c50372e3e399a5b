package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"st67bench/results"
)

// Bins of a counter in one repeat.
const (
	leastBins  = 16
	mostBins   = 512
	fewArrived = 4 // arrivals between two points of goodput at least
)

// latencies are the series of which a counter is made, the first that a repeat has.
var latencies = []string{"rtt", "send_latency", "duration"}

// rates are those that are counters as they are.
var rates = []string{"goodput", "goodput_up", "goodput_down", "throughput"}

// arrivals are those of which each sample is a piece of payload that came to its receiver, with the counter that they
// make and the metrics, the first that a repeat has, that say how much came.
var arrivals = []struct {
	series, counter string
	metrics         []string
}{
	{"delivery", "goodput_up", []string{"goodput_up", "goodput"}},
	{"delay_down", "goodput_down", []string{"goodput_down", "goodput"}},
}

// series has the stages and the counters of each repeat's samples.
func (w *timeline) series(run *results.Run) {
	n := 0
	for _, r := range run.Results {
		if r.Samples != "" {
			n++
		}
	}
	if n == 0 {
		return
	}
	track := w.lanes("stages", trackStages, stageTracks)
	bins := min(max(w.bounds.points/(2*n), leastBins), mostBins)
	more, unread := 0, 0
	for _, r := range run.Results {
		from, to, ok := edges(r)
		if r.Samples == "" || !ok || from == to {
			continue
		}
		c := newCourse(from, to, bins, w.bounds.spans/n)
		if err := run.ReadSamples(r.Seq, c.add); err != nil {
			if unread++; unread == 1 {
				w.note("without stages and counters: %v", err)
			}
			continue
		}
		more += c.more
		c.draw(w, track, r)
	}
	w.leftOut(unread, "results whose samples cannot be read")
	w.leftOut(more, fmt.Sprintf("stages beyond %d of a repeat", w.bounds.spans/n))
	w.leftOut(track.lost, fmt.Sprintf("stages that overlap %d others", stageTracks))
}

// course is what a timeline shows of the samples of one repeat.
type course struct {
	from, to time.Duration
	bins     int
	room     int // for spans
	more     int // spans that it has no room for
	spans    []span
	thin     map[string]*thinned // by series
	arrived  map[string]*counted
	before   map[string]time.Duration // of rates: the sample before
	due      bool                     // delays are of exchanges, and count from when these were due: they are no arrivals
}

func newCourse(from, to time.Duration, bins, room int) *course {
	return &course{from: from, to: to, bins: bins, room: room, thin: map[string]*thinned{}, arrived: map[string]*counted{}, before: map[string]time.Duration{}}
}

func (c *course) add(all []results.Sample) error {
	for _, s := range all {
		end := s.T + time.Duration(s.V*1e9)
		c.due = c.due || s.Series == "rtt" || s.Series == "delay_up"
		if isSpan(s.Series) && s.V > 0 {
			c.span(s, end)
		}
		switch {
		case slices.Contains(latencies, s.Series):
			c.thinnedOf(s.Series).add(c.bin(end), end, s.V)
		case slices.Contains(rates, s.Series): // a rate is that of the time since the one before
			begin, ok := c.before[s.Series]
			if !ok {
				begin = c.from
			}
			c.before[s.Series] = s.T
			c.thinnedOf(s.Series).add(c.bin(begin), begin, s.V)
		case s.Series == arrivals[0].series || s.Series == arrivals[1].series:
			c.count(s.Series, s.T)
		}
	}
	return nil
}

// isSpan says whether a sample of a series is a stretch of time that begins at its instant.
func isSpan(series string) bool {
	return strings.HasPrefix(series, "stage_") ||
		slices.Contains([]string{"send_latency", "service", "duration", "payload_write", "cancel_latency", "notice"}, series)
}

func (c *course) span(s results.Sample, end time.Duration) {
	if len(c.spans) == c.room {
		c.more++
		return
	}
	m, _ := results.LookupMetric(s.Series)
	c.spans = append(c.spans, span{cmp.Or(m.Title, strings.ReplaceAll(s.Series, "_", " ")), s.T, end})
}

// bin is the one that an instant is in; what is outside of the repeat belongs to the first or the last.
func (c *course) bin(t time.Duration) int {
	return min(max(int(float64(t-c.from)/float64(c.to-c.from)*float64(c.bins)), 0), c.bins-1)
}

func (c *course) thinnedOf(series string) *thinned {
	if c.thin[series] == nil {
		c.thin[series] = &thinned{bins: make([]extremes, c.bins)}
	}
	return c.thin[series]
}

func (c *course) count(series string, t time.Duration) {
	a := c.arrived[series]
	if a == nil {
		a = &counted{first: t, bins: make([]arrived, c.bins)}
		c.arrived[series] = a
	}
	b := &a.bins[c.bin(t)]
	a.n++
	b.n++
	a.first, b.last = min(a.first, t), max(b.last, t)
}

// draw writes the slices and counters.
func (c *course) draw(w *timeline, track *lanes, r results.Result) {
	slices.SortStableFunc(c.spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	for _, s := range c.spans {
		track.slice(s, nil)
	}
	for _, name := range latencies {
		if t := c.thin[name]; t != nil {
			t.draw(w, "latency", "ms", 1e3)
			break
		}
	}
	for _, name := range rates {
		if t := c.thin[name]; t != nil {
			t.draw(w, title(name), rateUnit, 1e-6)
		}
	}
	for _, of := range arrivals {
		a := c.arrived[of.series]
		if a == nil || c.due || c.thin[of.counter] != nil || c.thin["goodput"] != nil {
			continue
		}
		for _, metric := range of.metrics {
			if rate, ok := r.Metrics[metric]; ok {
				a.draw(w, title(metric), rate*1e-6)
				break
			}
		}
	}
}

// rateUnit is that of the counters of goodput.
const rateUnit = "Mbit/s"

// thinned is a series by its extremes.
type thinned struct{ bins []extremes }

// extremes are the least and the greatest value of a bin, and when they were.
type extremes struct {
	n         int
	low, high float64
	atLow, at time.Duration // of the greatest
}

func (t *thinned) add(bin int, at time.Duration, v float64) {
	e := &t.bins[bin]
	if e.n == 0 || v < e.low {
		e.low, e.atLow = v, at
	}
	if e.n == 0 || v > e.high {
		e.high, e.at = v, at
	}
	e.n++
}

func (t *thinned) draw(w *timeline, name, unit string, scale float64) {
	for _, e := range t.bins {
		switch {
		case e.n == 0:
		case e.atLow == e.at:
			w.counter(name, unit, e.at, e.high*scale)
		case e.atLow < e.at:
			w.counter(name, unit, e.atLow, e.low*scale)
			w.counter(name, unit, e.at, e.high*scale)
		default:
			w.counter(name, unit, e.at, e.high*scale)
			w.counter(name, unit, e.atLow, e.low*scale)
		}
	}
}

// counted are the arrivals of a repeat, by bin.
type counted struct {
	n     int
	first time.Duration
	bins  []arrived
}

type arrived struct {
	n    int
	last time.Duration
}

// draw makes a rate of arrivals. The goodput of a repeat is 8 (B - b1) / (t_last - t_1): each arrival after the first brings the
// same share of it, and the rate of a stretch is what its arrivals bring by the time since the arrival before them.
func (a *counted) draw(w *timeline, name string, rate float64) {
	last := a.first
	for _, b := range a.bins {
		last = max(last, b.last)
	}
	if a.n < 2 || last == a.first {
		return
	}
	share := rate * (last - a.first).Seconds() / float64(a.n-1)
	since, n, left := a.first, -1, a.n
	for _, b := range a.bins {
		n, left = n+b.n, left-b.n
		if b.last <= since || n < fewArrived && left > 0 {
			continue
		}
		w.counter(name, rateUnit, since, share*float64(n)/(b.last-since).Seconds())
		since, n = b.last, 0
	}
}
