// Package analysis says what a run means: pure functions from a results.Run to
// figures. It opens no link and sees no workload, so every number of a report
// can be made again from a run directory on a machine without hardware.
//
// # What counts as one value
//
// Sends within a repeat are not independent of each other, and repeats within
// one boot (one reset and one association) share that association's luck. So a
// repeat gives one value per metric, and from five boots on a boot gives one:
// what results.Metric.Combine makes of its repeats. Below five boots Student's t is
// too wide to say anything; then a case is described by its repeats, and the
// summary says that this holds within the run's associations only.
//
// # Median, mean and interval
//
// The median is a type 7 quantile (Hyndman and Fan, The American Statistician
// 50, 1996: the default of R and NumPy). Of repeats its interval is the exact one from
// order statistics (David and Nagaraja, Order Statistics, 3rd ed., 7.1): it
// supposes nothing about the distribution. With fewer than six values no pair
// of order statistics covers the median with 95 %, so there is no interval,
// and a warning says so. Of boots the interval is Student's of their mean, on
// logarithms of what is compared by ratios, as comparisons take it.
//
// # What varies
//
// From three boots on, Varies splits the variance of a metric into that of boots
// and that of repeats, and says how many repeats of each boot are best. Together
// adds sessions, over several runs. Counts have exact intervals of their own.
//
// # Windows
//
// Summary.Watch looks into the samples: how many independent values a repeat's
// samples are worth, whether its beginning is like the rest, and whether it
// settles at all. It is a diagnosis; no figure is cut or made again. It takes a
// reader, because everything else is a pure function of the results.
//
// # Quantiles that n cannot carry
//
// A quantile q of a repeat is withheld unless the repeat had so many values that
// a two-sided 95 % interval of q has a finite upper end: 6 for the median, 36
// for p90, 368 for p99. See Needs. That holds for every series of which there are
// quantiles, and one that a single repeat cannot carry is withheld for the case.
//
// # Workloads
//
// Nothing here knows the workloads: what is said of a run follows from the metrics
// that it has. It is about the first that it has of round trip, time to the end,
// goodput, throughput and rate (Summary.Primary). Only the noun for one exchange,
// "send" or "request", comes from the workload's kind (Summary.Event).
//
// # Stages
//
// The stages of an exchange follow one another and never overlap: each instant
// between its beginning and its end belongs to one of them, and their shares are
// of their sum. What runs beside them is no stage: the one-way delays, which span
// several stages, the confirmation of a request whose answer is already on its
// way, and the radio of a send, which goes on while the module confirms it. Of requests stage_radio and stage_peer are those parts of a wait of which the peer knows
// better what was waited for, and stage_wait is what is left of it. The workloads'
// documentation says where each of their stages begins and ends.
//
// # Findings and warnings
//
// A finding is a sentence that says where the limit is, computed from the worst and
// the best case. A warning is what a reader must know before believing a figure, and
// what to do about it. Each is one rule in a list, which holds its tongue when a
// metric that it needs is not there.
//
// # Stop rule
//
// Boots.Another says whether one more boot is wanted, and Plan.Next which case to
// repeat next within one, from the results so far alone. Both look at the t
// interval of the values' mean, of logarithms for what is compared by ratios, and
// at its width only: never at whether a difference has appeared. From five values
// on they look; when all that was asked for is tight, three more follow, because an
// interval at which measuring stops for being narrow covers less than it says. What
// the most boots could not make tight is not waited for. Case.Stop says afterwards,
// from the results again, why each case got no more.
//
// # Before a run
//
// An Outlook is what an earlier run of the same cases says of how long the next one
// takes and of the smallest change that it can find: a coefficient of variation
// times the effect, in standard deviations, that so many values a side detect.
package analysis
