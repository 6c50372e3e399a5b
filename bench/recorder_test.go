package bench

import (
	"math"
	"slices"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
)

// A metric that is not a number is absent, never NaN.
func TestMetricMustBeANumber(t *testing.T) {
	rec := NewRecorder(time.Now(), nil, nil)
	rec.Metric("goodput", math.NaN())
	rec.Metric("efficiency", math.Inf(1))
	rec.Metric("loss", 0)
	if len(rec.metrics) != 1 || rec.metrics["loss"] != 0 {
		t.Errorf("metrics %v, want loss alone", rec.metrics)
	}
}

// Beyond its size the reservoir stays a uniform sample: of the values 0..n-1 its
// mean is (n-1)/2 with standard error n/sqrt(12 k).
func TestReservoirIsBoundedAndUniform(t *testing.T) {
	rec := NewRecorder(time.Now(), nil, nil)
	const n = 3 * keepValues
	for i := range n {
		rec.Keep("x", float64(i))
	}
	kept := rec.Kept("x")
	if len(kept) != keepValues {
		t.Fatalf("%d values kept, want %d", len(kept), keepValues)
	}
	mean := 0.0
	for _, v := range kept {
		mean += v / keepValues
	}
	stderr := n / math.Sqrt(12*keepValues)
	if math.Abs(mean-(n-1)/2.0) > 5*stderr {
		t.Errorf("mean %v is more than 5 standard errors of %v from %v", mean, stderr, (n-1)/2.0)
	}
	if rec.Kept("y") != nil {
		t.Error("a series that was never kept has values")
	}
}

// Progress comes at most five times a second and within 0..1.
func TestProgressIsRare(t *testing.T) {
	var seen []float64
	rec := NewRecorder(time.Now(), nil, func(g Glimpse) { seen = append(seen, g.Done) })
	begin := time.Now()
	for i := range 1000 {
		rec.Progress(begin.Add(time.Duration(i)*time.Millisecond), float64(i)/500)
	}
	if want := []float64{0, 0.4, 0.8, 1, 1}; !slices.Equal(seen, want) {
		t.Errorf("progress %v, want %v", seen, want)
	}
}

// The stop unit that is reached first ends a repeat.
func TestStopUnits(t *testing.T) {
	tests := []struct {
		w       scenarios.Workload
		n       int
		elapsed time.Duration
		want    bool
	}{
		{scenarios.Workload{Duration: time.Second}, 5, 999 * time.Millisecond, false},
		{scenarios.Workload{Duration: time.Second}, 5, time.Second, true},
		{scenarios.Workload{Sends: 30}, 29, time.Hour, false},
		{scenarios.Workload{Sends: 30}, 30, 0, true},
		{scenarios.Workload{Total: 1000, Length: 100}, 9, time.Hour, false},
		{scenarios.Workload{Total: 1000, Length: 100}, 10, 0, true},
		{scenarios.Workload{Total: 950, Length: 100}, 10, 0, true},
		{scenarios.Workload{Duration: time.Second, Sends: 30}, 30, 0, true},
		{scenarios.Workload{Duration: time.Second, Sends: 30}, 3, time.Minute, true},
	}
	for _, tt := range tests {
		u := &upload{Workload: tt.w, links: []*uplink{{sent: int64(tt.n * tt.w.Length)}}, sends: tt.n}
		if got := u.over(tt.elapsed, time.Now(), NewRecorder(time.Now(), nil, nil)); got != tt.want {
			t.Errorf("%+v after %d sends and %v: done is %v", tt.w, tt.n, tt.elapsed, got)
		}
	}
}

// Fewer than 20 sends, or than two send buffers of 6144 B, is too short, and
// the error says what is enough.
func TestTooShort(t *testing.T) {
	for _, tt := range []struct{ length, n, enough int }{
		{64, 191, 192}, {1460, 19, 20}, {6144, 19, 20}, {1, 12287, 12288},
	} {
		u := &upload{Workload: scenarios.Workload{Length: tt.length}, sends: tt.n}
		if err := u.longEnough(); err == nil {
			t.Errorf("%d sends of %d B are not refused", tt.n, tt.length)
		}
		u.sends = tt.enough
		if err := u.longEnough(); err != nil {
			t.Errorf("%d sends of %d B: %v", tt.enough, tt.length, err)
		}
	}
}

func TestLimits(t *testing.T) {
	bound := func(v float64) *float64 { return &v }
	c := scenarios.Case{Key: "length=64", Factors: map[string]string{"length": "64"}}
	tests := []struct {
		limit   scenarios.Limit
		metrics map[string]float64
		want    results.Outcome
	}{
		{scenarios.Limit{Metric: "goodput", Min: bound(1e6)}, map[string]float64{"goodput": 1e6}, results.Pass},
		{scenarios.Limit{Metric: "goodput", Min: bound(1e6)}, map[string]float64{"goodput": 999999}, results.Fail},
		{scenarios.Limit{Metric: "loss", Max: bound(0)}, map[string]float64{"loss": 0}, results.Pass},
		{scenarios.Limit{Metric: "loss", Max: bound(0)}, map[string]float64{"loss": 1}, results.Fail},
		{scenarios.Limit{Metric: "goodput", Min: bound(1e6)}, nil, results.Fail},
		{scenarios.Limit{Metric: "goodput", Min: bound(1e6), Where: map[string]string{"length": "128"}}, nil, results.Pass},
	}
	for _, tt := range tests {
		if got, why := check([]scenarios.Limit{tt.limit}, c, tt.metrics); got != tt.want {
			t.Errorf("%+v with %v: %s %s, want %s", tt.limit, tt.metrics, got, why, tt.want)
		}
	}
}

// A glimpse has the mean of what was timed since the one before, of the series that matters most.
func TestGlimpses(t *testing.T) {
	var seen []Glimpse
	rec := NewRecorder(time.Now(), nil, func(g Glimpse) { seen = append(seen, g) })
	rec.Keep("delay_up", 0.5)
	rec.Keep("send_latency", 0.25)
	rec.Keep("send_latency", 0.75)
	rec.Keep("stage_recv", 9)
	rec.Moved(1000)
	now := time.Now()
	rec.Progress(now, 0.5)
	rec.Keep("delay_up", 0.125)
	rec.Progress(now.Add(time.Second), 0.75)
	rec.Moved(3000)
	rec.Progress(now.Add(2*time.Second), 1.5)
	want := []Glimpse{{0.5, 1000, 0.5}, {0.75, 1000, 0.125}, {1, 3000, 0}}
	if !slices.Equal(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
}
