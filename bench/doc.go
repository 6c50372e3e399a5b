// Package bench does the measuring: it drives an opened rig through the cases
// of a scenario and hands each result to a journal the moment it ends.
//
// # Concepts
//
// A [Rig] is what was opened: module, peer and link. A [Workload] is one kind
// of measurement, made from a case's parameters. A [Runner] takes cases in the
// order that its Next function gives and repeats them.
//
// A repeat has fixed phases:
//
//	setup      the scenario's AT lines
//	warmup     whole repeats whose result is thrown away, once per case and boot
//	prepare    open sockets; nothing is measured
//	start      mark, conditions and link counters were read just before
//	run        the workload; every sample is taken here
//	end        mark
//	conclude   close sockets
//	cleanup    the scenario's AT lines
//
// A boot is one reset and one association. Repeats of one boot share its luck
// with the radio, so the boot is the unit of inference and the runner makes as
// many as the scenario asks for, each with its own block of interleaved repeats.
//
// Nothing here opens a device and nothing computes statistics: the caller hands
// over an open rig, and functions for what is decided by analysis.
//
// # Samples
//
// The instants of every send of workload cipsend stay in the raw samples, each
// as a series with the instant t at which it begins and its length, in s:
//
//	send_latency   t: before the write of the command (due); to SEND OK, or to Recv with wait: recv
//	stage_command  t: the same; to OK
//	stage_prompt   t: OK; to the prompt
//	payload_write  t: before the write of the payload; until it is queued
//	stage_recv     t: the same; to Recv, less the payload's line time
//	stage_final    t: Recv; to SEND OK
//	delivery       t: arrival of the last byte at the peer; since the send was due
//
// Those of every read of workload receive in passive mode:
//
//	stage_command  t: before the write of the command; to the first byte of the answer
//	stage_data     t: that byte; to the final code
//
// The life-cycle workloads keep, for each event (a join, a connection, an outage, a scan):
//
//	duration       t: where it begins; to its end
//	stage_boot ... t: where the stage begins; its length
//	notice         t: the outage; until the module says so
//	found          t: the end of a scan; access points
//	heap           t: the reading; B
//
// Workload soak keeps no sample of a send: one of goodput a second, at its end, and one of heap, at most one a second.
//
// # Time
//
// All instants are monotonic and taken directly round the read or the write.
// Latency counts from the instant a send was due; a workload that always sends
// as soon as the last send ended is closed-loop and its sends are due at once.
package bench
