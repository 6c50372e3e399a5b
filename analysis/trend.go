package analysis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"st67bench/analysis/stats"
)

// Limits of a trend and of a decay.
const (
	leastTrend = 6     // points, as for an interval of a median
	leastDecay = 20    // points, so that a fall can be told from noise
	decayRisk  = 0.001 // probability that a course without a trend is taken for a fall
	leastFall  = 0.05  // a smaller fall is none that matters
)

// Trend returns by how much y changes with each unit of x, by Theil and Sen; see stats.TheilSen. ok is false below six points, or
// when all x are one.
func Trend(x, y []float64) (slope float64, ok bool) {
	if len(x) < leastTrend {
		return 0, false
	}
	slope, _, ok = stats.TheilSen(x, y)
	return slope, ok
}

// Decay finds a fall in the course of y over ascending x. fall is the fraction that was lost, since the x at which it
// began. ok is false when there is none: below 20 points, when the test of Mann and Kendall for a falling trend gives it a
// probability above 0.1 % in a course of independent values, or when less than 5 % was lost.
//
// Beginning and loss are those of the course "level, then a straight fall, then level again" that is nearest to y by least
// squares, with its corners at points of x; either end may have no length, so that a step and a fall that goes on are such
// courses too.
func Decay(x, y []float64) (fall, since float64, ok bool) {
	if len(x) < leastDecay || fallingRisk(y) > decayRisk {
		return 0, 0, false
	}
	c := fitCourse(x, y)
	if c.before <= 0 {
		return 0, 0, false
	}
	fall = 1 - c.after/c.before
	return fall, x[c.from], fall >= leastFall
}

// fallingRisk is the one-sided p-value of the test of Mann and Kendall for a falling trend; see stats.KendallZ.
func fallingRisk(y []float64) float64 {
	if z, _ := stats.KendallZ(y); z < 0 {
		return distuv.UnitNormal.CDF(z)
	}
	return 1
}

// course is level, fall and level: before up to the point from, after from the point to on.
type course struct {
	from, to      int
	before, after float64
}

// moments are sums over the points before one: of 1, x, x squared, y and xy.
type moments struct{ n, x, xx, y, xy float64 }

func (m moments) less(o moments) moments {
	return moments{m.n - o.n, m.x - o.x, m.xx - o.xx, m.y - o.y, m.xy - o.xy}
}

// fitCourse tries each pair of corners.
func fitCourse(x, y []float64) course {
	sums := make([]moments, len(x)+1)
	for i := range x {
		u, m := x[i]-x[0], sums[i]
		sums[i+1] = moments{m.n + 1, m.x + u, m.xx + u*u, m.y + y[i], m.xy + u*y[i]}
	}
	best, gain := course{before: math.NaN()}, math.Inf(-1)
	for from := range len(x) - 1 {
		for to := from + 1; to < len(x); to++ {
			before, after, g := levels(sums, x[from]-x[0], x[to]-x[0], from, to)
			if g > gain {
				best, gain = course{from, to, before, after}, g
			}
		}
	}
	return best
}

// levels are those that fit best with the corners a and b at the points from and to, and how much of the sum of squares
// of y they explain. A point is before w + after (1-w), with w = 1 up to a, 0 from b on, and (b-x)/(b-a) between.
func levels(sums []moments, a, b float64, from, to int) (before, after, gain float64) {
	head, tail := sums[from+1], sums[len(sums)-1].less(sums[to])
	mid, d := sums[to].less(sums[from+1]), b-a
	w := (b*mid.n - mid.x) / d                         // sum of w between the corners
	ww := (b*b*mid.n - 2*b*mid.x + mid.xx) / (d * d)   // of w squared
	wy := (b*mid.y - mid.xy) / d                       // of w y
	pp, pq, qq := head.n+ww, w-ww, tail.n+mid.n-2*w+ww // normal equations
	py, qy := head.y+wy, tail.y+mid.y-wy
	det := pp*qq - pq*pq
	if det <= 0 {
		return 0, 0, math.Inf(-1)
	}
	before, after = (py*qq-qy*pq)/det, (qy*pp-py*pq)/det
	return before, after, before*py + after*qy
}
