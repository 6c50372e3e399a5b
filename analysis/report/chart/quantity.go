package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/results"
)

// Quantity formats a value of a metric. One that this version does not know, as of
// a later one, is a plain number.
func Quantity(metric string, v float64) string {
	m, ok := results.LookupMetric(metric)
	if !ok {
		m.Unit = "1"
	}
	return m.Format(v)
}

// unitsOfLevels are what the levels of a factor are counted in. Others speak for themselves.
var unitsOfLevels = map[string]string{"length": "B", "transmit": "B", "read": "B", "rate": "bit/s"}

// UnitOfLevels is the unit of a factor's levels, where they are a quantity: "B", or nothing.
func UnitOfLevels(factor string) string { return unitsOfLevels[factor] }

// LevelText is a level with its unit: "1.20 Mbit/s".
func LevelText(factor, level string) string {
	if v, err := strconv.ParseFloat(level, 64); err == nil && unitsOfLevels[factor] != "" {
		return results.FormatQuantity(v, unitsOfLevels[factor])
	}
	return level
}

// Title is what a metric is called; of one that this version does not know its name.
func Title(metric string) string {
	m, ok := results.LookupMetric(metric)
	if !ok {
		return metric
	}
	return m.Title
}

// farApart is from which ratio of values their axis is logarithmic: on a linear one
// the small ones would be a line at the bottom.
const farApart = 50

// YAxis is linear from zero on, or logarithmic for values that are far apart.
func YAxis(name, metric string, values []float64) opts.YAxis {
	low, high := 0.0, 0.0
	for i, v := range values {
		if i == 0 {
			low, high = v, v
		}
		low, high = min(low, v), max(high, v)
	}
	label := AxisLabel(FormatterOf(metric))
	if low > 0 && high > farApart*low {
		return opts.YAxis{Type: "log", Name: name + " (log scale)", AxisLabel: label}
	}
	y := opts.YAxis{Type: "value", Name: name, AxisLabel: label}
	if low >= 0 {
		y.Min = 0
	}
	return y
}

// FormatterOf is how the axis of a metric is labelled.
func FormatterOf(metric string) string {
	m, ok := results.LookupMetric(metric)
	switch {
	case !ok:
		return Plain
	case m.Unit == "bit/s":
		return Bitrate
	case m.Unit == "s":
		return Seconds
	case m.Unit == "B":
		return Bytes
	case m.Unit == "":
		return Percent
	case m.Metered() || m.Unit == "1/s":
		return In + m.Unit
	}
	return Plain
}

// Describe is a statistic in words: "7.10 Mbit/s [7.02, 7.15], n 6".
func Describe(metric string, st analysis.Stat) string {
	text := Quantity(metric, st.Median)
	if iv := IntervalText(metric, st); iv != "" {
		text += " " + iv
	}
	return text + fmt.Sprintf(", n %d", st.N)
}

func IntervalText(metric string, st analysis.Stat) string {
	if st.Interval == nil {
		return ""
	}
	return "[" + Quantity(metric, st.Interval.Lo) + ", " + Quantity(metric, st.Interval.Hi) + "]"
}

// Capital begins a sentence with this text, which is not empty.
func Capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// Some says whether the metric is more than nothing in some case.
func Some(s *analysis.Summary, metric string) bool {
	return slices.ContainsFunc(s.Cases, func(c analysis.Case) bool { return c.Metrics[metric].Max > 0 })
}

// Spread picks at most most cases, or what there is one of for each case, evenly over the sweep, the first and the last among them.
func Spread[T any](cases []T, most int) []T {
	if len(cases) <= most {
		return cases
	}
	out := make([]T, most)
	for i := range out {
		out[i] = cases[i*(len(cases)-1)/max(most-1, 1)]
	}
	return out
}

// Aligned says how well the traces behind figures of the current are aligned to the host's clock, the worst of them; empty of
// other metrics.
func Aligned(s *analysis.Summary, metric string) string {
	worst := 0.0
	for _, c := range s.Cases {
		if m, ok := c.Metrics["alignment"]; ok {
			worst = max(worst, m.Max)
		}
	}
	if m, _ := results.LookupMetric(metric); worst == 0 || !m.Metered() {
		return ""
	}
	return " Alignment of trace and host: ±" + results.FormatQuantity(worst, "s") + "."
}
