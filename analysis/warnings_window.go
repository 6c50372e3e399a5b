package analysis

import (
	"fmt"
	"math"
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
)

const (
	biasPart     = 1. / 3 // of a margin: a beginning that moves the mean by so much could hide half of a difference that matters
	windowMargin = 0.05   // where a series has no margin of its own
	dependent    = 1.5    // samples to one independent value, from where on neighbours depend on each other; of noise it comes so far
)

// warnWindows tells of repeats that are too short for what is said of them, and of those whose beginning, or all of whom, is unlike
// the rest: one warning of each kind and series, which names the worst case.
func warnWindows(s *Summary) []Warning {
	var out []Warning
	for _, series := range watched(s) {
		for _, rule := range []windowRule{tooShort, warmsUp, unsettled} {
			out = append(out, rule.apply(s, series)...)
		}
	}
	return out
}

// watched are the series of the cases' windows, that which the run is about first.
func watched(s *Summary) []string {
	seen := map[string]bool{}
	for _, c := range s.Cases {
		for series := range c.Windows {
			seen[series] = true
		}
	}
	out := sortedKeys(seen)
	slices.SortStableFunc(out, func(a, b string) int { return rankOf(s, a) - rankOf(s, b) })
	return out
}

func rankOf(s *Summary, series string) int {
	if p := s.Primary(); p == series || p == series+"_p50" {
		return 0
	}
	return 1
}

// windowRule says how bad a window is, 0 for not at all, and what there is to say.
type windowRule struct {
	code string
	bad  func(margin float64, series string, c Case) float64
	say  func(margin float64, series string, c Case) string
}

func (r windowRule) apply(s *Summary, series string) []Warning {
	margin := marginOf(series)
	var keys []string
	worst, most := Case{}, 0.0
	for _, c := range s.Cases {
		if _, ok := c.Windows[series]; !ok {
			continue
		}
		if bad := r.bad(margin, series, c); bad > 0 {
			keys = append(keys, c.Key)
			if bad > most {
				worst, most = c, bad
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	text := worst.Key + ": " + r.say(margin, series, worst)
	if n := len(keys) - 1; n > 0 {
		text += "; the same at " + otherCases(n)
	}
	return []Warning{{Code: r.code, Text: text, Cases: keys}}
}

// marginOf is the smallest difference of a series' mean, or median, that matters.
func marginOf(series string) float64 {
	for _, name := range []string{series, series + "_p50"} {
		if m, _ := results.LookupMetric(name); m.Margin > 0 {
			return m.Margin
		}
	}
	return windowMargin
}

// titleOf is what a series is called in the middle of a sentence.
func titleOf(series string) string {
	m, _ := results.LookupMetric(series)
	return nameOf(m)
}

// tooShort: the samples of a repeat are worth so few independent ones that they carry neither an interval of their mean nor the
// quantile that is shown of them. Samples that hardly differ need none.
var tooShort = windowRule{
	code: "window",
	bad: func(margin float64, series string, c Case) float64 {
		w := c.Windows[series]
		_, carries := highest(series, c)
		blurred := w.Effective < leastWorth && (w.HalfWidth == nil || *w.HalfWidth > margin)
		if w.Tau <= dependent || w.spread <= margin || !blurred && w.Effective >= float64(carries) {
			return 0
		}
		return w.needs(series, c) / w.Effective
	},
	say: func(_ float64, series string, c Case) string {
		w := c.Windows[series]
		text := fmt.Sprintf("the window is too short: the %.0f samples of %s in a repeat depend on each other (tau %.3g) and are worth %.3g independent ones",
			w.N, titleOf(series), w.Tau, w.Effective)
		needs := w.needs(series, c)
		text += fmt.Sprintf("; needs %.0f", needs)
		if name, _ := highest(series, c); needs > leastWorth && name != "" {
			text += " for " + name
		}
		return text + fmt.Sprintf(": a repeat of %s would do, these take %s", seconds(ceil(w.Duration*needs/w.Effective)), seconds(w.Duration))
	},
}

// needs is how many independent values the figures of the series need.
func (w Window) needs(series string, c Case) float64 {
	_, n := highest(series, c)
	return float64(max(n, leastWorth))
}

// highest is the highest quantile of the series that is shown of the case, "p99", and the number that carries it.
func highest(series string, c Case) (name string, needs int) {
	for _, r := range reported {
		if _, ok := c.Metrics[series+r.suffix]; ok {
			name, needs = r.suffix[1:], stats.Needs(r.q)
		}
	}
	return name, needs
}

// ceil rounds seconds up to two digits.
func ceil(s float64) float64 {
	if s <= 0 {
		return s
	}
	step := math.Pow(10, math.Floor(math.Log10(s))-1)
	return step * math.Ceil(s/step-1e-9)
}

// warmsUp: the beginning of most repeats is unlike the rest, and moves the mean by what matters.
var warmsUp = windowRule{
	code: "warm-up",
	bad: func(margin float64, series string, c Case) float64 {
		w := c.Windows[series]
		if 2*w.Unsettled > w.Repeats || w.Cut == 0 || math.Abs(w.Bias) < biasPart*margin {
			return 0
		}
		return math.Abs(w.Bias)
	},
	say: func(margin float64, series string, c Case) string {
		w := c.Windows[series]
		side := "high"
		if w.Bias < 0 {
			side = "low"
		}
		return fmt.Sprintf("the first %s of a repeat are unlike the rest, and over %s the mean of %s reads %s %s; a lead-in of %s would take that off, repeats of %s bring it to %s",
			seconds(w.Cut), seconds(w.Duration), titleOf(series), share(math.Abs(w.Bias)), side,
			seconds(ceil(w.Cut)), seconds(ceil(w.Duration*math.Abs(w.Bias)/(biasPart*margin))), share(biasPart*margin))
	},
}

// unsettled: most repeats have no part that is steady.
var unsettled = windowRule{
	code: "unsettled",
	bad: func(margin float64, series string, c Case) float64 {
		w := c.Windows[series]
		if 2*w.Unsettled <= w.Repeats || math.Abs(w.Drift) < margin {
			return 0
		}
		return math.Abs(w.Drift)
	},
	say: func(_ float64, series string, c Case) string {
		w := c.Windows[series]
		return fmt.Sprintf("%s does not settle within a repeat: its second half is %s against its first in %s, so that every figure depends on how long a repeat is; let repeats last longer, and see the course in the report",
			titleOf(series), signed(w.Drift, ""), seconds(w.Duration))
	},
}
