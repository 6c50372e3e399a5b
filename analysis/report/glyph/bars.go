package glyph

import (
	"math"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// eighths fill a column from the left.
var eighths = []rune(" ▏▎▍▌▋▊▉█")

// bar is length columns, to an eighth of one, or to a whole one in ASCII.
func bar(length float64, ink Ink) string {
	if ink.ASCII {
		return strings.Repeat("#", int(math.Round(length)))
	}
	whole := int(length)
	part := int(math.Round(8 * (length - float64(whole))))
	text := strings.Repeat("█", whole)
	if part > 0 {
		text += string(eighths[part])
	}
	return text
}

// upTo fills text with the sign of what is missing up to length columns.
func upTo(text string, length float64, sign string) string {
	return text + strings.Repeat(sign, max(int(math.Round(length))-len([]rune(text)), 0))
}

// primary shows what runs are about: bars, and how far each is from the ceiling of its
// link; of times, how much of each is the least that is possible.
func primary(all []Side, metric string, ink Ink) []string {
	bound := analysis.Bound(metric)
	var rows []row
	var cases []analysis.Case
	of, most := 0, 0.0
	for _, side := range all {
		some, n := shown(side.Summary, func(c analysis.Case) bool { _, ok := c.Metrics[metric]; return ok && c.Metrics[metric].Median >= 0 }, mostRows/len(all))
		of += n
		for _, c := range some {
			rows = append(rows, row{strings.TrimSpace(side.Letter + " " + label(side.Summary, c)), figures(c, metric)})
			cases = append(cases, c)
			most = max(most, c.Metrics[metric].Median, c.Metrics[bound].Median)
		}
	}
	if len(rows) < 2 || most <= 0 {
		return nil
	}
	full, light := "█", "░"
	if ink.ASCII {
		full, light = "#", "."
	}
	head := title(metric) + against(all[0].Summary, len(rows), of)
	hasBound := bound != "" && analysis.Shows(cases, bound)
	switch {
	case hasBound && bound == "ceiling":
		head += ": " + full + " reached, " + light + " up to the ceiling"
	case hasBound:
		head += ": " + full + " the least possible, " + light + " beyond it"
	}
	head += emulated(all)
	return table(head, rows, ink, func(i, room int) string {
		at := func(metric string) float64 { return cases[i].Metrics[metric].Median / most * float64(room) }
		_, has := cases[i].Metrics[bound]
		if !has {
			return bar(at(metric), ink)
		}
		return upTo(bar(min(at(metric), at(bound)), ink), max(at(metric), at(bound)), light)
	})
}

// figures are the median of a case, half its interval's width, and its efficiency.
func figures(c analysis.Case, metric string) string {
	st := c.Metrics[metric]
	text := chart.Quantity(metric, st.Median)
	if w, ok := st.RelHalfWidth(); ok {
		text += " ±" + results.FormatQuantity(w, "")
	}
	if e, ok := c.Metrics["efficiency"]; ok && metric == "goodput" {
		text += "  " + chart.Quantity("efficiency", e.Median)
	}
	return text
}

// shades tell stages apart, in the order of an exchange.
var shades, asciiShades = []string{"█", "▒", "░", "▓", "╱", "▚", "·"}, []string{"#", "=", "-", "%", "/", "o", "."}

// leastShare is the least part of an exchange that a bar can show.
const leastShare = 0.01

// stages shows where the time of an exchange goes.
func stages(s *analysis.Summary, ink Ink) []string {
	cases, of := shown(s, func(c analysis.Case) bool { return len(c.Stages) > 0 }, mostRows)
	if len(cases) < 2 {
		return nil
	}
	signs := shades
	if ink.ASCII {
		signs = asciiShades
	}
	sign := map[string]string{}
	var legend []string
	var rows []row
	for _, c := range cases {
		sum := 0.0
		for _, part := range c.Stages {
			sum += part.Seconds
			if sign[part.Name] == "" && part.Fraction >= leastShare {
				sign[part.Name] = signs[len(legend)%len(signs)]
				legend = append(legend, sign[part.Name]+" "+part.Name)
			}
		}
		rows = append(rows, row{label(s, c), results.FormatQuantity(sum, "s")})
	}
	head := "where the time goes" + against(s, len(rows), of) + ": " + strings.Join(legend, ", ") + emulated([]Side{{Summary: s}})
	return table(head, rows, ink, func(i, room int) string {
		text, sum := "", 0.0
		for _, part := range cases[i].Stages {
			sum += part.Fraction
			if sign[part.Name] == "" {
				continue
			}
			text = upTo(text, sum*float64(room), sign[part.Name])
		}
		return text
	})
}
