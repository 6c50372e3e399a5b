package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Mean returns the arithmetic mean of x, which is not empty. It is taken relative to the first value, so that equal values
// have exactly their value as mean and a large common offset costs no digits.
func Mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v - x[0]
	}
	return x[0] + sum/float64(len(x))
}

// Deviation returns the standard deviation of x with n-1 in the denominator; 0 for fewer than two values.
func Deviation(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	n, sum, squares := float64(len(x)), 0.0, 0.0
	for _, v := range x {
		d := v - x[0]
		sum += d
		squares += d * d
	}
	return math.Sqrt(max(squares-sum*sum/n, 0) / (n - 1))
}

// MeanInterval returns Student's interval of the mean of x at this confidence, a fraction; ok is false below two values.
func MeanInterval(x []float64, confidence float64) (interval Interval, ok bool) {
	if len(x) < 2 {
		return Interval{}, false
	}
	n := float64(len(x))
	return around(Mean(x), Deviation(x)/math.Sqrt(n), n-1, confidence), true
}

// TTest returns the two-sided p-value of Student's test that the mean of d is 0; ok is false below two values. Equal values
// have p 1 when they are 0, else 0.
func TTest(d []float64) (p float64, ok bool) {
	if len(d) < 2 {
		return 0, false
	}
	n := float64(len(d))
	return twoSided(Mean(d), Deviation(d)/math.Sqrt(n), n-1), true
}

// Welch returns the two-sided p-value of Welch's test that x and y have one mean (B. L. Welch, Biometrika 34, 1947); ok is
// false when either has fewer than two values. Samples that do not vary have p 1 when their means are one, else 0.
func Welch(x, y []float64) (p float64, ok bool) {
	diff, se, df, ok := welch(x, y)
	if !ok {
		return 0, false
	}
	return twoSided(diff, se, df), true
}

// WelchInterval returns Welch's interval of mean(y) - mean(x); ok is false when either has fewer than two values.
func WelchInterval(x, y []float64, confidence float64) (interval Interval, ok bool) {
	diff, se, df, ok := welch(x, y)
	if !ok {
		return Interval{}, false
	}
	return around(diff, se, df, confidence), true
}

// welch is the difference of the means, its standard error and the degrees of freedom of Welch and Satterthwaite.
func welch(x, y []float64) (diff, se, df float64, ok bool) {
	if len(x) < 2 || len(y) < 2 {
		return 0, 0, 0, false
	}
	nx, ny := float64(len(x)), float64(len(y))
	a, b := square(Deviation(x))/nx, square(Deviation(y))/ny
	diff = Mean(y) - Mean(x)
	if a+b == 0 {
		return diff, 0, nx + ny - 2, true
	}
	return diff, math.Sqrt(a + b), square(a+b) / (a*a/(nx-1) + b*b/(ny-1)), true
}

func square(v float64) float64 { return v * v }

// twoSided is the p-value of a difference with this standard error; Survival, since 1-CDF ends at 1e-16.
func twoSided(diff, se, df float64) float64 {
	switch {
	case diff == 0:
		return 1
	case se == 0:
		return 0
	}
	return min(1, 2*distuv.StudentsT{Sigma: 1, Nu: df}.Survival(math.Abs(diff)/se))
}

func around(center, se, df, confidence float64) Interval {
	half := 0.0
	if se > 0 {
		half = se * distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1+confidence)/2)
	}
	return Interval{Lo: center - half, Hi: center + half, Confidence: confidence}
}
