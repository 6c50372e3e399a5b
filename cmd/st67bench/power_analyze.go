package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis/energy"
	"st67bench/results"
	"st67bench/results/trace"
)

// analyzeFlags are those of power analyze, as they are written.
type analyzeFlags struct {
	from, to, settle, interval, service, beacon, supply, bits string
	dtim                                                      int
	asJSON                                                    bool
}

func newPowerAnalyze(a *app) *cobra.Command {
	var f analyzeFlags
	c := &cobra.Command{
		Use:   "analyze FILE",
		Short: "Say what a current trace shows: current, states, wakes, cadence, battery life",
		Long: "Say what a current trace shows: current, states, wakes, cadence, battery life.\n" +
			"It works on any .ppk2 file; what st67bench recorded is measured from its mark start to its mark end.\n" +
			"Exit code 1 when a problem makes the figures void.",
		Example:           "  st67bench power analyze idle.ppk2 --dtim 3\n  st67bench power analyze twt.ppk2 --interval 8.192s --service 32.768ms --settle 10s --json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFiles("ppk2"),
		RunE:              func(_ *cobra.Command, args []string) error { return a.powerAnalyze(args[0], f) },
	}
	c.Flags().StringVar(&f.from, "from", "", "begin there, since the trace's first sample; default its mark start, or its begin")
	c.Flags().StringVar(&f.to, "to", "", "end there; default its mark end, or its end")
	c.Flags().StringVar(&f.settle, "settle", "0s", "leave so much out at the begin")
	c.Flags().StringVar(&f.interval, "interval", "", "interval of the wakes that the module was asked for; others make the figures void")
	c.Flags().StringVar(&f.service, "service", "", "nominal service period of a TWT agreement, whose wakes then count whatever else wakes the module")
	c.Flags().IntVar(&f.dtim, "dtim", 0, "the same, in beacons")
	c.Flags().StringVar(&f.beacon, "beacon", "102.4ms", "beacon interval of the access point")
	c.Flags().StringVar(&f.supply, "supply", "", "voltage, where the trace does not say it")
	c.Flags().StringVar(&f.bits, "bits", "0", "payload that went through, in bit, for the energy per bit")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print as JSON")
	return c
}

// analysisOf is the answer of power analyze, and its JSON form.
type analysisOf struct {
	File       string                     `json:"file"`
	Instrument string                     `json:"instrument"`
	Kind       trace.Kind                 `json:"kind"`
	Rate       float64                    `json:"rate"`   // samples/s, nominal
	From       float64                    `json:"from_s"` // since the first sample
	To         float64                    `json:"to_s"`
	Volts      float64                    `json:"volts,omitempty"`
	Accuracy   float64                    `json:"accuracy,omitempty"` // of the instrument, as a fraction
	Metrics    map[string]float64         `json:"metrics"`
	Intervals  map[string]energy.Interval `json:"intervals,omitempty"`
	Problems   []problemInfo              `json:"problems,omitempty"`
	Notes      []string                   `json:"notes,omitempty"`
	Battery    []batteryInfo              `json:"battery,omitempty"`
}

type problemInfo struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Do   string `json:"do"`
	Void bool   `json:"void"`
}

type batteryInfo struct {
	Cell        string   `json:"cell"`
	Hours       float64  `json:"hours"`
	Assumptions []string `json:"assumptions"`
	life        energy.Life
}

func (a *app) powerAnalyze(path string, f analyzeFlags) error {
	q, volts, err := f.question()
	if err != nil {
		return usage(err)
	}
	file, err := trace.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // it was only read
	if err := file.Verify(); err != nil {
		return err
	}
	r := supplied{Reader: file, volts: volts, marks: true}
	side := r.Side()
	clock := side.Clock
	if clock.Period == 0 {
		clock = trace.Nominal(side.Header)
	}
	if side.Samples == 0 || side.Samples == 1 && side.Header.Kind == trace.Point {
		return fmt.Errorf("%s: no time to measure over: its samples are %d", path, side.Samples)
	}
	if q.Span, r.marks, err = f.span(side, clock); err != nil {
		return usage(err)
	}
	figures, err := energy.Measure(r, clock, q)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	q = asShown(q, figures.Metrics, side.Header.MaxAmps)
	if !r.marks {
		clock.Residual = 0 // both edges are samples, wherever they are on the host's clock
	}
	problems, err := energy.Check(r, clock, q)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	figures.Apply(problems)
	got := analysisOf{
		File: filepath.Base(path), Instrument: side.Header.Instrument, Kind: side.Header.Kind, Rate: side.Header.Rate,
		From: (q.From - clock.Offset + q.Settle).Seconds(), To: (q.To - clock.Offset).Seconds(), Volts: side.Header.Volts, Accuracy: side.Header.Accuracy,
		Metrics: figures.Metrics, Intervals: figures.Intervals, Notes: append(figures.Notes, warnings(side)...),
	}
	void := false
	for _, p := range figures.Problems {
		got.Problems = append(got.Problems, problemInfo{p.Name, p.Text, p.Do, p.Void})
		void = void || p.Void
	}
	cells := energy.Cells()
	if q.Off {
		cells = nil
		got.Notes = append(got.Notes, fmt.Sprintf("next to no current for %s of the time: CHIP_EN was low, or the module had no supply",
			results.FormatQuantity(figures.Metrics["share_off"], "")))
	}
	for _, cell := range cells {
		if life, ok := energy.Battery(figures.Metrics["current"], cell); ok {
			got.Battery = append(got.Battery, batteryInfo{cell.Name, life.Time.Hours(), life.Assumptions, life})
		}
	}
	if err := a.printAnalysis(&got, f.asJSON); err != nil {
		return err
	}
	if void {
		return exit{exitError, errSilent}
	}
	return nil
}

// asShown is the question with the state in which the trace itself shows the module: nobody says what it was told to do.
func asShown(q energy.Question, metrics map[string]float64, most float64) energy.Question {
	asleep, known := metrics["share_sleep"]
	q.Asleep = !known || asleep > 0.01 || q.Interval > 0
	q.Off = metrics["share_off"] > 0.5
	peak, known := metrics["current_peak"]
	q.Silent = known && peak < most // a range that was not reached was wide enough
	return q
}

func (a *app) printAnalysis(got *analysisOf, asJSON bool) error {
	if !asJSON {
		return got.print(a.out)
	}
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(got)
}

// question is what the flags ask, but for the span.
func (f *analyzeFlags) question() (q energy.Question, volts float64, err error) {
	read := func(flag, text, unit string) float64 {
		v, e := results.ParseQuantity(text, unit)
		if e == nil && v < 0 {
			e = errors.New("it is below 0")
		}
		if e != nil {
			err = errors.Join(err, fmt.Errorf("--%s: %w", flag, e))
		}
		return v
	}
	duration := func(flag, text string) time.Duration { return time.Duration(read(flag, text, "s") * 1e9) }
	above := func(flag, text string) time.Duration {
		d := duration(flag, text)
		if d == 0 && err == nil {
			err = fmt.Errorf("--%s: it is not above 0", flag)
		}
		return d
	}
	q.Settle, q.Beacon = duration("settle", f.settle), above("beacon", f.beacon)
	q.Interval = time.Duration(f.dtim) * q.Beacon
	if f.interval != "" {
		q.Interval = above("interval", f.interval)
	}
	if f.service != "" {
		q.TWT, q.Service = true, above("service", f.service)
	}
	if f.supply != "" {
		volts = read("supply", f.supply, "V")
	}
	q.Bits = read("bits", f.bits, "1")
	switch {
	case f.dtim < 0:
		err = errors.Join(err, fmt.Errorf("--dtim: %d beacons are no interval", f.dtim))
	case f.dtim > 0 && f.interval != "":
		err = errors.Join(err, errors.New("--dtim and --interval say the same thing: give one of them"))
	case f.service != "" && f.interval == "":
		err = errors.Join(err, errors.New("--service is of a TWT agreement: give its --interval too"))
	}
	return q, volts, err
}

// span is what is measured: by the flags, by the marks of a run, or all of it. marked is whether a mark is an edge of it.
func (f *analyzeFlags) span(side trace.Side, clock trace.Clock) (s energy.Span, marked bool, err error) {
	s = energy.Span{From: clock.Offset, To: clock.Time(float64(side.Samples))}
	if side.Header.Kind == trace.Point {
		s.To = clock.Time(float64(side.Samples - 1))
	}
	for _, m := range side.Marks {
		switch m.Name {
		case "start":
			s.From = m.T
			marked = marked || f.from == ""
		case "end":
			s.To = m.T
			marked = marked || f.to == ""
		}
	}
	for _, e := range []struct {
		flag, text string
		to         *time.Duration
	}{{"from", f.from, &s.From}, {"to", f.to, &s.To}} {
		if e.text == "" {
			continue
		}
		v, e2 := results.ParseQuantity(e.text, "s")
		if e2 != nil {
			return s, marked, fmt.Errorf("--%s: %w", e.flag, e2)
		}
		if length := float64(side.Samples) * clock.Period; v < 0 || v > length {
			return s, marked, fmt.Errorf("--%s %s is outside of the trace, which is %.6g s long", e.flag, e.text, length)
		}
		*e.to = clock.Offset + time.Duration(v*1e9)
	}
	if s.To <= s.From {
		return s, marked, fmt.Errorf("--to %v is not after --from %v", s.To-clock.Offset, s.From-clock.Offset)
	}
	return s, marked, nil
}

// supplied is a trace whose voltage somebody else knows, and whose marks may not matter.
type supplied struct {
	trace.Reader
	volts float64
	marks bool
}

func (s supplied) Side() trace.Side {
	side := s.Reader.Side()
	if s.volts > 0 {
		side.Header.Volts, side.Header.VoltsFrom = s.volts, "set"
	}
	if !s.marks {
		side.Marks = nil
	}
	return side
}
