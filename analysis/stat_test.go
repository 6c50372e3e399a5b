package analysis

import (
	"math"
	"testing"

	"st67bench/results"
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

// Below five boots the values are repeats: of six, 1 to 6, the median is 3.5 and its interval their range. From five boots on each is
// one value. R 4.2: b <- c(100, 104, 98, 101, 107); i <- t.test(log(b))$conf.int; exp(i); exp(mean(log(b))).
func TestDescribe(t *testing.T) {
	goodput, _ := results.LookupMetric("goodput")
	one := describe(goodput, [][]float64{{3, 1, 2, 6, 5, 4}})
	if one.N != 6 || one.Of != "repeats" || one.Median != 3.5 || one.IntervalOf != "median" || one.Interval.Lo != 1 || one.Interval.Hi != 6 {
		t.Errorf("one boot of six repeats: %+v", one)
	}
	// Each boot's repeats have the boot's value as geometric mean: v/1.1 and v x 1.1.
	var five [][]float64
	for _, v := range []float64{100, 104, 98, 101, 107} {
		five = append(five, []float64{v / 1.1, v * 1.1})
	}
	st := describe(goodput, five)
	if st.N != 5 || st.Of != "boots" || st.IntervalOf != "mean" || math.Abs(st.Median-101) > 1e-9 || math.Abs(st.Max-107*1.1) > 1e-9 {
		t.Errorf("five boots: %+v", st)
	}
	if math.Abs(st.Mean-101.951334126447) > 1e-9 || math.Abs(st.Interval.Lo-97.6785272294587) > 1e-9 || math.Abs(st.Interval.Hi-106.411048824943) > 1e-9 {
		t.Errorf("mean %.12f, interval %.12f %.12f", st.Mean, st.Interval.Lo, st.Interval.Hi)
	}
	if w, ok := st.RelHalfWidth(); !ok || math.Abs(w-(106.411048824943-97.6785272294587)/2/101.951334126447) > 1e-12 {
		t.Errorf("half width %v, of the mean", w)
	}
	if st := describe(goodput, five[:4]); st.Of != "repeats" || st.N != 8 || st.IntervalOf != "median" {
		t.Errorf("four boots: %+v; below five boots repeats are the values", st)
	}
	// Counts are on their own scale; R: t.test(c(0, 2, 1, 0, 2))$conf.int.
	lost, _ := results.LookupMetric("datagrams_lost")
	if st := describe(lost, [][]float64{{0}, {2}, {1}, {0}, {2}}); st.Mean != 1 || math.Abs(st.Interval.Lo - -0.241663998203764) > 1e-9 || math.Abs(st.Interval.Hi-(2 - -0.241663998203764)) > 1e-9 {
		t.Errorf("counts: %+v %+v", st, st.Interval)
	}
	if st := describe(goodput, [][]float64{{0.1}, {0.1}, {0.1}, {0.1}, {0.1}}); st.Interval.Lo != 0.1 || st.Interval.Hi != 0.1 || st.Mean != 0.1 {
		t.Errorf("equal boots: %+v %+v", st, st.Interval)
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
