// Package tune says which case of a scenario is the best for a goal, and plans the repeats that tell it.
//
// # Goal
//
// "min energy_per_bit where goodput >= 1Mbit/s": one metric is made as small or as large as it can be, among the cases whose
// means keep the conditions. See Parse.
//
// # Race
//
// A Race is a full factorial experiment in blocks: a unit is a block of one repeat of each case, in a random order of its own,
// or with several boots one boot. Units are compared within themselves, so that drift of the rig, which moves all cases of
// a unit alike, cancels. From the third unit on, each unit is followed by a look: a case leaves when its interval is wholly
// outside a condition, or when the interval of its differences from the best case that is known to keep the conditions is wholly on
// the wrong side. What is left goes on, until nothing is left that may be better than the best by the margin of the metric, or
// until repeats or budget end. This is racing (Maron and Moore, Hoeffding Races, NIPS 6, 1994; Birattari, Tuning
// Metaheuristics, 2009), with differences in the place of ranks.
//
// # Confidence
//
// Intervals are those of Student's t, on logarithms for metrics that are compared by ratio. Three values alone would tell next to
// nothing, so that while five cases or more are in the race, the variances of all of them are looked at together: see spread. There
// are many intervals, of which a few matter: those that say something of the case that is the best in truth. At each look it is
// compared with one other case, and each case is judged by each condition, so that the risk of 5 % is shared (Bonferroni) over looks x
// (cases - 1 + cases x conditions). With 95 % the best case is never dropped, and the winner is not worse than it by more than the
// margin; in simulations it is wrongly dropped in fewer than 1 % of races.
//
// With one boot all this holds within that association only.
//
// # Effects
//
// The units before the first case may leave have all combinations of levels, which makes the analysis of variance balanced: means by
// level, interactions of two factors, and what each explains of the differences.
//
// # Front
//
// Over what was measured of goodput, latency and energy, a case is on the Pareto front unless another is shown to be better: as good on
// average in each of them, no worse by its margin, and better in one by more than that. Membership is how often it stays on the front
// of the means when units are drawn anew.
package tune
