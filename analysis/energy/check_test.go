package energy

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/results/trace"
)

// sleeping is a clean trace of 4 s of a module that wakes for every beacon, and what was asked of it.
func sleeping(m instrument) (*trace.Memory, Question) {
	rng := rand.New(rand.NewPCG(11, 12))
	r := m.measure(rng, bl616(1).run(rng, 4.2).segments, 4)
	return r, Question{Span: Span{200 * ms, 3900 * ms}, Asleep: true, Interval: 102_400 * time.Microsecond}
}

// every calls a function for all samples of a trace, whose plain ones are the same then.
func every(r *trace.Memory, f func(index int64, amps *float32)) {
	for _, b := range r.Data {
		for i := range b.Amps {
			f(b.Index+int64(i), &b.Amps[i])
			if b.Plain != nil {
				b.Plain[i] = b.Amps[i]
			}
		}
	}
}

// TestCheck provokes each check: what was done to a clean trace, and what has to be found.
func TestCheck(t *testing.T) {
	awake := func(q *Question) { q.Asleep, q.Interval = false, 0 }
	for _, test := range []struct {
		name     string
		with     instrument
		spoil    func(r *trace.Memory, q *Question, c *trace.Clock)
		want     string // name of the problem; "" for none
		void     bool
		metrics  []string // some of those that it takes away; nil for all
		contains string
	}{
		{name: "clean ppk2", with: ppk2(30)},
		{name: "clean meter", with: meter(10_000, 30)},
		{name: "the instrument noticed a loss", with: meter(10_000, 0), want: "compressed", void: true, contains: "1.2 %",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Events = append(r.Meta.Events, trace.Event{Index: 20_000, Kind: trace.Compressed, Value: 0.012})
			}},
		{name: "samples lost on the way", with: meter(10_000, 0), want: "compressed", void: true, contains: "1.0 %",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { // one in 100
				for i := range r.Meta.Arrivals {
					r.Meta.Arrivals[i].T += time.Duration(float64(r.Meta.Arrivals[i].Index) / 10_000 * 0.01 * 1e9)
				}
			}},
		{name: "samples lost at once", with: meter(10_000, 0), want: "compressed", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { // 64 frames of a PPK2 are 0.64 ms; a buffer is more
				for i := range r.Meta.Arrivals {
					if r.Meta.Arrivals[i].Index > 21_000 {
						r.Meta.Arrivals[i].T += 20 * ms
					}
				}
			}},
		{name: "a busy host is no loss", with: meter(10_000, 0),
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for i := range r.Meta.Arrivals {
					if r.Meta.Arrivals[i].Index > 36_000 {
						r.Meta.Arrivals[i].T += 200 * ms
					}
				}
			}},
		{name: "stamps run ahead of samples", with: meter(10_000, 0), want: "compressed", void: true, contains: "0.5",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for i := int64(0); i < 40; i++ {
					r.Meta.Events = append(r.Meta.Events, trace.Event{Index: i * 1000, Kind: trace.Stamp, Value: float64(i) * 0.1005})
				}
			}},
		{name: "a wrong rate", with: meter(10_000, 0), want: "rate", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for i := range r.Meta.Arrivals {
					r.Meta.Arrivals[i].T -= time.Duration(float64(r.Meta.Arrivals[i].Index) / 10_000 * 0.01 * 1e9)
				}
			}},
		{name: "out of step", with: ppk2(0), want: "implausible", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { set(r.Data[100], 5, 1e3) }},
		{name: "not a number", with: ppk2(0), want: "implausible", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { set(r.Data[100], 5, float32(math.NaN())) }},
		{name: "implausible in a trace that does not tell its range", with: ppk2(0), want: "implausible", void: true, contains: "1 of 369999 samples are currents that no such module draws",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Header.MaxAmps = 0
				set(r.Data[100], 5, 500)
			}},
		{name: "brought back into step", with: ppk2(0), want: "implausible",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Events = append(r.Meta.Events, trace.Event{Index: 100_000, Kind: trace.Implausible, Value: 900})
			}},
		{name: "a gap", with: ppk2(0), want: "coverage", void: true, contains: "10.0 ms of 3.70 s",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { r.Data = slices.Delete(r.Data, 100, 101) }},
		{name: "nothing at all", with: ppk2(0), want: "coverage", void: true,
			spoil: func(r *trace.Memory, q *Question, _ *trace.Clock) { q.Span = Span{time.Hour, 2 * time.Hour} }},
		{name: "the output went off", with: ppk2(0), want: "power-down", void: true, contains: "at 1.052s",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Events = append(r.Meta.Events, trace.Event{Index: 100_000, Kind: trace.PowerDown})
			}},
		{name: "a board without power", with: ppk2(0), want: "off", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				every(r, func(_ int64, a *float32) { *a = min(*a, 1.9e-6) })
			}},
		{name: "no wake", with: ppk2(0), want: "flat", void: true, contains: "36 wakes",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				every(r, func(_ int64, a *float32) { *a = min(*a, 90e-6) })
			}},
		{name: "a hibernation is not off", with: meter(10_000, 0),
			spoil: func(r *trace.Memory, q *Question, _ *trace.Clock) {
				q.Interval = 0
				every(r, func(_ int64, a *float32) { *a = 2.5e-6 })
			}},
		{name: "the voltage sagged", with: meter(10_000, 0), want: "brown-out", void: true, contains: "2.90 V",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for i := range r.Data {
					r.Data[i].Volts = slices.Repeat([]float32{3.29}, len(r.Data[i].Amps))
				}
				r.Data[120].Volts[7] = 2.9
			}},
		{name: "the instrument says that the voltage sagged", with: meter(10_000, 0), want: "brown-out", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Events = append(r.Meta.Events, trace.Event{Index: 9_000, Kind: trace.Voltage, Value: 2.8})
			}},
		{name: "the voltage is set too low", with: meter(10_000, 0), want: "brown-out", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { r.Meta.Header.Volts = 1.8 }},
		{name: "the current falls to nothing", with: ppk2(0), want: "brown-out", void: true, contains: "8.00 ms at 2.052s",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				every(r, func(i int64, a *float32) {
					if i >= 200_000 && i < 200_800 {
						*a = 0.4e-6
					}
				})
			}},
		{name: "a module that is off may draw nothing", with: ppk2(0),
			spoil: func(r *trace.Memory, q *Question, _ *trace.Clock) {
				awake(q)
				q.Off = true
				every(r, func(_ int64, a *float32) { *a = 0.5e-6 })
			}},
		{name: "over the range", with: ppk2(0), want: "saturated", void: true,
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Events = append(r.Meta.Events, trace.Event{Index: 90_000, Kind: trace.OverRange, Value: 1.1})
			}},
		{name: "a peak at the end of the range", with: ppk2(0), want: "saturated", void: true, metrics: []string{"current_peak"},
			spoil: func(r *trace.Memory, q *Question, _ *trace.Clock) {
				awake(q)
				every(r, func(_ int64, a *float32) { *a += 0.02 })
				set(r.Data[100], 5, 1)
			}},
		{name: "frames at the end of the range", with: ppk2(0), want: "saturated", void: true, contains: "33 %",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for i := range 150 {
					set(r.Data[100], i, 1)
				}
			}},
		{name: "small currents zeroed", with: ppk2(0), want: "clipped", void: true, metrics: []string{"current_floor"},
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				every(r, func(i int64, a *float32) {
					if i%20 == 0 && *a < 1e-3 {
						*a = 0
					}
				})
			}},
		{name: "most of a hibernation below the range", with: meter(10_000, 0), want: "clipped", void: true, metrics: []string{"current_floor", "current", "charge"},
			spoil: func(r *trace.Memory, q *Question, _ *trace.Clock) {
				q.Interval = 0
				r.Meta.Header.MinAmps = 5e-6
				every(r, func(i int64, a *float32) { *a = 2.5e-6 + float32(i%3)*1e-7 })
			}},
		{name: "a range of 50 mA", with: meter(10_000, 0), want: "range", void: true, contains: "377 mA",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) { r.Meta.Header.MaxAmps = 0.05 }},
		{name: "a supply that is polled", with: polled(), want: "sampling", void: true, metrics: []string{"wake_charge", "current_floor"}},
		{name: "peaks that are too short", with: meter(8_000, 0), want: "sampling", metrics: []string{"current_peak"},
			spoil: func(r *trace.Memory, q *Question, _ *trace.Clock) { awake(q) }},
		{name: "the filter makes charge", with: ppk2(0), want: "filter", void: true, metrics: []string{"wake_charge"},
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for _, b := range r.Data {
					for i := range b.Plain {
						b.Plain[i] *= 0.95
					}
				}
			}},
		{name: "the filter makes some charge", with: ppk2(0), want: "filter", contains: "100 % of the samples",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				for _, b := range r.Data {
					for i := range b.Plain {
						b.Plain[i] = b.Amps[i] * 1.015
					}
				}
			}},
		{name: "a cold instrument", with: meter(10_000, 0), want: "warm-up", void: true, contains: "148 ms after",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Header.Instrument, r.Meta.Arrivals = "lpm01a", nil
			}},
		{name: "nominal figures", with: ppk2(0), want: "calibration", contains: "its calibration of R0 GS1: by the nominal figures",
			spoil: func(r *trace.Memory, _ *Question, _ *trace.Clock) {
				r.Meta.Header.Calibration = map[string]string{trace.NotGiven: "R0 GS1"}
			}},
		{name: "a window that is too short for the clock", with: ppk2(0), want: "alignment", void: true,
			spoil: func(_ *trace.Memory, _ *Question, c *trace.Clock) { c.Residual = 0.1 }},
		{name: "a window that is short for the clock", with: ppk2(0), want: "alignment",
			spoil: func(_ *trace.Memory, _ *Question, c *trace.Clock) { c.Residual = 0.03 }},
		{name: "a clock that nothing ties", with: ppk2(0), want: "alignment", void: true,
			spoil: func(r *trace.Memory, _ *Question, c *trace.Clock) {
				c.Method = "nominal"
				r.Meta.Marks = []trace.Mark{{Name: "start", T: time.Second}}
			}},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			r, q := sleeping(test.with)
			clock := trace.Clock{Method: "digital", Offset: time.Duration(test.with.link.offset * 1e9), Period: 1 / r.Meta.Header.Rate, Residual: 1e-5}
			if test.spoil != nil {
				test.spoil(r, &q, &clock)
			}
			problems, err := Check(r, clock, q)
			if err != nil {
				t.Fatal(err)
			}
			checkProblems(t, problems)
			if test.want == "" {
				if len(problems) > 0 {
					t.Errorf("found %+v in a trace that is right", problems)
				}
				return
			}
			i := slices.IndexFunc(problems, func(p Problem) bool { return p.Name == test.want })
			if i < 0 {
				t.Fatalf("found %+v, want %q", problems, test.want)
			}
			p := problems[i]
			t.Log(p.Text)
			if p.Void != test.void || p.Void && (p.Metrics == nil) != (test.metrics == nil) || !strings.Contains(p.Text, test.contains) {
				t.Errorf("found %+v, want void %v, metrics %v, %q", p, test.void, test.metrics, test.contains)
			}
			for _, m := range test.metrics {
				if !slices.Contains(p.Metrics, m) {
					t.Errorf("%s is not among %v", m, p.Metrics)
				}
			}
			if len(problems) > 1 {
				t.Errorf("and more: %+v", problems)
			}
		})
	}
}

// set changes one sample.
func set(b trace.Block, i int, amps float32) {
	b.Amps[i] = amps
	if b.Plain != nil {
		b.Plain[i] = amps
	}
}

// polled is a supply that is asked 10 times a second.
func polled() instrument {
	m := meter(10, 0)
	m.header.MinAmps = 0
	return m
}

// checkProblems holds problems to what every one of them has to have.
func checkProblems(t *testing.T, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Name == "" || p.Text == "" || p.Do == "" || strings.Contains(p.Text+p.Do, "%!") || strings.Contains(p.Text, "NaN") {
			t.Errorf("incomplete: %+v", p)
		}
		for _, m := range p.Metrics {
			if _, ok := results.LookupMetric(m); !ok {
				t.Errorf("%s: there is no metric %q", p.Name, m)
			}
		}
	}
}

func TestApply(t *testing.T) {
	f := Figures{
		Metrics:   map[string]float64{"current": 1, "wake_charge": 2, "coverage": 1},
		Intervals: map[string]Interval{"wake_charge": {1, 3}, "current": {1, 1}},
	}
	f.Apply([]Problem{{Name: "a", Metrics: []string{"current"}}, {Name: "b", Void: true, Metrics: []string{"wake_charge", "tail"}}})
	if len(f.Metrics) != 2 || len(f.Intervals) != 1 || f.Metrics["current"] != 1 {
		t.Errorf("left: %v, %v", f.Metrics, f.Intervals)
	}
	f.Apply([]Problem{{Name: "a"}, {Name: "c", Void: true}})
	if len(f.Metrics) != 1 || len(f.Intervals) != 0 || len(f.Problems) != 3 {
		t.Errorf("left: %v, %v, %v", f.Metrics, f.Intervals, f.Problems)
	}
}

func TestBeaconRate(t *testing.T) {
	const beacon = 102_400 * time.Microsecond
	for _, test := range []struct {
		interval time.Duration
		ppm      float64
		problem  bool
	}{
		{beacon, 0, false},
		{3*beacon + 24*time.Microsecond, 78.125, false}, // 24 us of 307.2 ms
		{10*beacon - 103*time.Microsecond, -100.586, true},
		{beacon / 3, -666_666.67, true},
	} {
		ppm, p := BeaconRate(test.interval, beacon)
		if math.Abs(ppm-test.ppm) > 0.01 || (p != nil) != test.problem {
			t.Errorf("%v: %v ppm, %+v", test.interval, ppm, p)
		}
	}
}

func TestBaseline(t *testing.T) {
	for _, test := range []struct {
		name  string
		extra float64 // A of something else on the rail
		marks bool
		want  float64
		bad   bool
	}{
		{"the module alone", 0, true, 0.2e-6, false},
		{"a light-emitting diode", 1.5e-3, true, 1.5002e-3, true},
		{"no marks", 0, false, math.NaN(), true},
	} {
		m := meter(10_000, 0)
		m.noise = 0.05e-6
		r := powerCycled(rand.New(rand.NewPCG(1, 1)), m, 8, "chip_en")
		every(r, func(_ int64, a *float32) { *a += float32(test.extra) })
		if !test.marks {
			r.Meta.Marks = nil
		}
		clock, err := Align(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, p, err := Baseline(r, clock)
		if err != nil || math.IsNaN(got) != math.IsNaN(test.want) || math.Abs(got-test.want) > 0.01e-6 || (p != nil) != test.bad {
			t.Errorf("%s: %v A, %+v, %v", test.name, got, p, err)
		}
		if p != nil {
			t.Log(p.Text)
			checkProblems(t, []Problem{*p})
		}
	}
	// Without supply, the current says nothing about the rail.
	side := trace.Side{Header: trace.Header{Rate: 1000}, Samples: 3000, Marks: []trace.Mark{
		{Name: "supply low", T: 0}, {Name: "chip_en low", T: 100 * ms}, {Name: "supply high", T: time.Second}, {Name: "chip_en high", T: 2 * time.Second},
	}}
	if got := lowSpans(side, trace.Nominal(side.Header)); !slices.Equal(got, []trace.Span{{From: 1101, To: 2000}}) {
		t.Errorf("low in %v", got)
	}
}

// TestCheckAllocations: a trace of twice the blocks takes no more memory.
func TestCheckAllocations(t *testing.T) {
	r, q := sleeping(ppk2(0))
	r.Meta.Arrivals = nil
	clock := trace.Nominal(r.Meta.Header)
	count := func(to time.Duration) float64 {
		q.Span = Span{0, to}
		return testing.AllocsPerRun(5, func() {
			if _, err := Check(r, clock, q); err != nil {
				t.Fatal(err)
			}
		})
	}
	if short, long := count(2*time.Second), count(4*time.Second); long > short {
		t.Errorf("%v allocations for 200 blocks, %v for 400", short, long)
	}
}

func BenchmarkCheck(b *testing.B) {
	r, q := sleeping(ppk2(0))
	clock := trace.Nominal(r.Meta.Header)
	q.Span = Span{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Check(r, clock, q); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(4*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
}
