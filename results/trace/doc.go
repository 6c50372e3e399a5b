// Package trace holds current traces: the samples of a supply current, with
// gaps, digital channels and what the instrument said, and the formats in which
// they are kept and exchanged.
//
// # Concepts
//
// A trace has a [Header], which holds for the whole of it, and samples, which
// come in a [Block] each. Samples are counted by the instrument from 0 on, and
// those that got lost are counted too: a gap is where the index of a block is
// not the end of the block before. A gap is never filled with figures.
//
// A trace knows the host's clock only through its [Clock]: the instant of sample
// 0 and the time from one sample to the next, both fitted. What an instrument
// calls 100 kS/s may be off by 50 ppm, which is 3 ms in a minute.
//
// # The files of a trace
//
// NAME.ppk2 is what Nordic's Power Profiler opens: a ZIP archive whose entry
// session.raw has six bytes a sample, the current in µA as float32 and the digital
// channels in a big-endian word with two bits each. A [Writer] writes it front to
// back while it runs, so that a killed run leaves all but its last half second;
// only the size of session.raw is put into the archive's first header at the end,
// for programs that read an archive front to back.
//
// NAME.json beside it is the [Side]: header, gaps, events, marks, arrivals, the
// clock, and the SHA-256 of the samples. At first it has the header alone.
// NAME.volts.f32 and NAME.plain.f32 are written when the instrument measures
// voltage, or filters its samples: little-endian float32, one a sample, in V and A.
//
// [Open] reads a trace at any place, also one that was cut off, and a .ppk2 that
// another program wrote. [Import] makes a trace of what other instruments record, a
// [Cut] writes a trace or a part of it as CSV, Parquet or .ppk2. What is read may
// be of anybody: it is bounded in memory, and what cannot be is refused with the
// reason.
package trace
