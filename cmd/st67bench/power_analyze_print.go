package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"st67bench/analysis/energy"
	"st67bench/results"
)

// print writes an analysis for people. A line whose figures are not known is left out.
func (g *analysisOf) print(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "trace     %s: %s, %.4g kS/s, %s from %s on, coverage %s\n", g.File, g.Instrument, g.Rate/1000,
		results.FormatQuantity(g.To-g.From, "s"), results.FormatQuantity(g.From, "s"), fmt.Sprintf("%.4g %%", 100*g.Metrics["coverage"]))
	for _, p := range g.Problems {
		word := "warning "
		if p.Void {
			word = "VOID    "
		}
		fmt.Fprintf(w, "%s  %s\n          %s\n", word, p.Text, p.Do)
	}
	g.printFigures(w)
	g.printStates(w)
	for _, n := range g.Notes {
		fmt.Fprintln(w, "note      "+n)
	}
	return w.Flush()
}

// printFigures writes the lines of current, power, floor and wakes.
func (g *analysisOf) printFigures(w io.Writer) {
	line := func(name string, parts ...string) {
		var known []string
		for _, p := range parts {
			if p != "" {
				known = append(known, p)
			}
		}
		if len(known) > 0 {
			fmt.Fprintf(w, "%-9s %s\n", name, strings.Join(known, ", "))
		}
	}
	line("current", g.show("%s", "current")+g.interval("current"), g.show("peak %s", "current_peak"), g.show("charge %s", "charge"))
	line("power", g.show("%s", "power"), g.show("energy %s", "energy"), g.show("%s", "energy_per_bit"))
	line("floor", g.show("%s", "current_floor"))
	line("wakes", g.show("%s", "wakes"), g.show("%s awake", "wake_duty"), g.show("one every %s", "wake_interval"), g.show("which is %s beacons", "wake_beacons"),
		g.show("jitter %s", "wake_jitter"), g.show("%s skipped", "wakes_skipped"), g.show("%s beside the schedule", "wakes_unscheduled"),
		g.show("%s of 1000 beacons missed", "beacons_missed"))
	line("per wake", g.show("%s above the floor", "wake_charge"), g.show("%s awake", "wake_time"))
	for i, l := range g.Battery {
		name := ""
		if i == 0 {
			name = "battery"
		}
		line(name, fmt.Sprintf("%s %s (%s)", l.Cell, l.life, strings.Join(l.Assumptions[:2], "; ")))
	}
	if len(g.Battery) > 0 {
		line("", "assumed: "+strings.Join(g.Battery[0].Assumptions[3:], "; "))
	}
}

// show writes a metric, and nothing when it is not known.
func (g *analysisOf) show(format, metric string) string {
	v, ok := g.Metrics[metric]
	if !ok {
		return ""
	}
	m, _ := results.LookupMetric(metric)
	return fmt.Sprintf(format, m.Format(v))
}

// interval writes how far off a metric may be.
func (g *analysisOf) interval(metric string) string {
	i, ok := g.Intervals[metric]
	if !ok {
		return ""
	}
	text := " ±" + results.FormatQuantity((i.High-i.Low)/2/g.Metrics[metric], "")
	if g.Accuracy > 0 {
		text += " by chance, ±" + results.FormatQuantity(g.Accuracy, "") + " by the instrument"
	}
	return text
}

// printStates writes the table of the states that occurred.
func (g *analysisOf) printStates(out io.Writer) {
	total := g.Metrics["charge"]
	if _, ok := g.Metrics["share_off"]; !ok || total == 0 {
		return
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "state\ttime\tcharge\tof all\tmean\t")
	for s := energy.Off; s <= energy.Transmit; s++ {
		share, charge := g.Metrics["share_"+s.String()], g.Metrics["charge_"+s.String()]
		if share == 0 {
			continue
		}
		mean := g.Metrics["current"] * charge / total / share
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", s, results.FormatQuantity(share, ""), results.FormatQuantity(charge, "C"),
			results.FormatQuantity(charge/total, ""), results.FormatQuantity(mean, "A"))
	}
	w.Flush()
	fmt.Fprintln(out)
}
