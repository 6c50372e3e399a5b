package stats

import "math"

// Components returns the variance of the groups' true means and the variance of values within a group, by one-way analysis of
// variance: those of boots and of their repeats. Chance alone makes means of groups differ, by within / values of a group; only
// what they differ beyond that is between, and at least 0 (T. Kalibera and R. Jones, ISMM 2013: T_2² and T_1²; groups of
// different sizes count as in S. R. Searle, Biometrics 27, 1971). ok is false unless there are two groups, and one of two values.
func Components(groups [][]float64) (between, within float64, ok bool) {
	n, k, sizes := 0.0, 0.0, 0.0
	var all []float64
	for _, g := range groups {
		if len(g) > 0 {
			n += float64(len(g))
			sizes += square(float64(len(g)))
			k++
			all = append(all, g...)
		}
	}
	if k < 2 || n <= k {
		return 0, 0, false
	}
	mean := Mean(all)
	for _, g := range groups {
		if len(g) > 0 {
			between += float64(len(g)) * square(Mean(g)-mean)
			within += float64(len(g)-1) * square(Deviation(g))
		}
	}
	within /= n - k
	size := (n - sizes/n) / (k - 1)
	return max(between/(k-1)-within, 0) / size, within, true
}

// MostRepeats is as many repeats of a boot as BestRepeats ever advises.
const MostRepeats = 20

// BestRepeats returns how many repeats of a boot, 1..MostRepeats, give the tightest interval over boots in a given time, when a
// boot costs boot and each repeat costs repeat, in any one unit, and between and within are their Components: the root of
// boot/repeat x within/between, rounded up (Kalibera and Jones, 2013).
func BestRepeats(between, within, boot, repeat float64) int {
	switch {
	case within <= 0 || boot <= 0:
		return 1
	case between <= 0 || repeat <= 0:
		return MostRepeats
	}
	return int(min(max(math.Ceil(math.Sqrt(boot/repeat*within/between)), 1), MostRepeats))
}

func square(v float64) float64 { return v * v }
