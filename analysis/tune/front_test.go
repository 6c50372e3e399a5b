package tune

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"st67bench/results"
)

// traded is a run of cases with these mean goodputs, in Mbit/s, and latencies, in ms; noise is that of their logarithms.
func traded(r *Race, units int, goodput, latency []float64, noise float64) *results.Run {
	rng := rand.New(rand.NewPCG(67, 9))
	run := &results.Run{Seed: 67, Results: fullRun(r, units, func(i, _ int) float64 { return 1e6 * goodput[i] * math.Exp(noise*rng.NormFloat64()) })}
	for k := range run.Results {
		run.Results[k].Metrics["send_latency_p99"] = 1e-3 * latency[k%len(r.Cases)] * math.Exp(noise*rng.NormFloat64())
	}
	return run
}

// Cases 0, 1 and 3 are the front. 2 is worse than 1 in both; 4 is within the margins of 3 (3 % of goodput, 10 % of latency)
// and a little worse in both, so that it is not shown to be worse but is never on the front of the means. The knee: from (1, 1 ms) to
// (10, 10 ms) on logarithms the chord is straight, and (8, 2 ms) lies beyond it.
func TestFront(t *testing.T) {
	r := race("max goodput", numbered(5), 1, 12)
	a := r.Conclude(traded(r, 6, []float64{1, 8, 7, 10, 9.9}, []float64{1, 2, 3, 10, 10.2}, 0))
	var cases []string
	var share []float64
	for _, m := range a.Front {
		cases, share = append(cases, m.Case), append(share, m.Membership)
	}
	if !slices.Equal(cases, []string{"length=0", "length=1", "length=3", "length=4"}) || !slices.Equal(share, []float64{1, 1, 1, 0}) {
		t.Errorf("%v %v", cases, share)
	}
	if !slices.Equal(a.Objectives, []string{"goodput", "send_latency_p99"}) || a.Winner.Case != "length=3" {
		t.Errorf("%v %+v", a.Objectives, a.Winner)
	}
	if len(a.Alternatives) != 2 || !a.Alternatives[0].Knee || a.Alternatives[0].Case != "length=1" || a.Alternatives[1].Case != "length=0" {
		t.Fatalf("%+v", a.Alternatives)
	}
	// 8/10 - 1 and 2/10 - 1
	if c := a.Alternatives[0].Changes; math.Abs(c["goodput"]+0.2) > 1e-12 || math.Abs(c["send_latency_p99"]+0.8) > 1e-12 {
		t.Errorf("%v", c)
	}
}

// A chain of cases, each 2 % better in goodput and twice as bad in latency than the last: within the margin of 3 % of goodput each is as good
// as the next, and still both ends and all between are choices.
func TestFrontOfAChain(t *testing.T) {
	r := race("max goodput", numbered(4), 1, 12)
	a := r.Conclude(traded(r, 6, []float64{1, 1.02, 1.04, 1.06}, []float64{1, 2, 4, 8}, 0))
	if len(a.Front) != 4 || a.Winner.Case != "length=3" {
		t.Errorf("%+v, winner %+v", a.Front, a.Winner)
	}
}

// Three cases of equal latency: 0 and 1 have equal goodput in truth, 2 half of it. With the noise of a boot each of the first two is
// on the front of a resample of both objectives with a probability between 0 and 1, the third is not; and the same seed gives the same.
func TestMembership(t *testing.T) {
	r := race("max goodput", numbered(3), 1, 12)
	run := traded(r, 6, []float64{10, 10, 5}, []float64{2, 2, 4}, 0.02)
	one, two := r.Conclude(run), r.Conclude(run)
	for i, m := range one.Front {
		if m.Membership < 0.05 || m.Membership > 1 || m.Membership != two.Front[i].Membership {
			t.Errorf("%+v, then %+v", m, two.Front[i])
		}
	}
	if len(one.Front) != 2 {
		t.Errorf("%+v", one.Front)
	}
}

// A resample of n values is stretched so that its mean has the variance s²/n of the mean of n values: over 999 resamples within 15 %,
// which is more than three standard errors of a standard deviation, 1/sqrt(2 x 999) = 2.2 %.
func TestDrawHasTheVarianceOfAMean(t *testing.T) {
	p := &point{mean: []float64{2}}
	units := [][]float64{{1}, {2}, {3}} // s = 1
	rng := rand.New(rand.NewPCG(67, 10))
	sum, n := 0.0, 999
	into := make([]float64, 1)
	for range n {
		p.draw(rng, units, into)
		sum += square(into[0] - 2)
	}
	if sd := math.Sqrt(sum / float64(n)); math.Abs(sd*math.Sqrt(3)-1) > 0.07 {
		t.Errorf("standard deviation %v, want 1/sqrt 3", sd)
	}
}

// A drift that all cases share is taken out of the front: a case that left early is held against the same blocks of the others.
func TestFrontWithoutDrift(t *testing.T) {
	r := race("max goodput", numbered(3), 1, 12)
	run := traded(r, 6, []float64{10, 10.2, 5}, []float64{2, 3, 1}, 0)
	drift := []float64{1, 1.1, 1.2, 1.3, 1.4, 1.5}
	run.Results = slices.DeleteFunc(run.Results, func(x results.Result) bool { return x.Case == "length=0" && x.Block > 3 })
	for _, x := range run.Results {
		x.Metrics["goodput"] *= drift[x.Block-1]
	}
	f := r.replay(run.Results).front(67)
	mean := math.Exp(f.points[0].mean[0] - f.points[1].mean[0])
	if math.Abs(mean-10/10.2) > 1e-12 {
		t.Errorf("ratio %v, want %v", mean, 10/10.2)
	}
}

// The front's bootstrap of 100 cases of 12 units beside the floor of it: drawing as many numbers and adding them up.
func BenchmarkFront(b *testing.B) {
	r := race("max goodput", numbered(100), 1, 12)
	goodput, latency := make([]float64, 100), make([]float64, 100)
	for i := range goodput {
		goodput[i], latency[i] = float64(i+1), float64(i+1)
	}
	s := r.replay(traded(r, 12, goodput, latency, 0.01).Results)
	f := s.front(67)
	b.ReportAllocs()
	var floor time.Duration
	for b.Loop() {
		f.membership(67)
		b.StopTimer()
		floor += drawing(len(f.points)*12*Resamples, len(f.metrics))
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(floor), "x-floor")
}

// drawing is how long the least of a bootstrap takes.
func drawing(n, metrics int) time.Duration {
	begin := time.Now()
	rng, sums, values := rand.New(rand.NewPCG(67, 1)), make([]float64, metrics), make([]float64, 12)
	for range n {
		v := values[rng.IntN(len(values))]
		for k := range sums {
			sums[k] += v
		}
	}
	return time.Since(begin)
}
