package energy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"st67bench/results/trace"
)

// arrivalTrace is a trace without samples that anybody reads: only its arrivals count.
func arrivalTrace(rng *rand.Rand, l hostLink, first, n int64, rate float64) *trace.Memory {
	return &trace.Memory{Meta: trace.Side{
		Header:   trace.Header{Instrument: "ppk2", Kind: trace.Average, Rate: rate},
		First:    first,
		Samples:  n,
		Arrivals: l.arrivals(rng, first, n, rate),
	}}
}

func TestAlignArrivals(t *testing.T) {
	const rate = 100_000
	for _, ppm := range []float64{-60, 0, 35, 400} {
		for _, seconds := range []int64{1, 4, 60, 600} {
			t.Run(fmt.Sprint(ppm, "ppm/", seconds, "s"), func(t *testing.T) {
				l := usb(ppm)
				n := seconds * rate
				for seed := range uint64(10) {
					r := arrivalTrace(rand.New(rand.NewPCG(seed, 1)), l, 7*rate, n, rate)
					c, err := Align(r, nil)
					if err != nil || c.Method != "arrivals" {
						t.Fatal(c, err)
					}
					off := l.clockError(c, 7*rate, n, rate)
					if off > 0.002 || off > c.Residual {
						t.Errorf("seed %d: off by %.2f ms, says %.2f ms", seed, off*1e3, c.Residual*1e3)
					}
					if got := (c.Period*rate - 1) * 1e6; seconds == 600 && math.Abs(got-ppm) > 3 {
						t.Errorf("seed %d: rate off by %.1f ppm", seed, got-ppm)
					}
				}
			})
		}
	}
}

// TestAlignSession: the arrivals of traces at the begin and the end of a session tell the rate of a short one.
func TestAlignSession(t *testing.T) {
	const rate, second = 100_000, 100_000
	l := usb(47)
	rng := rand.New(rand.NewPCG(3, 3))
	var session []Anchor
	for _, first := range []int64{0, 900 * second} {
		a, err := Anchors(arrivalTrace(rng, l, first, 5*second, rate))
		if err != nil {
			t.Fatal(err)
		}
		session = append(session, a...)
	}
	c, err := Align(arrivalTrace(rng, l, 400*second, 2*second, rate), session)
	if err != nil {
		t.Fatal(err)
	}
	if off := l.clockError(c, 400*second, 2*second, rate); off > 0.002 || off > c.Residual {
		t.Errorf("off by %.2f ms, says %.2f ms", off*1e3, c.Residual*1e3)
	}
	if got := (c.Period*rate - 1) * 1e6; math.Abs(got-47) > 2 {
		t.Errorf("rate %.2f ppm, want 47", got)
	}
}

// TestAlignRestart: anchors of before the meter was started again, so that its samples count from 0 once more, do not
// spoil a trace.
func TestAlignRestart(t *testing.T) {
	const rate, second = 100_000, 100_000
	before, after := usb(20), usb(20)
	after.offset += 333
	rng := rand.New(rand.NewPCG(4, 4))
	session, err := Anchors(arrivalTrace(rng, before, 0, 5*second, rate))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Align(arrivalTrace(rng, after, 0, 5*second, rate), session)
	if err != nil {
		t.Fatal(err)
	}
	if off := after.clockError(c, 0, 5*second, rate); off > 0.002 || off > c.Residual {
		t.Errorf("off by %.2f ms, says %.2f ms", off*1e3, c.Residual*1e3)
	}
}

// TestAlignNothing: an imported trace keeps the clock that it came with.
func TestAlignNothing(t *testing.T) {
	r := &trace.Memory{Meta: trace.Side{Header: trace.Header{Kind: trace.Point, Rate: 5000}, Samples: 10}}
	c, err := Align(r, nil)
	if err != nil || c != (trace.Clock{Method: "nominal", Period: 1. / 5000}) {
		t.Error(c, err)
	}
	r.Meta.Clock = trace.Clock{Method: "file", Offset: 5, Period: 1. / 5001, Residual: 1e-6}
	if c, err = Align(r, nil); err != nil || c != r.Meta.Clock {
		t.Error(c, err)
	}
}

// powerCycled is a trace of a module whose CHIP_EN is switched twice, with the marks that the host made of it.
func powerCycled(rng *rand.Rand, m instrument, seconds float64, signal string) *trace.Memory {
	low := []Span{{500 * ms, 900 * ms}, {time.Duration((seconds - 1) * 1e9), time.Duration((seconds - 0.7) * 1e9)}}
	sleeping := bl616(1)
	sleeping.off = low
	r := m.measure(rng, sleeping.run(rng, seconds).segments, seconds-0.1)
	for _, s := range low {
		r.Meta.Marks = append(r.Meta.Marks, trace.Mark{Name: signal + " low", T: s.From}, trace.Mark{Name: signal + " high", T: s.To})
	}
	return r
}

const ms = time.Millisecond

func TestAlignDigital(t *testing.T) {
	for _, m := range []instrument{ppk2(38), meter(10_000, -22)} {
		rate := m.header.Rate
		const seconds = 8
		m.signals = []signal{{"rdy", []Span{{0, 700 * ms}}}, {"chip_en", []Span{{0, 500 * ms}, {900 * ms, 7 * time.Second}, {7300 * ms, time.Minute}}}}
		for seed := range uint64(3) {
			r := powerCycled(rand.New(rand.NewPCG(seed, 2)), m, seconds, "chip_en")
			for _, tied := range []bool{true, false} {
				if !tied {
					r.Meta.Arrivals = nil
				}
				c, err := Align(r, nil)
				if err != nil || c.Method != "digital" {
					t.Fatal(c, err)
				}
				off := m.link.clockError(c, 0, r.Meta.Samples, rate)
				if off > 1/rate || off > c.Residual || c.Residual > 3/rate {
					t.Errorf("%v S/s, seed %d: off by %.2f samples, says %.2f", rate, seed, off*rate, c.Residual*rate)
				}
			}
		}
	}
}

// TestAlignLateMark: two edges half a second apart tell no rate when the host was late with one of their marks.
func TestAlignLateMark(t *testing.T) {
	const rate, seconds = 100_000, 2
	m := ppk2(10)
	m.link.noise = 0.004 // of a busy host, whose arrivals tell the rate no better
	m.signals = []signal{{"chip_en", []Span{{0, 500 * ms}, {1000 * ms, time.Minute}}}}
	begin := m.measure(rand.New(rand.NewPCG(1, 2)), bl616(1).run(rand.New(rand.NewPCG(1, 2)), seconds).segments, seconds-0.1)
	for _, late := range []time.Duration{-60 * time.Microsecond, 60 * time.Microsecond} {
		begin.Meta.Marks = []trace.Mark{{Name: "chip_en low", T: 500*ms + max(late, 0)}, {Name: "chip_en high", T: 1000*ms + max(-late, 0)}}
		session, err := Anchors(begin)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Align(arrivalTrace(rand.New(rand.NewPCG(2, 2)), m.link, 20*rate, 20*rate, rate), session)
		if err != nil {
			t.Fatal(err)
		}
		if off := m.link.clockError(c, 20*rate, 20*rate, rate); off > c.Residual {
			t.Errorf("late by %v: %s is off by %.2f ms, says %.2f ms", late, c.Method, off*1e3, c.Residual*1e3)
		}
	}
}

func TestAlignTrigger(t *testing.T) {
	m := ppk2(30)
	r := powerCycled(rand.New(rand.NewPCG(1, 1)), m, 8, "other")
	r.Meta.Marks = append(r.Meta.Marks, trace.Mark{Name: "trigger", T: time.Duration(m.link.offset * 1e9)})
	c, err := Align(r, nil)
	if err != nil || c.Method != "trigger" {
		t.Fatal(c, err)
	}
	off := m.link.clockError(c, 0, r.Meta.Samples, m.header.Rate)
	if off > c.Residual || c.Residual > 1e-3 || c.Time(0).Seconds()-m.link.offset > 1e-6 {
		t.Errorf("off by %.3f ms, says %.3f ms", off*1e3, c.Residual*1e3)
	}
}

func TestAlignSignature(t *testing.T) {
	for _, m := range []instrument{ppk2(38), meter(10_000, -22)} {
		m.tau = 100e-6
		for seed := range uint64(3) {
			r := powerCycled(rand.New(rand.NewPCG(seed, 2)), m, 8, "chip_en")
			anchors, err := Anchors(r)
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, a := range anchors {
				if a.Method != "signature" {
					continue
				}
				found++
				if off := math.Abs(m.link.at(a.Index, m.header.Rate) - a.T.Seconds()); off > 0.0003 || off > a.Uncertainty {
					t.Errorf("%v S/s, seed %d: a step is off by %.3f ms, says %.3f ms", m.header.Rate, seed, off*1e3, a.Uncertainty*1e3)
				}
			}
			if found != 4 {
				t.Errorf("%v S/s, seed %d: %d steps found, want 4", m.header.Rate, seed, found)
			}
			c, err := Align(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			off := m.link.clockError(c, 0, r.Meta.Samples, m.header.Rate)
			if off > 0.001 || off > c.Residual || c.Residual > 0.0015 {
				t.Errorf("%v S/s, seed %d: %s is off by %.3f ms, says %.3f ms", m.header.Rate, seed, c.Method, off*1e3, c.Residual*1e3)
			}
		}
	}
}

// TestAlignSupply: a supply that is switched by a command is off by the time that this takes, so that its steps count
// only where there is nothing better.
func TestAlignSupply(t *testing.T) {
	m := ppk2(38)
	r := powerCycled(rand.New(rand.NewPCG(5, 2)), m, 20, "supply")
	c, err := Align(r, nil)
	if err != nil || c.Method != "arrivals" {
		t.Error(c, err)
	}
	var few []trace.Arrival // as of a host that is so busy that hardly one of them is prompt
	for i := 0; i < len(r.Meta.Arrivals); i += 60 {
		a := r.Meta.Arrivals[i]
		few = append(few, trace.Arrival{Index: a.Index, T: a.T + time.Duration(i%7)*4*ms})
	}
	r.Meta.Arrivals = few
	if c, err = Align(r, nil); err != nil || c.Method != "signature" || m.link.clockError(c, 0, r.Meta.Samples, m.header.Rate) > c.Residual {
		t.Error(c, err)
	}
}

// TestAlignStamps: the instrument's own time tells the clock of a trace whose arrivals nobody wrote down.
func TestAlignStamps(t *testing.T) {
	m := meter(100_000, 55)
	m.header.Instrument = "lpm01a"
	rng := rand.New(rand.NewPCG(6, 6))
	r := arrivalTrace(rng, m.link, 0, 60*100_000, 100_000)
	for _, a := range r.Meta.Arrivals {
		whole := float64(a.Index/100) / 1000 // whole ms of the instrument's time
		r.Meta.Events = append(r.Meta.Events, trace.Event{Index: a.Index, T: a.T, Kind: trace.Stamp, Value: whole + 77})
	}
	r.Meta.Arrivals = nil
	c, err := Align(r, nil)
	if err != nil || c.Method != "stamps" {
		t.Fatal(c, err)
	}
	if off := m.link.clockError(c, 0, r.Meta.Samples, 100_000); off > 0.002 || off > c.Residual {
		t.Errorf("off by %.2f ms, says %.2f ms", off*1e3, c.Residual*1e3)
	}
}
