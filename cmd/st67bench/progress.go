package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"st67bench/bench"
	"st67bench/results"
)

// observer shows what happens in a run, while it happens.
type observer interface {
	observe(bench.Event)
	done()
}

// newObserver picks how: NDJSON on stdout, nothing, a bar on a terminal, or one line per result.
func (a *app) newObserver(asJSON, quiet bool, planned int, estimate time.Duration) observer {
	switch {
	case asJSON:
		return &jsonObserver{enc: json.NewEncoder(a.out)}
	case quiet:
		return silent{}
	case isTerminal(a.errOut):
		return newBar(a.errOut, planned, estimate)
	default:
		return &lines{w: a.errOut, planned: planned}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

type silent struct{}

func (silent) observe(bench.Event) {}
func (silent) done()               {}

// jsonObserver writes every event as one JSON line.
type jsonObserver struct{ enc *json.Encoder }

func (o *jsonObserver) observe(e bench.Event) { _ = o.enc.Encode(e) }
func (o *jsonObserver) done()                 {}

// lines prints one line per result.
type lines struct {
	w       io.Writer
	planned int
	n       int
}

func (l *lines) observe(e bench.Event) {
	switch e.Event {
	case "result":
		l.n++
		fmt.Fprintf(l.w, "%3d/%d  %s\n", l.n, max(l.planned, l.n), sidePrefix(e)+resultLine(*e.Result))
	case "warning":
		fmt.Fprintf(l.w, "warning  %s\n", e.Text)
	}
}

func (l *lines) done() {}

// sidePrefix begins what is said of one side of an A/B run.
func sidePrefix(e bench.Event) string {
	if e.Side == "" {
		return ""
	}
	return e.Side + "  "
}

// resultLine is one result in a few words.
func resultLine(r results.Result) string {
	goodput := ""
	if v, ok := r.Metrics["goodput"]; ok {
		goodput = results.FormatQuantity(v, "bit/s")
	}
	text := r.Err
	if r.Outcome == results.Pass {
		text = ""
	}
	return strings.TrimRight(fmt.Sprintf("%-24s repeat %-2d  %-8s %-14s %s", r.Case, r.Repeat, r.Outcome, goodput, text), " ")
}

// bar is the progress bar on a terminal.
type bar struct {
	progress *mpb.Progress
	bar      *mpb.Bar
	begin    time.Time
	estimate time.Duration
	mu       sync.Mutex
	text     string // what happens now
	n        int
	planned  int
}

func newBar(w io.Writer, planned int, estimate time.Duration) *bar {
	b := &bar{begin: time.Now(), estimate: estimate, planned: planned}
	b.progress = mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithRefreshRate(200*time.Millisecond))
	b.bar = b.progress.New(int64(planned)*1000, mpb.BarStyle().Lbound("[").Filler("#").Tip("").Padding("-").Rbound("]"),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("  ")),
		mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string { return b.label() }),
			decor.Any(func(decor.Statistics) string { return b.eta() }),
		))
	return b
}

func (b *bar) label() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf(" %d/%d  %-44s", b.n, max(b.planned, b.n), b.text)
}

// eta is what the planned time leaves.
func (b *bar) eta() string {
	left := max(b.estimate-time.Since(b.begin), 0).Round(time.Second)
	return fmt.Sprintf(" eta %d:%02d", int(left.Minutes()), int(left.Seconds())%60)
}

func (b *bar) observe(e bench.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e.Event {
	case "boot":
		b.text = sidePrefix(e) + fmt.Sprintf("boot %d", e.Boot)
	case "start":
		b.text = sidePrefix(e) + e.Case
		if e.Phase == "warmup" {
			b.text += " (warm-up)"
		}
	case "progress":
		b.bar.SetCurrent(int64(b.n)*1000 + int64(e.Done*1000))
	case "result":
		b.n++
		if b.n > b.planned {
			b.bar.SetTotal(int64(b.n)*1000, false)
		}
		b.bar.SetCurrent(int64(b.n) * 1000)
		if e.Result.Outcome != results.Pass {
			fmt.Fprintln(b.progress, "  "+sidePrefix(e)+resultLine(*e.Result))
		}
	case "warning":
		fmt.Fprintln(b.progress, "warning  "+e.Text)
	}
}

func (b *bar) done() {
	b.bar.Abort(true)
	b.progress.Wait()
}
