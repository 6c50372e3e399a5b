// Package compare says whether one side of runs is worse than another: by how much, how surely, and what is missing when it
// cannot be said. It is made of pure functions over what was measured.
//
// # One value per boot
//
// The unit of inference is the boot: one reset and one association. Compare takes one value per boot from each side, see
// analysis.Observe. Where a side has one boot in all, its repeats are its values; their p-value is given, since it is what
// benchstat says of the same bench.txt, but the verdict is INCONCLUSIVE: it would hold within that association only.
//
// # Ratios and differences
//
// Rates, times, currents and energies are compared by the ratio of their geometric means, by statistics on logarithms. Fractions
// and counts are compared by the difference of their means, told relative to the base's mean. Losses are told as fractions of
// what was sent, and their difference is absolute: percentage points.
//
// Every comparison is oriented: r is the logarithm of the ratio, or the difference, with the sign that makes more of it better.
// A margin δ is the smallest worsening that matters, a fraction; on the scale of r it is m = -ln(1-δ), for differences δ of the
// base's mean, and for losses δ itself.
//
// # Paired or not
//
// Boots of both sides that were measured side by side, which equal sessions and blocks say, are paired: what the rig did to both
// of them cancels. That holds only for what was interleaved: sides that are disjoint in time are not paired, whatever their
// blocks are. All other boots are two independent samples.
//
// # Method
//
// The p-value of the gate and the 95 % and 90 % intervals of r are Student's t: of the pairs' differences, or Welch's. Beside
// them stands a method that supposes no distribution: the Hodges-Lehmann estimate with its exact interval and the exact
// Mann-Whitney p, or for pairs that of the Walsh averages and the exact signed rank p. From five boots a side on, and where its
// smallest reachable p is below Alpha, it has to agree.
//
// # Verdicts
//
// With [L, U] the 95 % and [l, u] the 90 % interval of r (two one-sided tests of 5 %), the first that holds is the verdict:
//
//	U < 0 and r < -m                   REGRESSED
//	L > 0 and r > m                    IMPROVED
//	l > -m, u < m, [L, U] excludes 0   NEGLIGIBLE
//	l > -m, u < m                      EQUIVALENT
//	l > -m                             NON-INFERIOR
//	otherwise                          INCONCLUSIVE
//
// Beside every verdict that finds no difference stands the smallest difference that the boots would have shown with 80 %
// power, and beside INCONCLUSIVE how many boots a side would decide it.
//
// # Many comparisons
//
// All rows of one Compare are a family. REGRESSED and IMPROVED count for the joint verdict only where the p-value that Holm
// adjusted for the family is at most Alpha. That no metric is worse needs no correction: all have to pass (an
// intersection-union test). The q-values of Benjamini and Hochberg are for reports.
package compare
