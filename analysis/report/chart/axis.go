package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/opts"
)

// Elapsed is an axis of the time since something began, up to the last instant. That is at no round number, and may be close to
// one, so it has no label.
func Elapsed(since string) opts.XAxis {
	label := AxisLabel(Seconds)
	label.ShowMaxLabel = opts.Bool(false)
	return opts.XAxis{Type: "value", Name: "time since " + since, NameLocation: "middle", NameGap: 30, Min: 0, Max: "dataMax", AxisLabel: label}
}

// Outward are the ends of a logarithmic axis for values from low, which is above 0, to high: two digits, and a little beyond the
// values, so that no curve lies on the edge.
func Outward(low, high float64) (least, most float64) {
	const beyond = 1.02
	step := func(v float64) float64 { return math.Pow(10, math.Floor(math.Log10(v))-1) }
	low, high = low/beyond, high*beyond
	return Round(math.Floor(low/step(low)) * step(low)), Round(math.Ceil(high/step(high)) * step(high))
}

// RoomForEnds is for an x axis that does not begin at 0: its first label would run into the lowest one of the y axis, and the last
// stands half beside the chart.
func RoomForEnds(option map[string]any) {
	option["grid"].([]any)[0].(map[string]any)["right"] = "48"
	option["xAxis"].([]any)[0].(map[string]any)["axisLabel"].(map[string]any)["alignMinLabel"] = "left"
}
