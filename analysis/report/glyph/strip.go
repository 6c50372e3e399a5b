package glyph

import (
	"math"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// quantileNames are those that a strip marks, by the suffix of their metric.
var quantileNames = []quantileName{{"_p50", "p50", "▌", "5"}, {"_p90", "p90", "┤", "9"}, {"_p99", "p99", "●", "*"}}

type quantileName struct{ suffix, name, sign, ascii string }

func (q quantileName) in(ink Ink) string {
	if ink.ASCII {
		return q.ascii
	}
	return q.sign
}

// latencies are the series whose quantiles a strip shows: the first that a run has.
var latencies = []string{"rtt", "wake_latency", "duration", "service", "send_latency"}

// quantiles shows how a latency is spread, on one logarithmic scale for all cases.
func quantiles(s *analysis.Summary, ink Ink) []string {
	i := slices.IndexFunc(latencies, func(name string) bool {
		return slices.ContainsFunc(s.Cases, func(c analysis.Case) bool { return len(marksOf(c, name)) > 1 })
	})
	if i < 0 {
		return nil
	}
	name := latencies[i]
	cases, of := shown(s, func(c analysis.Case) bool { return len(marksOf(c, name)) > 0 }, mostRows)
	low, high := math.Inf(1), 0.0
	var rows []row
	most := 0
	for _, c := range cases {
		marks := marksOf(c, name)
		most = max(most, marks[len(marks)-1].of)
		low, high = min(low, marks[0].value), max(high, marks[len(marks)-1].value)
		var words []string
		for _, m := range marks {
			words = append(words, chart.Quantity(name+"_p50", m.value))
		}
		rows = append(rows, row{label(s, c), strings.Join(words, ", ")})
	}
	if len(rows) < 2 || high <= low {
		return nil
	}
	line := "─"
	var legend []string
	for _, q := range quantileNames[:most+1] {
		legend = append(legend, q.in(ink)+" "+q.name)
	}
	if ink.ASCII {
		line = "-"
	}
	head := strings.TrimSuffix(title(name+"_p50"), " p50") + against(s, len(rows), of) + ", log scale: " + strings.Join(legend, ", ") + emulated([]Side{{Summary: s}})
	return table(head, rows, ink, func(i, room int) string {
		cells := slices.Repeat([]string{" "}, room)
		marks := marksOf(cases[i], name)
		at := func(v float64) int { return int(math.Round(math.Log(v/low) / math.Log(high/low) * float64(room-1))) }
		for k := at(marks[0].value); k < at(marks[len(marks)-1].value); k++ {
			cells[k] = line
		}
		for _, m := range slices.Backward(marks) { // where two fall together the lower is shown
			cells[at(m.value)] = quantileNames[m.of].in(ink)
		}
		return strings.TrimRight(strings.Join(cells, ""), " ")
	})
}

// mark is a quantile of a case.
type mark struct {
	of    int // of quantileNames
	value float64
}

// marksOf are the quantiles that a case can carry, ascending; what is no time is none.
func marksOf(c analysis.Case, name string) []mark {
	var out []mark
	for i, q := range quantileNames {
		if st, ok := c.Metrics[name+q.suffix]; ok && st.Median > 0 {
			out = append(out, mark{i, st.Median})
		}
	}
	return out
}
