package energy

import (
	"cmp"
	"math"
	"slices"
	"time"

	"st67bench/results/trace"
)

const (
	// maxSkew is how far an instrument's rate may be off; beyond it, samples were lost.
	maxSkew = 1000e-6
	// crystals is what two clocks may be off against each other when nothing tells: 50 ppm each, as crystals are sold.
	crystals = 100e-6
	// usbFrame is how often a full-speed USB device is asked for its samples (USB 2.0, 4.4): the least delay, which no
	// envelope can see, is of that order.
	usbFrame = 1e-3
	// parts of a trace, each of which should have an arrival close to the envelope.
	parts = 8
	// enough arrivals to tell a rate by them.
	enough = 16
)

// point is an anchor in nominal time: it happened y later than x, by the host's clock.
type point struct{ x, y float64 } // s

func pointOf(index float64, t time.Duration, rate float64) point {
	x := index / rate
	return point{x, t.Seconds() - x}
}

// arrivalPoints are the arrivals of a trace. The last sample before an arrival's index was there when it was read;
// a sample that is a mean was there at the end of its period.
func arrivalPoints(side trace.Side) []point {
	back := 0.0
	if side.Header.Kind == trace.Point {
		back = 1
	}
	points := make([]point, 0, len(side.Arrivals))
	for _, a := range side.Arrivals {
		points = append(points, pointOf(float64(side.First+a.Index)-back, a.T, side.Header.Rate))
	}
	return points
}

// arrivalAnchors are the corners of the lower hull of a trace's arrivals: the hull of several traces is that of
// the corners of each. Their uncertainty is that of the trace's own envelope.
func arrivalAnchors(side trace.Side) []Anchor {
	points := arrivalPoints(side)
	l, ok := fitBelow(points, 0)
	if !ok {
		return nil
	}
	var anchors []Anchor
	for _, p := range lowerHull(points) {
		anchors = append(anchors, Anchor{
			Index:       p.x * side.Header.Rate,
			T:           time.Duration(math.Round((p.x + p.y) * 1e9)),
			Method:      byArrivals,
			Uncertainty: l.residual,
		})
	}
	return anchors
}

// envelope fits the arrivals of a trace, together with those that are among the anchors.
func envelope(side trace.Side, anchors []Anchor) (line, bool) {
	points, gap := arrivalPoints(side), 0.0
	if len(points) == 0 {
		return line{}, false
	}
	for _, a := range anchors {
		if a.Method == byArrivals {
			points = append(points, pointOf(a.Index, a.T, side.Header.Rate))
			gap = max(gap, a.Uncertainty)
		}
	}
	l, ok := fitBelow(points, gap)
	l.method = byArrivals
	l.residual += max(usbFrame, 1/side.Header.Rate)
	return l, ok
}

// fitBelow fits the line that lies below all points and is as close to them as it can be. A sample is read after
// it was taken, never before, by a delay that is sometimes next to nothing and often much more: least squares
// would fit the mean delay, which changes with the load of the host. The closest line below is the solution of
// the linear programme of Moon, Skelly and Towsley ("Estimation and removal of clock skew from network delay
// measurements", INFOCOM 1999): it is the edge of the lower convex hull above the middle of the points (Zhang, Liu
// and Xia, "Clock synchronization algorithms for network measurements", INFOCOM 2002), found in one pass.
//
// Its residual is the largest of the smallest delays of each eighth of the trace, or gap when that is larger: so far
// may the line be from the truth where no arrival was prompt. A rate that differs from the nominal one by less than
// that can explain is not believed, and none beyond 1000 ppm.
func fitBelow(points []point, gap float64) (line, bool) {
	if len(points) == 0 {
		return line{}, false
	}
	hull := lowerHull(points)
	first, last := hull[0].x, hull[len(hull)-1].x
	level := below(points, 0, gap)
	if len(points) < enough || last <= first {
		return level, true
	}
	skew := edgeAt(hull, (first+last)/2)
	tilted := below(points, min(max(skew, -maxSkew), maxSkew), gap)
	tilted.unsure = tilted.residual / ((last - first) / 2)
	if math.Abs(skew) > tilted.unsure {
		return tilted, true
	}
	level.unsure = min(level.unsure, tilted.unsure)
	return level, true
}

// below is the highest line of a slope that no point is under.
func below(points []point, skew, gap float64) line {
	l := line{offset: math.Inf(1), skew: skew, unsure: crystals}
	first, last := points[0].x, points[0].x
	for _, p := range points {
		l.offset = min(l.offset, p.y-skew*p.x)
		first, last = min(first, p.x), max(last, p.x)
	}
	var least [parts]float64
	for i := range least {
		least[i] = math.Inf(1)
	}
	for _, p := range points {
		i := 0
		if last > first {
			i = min(int((p.x-first)/(last-first)*parts), parts-1)
		}
		least[i] = min(least[i], p.y-l.offset-skew*p.x)
	}
	l.residual = gap
	for _, d := range least {
		if !math.IsInf(d, 1) {
			l.residual = max(l.residual, d)
		}
	}
	return l
}

// lowerHull is the lower convex hull of points, from left to right (Andrew's monotone chain). It sorts them.
func lowerHull(points []point) []point {
	slices.SortFunc(points, func(a, b point) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	var hull []point
	for _, p := range points {
		if n := len(hull); n > 0 && hull[n-1].x == p.x {
			continue
		}
		for len(hull) > 1 && !under(hull[len(hull)-2], hull[len(hull)-1], p) {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	return hull
}

// under says whether b lies below the line from a to c.
func under(a, b, c point) bool {
	return (b.y-a.y)*(c.x-a.x) < (c.y-a.y)*(b.x-a.x)
}

// edgeAt is the slope of a hull's edge over x.
func edgeAt(hull []point, x float64) float64 {
	i := 1
	for i < len(hull)-1 && hull[i].x < x {
		i++
	}
	return (hull[i].y - hull[i-1].y) / (hull[i].x - hull[i-1].x)
}
