package compare

import (
	"sync"

	"st67bench/analysis/stats"
)

// power is that of the smallest difference which Row.Detectable tells.
const power = 0.8

// design is what the smallest detectable difference depends on, beside the spread.
type design struct {
	n      int
	paired bool
}

// effects are those of the designs asked for so far, in standard deviations: each takes a search, and the rows of a
// comparison have few designs.
var effects sync.Map

// detectable is the smallest change, without sign, that the values would have shown; nil below two a side.
func (s scale) detectable(e estimate) *float64 {
	n := e.n.least()
	if n < 2 {
		return nil
	}
	if e.spread == 0 {
		return s.change(0)
	}
	of := design{n, e.paired}
	if !e.paired { // samples of two sizes count as their harmonic mean of each
		of.n = 2 * e.n.Base * e.n.New / (e.n.Base + e.n.New)
	}
	return s.change(of.effect() * e.spread)
}

func (d design) effect() float64 {
	if known, ok := effects.Load(d); ok {
		return known.(float64)
	}
	effect := 0.0
	if d.paired {
		effect = detectablePaired(d.n)
	} else {
		effect = stats.DetectableEffect(d.n, Alpha, power)
	}
	effects.Store(d, effect)
	return effect
}

// detectablePaired is stats.DetectableEffect for n pairs, by bisection: power grows with the effect.
func detectablePaired(n int) float64 {
	lo, hi := 0.0, 1.0
	for stats.PowerPaired(n, hi, Alpha) < power {
		lo, hi = hi, 2*hi
	}
	for hi-lo > 1e-6*hi {
		if mid := (lo + hi) / 2; stats.PowerPaired(n, mid, Alpha) < power {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
