package tune

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"st67bench/analysis/stats"
)

// leastField is how many cases have to be in the race for their spreads to tell of each other's.
const leastField = 5

// spread is how far the means of the cases in the race are known at a look, all of which have a value in each unit.
//
// A case's variance is that of what is left when the mean of the unit is taken away. From few values it is known badly, and the
// quantile of t that makes up for it is huge; but there are many cases. Their variances are moderated: each is drawn to what
// all have in common, the more the more alike they are (Smyth, Statistical Applications in Genetics and Molecular Biology 3,
// 2004). Where the cases differ in their spread, little is borrowed.
type spread struct {
	n        float64
	variance map[*runner]float64
	t        float64 // quantile for a difference
	unit     float64 // half the interval of the mean of all units
}

// spread is nil where too few cases are in the race, or where there is nothing to moderate.
func (s *standing) spread(of func(*runner) series, u int) *spread {
	var field []*runner
	var values [][]float64
	for _, c := range s.cases {
		if v := of(c).upTo(u); c.in() && len(v) == u {
			field, values = append(field, c), append(values, v)
		}
	}
	if len(field) < leastField || u < 2 {
		return nil
	}
	units := make([]float64, u)
	for k := range units {
		column := make([]float64, len(values))
		for i, v := range values {
			column[i] = v[k]
		}
		units[k] = stats.Mean(column)
	}
	own := make([]float64, len(values))
	for i, v := range values {
		rest := make([]float64, u)
		for k := range rest {
			rest[k] = v[k] - units[k]
		}
		own[i] = square(stats.Deviation(rest)) * float64(len(field)) / float64(len(field)-1)
	}
	shrunk, df := moderate(own, float64(u-1))
	if shrunk == nil {
		return nil
	}
	out := &spread{n: float64(u), variance: map[*runner]float64{}, t: quantile(s.confidence, df)}
	out.unit = quantile(s.unitConfidence, float64(u-1)) * stats.Deviation(units) / math.Sqrt(float64(u))
	for i, c := range field {
		out.variance[c] = shrunk[i]
	}
	return out
}

func quantile(confidence, df float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + confidence) / 2)
}

// difference is half the interval of the difference of two cases; ok is false when one is not in the field.
func (x *spread) difference(a, b *runner) (half float64, ok bool) {
	if x == nil {
		return 0, false
	}
	va, in := x.variance[a]
	vb, both := x.variance[b]
	return x.t * math.Sqrt((va+vb)/x.n), in && both
}

// mean is half the interval of the mean of a case: that of all units, and that of the case against them.
func (x *spread) mean(c *runner) (half float64, ok bool) {
	if x == nil {
		return 0, false
	}
	v, in := x.variance[c]
	return x.unit + x.t*math.Sqrt(v/x.n), in
}

// moderate draws variances of df degrees of freedom each towards what they have in common, and returns the degrees of freedom
// that each has then: no more than all have together. nil where one is 0, which has no logarithm.
func moderate(variances []float64, df float64) (shrunk []float64, total float64) {
	if slices.Min(variances) < square(rounding) {
		return nil, 0
	}
	n := float64(len(variances))
	logs := make([]float64, len(variances)) // of the variances, less what their small number of values does to a logarithm
	for i, v := range variances {
		logs[i] = math.Log(v) - mathext.Digamma(df/2) + math.Log(df/2)
	}
	most := (n - 1) * df
	prior, common := most, stats.Mean(variances)
	if excess := square(stats.Deviation(logs)) - trigamma(df/2); excess > 0 {
		prior = min(2*inverseTrigamma(excess), most)
		common = math.Exp(stats.Mean(logs) + mathext.Digamma(prior/2) - math.Log(prior/2))
	}
	shrunk = make([]float64, len(variances))
	for i, v := range variances {
		shrunk[i] = (prior*common + df*v) / (prior + df)
	}
	return shrunk, prior + df
}

// trigamma is the second derivative of the logarithm of the gamma function, the Hurwitz zeta function at 2.
func trigamma(x float64) float64 { return mathext.Zeta(2, x) }

// inverseTrigamma is the x > 0 with trigamma(x) = y, by Newton's method on 1/trigamma, which is almost straight.
func inverseTrigamma(y float64) float64 {
	x := 0.5 + 1/y
	for range 50 {
		t := trigamma(x)
		step := t * (1 - t/y) / (-2 * mathext.Zeta(3, x))
		x += step
		if -step < 1e-12*x {
			break
		}
	}
	return x
}
