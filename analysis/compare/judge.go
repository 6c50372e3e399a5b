package compare

import (
	"fmt"
	"math"

	"st67bench/analysis"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// How many boots a side carry what.
const (
	leastBoots  = 3 // a verdict
	enoughBoots = 5 // one that holds beyond these associations, and the exact method beside t
)

// Judge compares two sets of boot values of one metric, which are in the metric's unit and not empty. margin is a fraction,
// see Row.Margin. Observations with the same session, run and boot are repeats of one boot, which carry no verdict. The row
// has everything but its case and what a family adds: PHolm and Q.
func Judge(m results.Metric, margin float64, base, new []analysis.Observation) Row {
	s := scaleFor(m, base, new)
	e := s.estimate(base, new)
	row := Row{
		Metric: m.Name, Base: s.back(e.base), New: s.back(e.new), Change: s.change(e.d), Interval: s.span(e.i95), Interval90: s.span(e.i90),
		PExact: &e.robust.p, PGate: e.p, Margin: margin, N: e.n, Boots: Counts{boots(base), boots(new)}, Paired: e.paired,
		Robust: &Robust{s.change(e.robust.d), s.span(e.robust.interval), e.robust.cliff},
	}
	row.Detectable = s.detectable(e)
	row.Within = row.Boots.least() < enoughBoots
	if short := row.tooFew(); short != "" {
		row.Verdict, row.Needed, row.Note = Inconclusive, enoughBoots, short
		return row
	}
	limit := s.margin(margin)
	r := s.better * e.d
	row.Verdict = judge(r, limit, s.oriented(e.i95), s.oriented(e.i90))
	row.companion(s, e, limit)
	if row.Verdict == Inconclusive {
		row.Needed = needed(e.n.least(), r, limit, e.i95, e.i90)
	}
	return row
}

// tooFew says why there are too few boots for any verdict. Repeats of one boot have no p-value that could decide.
func (r *Row) tooFew() string {
	least := r.Boots.least()
	if least >= leastBoots {
		return ""
	}
	if least == 1 {
		r.PGate = nil
	}
	return fmt.Sprintf("%s; a verdict needs %d, %d to hold beyond these associations", ofBoots(least), leastBoots, enoughBoots)
}

func ofBoots(n int) string {
	if n == 1 {
		return "1 boot on a side"
	}
	return fmt.Sprintf("%d boots on a side", n)
}

// judge is the table of the package documentation. r, and its 95 % and 90 % intervals, are oriented.
func judge(r, margin float64, i95, i90 *stats.Interval) Verdict {
	switch {
	case i95 == nil || i90 == nil:
		return Inconclusive
	case i95.Hi < 0 && r < -margin:
		return Regressed
	case i95.Lo > 0 && r > margin:
		return Improved
	case !(i90.Lo > -margin) && !(margin == 0 && i90.Lo == 0): // equal values are no worse by any margin
		return Inconclusive
	case i90.Hi > margin:
		return NonInferior
	case i95.Lo > 0 || i95.Hi < 0:
		return Negligible
	}
	return Equivalent
}

// companion holds the verdict against the method that supposes no distribution, where so many values let it speak. A
// difference beyond the margin that one of the two does not see leaves the question open; whether one within the margin is
// real does not matter for the gate, and then it is not called so.
func (r *Row) companion(s scale, e estimate, margin float64) {
	if r.Boots.least() < enoughBoots {
		r.Note = fmt.Sprintf("low n: t alone, the exact test joins it from %d boots a side", enoughBoots)
		return
	}
	if e.robust.least > Alpha {
		r.Note = fmt.Sprintf("t alone: the exact test needs %d pairs of boots to reach p %g", leastPairs(), Alpha)
		return
	}
	exact := e.robust.p <= Alpha
	if exact == r.significant() && (!exact || e.d*e.robust.d > 0) {
		return
	}
	beyond := exact && math.Abs(e.robust.d) > margin
	switch {
	case r.Verdict == Negligible && !beyond:
		r.Verdict = Equivalent
		r.Note = fmt.Sprintf("methods disagree whether the small difference is real: t p %.2g, exact p %.2g", *e.p, e.robust.p)
	case r.Verdict == Regressed, r.Verdict == Improved, r.Verdict == Inconclusive, beyond && s.better*e.robust.d < 0:
		r.Verdict = Inconclusive
		r.Note = fmt.Sprintf("methods disagree: t p %.2g, exact p %.2g", *e.p, e.robust.p)
	}
}

// leastPairs is the smallest number of pairs with which the signed ranks can reach Alpha.
func leastPairs() int {
	n := enoughBoots
	for stats.LeastSignedRank(n) > Alpha {
		n++
	}
	return n
}

// needed is how many boots a side would decide it instead of n, if mean and spread stay as they are: an interval shrinks with
// the square root of their number. The one that has to shrink is the 90 % interval until it excludes the margin, or beyond the
// margin the 95 % interval until it excludes 0.
func needed(n int, r, margin float64, i95, i90 *stats.Interval) int {
	shrink, room := i90, margin+r
	if room <= 0 {
		shrink, room = i95, -r
	}
	least := max(n+1, enoughBoots)
	if shrink == nil || room <= 0 {
		return least
	}
	return max(least, int(math.Ceil(float64(n)*square((shrink.Hi-shrink.Lo)/2/room))))
}
