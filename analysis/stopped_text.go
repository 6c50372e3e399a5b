package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"st67bench/results"
)

// Stopped says in a sentence how far the run got with what its scenario wanted to be tight; empty when that was nothing. Of
// repeats it adds whose width that is, since a table shows the one of the median.
func (s *Summary) Stopped() string {
	var all int
	var tight []int
	of := ""
	for _, c := range s.Cases {
		if c.Stop == nil {
			continue
		}
		all++
		of = c.Stop.Of
		if c.Stop.Reason == StopTight {
			tight = append(tight, c.Stop.N)
		}
	}
	if all == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %d cases tight", len(tight), all)
	if len(tight) > 0 {
		text += fmt.Sprintf(" after %s %s", fromTo(slices.Min(tight), slices.Max(tight)), of)
	}
	if of == "repeats" {
		text += ", by the t interval of their mean (in the table, ± is of the median)"
	}
	return text
}

// fromTo is "8", or "8 to 14".
func fromTo(least, most int) string {
	if least == most {
		return strconv.Itoa(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// warnWide tells of cases that did not become as tight as the scenario wanted, and what to do.
func warnWide(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	for _, reason := range []string{StopFutile, StopMax, StopBudget, StopMissing} {
		var keys, texts []string
		for _, c := range s.Cases {
			if c.Stop != nil && c.Stop.Reason == reason {
				keys, texts = append(keys, c.Key), append(texts, c.Key+": "+c.Stop.String())
			}
		}
		if len(keys) == 0 {
			continue
		}
		const shown = 3
		if more := len(texts) - shown; more > 0 {
			texts = append(texts[:shown], fmt.Sprintf("and %d more", more))
		}
		out = append(out, Warning{Code: "wide", Cases: keys, Text: strings.Join(texts, "; ") + ". " + wideHint[reason]})
	}
	return out
}

var wideHint = map[string]string{
	StopFutile:  "Find what varies from boot to boot, or ask for less with until",
	StopMax:     "Allow more, ask for less with until, or find what varies",
	StopBudget:  "Give a larger budget, or ask for less with until",
	StopMissing: "Quantiles take longer repeats, energies a meter; or take it out of until",
}

// String is where the case ended: "goodput ±3.4 % after 20 repeats, wanted ±2 %, which takes about 58".
func (s *Stop) String() string {
	m, _ := results.LookupMetric(s.Metric)
	if s.Reason == StopMissing {
		return fmt.Sprintf("no %s in %d %s", m.Title, s.N, s.Of)
	}
	text := fmt.Sprintf("%s after %d %s, wanted ±%s", m.Title, s.N, s.Of, share(s.Target))
	if s.HalfWidth != nil {
		text = fmt.Sprintf("%s ±%s after %d %s, wanted ±%s", m.Title, share(*s.HalfWidth), s.N, s.Of, share(s.Target))
	}
	if s.Needs > 0 {
		text += fmt.Sprintf(", which takes about %d", s.Needs)
	}
	return text
}
