// Package history says what happened to a metric over the releases of a firmware: where it changed, by how much, and
// whether the newest release may go out. It is pure: series in, courses out, the same for the same numbers.
//
// # Concepts
//
// A [Series] is one metric of one case over the [Release]s, in their order. A release was measured in one or more
// [Session]s, and in each the boots of the candidate stand beside those of the reference: a firmware that never changes
// and is measured again in every session. A release without a value is missing and stays missing.
//
// [Analyze] makes a [Course] of each series: points, segments, changes, and a word about the newest release.
//
// # One point per release
//
// A point is the mean over the release's boots, on logarithms for what is compared by ratio. Where the reference moved
// between sessions more than its own boots explain, F = MS between / MS within > 2, each boot is taken relative to the
// reference of its session: then what moves both, such as the air or the temperature, vanishes. Where it did not, the
// reference would only add its noise, and the point is left as it is.
//
// # Changes
//
// Points are cut into segments by E-divisive (Matteson and James, Journal of the American Statistical Association 109,
// 2014): the split is sought over both its place and the end of what follows, so that a temporary change is found, and its
// p-value is by permutation within the segments. Few releases cannot reach a small p that way, however far two or three of
// them lie apart: a second look, at a stricter level, takes noise to be normal instead. Each cut has then to be large enough, to stand without any one of its
// releases, and to fit better than a straight line does. What a line fits better is a creep: the slope is that of Theil
// and Sen, its p-value that of Mann and Kendall. Fewer than eight releases carry no cut; then only the newest is judged.
//
// A change is named by the first release at the new level. Where unit, rig, tool or reference changed with that
// release, nobody can tell whose change it is, and no release is named.
//
// # The newest release
//
// The gate compares its boots with those of the release before, both relative to the reference of their sessions where
// sessions drift. The tip test asks whether its point lies where the releases of the last stable segment let one expect
// the next. Either may call it REGRESSED.
package history
