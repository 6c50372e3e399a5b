package energy

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"st67bench/results/trace"
)

// memory makes a trace of runs of samples, in A; a nil run is a gap of 10 samples.
func memory(kind trace.Kind, rate float64, block int, runs ...[]float32) *trace.Memory {
	m := &trace.Memory{Meta: trace.Side{Header: trace.Header{Kind: kind, Rate: rate, Volts: 3, VoltsFrom: "set"}}}
	var at int64
	for _, run := range runs {
		if run == nil {
			at += 10
		}
		for len(run) > 0 {
			n := min(block, len(run))
			m.Add(trace.Block{Index: at, Amps: run[:n]})
			at, run = at+int64(n), run[n:]
		}
	}
	return m
}

func index(t require, m *trace.Memory) *Index {
	t.Helper()
	x, err := NewIndex(m, trace.Nominal(m.Meta.Header), 0, m.Meta.Samples)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// require is what testing.T and rapid.T have in common.
type require interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func (x *Index) mustSum(t require, from, to float64) Sums {
	t.Helper()
	s, err := x.Sum(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func near(t require, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Fatalf("%s is %v, want %v within %v", what, got, want, relative)
	}
}

// A ramp I(k) = k/2, at 2 samples/s: by trapezoids its charge is that of the straight line, b²/2 - a²/2 in index units, times
// 1/2 A and 1/2 s, wherever the edges are; by rectangles each period has its own height.
func TestIndexOfARamp(t *testing.T) {
	ramp := make([]float32, 20_001)
	for i := range ramp {
		ramp[i] = float32(i) / 2
	}
	for _, block := range []int{1, 7, 4096, 20_001} {
		points := index(t, memory(trace.Point, 2, block, ramp))
		averages := index(t, memory(trace.Average, 2, block, ramp))
		for _, w := range [][2]float64{{0, 20_000}, {0.25, 1.75}, {4095.5, 4096.5}, {4096, 8192}, {5000.1, 5000.2}, {19_999.5, 20_000}} {
			s := points.mustSum(t, w[0], w[1])
			near(t, "charge of points", s.Charge, (w[1]*w[1]-w[0]*w[0])/8, 1e-9)
			near(t, "energy of points", s.Energy, 3*s.Charge, 1e-9)
			near(t, "cover of points", s.Covered, (w[1]-w[0])/2, 1e-9)
		}
		// 0.75 of sample 4 (2 A), all of 5 and 6 (2.5 and 3 A), 0.5 of sample 7 (3.5 A), each of 0.5 s.
		near(t, "charge of averages", averages.mustSum(t, 4.25, 7.5).Charge, (0.75*2+2.5+3+0.5*3.5)/2, 1e-9)
		near(t, "charge of one period's part", averages.mustSum(t, 4100.25, 4100.5).Charge, 0.25*2050/2, 1e-9)
	}
}

func TestIndexBridgesNoGap(t *testing.T) {
	one := []float32{1, 1, 1, 1, 1}
	points := index(t, memory(trace.Point, 1, 2, one, nil, one))
	if s := points.mustSum(t, 0, 19); s.Charge != 8 || s.Covered != 8 { // four periods on either side
		t.Errorf("points: %+v", s)
	}
	averages := index(t, memory(trace.Average, 1, 2, one, nil, one))
	if s := averages.mustSum(t, 0, 20); s.Charge != 10 || s.Covered != 10 {
		t.Errorf("averages: %+v", s)
	}
	if s := averages.mustSum(t, 4.5, 15.5); s.Charge != 1 || s.Covered != 1 {
		t.Errorf("averages at the gap: %+v", s)
	}
	if s := points.mustSum(t, 4.5, 15.5); s.Charge != 0.5 || s.Covered != 0.5 { // sample 15 is the first after the gap
		t.Errorf("points at the gap: %+v", s)
	}
}

func TestIndexOfMeasuredVolts(t *testing.T) {
	m := &trace.Memory{Meta: trace.Side{Header: trace.Header{Kind: trace.Point, Rate: 1, Volts: 3}}}
	m.Add(trace.Block{Amps: []float32{1, 2, 3}, Volts: []float32{2, 2, 4}})
	// Powers 2, 4, 12 W: trapezoids 3 and 8 J.
	if s := index(t, m).mustSum(t, 0, 2); s.Energy != 11 {
		t.Errorf("%+v", s)
	}
	m.Meta.Header.Volts = 0
	m.Data[0].Volts = nil
	if s := index(t, m).mustSum(t, 0, 2); !math.IsNaN(s.Energy) || s.Charge != 4 {
		t.Errorf("without volts: %+v", s)
	}
}

// The charge of a window is that of its two parts; it scales with the current and does not depend on where it begins.
func TestIndexProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]trace.Kind{trace.Point, trace.Average}).Draw(t, "kind")
		var runs [][]float32
		for i := range rapid.IntRange(1, 3).Draw(t, "runs") {
			if i > 0 {
				runs = append(runs, nil)
			}
			random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			run := make([]float32, rapid.IntRange(1, 3*cellSamples).Draw(t, "samples"))
			for k := range run {
				run[k] = 0.4 * random.Float32()
			}
			runs = append(runs, run)
		}
		m := memory(kind, 1000, rapid.IntRange(1, 5000).Draw(t, "block"), runs...)
		x := index(t, m)
		end := float64(m.Meta.Samples)
		a := rapid.Float64Range(0, end).Draw(t, "a")
		c := rapid.Float64Range(a, end).Draw(t, "c")
		b := rapid.Float64Range(a, c).Draw(t, "b")
		left, right, all := x.mustSum(t, a, b), x.mustSum(t, b, c), x.mustSum(t, a, c)
		if d := math.Abs(left.Charge + right.Charge - all.Charge); d > 1e-12 {
			t.Fatalf("parts and whole differ by %v C", d)
		}
		if d := math.Abs(left.Covered + right.Covered - all.Covered); d > 1e-9 {
			t.Fatalf("covered: parts and whole differ by %v s", d)
		}
		double := memory(kind, 1000, 512)
		for _, part := range m.Data {
			amps := make([]float32, len(part.Amps))
			for i, v := range part.Amps {
				amps[i] = 2 * v
			}
			double.Add(trace.Block{Index: part.Index + 777, Amps: amps})
		}
		if d := math.Abs(index(t, double).mustSum(t, a+777, c+777).Charge - 2*all.Charge); d > 1e-12 {
			t.Fatalf("twice the current, later, differs by %v C", d)
		}
	})
}

// After a cell count beyond its bound, cells are longer and the sums are the same.
func TestIndexHalves(t *testing.T) {
	m := memory(trace.Average, 1, 1000, make([]float32, 5*cellSamples+17))
	for i := range m.Data {
		for j := range m.Data[i].Amps {
			m.Data[i].Amps[j] = float32(i%7) + float32(j)/1000
		}
	}
	x := index(t, m)
	want := x.mustSum(t, 5000.5, 20_000.25)
	x.cells = append(x.cells[:5:5], x.cells[5:]...)
	x.halve()
	if len(x.cells) != 3 || x.cell != 2*cellSamples {
		t.Fatalf("%d cells of %d", len(x.cells), x.cell)
	}
	near(t, "charge", x.mustSum(t, 5000.5, 20_000.25).Charge, want.Charge, 1e-12)
}
