package energy

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"st67bench/results"
)

// agree is how far two ways to a charge may differ.
const agree = 0.10

// WakeFit says how the mean current depends on how often the module wakes: I = floor + charge / interval. Two figures
// describe the module then, at every interval.
type WakeFit struct {
	Over  string // what the wakes are of: "DTIM" or "TWT"
	Group string // the other factors, such as "clock=2"; empty when there are none
	Line         // Base is the floor in A, Slope the charge per wake in C
	// Direct is the median charge per wake above the floor, as the wakes themselves show it, in C; 0 when it is not known.
	Direct float64
	// Shortest and Longest are the intervals of the wakes between which the line was fitted, in s.
	Shortest, Longest float64
	// Problem says that line and wakes do not agree within 10 %: something costs charge that is not in the wakes.
	Problem *Problem
}

// LoadFit says how the power depends on the payload that goes through: P = power without load + energy per bit x goodput.
type LoadFit struct {
	Group string
	Line  // Base is in W, Slope the marginal energy in J/bit
}

// idleKind is the workload that leaves the module alone.
const idleKind = "idle"

// WakeFits fits a line to the repeats of a run whose cases differ in factor "dtim" alone, for each level of the other
// factors, where at least two intervals were measured; and likewise to those with TWT agreements that differ in their interval
// alone. There are none of another workload than idle: its traffic takes most of the charge.
func WakeFits(run *results.Run) []WakeFit {
	if run.About().Kind != idleKind {
		return nil
	}
	var fits []WakeFit
	for _, g := range groups(run, "dtim") {
		fits = append(fits, wakeFit("DTIM", g)...)
	}
	for _, g := range groups(run, "twt") {
		for _, agreed := range byService(g) {
			fits = append(fits, wakeFit("TWT", agreed)...)
		}
	}
	return fits
}

// byService are the repeats of a group that have a TWT agreement, by its service period.
func byService(g group) []group {
	var all []group
	for _, r := range g.results {
		period := r.Metrics["service_period"]
		if period == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(o group) bool { return math.Abs(o.results[0].Metrics["service_period"]/period-1) < granted })
		if i < 0 {
			i = len(all)
			all = append(all, group{name: g.name})
		}
		all[i].results = append(all[i].results, r)
	}
	for i := range all {
		if len(all) > 1 {
			all[i].name = strings.TrimPrefix(all[i].name+"/service="+results.FormatQuantity(all[i].results[0].Metrics["service_period"], "s"), "/")
		}
	}
	return all
}

// wakeFit is that of a group: none without two intervals.
func wakeFit(over string, g group) []WakeFit {
	var points []Point
	var charges []float64
	for _, r := range g.results {
		current, interval := r.Metrics["current"], r.Metrics["wake_interval"]
		if current > 0 && interval > 0 {
			points = append(points, Point{1 / interval, current})
		}
		if q := r.Metrics["wake_charge"]; q > 0 {
			charges = append(charges, q)
		}
	}
	line, ok := Regression(points)
	if !ok || len(spread(points)) < 2 {
		return nil
	}
	f := WakeFit{Over: over, Group: g.name, Line: line, Direct: middle(charges), Shortest: math.Inf(1)}
	for _, p := range points {
		f.Shortest, f.Longest = min(f.Shortest, 1/p.X), max(f.Longest, 1/p.X)
	}
	f.judge()
	return []WakeFit{f}
}

// spread are the different x of points, as far as they differ by more than clocks do.
func spread(points []Point) []float64 {
	var all []float64
	for _, p := range points {
		if !slices.ContainsFunc(all, func(x float64) bool { return math.Abs(x/p.X-1) < granted }) {
			all = append(all, p.X)
		}
	}
	return all
}

func (f *WakeFit) judge() {
	if f.Direct == 0 || math.Abs(f.Slope/f.Direct-1) <= agree {
		return
	}
	f.Problem = &Problem{
		Name: "disagree",
		Text: fmt.Sprintf("charge per wake is %s by the line over %s, and %s by the wakes themselves",
			results.FormatQuantity(f.Slope, "C"), f.Over, results.FormatQuantity(f.Direct, "C")),
		Do: "Look for wakes beside the schedule, for beacons that were missed, and for a floor that is not the same at every interval.",
	}
}

// LoadFits fits a line to the repeats of a run whose cases differ in factor "rate", the offered load, alone.
func LoadFits(run *results.Run) []LoadFit {
	var fits []LoadFit
	for _, g := range groups(run, "rate") {
		var points []Point
		for _, r := range g.results {
			power, goodput := r.Metrics["power"], r.Metrics["goodput"]
			if power > 0 && goodput > 0 {
				points = append(points, Point{goodput, power})
			}
		}
		if line, ok := Regression(points); ok && len(spread(points)) >= 2 {
			fits = append(fits, LoadFit{g.name, line})
		}
	}
	return fits
}

type group struct {
	name    string
	results []results.Result
}

// groups are a run's measured repeats by their factors but one, in the order of the cases.
func groups(run *results.Run, but string) []group {
	var all []group
	for _, r := range run.Results {
		if r.Outcome != results.Pass && r.Outcome != results.Fail {
			continue
		}
		name := ""
		for _, f := range run.Factors {
			if level, ok := r.Factors[f]; ok && f != but {
				name += "/" + f + "=" + level
			}
		}
		if name != "" {
			name = name[1:]
		}
		i := slices.IndexFunc(all, func(g group) bool { return g.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, group{name: name})
		}
		all[i].results = append(all[i].results, r)
	}
	return all
}
