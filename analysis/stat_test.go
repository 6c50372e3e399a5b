package analysis

import (
	"math"
	"testing"
)

func TestQuantiles(t *testing.T) {
	values := make([]float64, 368)
	for i := range values {
		values[i] = float64(len(values) - i)
	}
	all := Quantiles(values)
	if len(all) != 3 || all["_p50"] != 184.5 || math.Abs(all["_p99"]-364.33) > 1e-9 {
		t.Errorf("quantiles of 1..368: %v; want p50 184.5, p99 1 + 0.99 x 367 = 364.33", all)
	}
	if values[0] != 368 {
		t.Error("the caller's values were sorted")
	}
	if got := Quantiles(values[:367]); len(got) != 2 {
		t.Errorf("367 values carry %v; want p50 and p90 only", got)
	}
	if got := Quantiles(values[:5]); len(got) != 0 {
		t.Errorf("5 values carry %v; want none", got)
	}
}

func TestDescribeUnits(t *testing.T) {
	var oneBoot, sixBoots [][]float64
	oneBoot = append(oneBoot, []float64{3, 1, 2, 6, 5, 4})
	for b := range 6 {
		sixBoots = append(sixBoots, []float64{float64(b), float64(b) + 100, float64(b)})
	}
	if s := describe(oneBoot); s.N != 6 || s.Of != "repeats" || s.Median != 3.5 || s.Interval == nil || s.Interval.Lo != 1 || s.Interval.Hi != 6 {
		t.Errorf("one boot of six repeats: %+v", s)
	}
	if s := describe(sixBoots); s.N != 6 || s.Of != "boots" || s.Median != 2.5 || s.Interval.Hi != 5 || s.Max != 105 {
		t.Errorf("six boots: %+v; a boot is one value, the median of its repeats", s)
	}
	if s := describe(sixBoots[:2]); s.Of != "repeats" || s.N != 6 {
		t.Errorf("two boots: %+v; below six boots repeats are the values", s)
	}
}

func TestDistribution(t *testing.T) {
	values := make([]float64, 100_000)
	for i := range values {
		values[i] = float64((i*7919)%len(values)) + 1
	}
	points := Distribution(values, 400)
	if len(points) > 400 || len(points) < 300 {
		t.Fatalf("%d points, want about 400", len(points))
	}
	first, last := points[0], points[len(points)-1]
	if first.V != 1 || last.V != 100_000 || last.P != 1 {
		t.Errorf("extremes are lost: first %v, last %v", first, last)
	}
	tail := 0
	for i, p := range points {
		if math.Abs(p.V-p.P*100_000) > 1e-6 {
			t.Fatalf("point %v is not on the distribution of 1..100000", p)
		}
		if i > 0 && p.P <= points[i-1].P {
			t.Fatalf("point %d is not above the one before", i)
		}
		if p.P > 0.999 {
			tail++
		}
	}
	if tail < 40 {
		t.Errorf("%d points above p99.9; the tail has lost its shape", tail)
	}
	if got := Distribution([]float64{5, 5}, 400); len(got) != 2 || got[1] != (Point{5, 1}) {
		t.Errorf("two values: %v", got)
	}
	if got := Distribution(nil, 400); got != nil {
		t.Errorf("no values: %v", got)
	}
}
