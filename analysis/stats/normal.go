package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Mean returns the arithmetic mean of x, which is not empty. It sums
// differences from the first value, so that equal values give exactly that
// value and a large common offset costs no digits.
func Mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v - x[0]
	}
	return x[0] + sum/float64(len(x))
}

// Deviation returns the sample standard deviation of x, with n-1 below the
// root; 0 below two values. Two passes about the mean, with the rounding of the
// mean taken out again (Chan, Golub & LeVeque, The American Statistician 37,
// 1983).
func Deviation(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mean := Mean(x)
	var sum, squares float64
	for _, v := range x {
		sum += v - mean
		squares += (v - mean) * (v - mean)
	}
	n := float64(len(x))
	return math.Sqrt(max(0, squares-sum*sum/n) / (n - 1))
}

// MeanInterval is the t interval of the mean of the distribution that x was
// drawn from, with n-1 degrees of freedom. ok is false below two values.
func MeanInterval(x []float64, confidence float64) (i Interval, ok bool) {
	if len(x) < 2 {
		return i, false
	}
	n := float64(len(x))
	return around(Mean(x), Deviation(x)/math.Sqrt(n), n-1, confidence)
}

// TTest returns the two-sided p of Student's t test that the mean of d is 0,
// for pairs d are their differences. Equal values give p 1 at 0 and 0
// elsewhere. ok is false below two values.
func TTest(d []float64) (p float64, ok bool) {
	if len(d) < 2 {
		return 0, false
	}
	n := float64(len(d))
	return studentP(Mean(d), Deviation(d)/math.Sqrt(n), n-1)
}

// Welch returns the two-sided p of Welch's t test (Biometrika 34, 1947) that x
// and y have the same mean, whatever their variances. Where neither varies it
// is 1 for equal means and 0 otherwise. ok is false below two values a side.
func Welch(x, y []float64) (p float64, ok bool) {
	if len(x) < 2 || len(y) < 2 {
		return 0, false
	}
	return studentP(welch(x, y))
}

// WelchInterval is the interval of the difference mean(y) - mean(x) that
// belongs to Welch's t test. ok is false below two values a side.
func WelchInterval(x, y []float64, confidence float64) (i Interval, ok bool) {
	if len(x) < 2 || len(y) < 2 {
		return i, false
	}
	difference, stderr, freedom := welch(x, y)
	return around(difference, stderr, freedom, confidence)
}

// welch returns the difference of means, its standard error and the degrees of
// freedom of Welch and Satterthwaite, by shares of the variance so that no
// square of a square is formed.
func welch(x, y []float64) (difference, stderr, freedom float64) {
	m, n := float64(len(x)), float64(len(y))
	ofX, ofY := Deviation(x)/math.Sqrt(m), Deviation(y)/math.Sqrt(n)
	stderr = math.Hypot(ofX, ofY)
	difference = Mean(y) - Mean(x)
	if stderr == 0 {
		return difference, 0, m + n - 2
	}
	share := (ofX / stderr) * (ofX / stderr)
	return difference, stderr, 1 / (share*share/(m-1) + (1-share)*(1-share)/(n-1))
}

// studentP is the two-sided p of estimate/stderr under Student's t.
func studentP(estimate, stderr, freedom float64) (p float64, ok bool) {
	switch {
	case !finite(estimate, stderr):
		return 0, false
	case estimate == 0:
		return 1, true
	}
	return outside(estimate/stderr, freedom), true
}

// outside is the probability that Student's t is further from 0 than t, on either
// side. Where it is not small its complement keeps more digits.
func outside(t, freedom float64) float64 {
	if t*t < 4 {
		return 1 - mathext.RegIncBeta(0.5, freedom/2, t*t/(freedom+t*t))
	}
	return mathext.RegIncBeta(freedom/2, 0.5, freedom/(freedom+t*t))
}

func around(centre, stderr, freedom, confidence float64) (i Interval, ok bool) {
	if !finite(centre, stderr) {
		return i, false
	}
	half := critical(1-confidence, freedom) * stderr
	return Interval{Lo: centre - half, Hi: centre + half, Confidence: confidence}, true
}

// critical is the t with which outside is alpha, between 0 and 1. Newton's method
// on logarithms of both converges from one side: that of outside is concave in
// that of t, and as good as straight far out.
func critical(alpha, freedom float64) float64 {
	student := distuv.StudentsT{Sigma: 1, Nu: freedom}
	t := -mathext.NormalQuantile(alpha / 2)
	for range 50 {
		p := outside(t, freedom)
		step := math.Log(p/alpha) * p / (2 * t * student.Prob(t))
		t *= math.Exp(step)
		if math.Abs(step) < 1e-9 { // the next one is its square
			break
		}
	}
	return t
}

func finite(x ...float64) bool {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
