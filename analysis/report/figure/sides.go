package figure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// Sides are several runs of one sweep to be seen side by side, each against its
// own ceiling: the same scenario over different links, for example. It shows
// them and does not judge: whether a difference is one takes a comparison.
type Sides struct {
	Axis string // the factor that all runs sweep
	Runs []Side
}

// Side is one of the runs.
type Side struct {
	*analysis.Summary
	Link string // "spi 20 MHz", and that it is emulated
	Name string // the run's name, which no other of the runs has
}

// Label names the run where there is room for one line only.
func (r Side) Label() string { return r.Link + ", " + r.Name }

// NewSides puts runs, at least one, side by side in this order. It is an error when they have
// no swept factor in common and are not of one scenario either.
func NewSides(all []*analysis.Summary) (*Sides, error) {
	axis, ok := commonAxis(all)
	if !ok {
		var found []string
		for _, s := range all {
			found = append(found, fmt.Sprintf("%s (%s)", s.Scenario, sweepText(s)))
		}
		return nil, fmt.Errorf("these runs have no swept factor in common and cannot stand side by side: %s; name runs of one scenario", strings.Join(found, ", "))
	}
	v := &Sides{Axis: axis}
	taken := map[string]int{}
	for _, s := range all {
		r := Side{Summary: s, Link: linkText(s), Name: s.Run}
		taken[s.Run]++
		if n := taken[s.Run]; n > 1 { // of another folder, or named twice
			r.Name += fmt.Sprintf(" (%d)", n)
		}
		v.Runs = append(v.Runs, r)
	}
	return v, nil
}

// commonAxis is the factor with the most levels among those that every run has.
func commonAxis(all []*analysis.Summary) (axis string, ok bool) {
	most, same := 0, true
	for _, f := range factorsOf(all) {
		if n := len(unionOf(all, f)); n > most {
			axis, most = f, n
		}
	}
	for _, s := range all {
		same = same && s.Scenario == all[0].Scenario && len(s.Factors) == 0
	}
	if most == 0 && same { // a scenario without a sweep: its cases are the axis
		return "case", true
	}
	return axis, most > 0
}

// factorsOf are the factors that every run has.
func factorsOf(all []*analysis.Summary) []string {
	var out []string
	for _, f := range all[0].Factors {
		if !slices.ContainsFunc(all, func(s *analysis.Summary) bool { return !slices.Contains(s.Factors, f) }) {
			out = append(out, f)
		}
	}
	return out
}

// unionOf are the levels of a factor over all runs, in the order in which they come up.
func unionOf(all []*analysis.Summary, factor string) []string {
	var out []string
	for _, s := range all {
		for _, l := range levelsOf(s, factor) {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	return out
}

func sweepText(s *analysis.Summary) string {
	if len(s.Factors) == 0 {
		return "sweeps nothing"
	}
	return "sweeps " + strings.Join(s.Factors, ", ")
}

// linkText is the link of a run with its rate: "uart 2000000 baud".
func linkText(s *analysis.Summary) string {
	text := s.Identity["link"]
	if text == "" {
		text = "unknown link"
	}
	if speed := s.Identity["speed"]; speed != "" {
		if hz, err := strconv.ParseFloat(speed, 64); err == nil {
			speed = strconv.FormatFloat(hz/1e6, 'f', -1, 64) + " MHz"
		}
		text += " " + speed
	}
	if baud := s.Identity["baud"]; baud != "" && baud != "0" {
		text += " " + baud + " baud"
	}
	if s.Emulated {
		text += " (emulated)"
	}
	return text
}

// CeilingShare says how near a run came to its ceiling at its highest goodput.
func CeilingShare(s *analysis.Summary) string {
	var best *analysis.Case
	for i := range s.Cases {
		g, ok := s.Cases[i].Metrics["goodput"]
		if ok && (best == nil || g.Median > best.Metrics["goodput"].Median) {
			best = &s.Cases[i]
		}
	}
	switch {
	case s.Primary() == "":
		return "nothing was measured"
	case best == nil || s.Primary() != "goodput":
		return strings.TrimSuffix(s.Verdict, ".")
	}
	text := fmt.Sprintf("highest goodput %s at %s", chart.Quantity("goodput", best.Metrics["goodput"].Median), s.Label(*best))
	ceiling, bounded := best.Metrics["ceiling"]
	share, known := best.Metrics["efficiency"]
	if !bounded || !known {
		return text + ", no ceiling known"
	}
	return text + fmt.Sprintf(", %s of its ceiling of %s", results.FormatQuantity(share.Median, ""), chart.Quantity("ceiling", ceiling.Median))
}
