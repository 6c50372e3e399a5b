package history

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"st67bench/analysis/stats"
)

// contrast is a sum of means with its standard error and Welch and Satterthwaite's degrees of freedom.
type contrast struct {
	estimate, se, degrees float64
}

// spreads are the variances within sessions of candidate and reference over the whole history, for terms of too few boots.
type spreads [2]struct {
	variance float64
	degrees  int
}

func (s *Series) spreads() (both spreads) {
	var groups [2][][]float64
	groups[candidate], groups[reference] = s.boots()
	for i, g := range groups {
		both[i].variance, _ = pooled(g)
		for _, values := range g {
			both[i].degrees += max(len(values)-1, 0)
		}
	}
	return both
}

// own is how many boots a term needs to have a variance of its own; below, the common one of the history stands in.
const own = 3

// contrast adds up the terms; false when one has no variance to go by.
func (both spreads) contrast(terms []term) (c contrast, ok bool) {
	c.estimate = sum(terms)
	below := 0.0
	common := [2]float64{}
	for _, t := range terms {
		n := len(t.values)
		part := t.weight * t.weight / float64(n)
		switch b := both[t.spread]; {
		case n >= own:
			sd := stats.Deviation(t.values)
			v := part * sd * sd
			c.se += v
			below += v * v / float64(n-1)
		case b.degrees >= n && b.degrees > 0:
			common[t.spread] += part * b.variance
		default:
			return contrast{estimate: c.estimate}, false
		}
	}
	for i, v := range common {
		if v > 0 {
			c.se += v
			below += v * v / float64(both[i].degrees)
		}
	}
	if below > 0 {
		c.degrees = c.se * c.se / below
	}
	c.se = math.Sqrt(c.se)
	return c, true
}

func sum(terms []term) (all float64) {
	for _, t := range terms {
		all += t.weight * stats.Mean(t.values)
	}
	return all
}

// less is the terms of one point less those of another. What both have, the reference of one session, is there once.
func less(terms, other []term) []term {
	all := slices.Clone(terms)
	for _, t := range other {
		t.weight = -t.weight
		i := slices.IndexFunc(all, func(a term) bool {
			return a.session == t.session && a.spread == t.spread && slices.Equal(a.values, t.values)
		})
		if i >= 0 && t.session != "" {
			all[i].weight += t.weight
			continue
		}
		all = append(all, t)
	}
	return all
}

// interval is that of Student's t round the estimate.
func (c contrast) interval(confidence float64) stats.Interval {
	h := 0.0
	if c.se > 0 {
		h = c.se * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: c.degrees}.Quantile((1+confidence)/2)
	}
	return stats.Interval{Lo: c.estimate - h, Hi: c.estimate + h, Confidence: confidence}
}

// p is the two-sided p-value of no difference.
func (c contrast) p() float64 {
	switch {
	case c.estimate == 0:
		return 1
	case c.se == 0:
		return 0
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: c.degrees}.Survival(math.Abs(c.estimate)/c.se)
}
