package history

import (
	"math"
	"slices"

	"st67bench/analysis/stats"
)

// shape is how the points lie: at levels with cuts between them, on a common slope or on none.
type shape struct {
	cuts  []cut
	slope float64   // per release
	flat  []float64 // the points less the slope
	first float64   // p-value of the first cut, made or not
	bic   float64
}

// shape chooses between levels alone and levels on a slope by Schwarz's criterion: a slope makes a staircase of cuts, and
// steps make a slope. A slope has to fit better than every way to cut, also than cuts that are too small to count.
func (s *Series) shape(points []Point) shape {
	x := levels(points)
	r := seeded(x)
	found, first := divide(x, r)
	steps := newShape(x, 0, s.prune(x, slices.Clone(found)))
	steps.first = first
	if len(x) < fewest {
		return steps
	}
	rival := min(steps.bic, newShape(x, 0, found).bic, newShape(x, 0, []cut{{at: place(x)}}).bic)
	best := steps
	for _, slope := range []float64{common(x, steps.cuts), common(x, nil)} {
		flat := level(x, slope)
		if min(newShape(flat, slope, nil).bic, newShape(flat, slope, steps.cuts).bic, newShape(flat, slope, []cut{{at: place(flat)}}).bic) >= min(rival, best.bic) {
			continue // not worth a search
		}
		cuts, _ := divide(flat, r)
		tilted := newShape(flat, slope, s.prune(flat, cuts))
		if tilted.first = first; tilted.bic < min(rival, best.bic)-tilted.evidence() && s.creep(points, tilted) != nil {
			best = tilted
		}
	}
	return best
}

// level takes a slope round the middle away.
func level(x []float64, slope float64) []float64 {
	flat := make([]float64, len(x))
	for i, v := range x {
		flat[i] = v - slope*(float64(i)-float64(len(x)-1)/2)
	}
	return flat
}

// newShape scores the shape by the best of three: as it is, and with a level of its own for the first or for the newest
// release, which no cut can part from the others.
func newShape(flat []float64, slope float64, cuts []cut) shape {
	h := shape{flat: flat, slope: slope, cuts: cuts, bic: score(flat, slope, cuts)}
	if n := len(flat); n >= fewest {
		h.bic = min(h.bic, score(flat, slope, append([]cut{{at: 1}}, cuts...)), score(flat, slope, append(slices.Clone(cuts), cut{at: n - 1})))
	}
	return h
}

// score is n ln(RSS/n) + parameters ln n: a level for each segment, a place for each cut, and the slope.
func score(flat []float64, slope float64, cuts []cut) float64 {
	n, parameters := float64(len(flat)), 2*float64(len(cuts))+1
	if slope != 0 {
		parameters++
	}
	squares, scale := 0.0, 0.0
	for _, part := range segments(flat, cuts) {
		m := stats.Mean(part)
		for _, v := range part {
			squares += (v - m) * (v - m)
			scale = max(scale, math.Abs(v))
		}
	}
	if squares = max(squares, n*scale*scale*1e-24); squares > 0 { // what is left of points without noise is rounding
		return n*math.Log(squares/n) + parameters*math.Log(n)
	}
	return 0
}

// evidence is how much better than without a slope a shape has to fit: strongly in the words of Kass and Raftery (1995)
// where it has cuts too, which can make up for a slope that is not there.
func (h shape) evidence() float64 {
	if len(h.cuts) > 0 {
		return 10
	}
	return 0
}

// segments are the points between the cuts.
func segments(x []float64, cuts []cut) (parts [][]float64) {
	from := 0
	for _, c := range cuts {
		parts = append(parts, x[from:c.at])
		from = c.at
	}
	return append(parts, x[from:])
}

// common is the least-squares slope that all segments share.
func common(x []float64, cuts []cut) float64 {
	up, down := 0.0, 0.0
	for _, part := range segments(x, cuts) {
		m, middle := stats.Mean(part), float64(len(part)-1)/2
		for i, v := range part {
			t := float64(i) - middle
			up += t * (v - m)
			down += t * t
		}
	}
	return up / down
}

// rest is the points less the levels of their segments: the slope and the noise.
func (h shape) rest(points []Point) []float64 {
	rest := make([]float64, 0, len(points))
	for _, part := range segments(h.flat, h.cuts) {
		m := stats.Mean(part)
		for range part {
			rest = append(rest, points[len(rest)].level-m)
		}
	}
	return rest
}

// noise is what neither the levels nor the slope explain.
func (h shape) noise() []float64 {
	noise := make([]float64, 0, len(h.flat))
	for _, part := range segments(h.flat, h.cuts) {
		m := stats.Mean(part)
		for _, v := range part {
			noise = append(noise, v-m)
		}
	}
	return noise
}
