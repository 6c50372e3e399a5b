package compare

import (
	"math"
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/stats"
)

// estimate is the difference of the two sides on a scale, new less base, by Student's t.
type estimate struct {
	base, new float64 // means on the scale
	d         float64
	i95, i90  *stats.Interval // nil below two values a side
	p         *float64
	spread    float64 // standard deviation of a value, or of a pair's difference
	n         Counts
	paired    bool
	robust    robust
}

// robust is the estimate beside it that supposes no distribution.
type robust struct {
	d        float64
	interval *stats.Interval
	p        float64
	least    float64  // smallest p that so many values reach
	cliff    *float64 // nil for pairs
}

func (s scale) estimate(base, new []analysis.Observation) estimate {
	if a, b, ok := pair(base, new); ok {
		return s.ofPairs(a, b)
	}
	return ofSamples(s.of(base), s.of(new))
}

// ofPairs estimates from the differences within the blocks.
func (s scale) ofPairs(a, b [][]analysis.Observation) estimate {
	var x, y, d []float64
	for i := range a {
		x = append(x, stats.Mean(s.of(a[i])))
		y = append(y, stats.Mean(s.of(b[i])))
		d = append(d, y[i]-x[i])
	}
	e := estimate{
		base: stats.Mean(x), new: stats.Mean(y), d: stats.Mean(d), spread: stats.Deviation(d), n: Counts{len(d), len(d)}, paired: true,
	}
	e.i95 = known(stats.MeanInterval(d, stats.Confidence))
	e.i90 = known(stats.MeanInterval(d, 1-2*Alpha))
	e.p = known(stats.TTest(d))
	e.robust = robust{p: stats.SignedRank(d), least: stats.LeastSignedRank(len(d))}
	e.robust.d, e.robust.interval = stats.Walsh(d, stats.Confidence)
	return e
}

// ofSamples estimates from two independent samples.
func ofSamples(x, y []float64) estimate {
	e := estimate{base: stats.Mean(x), new: stats.Mean(y), n: Counts{len(x), len(y)}}
	e.d = e.new - e.base
	e.spread = math.Sqrt((square(stats.Deviation(x)) + square(stats.Deviation(y))) / 2)
	e.i95 = known(stats.WelchInterval(x, y, stats.Confidence))
	e.i90 = known(stats.WelchInterval(x, y, 1-2*Alpha))
	e.p = known(stats.Welch(x, y))
	cliff := stats.CliffDelta(x, y)
	e.robust = robust{p: stats.MannWhitney(x, y), least: stats.LeastMannWhitney(len(x), len(y)), cliff: &cliff}
	e.robust.d, e.robust.interval = stats.HodgesLehmann(x, y, stats.Confidence)
	return e
}

func known[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

func square(v float64) float64 { return v * v }

// least is the number of boots of the smaller side.
func (c Counts) least() int { return min(c.Base, c.New) }

// repeatsOfOne says whether the values are repeats of one boot instead of boots.
func repeatsOfOne(all []analysis.Observation) bool {
	same := func(o analysis.Observation) bool {
		return o.Boot != all[0].Boot || o.Run != all[0].Run || o.Session != all[0].Session
	}
	return len(all) > 1 && all[0].Boot > 0 && !slices.ContainsFunc(all, same)
}

// boots is how many boots the values are of.
func boots(all []analysis.Observation) int {
	if repeatsOfOne(all) {
		return 1
	}
	return len(all)
}
