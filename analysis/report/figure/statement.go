package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

const (
	mostName = 40   // of the name of a case in one
	alike    = 0.02 // values that differ by no more than this share hardly differ
)

// statement is a sentence of parts, of which those are left out from the one on with which it gets too long.
func statement(first string, parts ...string) string {
	text := chart.Capital(first)
	for _, p := range parts {
		if len([]rune(text+p)) > chart.MostTitle {
			break
		}
		text += p
	}
	return text
}

// name is a case in a sentence or a legend: the levels that differ between the cases of the run.
func name(s *analysis.Summary, c analysis.Case) string {
	var parts []string
	for _, f := range s.Factors {
		if len(levelsOf(s, f)) > 1 {
			parts = append(parts, f+" "+chart.LevelText(f, c.Factors[f]))
		}
	}
	if len(parts) == 0 {
		return short(s.Label(c))
	}
	return short(strings.Join(parts, ", "))
}

// short cuts a name that is too long for a sentence.
func short(text string) string {
	if r := []rune(text); len(r) > mostName {
		return string(r[:mostName-1]) + "…"
	}
	return text
}

// measured are the cases that have a metric, by ascending median.
func measured(s *analysis.Summary, metric string) []analysis.Case {
	cases := slices.DeleteFunc(slices.Clone(s.Cases), func(c analysis.Case) bool { _, ok := c.Metrics[metric]; return !ok })
	slices.SortStableFunc(cases, func(a, b analysis.Case) int { return cmp.Compare(a.Metrics[metric].Median, b.Metrics[metric].Median) })
	return cases
}

// titleOf is what a metric is called in a sentence.
func titleOf(metric string) string {
	if metric == "rate" {
		return "rate of events"
	}
	m, _ := results.LookupMetric(metric)
	title, _, _ := strings.Cut(cmp.Or(m.Title, metric), " (")
	return title
}

// claim says how a metric goes over the axis of its plot; of several lines, where it is the highest and the lowest.
func (p plot) claim(s *analysis.Summary, called string) string {
	metric := p.lines[0].metric
	if quantile := strings.LastIndex(metric, "_p"); quantile >= 0 && quantile == len(metric)-len("_p50") {
		called = titleOf(metric)
	}
	cases := measured(s, metric)
	if len(cases) == 0 {
		return chart.Capital(called) + " against " + p.axis
	}
	value := func(c analysis.Case) string { return chart.Quantity(metric, c.Metrics[metric].Median) }
	low, high := cases[0], cases[len(cases)-1]
	if value(low) == value(high) || flat(low.Metrics[metric].Median, high.Metrics[metric].Median) {
		return statement(called+" hardly depends on "+strings.Join(p.varied(s), " or "), ": "+between(value(low), value(high)))
	}
	if p.axis == offered && metric == "datagram_loss" && p.single(s) {
		return lossClaim(s, cases)
	}
	if p.numeric && p.single(s) {
		return p.slope(called, value, cases, high)
	}
	if better, _ := results.LookupMetric(metric); better.Better < 0 {
		return statement(fmt.Sprintf("%s is lowest at %s: %s", called, name(s, low), value(low)), fmt.Sprintf("; highest at %s: %s", name(s, high), value(high)))
	}
	return statement(fmt.Sprintf("%s is highest at %s: %s", called, name(s, high), value(high)), share(high, metric),
		fmt.Sprintf("; lowest at %s: %s", name(s, low), value(low)))
}

// slope says where a single line begins and ends, if it rises or falls, or else where its extreme is. cases ascend by value.
func (p plot) slope(called string, value func(analysis.Case) string, cases []analysis.Case, high analysis.Case) string {
	at := func(c analysis.Case) string { return value(c) + " at " + chart.LevelText(p.axis, c.Factors[p.axis]) }
	along := slices.Clone(cases)
	slices.SortStableFunc(along, func(a, b analysis.Case) int { return cmp.Compare(height([]any{p.x(a)}, 0), height([]any{p.x(b)}, 0)) })
	first, last := along[0], along[len(along)-1]
	metric := p.lines[0].metric
	switch {
	case first.Key == cases[0].Key && last.Key == high.Key:
		return statement(called+" rises with "+p.axis, fmt.Sprintf(": %s to %s", at(first), at(last)), share(last, metric))
	case last.Key == cases[0].Key && first.Key == high.Key:
		return statement(called+" falls with "+p.axis, fmt.Sprintf(": %s to %s", at(first), at(last)))
	}
	if better, _ := results.LookupMetric(metric); better.Better < 0 {
		return statement(fmt.Sprintf("%s is lowest at %s %s: %s", called, p.axis, chart.LevelText(p.axis, cases[0].Factors[p.axis]), value(cases[0])), "; highest is "+at(high))
	}
	return statement(fmt.Sprintf("%s is highest at %s %s: %s", called, p.axis, chart.LevelText(p.axis, high.Factors[p.axis]), value(high)), share(high, metric), "; lowest is "+at(cases[0]))
}

// share is how near a goodput is to its ceiling.
func share(c analysis.Case, metric string) string {
	if text := efficiency(c); metric == "goodput" && text != "" {
		return ", " + text
	}
	return ""
}

// flat says whether two values are so near that their difference is not worth a sentence.
func flat(low, high float64) bool { return low > 0 && high <= low*(1+alike) }

func between(low, high string) string {
	if low == high {
		return low
	}
	return low + " to " + high
}

// lossClaim says up to which offered load nothing, or little, is lost. cases ascend by loss.
func lossClaim(s *analysis.Summary, cases []analysis.Case) string {
	load := func(c analysis.Case) float64 { v, _ := strconv.ParseFloat(c.Factors[offered], 64); return v }
	along := slices.Clone(cases)
	slices.SortFunc(along, func(a, b analysis.Case) int { return cmp.Compare(load(a), load(b)) })
	lost := func(c analysis.Case) float64 { return c.Metrics["datagram_loss"].Median }
	begin := slices.IndexFunc(along, func(c analysis.Case) bool { return lost(c) > 0 })
	last := along[len(along)-1]
	end := fmt.Sprintf("; %s at %s", chart.Quantity("datagram_loss", lost(last)), results.FormatQuantity(load(last), "bit/s"))
	if begin > 0 && lost(along[begin]) >= 0.001 {
		return statement(fmt.Sprintf("Loss begins above %s offered: %s at %s", results.FormatQuantity(load(along[begin-1]), "bit/s"),
			chart.Quantity("datagram_loss", lost(along[begin])), results.FormatQuantity(load(along[begin]), "bit/s")), unless(begin == len(along)-1, end))
	}
	low, high := cases[0], cases[len(cases)-1]
	return statement(fmt.Sprintf("From %s to %s of the datagrams are lost", chart.Quantity("datagram_loss", lost(low)), chart.Quantity("datagram_loss", lost(high))),
		fmt.Sprintf(", least at %s, most at %s", name(s, low), name(s, high)))
}

// an is a noun with its article: "an outage".
func an(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

func unless(not bool, text string) string {
	if not {
		return ""
	}
	return text
}

// basis is that of medians of a metric.
func basis(s *analysis.Summary, metric string) chart.Basis {
	m, _ := results.LookupMetric(metric)
	return chart.Medians(s, metric, unitText(m.Unit), "results.jsonl")
}

// unitText is the unit of a metric for people.
func unitText(unit string) string {
	switch unit {
	case "":
		return "share"
	case "1":
		return "count"
	}
	return unit
}
