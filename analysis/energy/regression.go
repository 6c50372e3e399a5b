package energy

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Point is one measurement of y at x.
type Point struct{ X, Y float64 }

// Line is the straight line Base + Slope x that fits points best by least squares.
type Line struct {
	Base, Slope float64
	// BaseInterval and SlopeInterval are their 95 % intervals; nil for two points, which any line fits.
	BaseInterval, SlopeInterval *Interval
	R2                          float64 // share of the variance of y that the line explains
	Points                      int
}

// Regression fits a line. ok is false unless there are two different x.
func Regression(points []Point) (l Line, ok bool) {
	n := len(points)
	x, y := make([]float64, n), make([]float64, n)
	differ := false
	for i, p := range points {
		x[i], y[i] = p.X, p.Y
		differ = differ || p.X != points[0].X
	}
	if !differ {
		return l, false
	}
	l.Points = n
	l.Base, l.Slope = stat.LinearRegression(x, y, nil, false)
	l.R2 = stat.RSquared(x, y, nil, l.Base, l.Slope)
	if n > 2 {
		l.intervals(x, y)
	}
	return l, true
}

// Fit says how well the line fits: "R² 0.9999, 6 repeats".
func (l Line) Fit() string {
	if l.Points < 3 {
		return "2 repeats, which any line fits"
	}
	return fmt.Sprintf("R² %.4f, %d repeats", l.R2, l.Points)
}

// intervals follow from the residuals, by Student's distribution with n-2 degrees of freedom.
func (l *Line) intervals(x, y []float64) {
	n := float64(len(x))
	mean := stat.Mean(x, nil)
	var residual, spread float64
	for i := range x {
		r := y[i] - l.Base - l.Slope*x[i]
		residual += r * r
		spread += (x[i] - mean) * (x[i] - mean)
	}
	t := distuv.StudentsT{Sigma: 1, Nu: n - 2}.Quantile(0.975)
	sigma := math.Sqrt(residual / (n - 2))
	slope := t * sigma / math.Sqrt(spread)
	base := t * sigma * math.Sqrt(1/n+mean*mean/spread)
	l.BaseInterval = &Interval{l.Base - base, l.Base + base}
	l.SlopeInterval = &Interval{l.Slope - slope, l.Slope + slope}
}
