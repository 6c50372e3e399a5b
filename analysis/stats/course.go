package stats

import "math"

// mostBatches bounds the memory of a Course: 512 KB.
const mostBatches = 1 << 16

// Course takes the values of a series in the order of time, in bounded memory: beyond 65 536 values it keeps the means of 2,
// then of 4 neighbours and so on, which lose nothing of the mean, of the deviation, and of what depends on long stretches.
// The zero Course is empty.
type Course struct {
	n             int
	mean, squares float64   // of all values: the mean and the sum of squared deviations from it (Welford)
	batches       []float64 // means of size values each
	size          int
	first         float64 // value; sums are relative to it, so that equal values stay equal
	part          float64 // sum of the parts values since the last batch
	parts         int
}

// Add takes the next value.
func (c *Course) Add(v float64) {
	if c.n == 0 {
		c.first, c.size = v, 1
	}
	c.n++
	d := v - c.mean
	c.mean += d / float64(c.n)
	c.squares += d * (v - c.mean)
	c.part += v - c.first
	if c.parts++; c.parts < c.size {
		return
	}
	c.batches = append(c.batches, c.first+c.part/float64(c.size))
	c.part, c.parts = 0, 0
	if len(c.batches) < mostBatches {
		return
	}
	c.batches, c.size = merged(c.batches, 2), 2*c.size
}

// merged are the means of k neighbours each, made in place; what is left at the end is dropped.
func merged(x []float64, k int) []float64 {
	for i := range len(x) / k {
		x[i] = Mean(x[k*i : k*i+k])
	}
	return x[:len(x)/k]
}

// N is the number of values so far.
func (c *Course) N() int { return c.n }

// courseOf is the course of x.
func courseOf(x []float64) *Course {
	var c Course
	for _, v := range x {
		c.Add(v)
	}
	return &c
}

// Series describes values that follow one another in time and depend on each other. What is said of the mean goes by their
// effective number: so many independent values would know it as well.
type Series struct {
	N         int     // values
	Mean      float64 // of all
	Deviation float64 // of a value, with n-1 in the denominator; 0 for fewer than two
	// Tau is how many values one independent value is worth, 1..N: the integrated autocorrelation time.
	Tau       float64
	Effective float64   // N / Tau
	Interval  *Interval // of the mean; nil below two effective values
	// Drift is by how many of its standard errors the mean of the second half is above that of the first, at most 1e6 either
	// way; beyond 3 the series has not settled. 0 when a half has fewer than two effective values.
	Drift  float64
	Halves [2]float64 // means of the first half and of the second; 0 below two values
}

// Describe returns the description of x, which is in the order of time.
//
// Tau is the larger of two estimates, since either may miss what the other sees: that of an autoregression of first order with
// the lag-1 autocorrelation r, corrected for its bias to r + (1+4r)/n, which is (1+r)/(1-r) (M. H. Quenouille, JRSS B 11, 1949;
// F. H. C. Marriott and J. A. Pope, Biometrika 41, 1954); and from 100 values on C. J. Geyer's initial monotone sequence
// (Statistical Science 7, 1992). The interval is mean ± t s sqrt(tau/n) / sqrt(1-tau/n), with s with n in its denominator and
// t of n/tau - 1 degrees of freedom: for independent values Student's.
func Describe(x []float64) Series { return courseOf(x).Describe() }

// Describe is Describe of the values so far.
func (c *Course) Describe() Series {
	s := c.level()
	half := len(c.batches) / 2
	first, second := courseOf(c.batches[:half]).level(), courseOf(c.batches[len(c.batches)-half:]).level()
	s.Drift, s.Halves = drift(first, second), [2]float64{first.Mean, second.Mean}
	return s
}

// level is the description without the drift.
func (c *Course) level() Series {
	s := Series{N: c.n, Mean: c.mean, Tau: 1}
	if c.n < 2 || c.squares == 0 {
		s.Effective = float64(c.n)
		if c.n >= 2 {
			s.Interval = &Interval{Lo: c.mean, Hi: c.mean, Confidence: Confidence}
		}
		return s
	}
	n := float64(c.n)
	s.Deviation = math.Sqrt(c.squares / (n - 1))
	s.Tau = min(max(c.tau(), 1), n)
	s.Effective = n / s.Tau
	if s.Effective >= 2 {
		if i, ok := around(s.Mean, s.standardError(), s.Effective-1, Confidence); ok {
			s.Interval = &i
		}
	}
	return s
}

// tau is that of the batches, stretched to the values: both give the mean one variance.
func (c *Course) tau() float64 {
	x := c.batches
	deviation := Deviation(x)
	if deviation == 0 { // all of it is within batches
		return 1
	}
	t := 1.0
	if c.size == 1 { // means of neighbours are no autoregression, even where the values are one
		t = autoregressive(Lag1(x), float64(len(x)))
	}
	if len(x) >= leastMonotone {
		t = max(t, monotone(autocovariances(x)))
	}
	return t * float64(c.size) * square(deviation) * float64(c.n-1) / c.squares
}

// standardError is that of the mean, with at least two effective values.
func (s Series) standardError() float64 {
	n := float64(s.N)
	return s.Deviation * math.Sqrt((n-1)/n*s.Tau/n/(1-s.Tau/n))
}

// drift is by how many standard errors b is above a.
func drift(a, b Series) float64 {
	const most = 1e6
	if a.Interval == nil || b.Interval == nil || a.Mean == b.Mean {
		return 0
	}
	se := math.Hypot(a.standardError(), b.standardError())
	return min(max((b.Mean-a.Mean)/max(se, math.SmallestNonzeroFloat64), -most), most)
}
