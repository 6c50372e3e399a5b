package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"st67bench/results"
)

// bounds of a timeline, in events: a viewer holds all of them in memory. What is beyond is left out, and said.
type bounds struct {
	commands int // AT commands and payload
	spans    int // stages
	points   int // of all counters of one kind
}

// browser is what a viewer takes.
var browser = bounds{commands: 300_000, spans: 400_000, points: 200_000}

// Tracks of a timeline, from the top. Slices that overlap in part need more than one.
const (
	trackBoots    = 1
	trackRepeats  = 2
	trackCommands = 3
	trackCurrent  = 4
	currentTracks = 2 // a trace begins a little before what it is of
	trackStages   = trackCurrent + currentTracks
	stageTracks   = 6
)

// Perfetto writes the course of a run as a timeline in the JSON of the Trace Event Format, which ui.perfetto.dev and Chrome's
// tracing page open: boots, repeats with their outcome, AT commands with the payload that they move, and the stages of each
// exchange as slices; goodput, latency and current as counters. Times are in whole µs since Run.Start. Memory does not grow with
// the length of the run.
//
// A counter holds its last value until the next: it says something within a repeat, and that of the current within a slice of
// the track of current traces. Counters are thinned by least and greatest value, so that no peak is lost. Of goodput there
// are its own samples where the workload has them, or else arrivals at the receiver, each with the same share of what the
// repeat's goodput is made of.
//
// notes say what is not in it, and why.
func Perfetto(to io.Writer, run *results.Run) (notes []string, err error) {
	return browser.perfetto(to, run)
}

func (b bounds) perfetto(to io.Writer, run *results.Run) (notes []string, err error) {
	w := newTimeline(to, run)
	w.bounds = b
	w.boots(run)
	w.repeats(run)
	w.dialog(run)
	w.series(run)
	w.currents(run)
	return w.end()
}

// boots has a slice from the first mark of each boot to its last.
func (w *timeline) boots(run *results.Run) {
	track := w.lanes("boots", trackBoots, 1)
	for _, all := range byBoot(run.Results) {
		from, to, found := time.Duration(0), time.Duration(0), false
		for _, r := range all {
			if a, b, ok := edges(r); ok {
				if !found {
					from, found = a, true
				}
				to = max(to, b)
			}
		}
		if found {
			track.slice(span{fmt.Sprintf("boot %d", all[0].Boot), from, to}, nil)
		}
	}
	w.leftOut(track.lost, "boots that overlap")
}

// byBoot cuts results where the boot changes.
func byBoot(all []results.Result) (groups [][]results.Result) {
	from := 0
	for i := range all {
		if i+1 == len(all) || all[i+1].Boot != all[i].Boot {
			groups = append(groups, all[from:i+1])
			from = i + 1
		}
	}
	return groups
}

// repeats has a slice for each result that has both marks, and its other marks as instants.
func (w *timeline) repeats(run *results.Run) {
	track := w.lanes("repeats", trackRepeats, 1)
	unmarked := 0
	for _, r := range run.Results {
		from, to, ok := edges(r)
		if !ok {
			unmarked++
			continue
		}
		args := map[string]any{"outcome": r.Outcome, "seq": r.Seq, "boot": r.Boot, "block": r.Block, "repeat": r.Repeat}
		for name, v := range r.Metrics {
			args["metric."+name] = v
		}
		if r.Err != "" {
			args["reason"] = r.Err
		}
		if !track.slice(span{r.Case, from, to}, args) {
			continue
		}
		for _, m := range r.Marks {
			if m.Name != "start" && m.Name != "end" && m.T >= from && m.T <= to {
				w.write(event{Name: m.Name, Ph: "i", Ts: microsOf(m.T), Tid: trackRepeats, Scope: "t"})
			}
		}
	}
	w.leftOut(track.lost, "repeats that overlap")
	w.leftOut(unmarked, "results that were never begun")
}

// dialog has the AT commands of at.log.
func (w *timeline) dialog(run *results.Run) {
	f, err := os.Open(filepath.Join(run.Dir, "at.log"))
	if errors.Is(err, fs.ErrNotExist) {
		w.note("no AT commands: the run has no at.log")
		return
	}
	if err != nil {
		w.note("no AT commands: %v", err)
		return
	}
	defer f.Close()
	track := w.lanes("AT commands", trackCommands, 1)
	left := w.bounds.commands
	more, writes := 0, 0
	err = readDialog(f, func(c command) {
		writes += c.more
		if left -= 1 + len(c.payload); left < 0 {
			more++
			return
		}
		args := map[string]any{"line": c.line}
		if c.result != "" {
			args["result"] = c.result
		}
		if track.slice(c.span, args) {
			for _, p := range c.payload {
				track.slice(p, nil)
			}
		}
	})
	w.leftOut(more, fmt.Sprintf("AT commands beyond %d events", w.bounds.commands))
	w.leftOut(writes, fmt.Sprintf("writes of payload beyond %d of one command", mostPayload))
	if err != nil {
		w.note("AT commands up to here: at.log: %v", err)
	}
}
