// Package meter is the wire protocol of current meters in software, fed by a
// current that is known: that of an emulated module. A driver that is tested
// against it can be held against a charge, byte for byte.
//
// # Concepts
//
// A [Meter] is one instrument, made of a [Config]: its kind, the [Source] whose
// current it measures and whose supply it switches, the [Model] of its errors, and
// faults. [Meter.Serve] speaks with one host after the other over whatever is
// handed to it. What the instrument is set to outlasts a host, as on a bench.
//
// Samples are taken on the instrument's own clock and handed over every 10 ms, at
// least Model.Lag old. In a testing/synctest bubble the pace is that of virtual
// time. Each sample is the mean of the current over its own time, through the
// model, as the number that the instrument would send. A host that does not read
// stops nothing: samples go into a bounded queue, those that do not fit are lost,
// and whatever counts samples on the wire goes on.
//
// # Kinds
//
//	ppk2           Nordic PPK2: commands of one byte, frames of four, 100 kS/s,
//	               five ranges, a counter of 6 bits, eight digital channels
//	v3pwr          STLINK-V3PWR: PowerShield text, samples of two bytes; it trips
//	               above 0.5 A
//	lpm01a         X-NUCLEO-LPM01A: PowerShield text with banner and prompt; it
//	               trips above 75 mA, and above 59 mA within 5 ms
//	keysight-elog  N6705C with N6781A: SCPI and its external data log
//	psu-poll       a bench supply that is asked for its reading, SCPI of Siglent, or
//	               of Rigol with Model.Dialect
//
// Where nothing is published of how an instrument behaves, the code says so.
//
// # Faults
//
// A fault is NAME[:ARG][@N[/EVERY]]: it hits before the N-th sample since the meter
// was made (default the first), counted over all acquisitions and lost ones too,
// once; with /EVERY again at each EVERY-th after that. N and EVERY may be times of
// measuring, such as gap:63@5s/10s.
//
//	gap:COUNT       COUNT samples are taken and not sent (default 1)
//	compress:SHARE  from there on this share of the samples is lost, 64 in a row
//	lost-byte       the first byte of the sample is not sent
//	odd-frame       ppk2: the counter of one frame is wrong
//	storm:COUNT     ppk2: for COUNT samples (default 1000) the range changes with each
//	metadata:ID     v3pwr, lpm01a: a record of this ID, in hexadecimal (default f6), comes
//	                between two samples; one that nobody knows has six bytes
//	stamp-jump:MS   v3pwr, lpm01a: the time stamps go ahead by MS (default 100)
//	over-current    the instrument trips: its output is off, and it says so where it can
//	supply-drop     its output goes off, and nobody says so
//	stall:MS        nothing is sent for MS (default 100); samples wait in the queue
//	silent          nothing is said any more; without @ from the start, not only from the first
//	                sample on
//	unplug          the line ends
//
// These are there all the time and take no @:
//
//	refuse:WORD     a command that contains WORD is refused
//	deaf            v3pwr, lpm01a: while it measures it hears no command but stop
//	warm-up:SHARE   the first acquisition reads this share too high (default 14%)
//	split:BYTES     what it says is written in pieces of BYTES (default 1)
//	no-end          ppk2: the metadata have no END
//	nan:KEY         ppk2: that line of the metadata reads -nan
//	missing:KEY     ppk2: the metadata lack that line; without KEY all of the calibration
package meter
