package energy

import (
	"cmp"
	"math"
	"slices"

	"st67bench/results/trace"
)

// lines are the clocks that the anchors allow, the best method first.
func lines(side trace.Side, own, session []Anchor) []line {
	all := append(slices.Clone(session), own...)
	read, haveRead := arrivals(side, all)
	stamped, haveStamped := stampLine(side)
	rate := line{unsure: crystals}
	if haveRead && read.unsure < rate.unsure {
		rate = read
	}
	var found []line
	for _, method := range []string{byDigital, byTrigger, byStamps, bySignature} {
		l, ok := stamped, haveStamped
		if method != byStamps {
			l, ok = through(side, all, method, rate)
		}
		if ok && !causal(side, l) && method != byStamps {
			l, ok = through(side, own, method, rate)
		}
		if ok && causal(side, l) {
			found = append(found, l)
		}
	}
	if haveRead {
		found = append(found, read)
	}
	return found
}

// arrivals is the line by the arrivals of the whole session, whose length tells the rate; or by those of the trace
// alone, when they do not fit the others: its meter was started again in between.
func arrivals(side trace.Side, all []Anchor) (line, bool) {
	alone, ok := envelope(side, nil)
	together, _ := envelope(side, all)
	if together.residual > 2*alone.residual {
		return alone, ok
	}
	return together, ok
}

// causal says whether no sample of a trace was read before a line says that it was taken. Where one was, an edge was
// taken for that of another mark, or the anchor is of a time before the meter was started again.
func causal(side trace.Side, l line) bool {
	for _, p := range arrivalPoints(side) {
		if p.y < l.offset+l.skew*p.x-l.residual {
			return false
		}
	}
	return true
}

// markLate is by how much more a busy host may be late in writing down one mark than another, in s: tens of microseconds
// as a rule, which is little in an instant, and 200 ppm in the rate of two edges that are half a second apart.
const markLate = 100e-6

// through fits a line through the anchors of a method. Their rate counts where the way between them tells more
// than rate does, and more than crystals allow: the median of the slopes of all pairs (Theil and Sen), so that one
// wrong anchor does not matter.
func through(side trace.Side, all []Anchor, method string, rate line) (line, bool) {
	var points []point
	doubt := 0.0
	for _, a := range all {
		if a.Method == method {
			points = append(points, pointOf(a.Index, a.T, side.Header.Rate))
			doubt = max(doubt, a.Uncertainty)
		}
	}
	if len(points) == 0 {
		return line{}, false
	}
	l := line{method: method, skew: rate.skew, unsure: rate.unsure}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	if way := points[len(points)-1].x - points[0].x; way > 0 && 2*doubt/way < l.unsure {
		if unsure := (2*doubt + markLate) / way; unsure < crystals {
			l.skew, l.unsure = skewOf(points), unsure
		}
	}
	if math.Abs(l.skew) > maxSkew {
		return line{}, false
	}
	var offsets []float64
	for _, p := range points {
		offsets = append(offsets, p.y-l.skew*p.x)
	}
	l.offset = middle(offsets) // which sorts them
	l.residual = max(offsets[len(offsets)-1]-l.offset, l.offset-offsets[0]) + doubt + l.unsure*reach(side, points)
	return l, true
}

// skewOf is the median of the slopes of all pairs of points.
func skewOf(points []point) float64 {
	var slopes []float64
	for i, p := range points {
		for _, q := range points[i+1:] {
			if q.x > p.x {
				slopes = append(slopes, (q.y-p.y)/(q.x-p.x))
			}
		}
	}
	return middle(slopes)
}

// reach is the way, in s, from the farther end of a trace to the nearest point.
func reach(side trace.Side, points []point) float64 {
	farthest := 0.0
	for _, end := range []int64{side.First, side.First + side.Samples} {
		x := float64(end) / side.Header.Rate
		near := math.Inf(1)
		for _, p := range points {
			near = min(near, math.Abs(p.x-x))
		}
		farthest = max(farthest, near)
	}
	return farthest
}
