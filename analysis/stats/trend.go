package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// TheilSen returns by how much y changes with each unit of x: the median of the slopes between any two points (H. Theil 1950,
// P. K. Sen, JASA 63, 1968), which up to 29 % of outliers do not move far, and Sen's interval of it, by the normal
// approximation of Kendall's statistic with its correction for ties; nil where so few slopes carry none. ok is false when no
// two x differ. Its time and memory grow with the square of the number of points.
func TheilSen(x, y []float64) (slope float64, interval *Interval, ok bool) {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if d := x[j] - x[i]; d != 0 {
				slopes = append(slopes, (y[j]-y[i])/d)
			}
		}
	}
	if len(slopes) == 0 {
		return 0, nil, false
	}
	slices.Sort(slopes)
	width := distuv.UnitNormal.Quantile((1+Confidence)/2) * math.Sqrt(kendallVariance(x))
	if lo := int(math.Floor((float64(len(slopes)) - width) / 2)); lo >= 1 {
		interval = &Interval{Lo: slopes[lo-1], Hi: slopes[len(slopes)-lo], Confidence: Confidence}
	}
	return Quantile(slopes, 0.5), interval, true
}

// MannKendall returns the two-sided p-value of the test of Mann (1945) and Kendall (1975) for a trend in y, which is in the
// order of time and whose values are independent but for the trend: KendallZ as a probability. ok is false when no two values
// differ.
func MannKendall(y []float64) (p float64, ok bool) {
	z, ok := KendallZ(y)
	return min(1, 2*distuv.UnitNormal.CDF(-math.Abs(z))), ok
}

// KendallZ returns Kendall's statistic of y over time, the pairs that rise less those that fall, in its standard deviations
// without a trend, with the corrections for ties and for continuity: positive when y rises. ok is false when no two values
// differ.
func KendallZ(y []float64) (z float64, ok bool) {
	s := 0.0
	for i, v := range y {
		for _, later := range y[i+1:] {
			switch {
			case later > v:
				s++
			case later < v:
				s--
			}
		}
	}
	variance := kendallVariance(y)
	if variance <= 0 {
		return 0, false
	}
	return math.Copysign(max(math.Abs(s)-1, 0), s) / math.Sqrt(variance), true
}

// kendallVariance is that of the statistic of len(y) values with these ties, where there is no trend.
func kendallVariance(y []float64) float64 {
	pairs := func(n float64) float64 { return n * (n - 1) * (2*n + 5) / 18 }
	ties := map[float64]float64{}
	for _, v := range y {
		ties[v]++
	}
	variance := pairs(float64(len(y)))
	for _, n := range ties {
		variance -= pairs(n)
	}
	return variance
}
