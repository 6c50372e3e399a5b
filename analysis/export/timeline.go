package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"st67bench/results"
)

// timeline writes events of the Trace Event Format, one on a line. The first error ends the writing and is that of end.
type timeline struct {
	bounds
	out   *bufio.Writer
	first bool
	last  map[string]time.Duration // of each counter
	notes []string
	err   error
}

// event is one of the format: X is a slice with a length, C a counter, i an instant, M says something of a track.
type event struct {
	Name  string         `json:"name"`
	Ph    string         `json:"ph"`
	Ts    micros         `json:"ts"`
	Dur   *micros        `json:"dur,omitempty"`
	Pid   int            `json:"pid"`
	Tid   int            `json:"tid"`
	Scope string         `json:"s,omitempty"` // of an instant
	Args  map[string]any `json:"args,omitempty"`
}

// micros is a time in whole µs: a viewer that reads them as floating-point numbers would round ns, and take slices that
// touch for such that overlap.
type micros int64

func microsOf(t time.Duration) micros { return micros(t.Microseconds()) }

// process is the only one of a timeline.
const process = 1

func newTimeline(to io.Writer, run *results.Run) *timeline {
	w := &timeline{out: bufio.NewWriterSize(to, 1<<16), first: true, last: map[string]time.Duration{}}
	name := run.ID
	about := map[string]any{"run": run.ID, "scenario": run.Scenario.Name, "start": run.Start.UTC(), "tool": run.Tool, "release": run.ReleaseName()}
	for key, value := range run.Identity {
		about["identity."+key] = value
	}
	if run.Emulated {
		name += " (EMULATED MODULE)"
		about["emulated"] = emulatedText
	}
	text, err := json.Marshal(about)
	if w.err = err; err == nil {
		_, w.err = fmt.Fprintf(w.out, "{\"displayTimeUnit\": \"ms\", \"otherData\": %s, \"traceEvents\": [\n", text)
	}
	w.write(event{Name: "process_name", Ph: "M", Args: map[string]any{"name": name}})
	return w
}

// name gives a track its name and place.
func (w *timeline) name(track int, name string) {
	w.write(event{Name: "thread_name", Ph: "M", Tid: track, Args: map[string]any{"name": name}})
	w.write(event{Name: "thread_sort_index", Ph: "M", Tid: track, Args: map[string]any{"sort_index": track}})
}

func (w *timeline) write(e event) {
	if w.err != nil {
		return
	}
	e.Pid = process
	text, err := json.Marshal(e)
	if err != nil {
		w.err = err
		return
	}
	if !w.first {
		w.out.WriteString(",\n") // an error stays with the writer
	}
	w.first = false
	_, w.err = w.out.Write(text)
}

// counter sets a counter, whose unit is its series. A time before its last is left out: results that overlap are not to be drawn on one line.
func (w *timeline) counter(name, unit string, at time.Duration, v float64) {
	if last, ok := w.last[name]; ok && at < last {
		return
	}
	w.last[name] = at
	w.write(event{Name: name, Ph: "C", Ts: microsOf(at), Args: map[string]any{unit: v}})
}

func (w *timeline) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// leftOut notes how many of something there are not.
func (w *timeline) leftOut(n int, what string) {
	if n > 0 {
		w.note("left out: %d %s", n, what)
	}
}

func (w *timeline) end() (notes []string, err error) {
	if w.err == nil {
		_, w.err = w.out.WriteString("\n]}\n")
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.notes, w.err
}

// span is a slice in the making.
type span struct {
	name     string
	from, to time.Duration
}

// lanes are tracks of one name next to each other, each of which is there once it has a slice. Slices of one track follow or contain one another; one that overlaps another in part
// goes to the next track, and to none when there is no more.
type lanes struct {
	w     *timeline
	name  string
	first int
	open  [][]time.Duration // by lane: ends of the slices that contain the next
	last  []time.Duration   // by lane: begin of the last
	lost  int
}

func (w *timeline) lanes(name string, first, n int) *lanes {
	l := &lanes{w: w, name: name, first: first, open: make([][]time.Duration, n), last: make([]time.Duration, n)}
	for i := range l.last {
		l.last[i] = unused
	}
	return l
}

// unused is the last begin of a lane without slices.
const unused = time.Duration(math.MinInt64)

// slice writes a slice, if there is room for it. Slices come in the order of their begins, of equal ones the longest first.
func (l *lanes) slice(s span, args map[string]any) bool {
	for i, open := range l.open {
		for len(open) > 0 && open[len(open)-1] <= s.from {
			open = open[:len(open)-1]
		}
		if s.from < l.last[i] || len(open) > 0 && s.to > open[len(open)-1] {
			continue
		}
		if l.last[i] == unused {
			l.w.name(l.first+i, l.name)
		}
		l.open[i], l.last[i] = append(open, s.to), s.from
		dur := microsOf(s.to) - microsOf(s.from)
		l.w.write(event{Name: s.name, Ph: "X", Ts: microsOf(s.from), Dur: &dur, Tid: l.first + i, Args: args})
		return true
	}
	l.lost++
	return false
}
