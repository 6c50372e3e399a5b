package energy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

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
				for seed := range uint64(20) {
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
