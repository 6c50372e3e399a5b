package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"st67bench/results"
)

// settle is the interleaved run that would settle the comparison, of the first scenario that has not passed: there is nothing to settle where it passed, or failed under
// equal conditions, and nothing better to do where all of it was interleaved.
func (c *Comparison) settle(base, new Side) *Settle {
	interleaved := !slices.ContainsFunc(c.Comparisons, func(r Row) bool { return !r.Paired && !isLoss(r.Metric) })
	settled := c.Verdict == Pass || c.Verdict == Dominates
	open := slices.IndexFunc(c.Comparisons, func(r Row) bool { return !r.passes() })
	if c.Base.Release == c.New.Release || open < 0 || interleaved || settled || len(c.Explanations) == 0 && c.Verdict != Undecided {
		return nil
	}
	scenario := c.Comparisons[open].Scenario
	runs := byScenario(new)[scenario]
	old, boots := perBoot(byScenario(base)[scenario])
	now, other := perBoot(runs)
	each := max(enoughBoots, min(boots, other))
	for _, r := range c.Comparisons {
		if c.Verdict == Undecided && r.Scenario == scenario {
			each = max(each, r.Needed)
		}
	}
	s := &Settle{Scenario: cmp.Or(runs[len(runs)-1].Scenario.File, scenario), A: loadable(base), B: loadable(new), Boots: 2 * each}
	if s.A == s.B { // builds that tell the same version
		s.A, s.B = c.Base.Release, c.New.Release
	}
	if old > 0 && now > 0 {
		s.Seconds = float64(each) * (old + now)
	}
	return s
}

// loadable is a side's firmware as the flash hook takes it: what an A/B run had it load, or else the version that the module told.
func loadable(s Side) string {
	run := s.Runs[0]
	if run.Subject == subjectFirmware {
		return cmp.Or(run.Variant, run.Identity["firmware"])
	}
	return cmp.Or(run.Identity["firmware"], s.Name)
}

// usualBoots are those of each side when st67bench ab is not told how many.
const usualBoots = 8

// mostBoots are those of each side that somebody would measure. A rig that needs more spreads too much for the margin.
const mostBoots = 100

// Feasible says whether measuring more would settle it within reason.
func (s Settle) Feasible() bool { return s.Boots <= 2*mostBoots }

// String is the command and what it takes: "st67bench ab cipsend-size --a 2.0.97 --b 2.0.106 (16 boots, 24 min)". Where that is out of
// reason, it is what to do instead.
func (s Settle) String() string {
	if !s.Feasible() {
		return fmt.Sprintf("no run of a sane length can: it would take more than %d boots of each side, for the rig spreads too much for this margin. See by how much with st67bench aa %s, and quiet the rig, or judge by a larger --margin",
			mostBoots, s.Scenario)
	}
	text := fmt.Sprintf("st67bench ab %s --a %s --b %s", s.Scenario, s.A, s.B)
	if s.Boots != 2*usualBoots {
		text += fmt.Sprintf(" --boots %d", s.Boots/2)
	}
	text += fmt.Sprintf(" (%d boots", s.Boots)
	if s.Seconds > 0 {
		text += ", " + roundTime(time.Duration(s.Seconds*float64(time.Second)))
	}
	return text + ")"
}

// roundTime is a time as people plan it: "24 min", "40 s".
func roundTime(d time.Duration) string {
	if d < 90*time.Second {
		return fmt.Sprintf("%.0f s", math.Ceil(d.Seconds()))
	}
	if d < 90*time.Minute {
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// perBoot is how long a boot with all its repeats took, in s, and how many there were.
func perBoot(runs []*results.Run) (seconds float64, boots int) {
	var took time.Duration
	for _, run := range runs {
		var end time.Duration
		for _, r := range run.Results {
			for _, m := range r.Marks {
				end = max(end, m.T)
			}
		}
		took += end
		boots += len(bootsOf(run.Results))
	}
	return took.Seconds() / float64(max(boots, 1)), boots
}
