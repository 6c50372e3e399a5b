// Package power drives the instruments that supply the module and measure its
// current.
//
// # Concepts
//
// A [Meter] is one instrument over a line or socket that the caller has opened.
// It streams blocks of samples (package trace), and switches the module's supply
// where it has an output. A reader of its own takes the bytes from the line, with
// the instant at which they came, into a buffer of seconds: no sample is lost
// because somebody else was busy. Every second the samples are held against the
// wall clock, since an instrument that loses some on USB does not always say so.
//
// A [Tape] runs a meter for a whole session and cuts traces from it, one for each
// repeat.
//
// What cannot be is never passed on as a figure: a stream that is out of step is
// brought back into step, and what lies between is a gap.
package power
