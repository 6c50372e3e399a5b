package energy

import (
	"slices"

	"st67bench/results/trace"
)

// stampStep is how finely an instrument's stamps tell its time (LPM01A: whole milliseconds).
const stampStep = 1e-3

// stampLine is the clock by the instrument's stamps: the lower envelope of when they were read, over the
// instrument's own time, which goes on where samples are lost.
func stampLine(side trace.Side) (line, bool) {
	points, spread := stampPoints(side)
	l, ok := fitBelow(points, spread)
	l.method = byStamps
	l.residual += usbFrame + stampStep
	return l, ok
}

// stampPoints are the instrument's stamps in nominal time, and by how much its time and its samples disagree.
func stampPoints(side trace.Side) (points []point, spread float64) {
	var ahead []float64
	for _, e := range side.Events {
		if e.Kind == trace.Stamp {
			ahead = append(ahead, float64(side.First+e.Index)/side.Header.Rate-e.Value)
		}
	}
	if len(ahead) == 0 {
		return nil, 0
	}
	slices.Sort(ahead)
	link := ahead[len(ahead)/2]
	for _, e := range side.Events {
		if e.Kind == trace.Stamp {
			points = append(points, pointOf((e.Value+link)*side.Header.Rate, e.T, side.Header.Rate))
		}
	}
	return points, max(ahead[len(ahead)-1]-link, link-ahead[0])
}
