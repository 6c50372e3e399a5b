package trace

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// spacing makes indices of times.
type spacing struct {
	period   float64 // s
	digit    float64 // s, worth of the last digit of a time
	first    float64 // s
	last     float64
	index    int64 // of the last
	begun    bool
	tolerate float64 // periods that a step may be off
	coarse   bool    // times are so rounded that only whole periods between them tell anything
	early    float64 // s, the most that a time was before, and after, what first and period say
	late     float64
}

// enough is how many steps are looked at to find the rate.
const enough = 20000

var errTooFew = errors.New("fewer than two rows; give the rate: --rate")

// newSpacing finds the period from the first times of a table, or takes that of a rate which was given, when the times agree.
func newSpacing(times []float64, digit, rate float64) (*spacing, error) {
	if len(times) < 2 {
		if rate == 0 {
			return nil, errTooFew
		}
		times = []float64{0, 1 / rate}
	}
	steps := make([]float64, len(times)-1)
	for i := range steps {
		steps[i] = times[i+1] - times[i]
	}
	sorted := slices.Clone(steps)
	slices.Sort(sorted)
	median := sorted[(len(sorted)-1)/2]
	if sorted[0] <= 0 {
		return nil, fmt.Errorf("its times go back or stand still, or are too coarse to tell one sample from the next: the last digit is worth %s s; "+
			"when the samples are evenly spaced, say so: --time none --rate N", short3(digit))
	}
	s := &spacing{digit: digit, tolerate: max(0.25, digit/median+0.01)}
	if s.tolerate > 0.46 {
		s.tolerate, s.coarse = 0.05, true
	}
	if rate > 0 {
		s.period = 1 / rate
		least, most := sorted[0]*rate, median*rate // periods; there may be more holes than samples
		if math.Abs(least-1) > s.tolerate || math.Abs(most-math.Round(most)) > 0.01+digit*rate {
			return nil, fmt.Errorf("its times say %s samples/s, --rate %s; leave --rate out, or the times: --time none", short3(1/median), short3(rate))
		}
		return s, nil
	}
	if even := (times[len(times)-1] - times[0]) / float64(len(steps)); s.coarse && rounds(times, steps, median, digit) {
		return nil, fmt.Errorf("the last digit of its times is worth %s s, about a period: are its samples even, or were some lost? "+
			"Even: --time none --rate %s; lost: --rate %s", short3(digit), strconv.FormatFloat(1/even, 'g', 6, 64), short3(1/median))
	}
	s.period = period(steps, median, digit, s.tolerate)
	return s, nil
}

// rounds is whether times look as even ones would that were rounded to their last digit: steps of different length, and
// never more than a digit from a straight line. Losses by chance soon lead away from it.
func rounds(times, steps []float64, median, digit float64) bool {
	even := (times[len(times)-1] - times[0]) / float64(len(steps))
	const several = 8 // fewer holes may lie on a line by chance
	long := 0
	for i, step := range steps {
		if step > 1.25*median {
			long++
		}
		if math.Abs(times[i]-times[0]-float64(i)*even) > 1.01*digit {
			return false
		}
	}
	return long >= several
}

// period is that of the longest stretch without a hole, as the roundest figure that its times allow.
func period(steps []float64, median, digit, tolerate float64) float64 {
	best, bestN, sum, n := median, 1, 0.0, 0
	for _, d := range steps {
		if math.Abs(d-median) > tolerate*median {
			sum, n = 0, 0
			continue
		}
		sum, n = sum+d, n+1
		if n > bestN {
			best, bestN = sum/float64(n), n
		}
	}
	off := min((digit+median*1e-9)/float64(bestN), best/100)
	for digits := 1; digits <= 9; digits++ {
		round := 1 / rounded(1/best, digits)
		if p := rounded(best, digits); math.Abs(p-best) < math.Abs(round-best) {
			round = p
		}
		if math.Abs(round-best) <= off {
			return round
		}
	}
	return best
}

// rounded has so many digits.
func rounded(v float64, digits int) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64) // its own text is a number
	return r
}

func short3(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// next is the index of a time. A step of one and a half periods or more is a hole.
func (s *spacing) next(t float64) (int64, error) {
	if !s.begun {
		s.begun, s.first, s.last = true, t, t
		return 0, nil
	}
	steps := (t - s.last) / s.period
	n := math.Round(steps)
	switch {
	case n-1 > max(fewestGap, longestGap/s.period):
		return 0, fmt.Errorf("a hole of %s s in its times; more than an hour is taken for an error", short3(t-s.last))
	case n < 1 || (n == 1 || s.coarse) && math.Abs(steps-n) > s.tolerate:
		return 0, fmt.Errorf("%s s after the sample before it, where %s s is the period: these times are not even; "+
			"when the samples are, say so: --time none --rate N", short3(t-s.last), short3(s.period))
	}
	s.last = t
	s.index += int64(n)
	off := t - s.first - float64(s.index)*s.period
	s.early, s.late = min(s.early, off), max(s.late, off)
	return s.index, nil
}

// drift is how far, as a fraction, a clock that is off by more than its digits may be; more is said.
const drift = 1e-3

// clock is what the first and the last time say, when that is more than their digits allow.
func (s *spacing) clock(offset float64) (Clock, string) {
	c := Clock{Method: "file", Offset: seconds(offset), Period: s.period, Residual: max(s.digit, s.late-s.early)}
	if s.index == 0 {
		return c, ""
	}
	fitted := (s.last - s.first) / float64(s.index)
	if math.Abs(fitted-s.period)*float64(s.index) <= 2*s.digit {
		return c, ""
	}
	c.Period = fitted
	if off := fitted/s.period - 1; math.Abs(off) > drift {
		return c, fmt.Sprintf("over the whole file the period is %s s, %.2g %% off that of its begin", strconv.FormatFloat(fitted, 'g', 6, 64), 100*off)
	}
	return c, ""
}
