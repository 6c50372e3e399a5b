// Package energy makes figures of current traces: charge, energy, the states
// that the module was in, its wakes and their cadence, and what an instrument may
// have got wrong. Everything is made from a [trace.Reader], so from the run
// directory, and again whenever it is wanted.
//
// # Concepts
//
// A [Question] says which part of a trace counts and what the module was asked to
// do in it. [Measure] answers with [Figures]: metrics by their name in the metric
// table, and each [Problem] that was found. A problem that voids a figure takes it
// away: no figure is better than a wrong one.
//
// Traces are longer than memory. Everything passes over the samples in order, in
// blocks, and keeps sums: an [Index] has the charge before every few thousand
// samples, so that that of any window costs no more than reading its edges. States
// are told by levels of the current, a wake is a time above that of sleep, and a
// cadence is the schedule that most wakes are on. It is found without knowing
// what was asked for, and then held against it.
//
// Over several cases, [WakeFits] and [LoadFits] say in two figures each how the
// current depends on how often the module wakes, and the power on the payload.
// docs/energy.md has every figure's definition and its limits.
package energy
