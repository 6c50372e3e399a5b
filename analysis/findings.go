package analysis

import (
	"fmt"
	"slices"
	"strings"

	"st67bench/results"
)

// From where on something is said in a finding; fractions.
const (
	sayStage   = 0.10 // a stage beside the largest
	sayLimit   = 0.50 // what takes half is the limit
	sayBlocked = 0.10 // below it the source never had to wait
	sayAll     = 0.99 // a stage that is all there is tells nothing
)

// findings say where the limit is, in sentences: one rule for each kind of
// figure, by the metrics that the cases have.
func findings(s *Summary, run *results.Run) []string {
	rules := []func(*Summary) string{findLine, findBlocked, findBothWays, findRoundTrip, findQueue, findDuration, findTrend, findLossless, findVariation}
	var out []string
	for _, rule := range rules {
		if text := rule(s); text != "" {
			out = append(out, capital(text)+".")
		}
	}
	return append(out, findFigures(run)...)
}

// findFigures says whose a figure of iperf is, where that was recorded.
func findFigures(run *results.Run) []string {
	var out []string
	for _, said := range grouped(run.Results, func(r results.Result) string {
		by, tool := r.Conditions["iperf_by"], r.Conditions["iperf_tool"]
		if by == "" || tool == "" {
			return by
		}
		return by + " (iperf: " + tool + ")"
	}) {
		text := "The figure is that of " + said.text
		if len(said.cases) < len(run.Cases) {
			text += " at " + list(said.cases)
		}
		out = append(out, text+".")
	}
	return out
}

// said is a text that results carry, and the cases whose results do.
type said struct {
	text  string
	cases []string
}

// grouped are the texts that of finds in the results, in the order in which they come up.
func grouped(all []results.Result, of func(results.Result) string) []said {
	var out []said
	for _, r := range all {
		text := of(r)
		if text == "" {
			continue
		}
		i := slices.IndexFunc(out, func(s said) bool { return s.text == text })
		if i < 0 {
			i = len(out)
			out = append(out, said{text: text})
		}
		if !slices.Contains(out[i].cases, r.Case) {
			out[i].cases = append(out[i].cases, r.Case)
		}
	}
	return out
}

// findLine says how much of its rate the line carries where it carries least, what
// takes the time there, and where it carries most, which is all when the rate was given.
func findLine(s *Summary) string {
	if s.Primary() != "goodput" {
		return ""
	}
	low, high := extremes(s.Cases, "line_share")
	if low == nil {
		return findStages(s)
	}
	if slices.Contains(s.Factors, "rate") { // how little is carried of little that is offered says nothing
		low = high
	}
	carried, _ := low.median("line_share")
	text := fmt.Sprintf("%s%s carries %s of its line rate", s.at(*low), line(s), share(carried))
	if parts := s.spent(*low); parts != "" {
		text += ": " + parts
	}
	if high == low {
		return text
	}
	carried, _ = high.median("line_share")
	text += fmt.Sprintf("; %s%s", s.at(*high), share(carried))
	if largest := high.bySize(); len(largest) > 0 {
		text += ": " + s.text(largest[0])
	}
	return text
}

// findStages is findLine where the line's share is not known.
func findStages(s *Summary) string {
	worst, high := extremes(s.Cases, "goodput")
	if slices.Contains(s.Factors, "rate") {
		worst = high
	}
	if worst == nil || len(worst.Stages) == 0 {
		return ""
	}
	return s.at(*worst) + s.spent(*worst)
}

// spent says what takes the time of a case: the largest stage that is not the
// line's own work, and the next one; or the line, when it takes most.
func (s *Summary) spent(c Case) string {
	bySize := c.bySize()
	if len(bySize) == 0 {
		return ""
	}
	if wire(bySize[0].Name) && bySize[0].Fraction >= coverLargest {
		text := s.text(bySize[0])
		if carried, ok := c.median("line_share"); !ok || carried >= coverLargest { // else what was offered was the limit
			text += ", the line is the limit"
		}
		return text
	}
	text, named := "", 0
	for _, sh := range bySize {
		switch {
		case wire(sh.Name) || named == 2 || named == 1 && sh.Fraction < sayStage:
			continue
		case named == 0:
			text = s.text(sh)
		default:
			text += fmt.Sprintf(", %s %s", share(sh.Fraction), s.does(sh.Name))
		}
		named++
	}
	if c.stage("wait")+c.stage("radio")+c.stage("peer") >= sayLimit {
		text += ", the peer or the radio is the limit"
	}
	return text
}

// text is "31 % of the time goes to the command".
func (s *Summary) text(sh Share) string {
	return share(sh.Fraction) + " of the time " + s.does(sh.Name)
}

// does is what a stage is in a sentence.
func (s *Summary) does(name string) string {
	if name == "wait" && (s.Event == "read" || s.Event == "piece") {
		return "waits for data"
	}
	return stageTable[slices.IndexFunc(stageTable, func(s stage) bool { return s.name == name })].does
}

func wire(name string) bool {
	return slices.ContainsFunc(stageTable, func(s stage) bool { return s.name == name && s.wire })
}

// findBlocked says who holds a download back.
func findBlocked(s *Summary) string {
	low, high := extremes(s.Cases, "blocked")
	if high == nil || Shows(s.Cases, "datagrams") { // nothing holds datagrams back
		return ""
	}
	least, most := low.Metrics["blocked"].Median, high.Metrics["blocked"].Median
	switch {
	case most < sayBlocked && !s.ample():
		return "the peer's source hardly ever had to wait: the peer or its offered rate is the limit, not the module"
	case least >= sayLimit && high.stage("wait") >= sayLimit:
		return fmt.Sprintf("the peer's source was held off for %s of the time while the module waited for data: the radio between them is the limit", share(most))
	case least >= sayLimit:
		return fmt.Sprintf("the peer's source was held off for at least %s of the time: the module holds the network off", share(least))
	case most >= sayLimit:
		return fmt.Sprintf("%sthe peer's source was held off for %s of the time: the module holds the network off", s.at(*high), share(most))
	}
	return ""
}

// ample says whether what was offered, or the line, is known to have been the limit of
// some case: then it needs no source that had to wait.
func (s *Summary) ample() bool {
	_, best := extremes(s.Cases, "efficiency")
	return slices.Contains(s.Factors, "rate") || best != nil && best.Metrics["efficiency"].Median >= coverLargest
}

// findBothWays says how a sum of goodputs is made up.
func findBothWays(s *Summary) string {
	_, best := extremes(s.Cases, "goodput")
	if best == nil {
		return ""
	}
	up, isUp := best.median("goodput_up")
	down, isDown := best.median("goodput_down")
	if !isUp || !isDown {
		return ""
	}
	return fmt.Sprintf("%s%s go up while %s come down", s.at(*best), results.FormatQuantity(up, "bit/s"), results.FormatQuantity(down, "bit/s"))
}

// findRoundTrip says what the slowest round trip is made of.
func findRoundTrip(s *Summary) string {
	_, worst := extremes(s.Cases, "rtt_p50")
	if worst == nil {
		return ""
	}
	var parts []string
	if bound, ok := worst.median("bound"); ok {
		parts = append(parts, seconds(bound)+" is the bound")
	}
	for _, way := range []struct{ metric, is string }{{"delay_up_p50", "the way up"}, {"delay_down_p50", "the way down"}} {
		if v, ok := worst.median(way.metric); ok {
			parts = append(parts, seconds(v)+" is "+way.is)
		}
	}
	text := ""
	if len(parts) > 0 {
		text = "of " + seconds(worst.Metrics["rtt_p50"].Median) + " at p50, " + and(parts)
	}
	if largest := worst.bySize(); len(parts) < 2 && len(largest) > 1 && largest[0].Fraction < sayAll {
		text = strings.Join(nonEmpty(text, s.text(largest[0])), "; ")
	}
	if text == "" {
		return ""
	}
	return s.at(*worst) + text
}

func nonEmpty(parts ...string) []string {
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// findQueue tells of an open loop in which events waited for the one before.
func findQueue(s *Summary) string {
	_, worst := extremes(s.Cases, "rtt_p50")
	if worst == nil {
		return ""
	}
	service, ok := worst.median("service_p50")
	rtt := worst.Metrics["rtt_p50"].Median
	if !ok || rtt <= 0 || (rtt-service)/rtt < sayStage {
		return ""
	}
	return fmt.Sprintf("%sthe module answers within %s at p50: the rest, %s, is the wait of a %s for its turn",
		s.at(*worst), seconds(service), seconds(rtt-service), s.Event)
}

// findDuration says what a join, or anything else that is timed as a whole, waits for.
func findDuration(s *Summary) string {
	primary := s.Primary()
	if primary == "goodput" || primary == "rtt_p50" {
		return ""
	}
	low, worst := extremes(s.Cases, primary)
	if m, _ := results.LookupMetric(primary); m.Better > 0 {
		worst = low
	}
	if worst == nil || len(worst.Stages) == 0 {
		return ""
	}
	largest := worst.bySize()[0]
	return fmt.Sprintf("%s%s of %s %s", s.at(*worst), seconds(largest.Seconds), seconds(worst.Total()), s.does(largest.Name))
}

// findTrend says how a long run changed.
func findTrend(s *Summary) string {
	var parts []string
	if low, _ := extremes(s.Cases, "goodput_slope"); low != nil {
		text := "goodput did not fade measurably"
		_, worst := extremes(s.Cases, "decay")
		switch {
		case worst != nil:
			text = "goodput fell by " + share(worst.Metrics["decay"].Median)
		case fades(low.Metrics["goodput_slope"]):
			text = "goodput changed by " + signed(low.Metrics["goodput_slope"].Median, "") + " an hour"
		}
		parts = append(parts, text)
	}
	for _, heap := range []struct{ metric, per string }{{"heap_slope", "with each " + s.Event}, {"heap_hourly", "an hour"}} {
		if low, _ := extremes(s.Cases, heap.metric); low != nil {
			text := "the free heap came back"
			if slope := low.Metrics[heap.metric].Median; slope <= -warnLeak {
				text = fmt.Sprintf("the free heap changed by %s %s", signed(slope, "B"), heap.per)
			}
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

func signed(v float64, unit string) string {
	text := results.FormatQuantity(v, unit)
	if v > 0 {
		text = "+" + text
	}
	return text
}

// at begins a sentence about a case: "at length 1460, "; nothing when there is no other.
func (s *Summary) at(c Case) string {
	if len(s.Cases) < 2 || len(s.Factors) == 0 {
		return ""
	}
	return "at " + s.Label(c) + ", "
}

// Label names a case in prose and legends: "length 2920, links 1".
func (s *Summary) Label(c Case) string {
	if len(s.Factors) == 0 {
		return c.Key
	}
	parts := make([]string, len(s.Factors))
	for i, f := range s.Factors {
		parts[i] = f + " " + c.Factors[f]
	}
	return strings.Join(parts, ", ")
}

// line is the link in a sentence.
func line(s *Summary) string {
	switch link := s.Identity["link"]; link {
	case "uart", "rfc2217":
		return "the UART"
	case "spi":
		return "the SPI link"
	}
	return "the line"
}

// and joins parts of a sentence: "a, b and c".
func and(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// capital begins a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
