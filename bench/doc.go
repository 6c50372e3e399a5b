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
// The instants of every send of an upload stay in the raw samples, each
// as a series with the instant t at which it begins and its length, in s:
//
//	send_latency   t: when the send was due, without a schedule before the write of the command; to SEND OK, or to Recv with wait: recv
//	stage_command  t: before the write of the command; to OK
//	stage_prompt   t: OK; to the prompt
//	payload_write  t: before the write of the payload; until it is queued
//	stage_radio    t: the payload's end on the line by its line time; until its last byte came to the peer, or to Recv if that is first
//	stage_recv     t: the end of that; to Recv
//	stage_final    t: Recv; to SEND OK. Without Recv t is as of stage_recv
//	delivery       t: arrival of the last byte at the peer; since the send was due
//
// Those of cipsendl's progress reports are bytes over all sends so far, at the instant t at which the report was read:
// report_sent and report_received. cancel_latency is that of each cancelled send, t: before the write of +++; to SEND CANCELLED.
//
// Those of every read of workload receive in passive mode:
//
//	stage_command  t: before the write of the command; to the first byte of the answer
//	stage_data     t: that byte; to the final code
//
// Those of every event of a latency workload, an event being an AT, a ping, or a request with its reply:
//
//	rtt            t: when it was due; until what was asked for was there (ping: the module's own figure)
//	service        t: before the write of its first command; the same
//	stage_command  t: the same; to OK (AT and ping: to the first byte of the answer)
//	stage_final    t: that byte; to the final code (AT)
//	stage_radio    t: before the write of the payload; to its last byte at the peer, less its line time (ping: from the
//	               first byte of the answer to the line with the time)
//	stage_peer     t: that byte at the peer; to the write of the reply
//	stage_wait     t: the write of the reply; until it is whole at the host, less its time on the line
//	delay_up       t: before the write of the command; to the last byte at the peer
//	delay_down     t: the write of the reply; until it is whole at the host
//
// stage_prompt, stage_recv and stage_final of a request are those of a send. Of an AT in standby there is also
//
//	wake_latency   t: before its write; by how much the final code comes later than of a module that is awake
//
// Those of each row of workload iperf, about a second long:
//
//	goodput        t: when the row came; of a peer that receives
//	throughput     t: the same; of a peer that sends
//
// Those of each message of workloads mqtt and ble-notify, beside the stages of a send:
//
//	delay_up       t: due; to its arrival from the module
//	delay_down     t: due; until the module has given it
//
// Of every block that a source sent to the host, and for its quantiles:
//
//	delay_down     t: arrival of its last byte; since the source began to write it
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
// In an open loop a pacer says when each is due, whatever became of the last.
package bench
