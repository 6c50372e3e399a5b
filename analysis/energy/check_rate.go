package energy

import (
	"fmt"
	"math"
	"time"

	"st67bench/results/trace"
)

// beaconSpread is how far two crystals may be off against each other, with room for the fit of the interval; in ppm.
const beaconSpread = 100

// compressed: samples that get lost on the way, without a gap, make time shorter.
func (c *check) compressed() {
	const do = "Give the instrument a USB port of its own (a hub with its own supply has helped), keep the host's load low, and measure again."
	if n, e := c.events(trace.Compressed); n > 0 {
		c.void(nil, "compressed", do, "%s of the samples are missing, and no gap shows where", percent(e.Value))
		return
	}
	switch late, span := c.late(); {
	case late > lostShare*span:
		c.void(nil, "compressed", do, "the samples came %s later at the end of %s than at its begin: %s of them are missing, and no gap shows where",
			seconds(late), seconds(span), percent(late/span))
	case late < -lostShare*span:
		c.void(nil, "rate", "See what rate the instrument really has; one that was read from a file may be wrong there.",
			"the samples come %s faster than %.6g a second", percent(-late/span), c.side.Header.Rate)
	}
}

// late is by how much more the samples are delayed at the end of the trace than at its begin, and the time between; by
// stamps, how much farther the instrument's own time is ahead of its samples. Less than what the parts of the trace differ
// by is nothing.
func (c *check) late() (late, span float64) {
	for _, points := range [][]point{arrivalPoints(c.side), stampsAhead(c.side)} {
		least, width := leastOf(points)
		if len(least) < parts {
			continue
		}
		d := drift(least)
		if noise := max(usbFrame+stampStep, 3*middle(steadiness(least))); math.Abs(d) > max(noise, math.Abs(late)) {
			late, span = d, width*(parts-3)
		}
	}
	return late, span
}

// drift is the change from the first two of a list to the last two. A host that is busy for a while shows in one of
// them, so that both have to agree.
func drift(list []float64) float64 {
	a, b, y, z := list[0], list[1], list[len(list)-2], list[len(list)-1]
	if up := min(y, z) - max(a, b); up > 0 {
		return up
	}
	return min(max(y, z)-min(a, b), 0)
}

// leastOf are the smallest delays of each part of a trace that has any, and the length of a part in s.
func leastOf(points []point) (least []float64, width float64) {
	if len(points) < enough {
		return nil, 0
	}
	first, last := points[0].x, points[len(points)-1].x
	width = (last - first) / parts
	part := -1
	for _, p := range points {
		if i := min(int((p.x-first)/width), parts-1); i > part {
			part = i
			least = append(least, p.y)
		}
		least[len(least)-1] = min(least[len(least)-1], p.y)
	}
	return least, width
}

// steadiness are the distances of neighbours.
func steadiness(list []float64) []float64 {
	var d []float64
	for i := 1; i < len(list); i++ {
		d = append(d, math.Abs(list[i]-list[i-1]))
	}
	return d
}

// stampsAhead are the instrument's stamps: how far its time is ahead of its samples.
func stampsAhead(side trace.Side) []point {
	var points []point
	for _, e := range side.Events {
		if e.Kind == trace.Stamp {
			x := float64(side.First+e.Index) / side.Header.Rate
			points = append(points, point{x, e.Value - x})
		}
	}
	return points
}

// BeaconRate returns by how many ppm a wake interval that was found in a trace is longer than the whole number of beacon
// intervals that is closest to it. Access points and hosts have crystals: more than 100 ppm mean that samples were lost, or
// that the beacon interval is not the one that was thought, and come with a problem, which is nil otherwise.
func BeaconRate(interval, beacon time.Duration) (ppm float64, problem *Problem) {
	n := max(math.Round(float64(interval)/float64(beacon)), 1)
	ppm = (float64(interval)/(n*float64(beacon)) - 1) * 1e6
	if math.Abs(ppm) <= beaconSpread {
		return ppm, nil
	}
	return ppm, &Problem{
		Name: "beacon-rate",
		Text: fmt.Sprintf("the wake interval of %v is %+.0f ppm off %g beacon intervals of %v, and two crystals are not: samples were lost, or the access point's interval is another one", interval, ppm, n, beacon),
		Do:   "Compare the access point's beacon interval with the rig file; then look for lost samples.",
	}
}
