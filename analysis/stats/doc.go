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
// # Confidence
//
// Intervals are two-sided and cover with at least Confidence, 95 %, unless a function takes another level. p-values are
// two-sided and exact where the sample is small enough to count all arrangements.
package stats
