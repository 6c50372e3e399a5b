package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// schema is that of NAME.json.
const schema = 1

// Names of a trace's files, after NAME, and of what Side.Files has the SHA-256 of. They hold whatever NAME becomes.
const (
	suffix      = ".ppk2"
	sideSuffix  = ".json"
	voltsSuffix = "volts.f32"
	plainSuffix = "plain.f32"
)

// What a side file holds at most. Memory and file stay small in a trace of days and in one that falls apart.
const (
	mostEvents   = 10000
	mostGaps     = 50000
	mostArrivals = 10000
	mostSide     = 64 << 20 // bytes of a side file that is read
)

// beside is the path of a file of the trace.
func beside(path, suffix string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + suffix }

// Files are the paths that the trace at a path has or may have: itself, and what lies beside it.
func Files(path string) []string {
	return []string{path, beside(path, sideSuffix), beside(path, "."+voltsSuffix), beside(path, "."+plainSuffix)}
}

// write puts the side beside the samples, whole or not at all.
func (s Side) write(path string) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	path = beside(path, sideSuffix)
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable. Windows has no such call and needs none: NTFS journals names.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readSide reads the side of a trace; ok is false when there is none.
func readSide(path string) (s Side, ok bool, err error) {
	path = beside(path, sideSuffix)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSide+1))
	if err != nil {
		return s, false, err
	}
	if len(text) > mostSide {
		return s, false, fmt.Errorf("%s: more than %d MiB: this is no side file of a trace", path, mostSide>>20)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&s); err != nil {
		return s, false, fmt.Errorf("%s: %w", path, err)
	}
	if s.Schema != schema {
		return s, false, fmt.Errorf("%s: schema %d; this program knows %d: a newer one wrote it, or it belongs to something else", path, s.Schema, schema)
	}
	if err := s.Header.check(); err != nil {
		return s, false, fmt.Errorf("%s: %w", path, err)
	}
	if p := s.Clock.Period; !(p > 0) || math.IsInf(p, 0) {
		return s, false, fmt.Errorf("%s: a period of %v s", path, p)
	}
	return s, true, nil
}

// check says what cannot be.
func (h Header) check() error {
	switch {
	case !possible(h.Rate):
		return fmt.Errorf("a rate of %v samples/s", h.Rate)
	case h.Kind != Point && h.Kind != Average:
		return fmt.Errorf("samples are %q; %q and %q are known", h.Kind, Point, Average)
	case len(h.Digital) > 8:
		return fmt.Errorf("%d digital channels; 8 is the most", len(h.Digital))
	case !(h.Volts >= 0) || math.IsInf(h.Volts, 0):
		return fmt.Errorf("a supply of %v V", h.Volts)
	}
	return nil
}

// possible is whether samples may come so often. Outside, times in ns say nothing about them.
func possible(rate float64) bool { return rate >= 1e-3 && rate <= 1e12 }

// addGap keeps a span of lost samples. It may go on from the last one.
func (s *Side) addGap(from, to int64) {
	if n := len(s.Gaps); n > 0 && s.Gaps[n-1].To == from {
		s.Gaps[n-1].To = to
		return
	}
	if len(s.Gaps) < mostGaps {
		s.Gaps = append(s.Gaps, Span{from, to})
	}
	if len(s.Gaps) == mostGaps && s.Gaps[mostGaps-1].From == from {
		s.addEvents([]Event{{Index: from, Kind: Warning, Text: fmt.Sprintf("%d gaps are listed; any others are in the samples alone", mostGaps)}})
	}
}

// addEvents keeps events as long as there is room, and says how many there was none for.
func (s *Side) addEvents(events []Event) {
	for _, e := range events {
		if len(s.Events) < mostEvents {
			s.Events = append(s.Events, e)
			continue
		}
		last := &s.Events[mostEvents-1]
		if last.Kind != Warning || !strings.HasSuffix(last.Text, dropped) {
			*last = Event{Index: last.Index, T: last.T, Kind: Warning, Text: dropped, Value: 1}
		}
		last.Value++
	}
}

// dropped is the text of the event that stands for those without room; its value is how many.
const dropped = "more events came, which are not kept"

// sortEvents brings them into the order of the samples.
func (s *Side) sortEvents() {
	slices.SortStableFunc(s.Events, func(a, b Event) int { return int(min(max(a.Index-b.Index, -1), 1)) })
}

// arrivals keeps when samples came. The host has samples late, never early, so that of each stretch of time the one that was
// the least late tells the most. Stretches are 100 ms long, and longer in a long trace.
type arrivals struct {
	period  float64 // s of a sample, nominal
	stretch time.Duration
	all     []Arrival
	best    Arrival
	late    float64 // s of best, from an unknown zero
	end     time.Duration
}

func newArrivals(rate float64) *arrivals {
	return &arrivals{period: 1 / rate, stretch: 100 * time.Millisecond, end: math.MinInt64}
}

func (a *arrivals) lateness(x Arrival) float64 { return x.T.Seconds() - float64(x.Index)*a.period }

func (a *arrivals) add(x Arrival) {
	late := a.lateness(x)
	if x.T >= a.end {
		a.flush()
		a.best, a.late, a.end = x, late, x.T+a.stretch
	} else if late < a.late {
		a.best, a.late = x, late
	}
}

// flush ends a stretch.
func (a *arrivals) flush() {
	if a.end == math.MinInt64 {
		return
	}
	a.all = append(a.all, a.best)
	a.end = math.MinInt64
	if len(a.all) < mostArrivals {
		return
	}
	for i := range mostArrivals / 2 {
		x, y := a.all[2*i], a.all[2*i+1]
		if a.lateness(y) < a.lateness(x) {
			x = y
		}
		a.all[i] = x
	}
	a.all = a.all[:mostArrivals/2]
	a.stretch *= 2
}
