package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Together says what makes the figures of several runs of one firmware on one rig differ, by the variance components of sessions,
// boots and repeats, in the case of what the first is about that varies most. Runs of one session are one, a run without any is a
// session of its own. It is empty unless there are three sessions, and boots in one of them, that differ.
func Together(all []*Summary) string {
	if len(all) == 0 || slices.ContainsFunc(all, func(s *Summary) bool { return !alike(s, all[0]) }) {
		return ""
	}
	m, _ := results.LookupMetric(all[0].Primary())
	var worst levelled
	for _, c := range all[0].Cases {
		if l, ok := levelsOf(all, c.Key, m); ok && l.total() > worst.total() {
			worst = l
			worst.at = all[0].at(c)
		}
	}
	if worst.total() == 0 {
		return ""
	}
	return capital(fmt.Sprintf("%s%s varies by %s from session to session, by %s from boot to boot and by %s from repeat to repeat, %s, %s and %s of the variance.",
		worst.at, nameOf(m), share(math.Sqrt(worst.sessions)), share(math.Sqrt(worst.boots)), share(math.Sqrt(worst.repeats)),
		share(worst.sessions/worst.total()), share(worst.boots/worst.total()), share(worst.repeats/worst.total())))
}

// alike says whether two runs measured the same thing.
func alike(a, b *Summary) bool {
	return a.Scenario == b.Scenario && a.Release == b.Release && a.Rig == b.Rig && maps.Equal(a.Identity, b.Identity)
}

// levelled are the variances of one value of a case by level, as fractions of its mean squared.
type levelled struct {
	at                       string
	sessions, boots, repeats float64
}

func (l levelled) total() float64 { return l.sessions + l.boots + l.repeats }

// levelsOf has them by T. Kalibera and R. Jones, see stats.Components, level by level: the means of boots differ within a session by
// what boots vary, and by what repeats do over their number.
func levelsOf(all []*Summary, key string, m results.Metric) (l levelled, ok bool) {
	boots := map[string][][]float64{} // by session
	for _, s := range all {
		for _, c := range s.Cases {
			if repeats := c.Metrics[m.Name].repeats; c.Key == key && len(repeats) > 0 {
				name := cmp.Or(s.Session, s.Run)
				boots[name] = append(boots[name], repeats...)
			}
		}
	}
	if len(boots) < leastVaries {
		return l, false
	}
	names := sortedKeys(boots)
	var flat [][]float64
	for _, name := range names {
		flat = append(flat, boots[name]...)
	}
	parts, mean := onScale(m, flat)
	_, l.repeats, _ = stats.Components(parts) // 0 where no boot has two repeats: what they vary by is then in the boots
	sessions, inverse, at := make([][]float64, len(names)), 0.0, 0
	for i, name := range names {
		for range boots[name] {
			sessions[i] = append(sessions[i], stats.Mean(parts[at]))
			inverse += 1 / float64(len(parts[at]))
			at++
		}
	}
	between, within, ok := stats.Components(sessions)
	if !ok || mean == 0 {
		return l, false
	}
	l.sessions, l.boots = between, max(within-l.repeats*inverse/float64(at), 0)
	l.sessions, l.boots, l.repeats = l.sessions/(mean*mean), l.boots/(mean*mean), l.repeats/(mean*mean)
	return l, true
}
