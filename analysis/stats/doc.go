// Package stats holds the statistics that this project trusts: pure functions over slices of numbers, which know
// nothing of runs, metrics or modules. Every method names its source, is checked against R, SciPy or a published
// table, and is safe on equal values, which give an interval of zero width and never NaN.
//
// # The unit of inference
//
// Values of one boot (one reset and association) share its luck. Functions that compare take one value per boot, for
// metrics that are compared by ratio its logarithm. Within a repeat, samples follow one another and depend on each
// other: what is said of them goes by their effective number.
//
// # Two sides, and pairs
//
// Sides that were measured apart are compared by Welch and, whatever their distribution, by MannWhitney with the shift
// and interval of HodgesLehmann; sides that were measured in turn by the differences of their pairs: TTest with
// MeanInterval, and SignedRank with the shift and interval of Walsh. Rank tests cannot reach a small p with few values,
// however far these lie apart: LeastMannWhitney and LeastSignedRank say which, Power and SampleSize what the t test would
// take. Many p-values together are adjusted by Holm, which a gate uses, or BenjaminiHochberg. Counts have methods of
// their own: ClopperPearson, Newcombe and Fisher for events in trials, PoissonInterval and RateRatio for events in time.
// BCa is for what has none of these.
//
// Values are finite numbers. The t functions say that there is no answer where one is not; MannWhitney, SignedRank and
// CliffDelta order infinities, HodgesLehmann and Walsh cannot. A confidence, an alpha or a power is between 0 and 1.
//
// # Confidence
//
// Intervals are two-sided and cover with at least Confidence, 95 %, unless a function takes another level. p-values are
// two-sided and exact where the sample is small enough to count all arrangements.
package stats
