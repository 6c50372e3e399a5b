// Package analysis says what a run means: pure functions from a results.Run to
// figures. It opens no link and sees no workload, so every number of a report
// can be made again from a run directory on a machine without hardware.
//
// # What counts as one value
//
// Sends within a repeat are not independent of each other, and repeats within
// one boot (one reset and one association) share that association's luck. So a
// repeat gives one value per metric, and from six boots on a boot gives one:
// the median of its repeats. Below six boots no interval over boots exists;
// then a case is described by its repeats, and the summary says that this holds
// within the run's associations only.
//
// # Median and interval
//
// The median is a type 7 quantile (Hyndman and Fan, The American Statistician
// 50, 1996: the default of R and NumPy). Its interval is the exact one from
// order statistics (David and Nagaraja, Order Statistics, 3rd ed., 7.1): it
// supposes nothing about the distribution. With fewer than six values no pair
// of order statistics covers the median with 95 %, so there is no interval,
// and a warning says so.
//
// # Quantiles that n cannot carry
//
// A quantile q of a repeat is withheld unless the repeat had so many sends that
// a two-sided 95 % interval of q has a finite upper end: 6 for the median, 36
// for p90, 368 for p99. See Needs.
//
// # Stop rule
//
// Plan.Next chooses the case to repeat next, from the results so far alone: in
// rounds, until the interval of every case is tight enough. It looks at widths
// only, never at whether a difference has appeared. An interval at which
// measuring was stopped because it was tight covers somewhat less than it says.
package analysis
