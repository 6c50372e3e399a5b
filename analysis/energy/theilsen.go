package energy

import "slices"

// maxPairs bounds the pairs of a Theil-Sen slope.
const maxPairs = 100_000

// middle is the median of values, which it sorts; 0 for none.
func middle(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	n := len(v) / 2
	if len(v)%2 == 1 {
		return v[n]
	}
	return (v[n-1] + v[n]) / 2
}

// beat is a wake on a schedule: its number, and when it began.
type beat struct {
	t     float64 // s
	wake  int32   // in the list of wakes
	k     int32   // number on the schedule
	phase int32   // counts the times when the schedule shifted: only beats of one phase are on one line
}

// theilSen is the Theil-Sen slope of t over k: the median over pairs (Sen, JASA 63, 1968), which a few wakes that are not on
// the schedule do not move. Up to 64 beats it takes all pairs; with more, each beat of the first half with that
// half of all beats later, and at most 100 000 pairs: long distances say most about a slope. ok is false without a pair.
func theilSen(beats []beat) (s float64, ok bool) {
	var slopes []float64
	pair := func(a, b beat) {
		if a.phase == b.phase && b.k > a.k {
			slopes = append(slopes, (b.t-a.t)/float64(b.k-a.k))
		}
	}
	if n := len(beats); n <= 64 {
		for i := range beats {
			for j := i + 1; j < n; j++ {
				pair(beats[i], beats[j])
			}
		}
	} else {
		half := n / 2
		for i := 0; i+half < n; i += half/maxPairs + 1 {
			pair(beats[i], beats[i+half])
		}
	}
	if len(slopes) == 0 { // every beat has a phase of its own
		for i := 1; i < len(beats); i++ {
			pair(beats[i-1], beats[i])
		}
	}
	return middle(slopes), len(slopes) > 0
}

// residuals are how far beats are from straight lines: one line for each 256 beats of a phase, since the clocks of access
// point and instrument drift against each other by more than a wake's jitter within hours.
func residuals(beats []beat, interval float64) []float64 {
	out := make([]float64, 0, len(beats))
	for len(beats) > 0 {
		n := 1
		for n < len(beats) && n < 256 && beats[n].phase == beats[0].phase {
			n++
		}
		out = append(out, offLine(beats[:n], interval)...)
		beats = beats[n:]
	}
	return out
}

func offLine(beats []beat, interval float64) []float64 {
	if s, ok := theilSen(beats); ok && len(beats) >= 8 {
		interval = s
	}
	r := make([]float64, len(beats))
	for i, b := range beats {
		r[i] = b.t - beats[0].t - interval*float64(b.k-beats[0].k)
	}
	middle := middle(slices.Clone(r))
	for i := range r {
		r[i] -= middle
	}
	return r
}
