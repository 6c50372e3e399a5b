// Package iperf is the emulated module's throughput test: AT+IPERF and
// AT+IPERFSTOP (manual 4.1.37, 4.1.38). It behaves as the iperf in the source of
// the firmware's SDK, which calls itself 2.0.13 and speaks the protocol of iperf 2.
//
// # Concepts
//
// A run is one test in one of four directions: TX or RX over TCP or UDP. There
// is one at a time. AT+IPERF answers OK at once; what the run has to say comes
// later, as bare text on the log UART, with the quirk iperf-on-at also on the AT
// port. Nothing marks its end: the last row is the one whose interval starts at
// 0.0. What the firmware's shell says (of AT+IPERFSTOP, and of an address that is
// none) comes on the log UART alone.
//
// A run has a goroutine of its own, which moves from instant to instant, and
// helpers that wait for sockets. Between both lies the radio: what the run sends
// has its air time and reaches the socket one radio latency later, what a socket
// gives takes the same way back. So in virtual time a run has exactly the radio's
// rate. The firmware counts what it has queued, not what was received.
//
// Rows are made by traffic: one comes with the first segment or datagram after a
// second has passed, from the row before to that instant. Without traffic there
// is none. Numbers are those of the firmware's single-precision arithmetic; so is
// the tenth of a second that is shown as 10 when it rounds up.
//
// # TCP
//
// TX connects, sends 60 zero bytes, then digits (0123456789...) in segments of
// 1460 bytes, of which 48 may be unacknowledged. It ends with FIN after what was
// queued; with the quirk iperf-reset with a reset, and what was queued is lost.
//
// RX serves one connection and ends when its client ends; the time has no effect.
// It looks at the first segment: less than 24 bytes (60 with the flag
// 0x40000000), or the flag 0x10000000 without that one and 0x80000000, and the
// connection is closed while the run goes on; so it is after 10 s of silence, and
// when another connection comes, which then is the one that is served.
//
// # UDP
//
// A datagram has 1470 bytes and begins, in the module's dialect, with 12 bytes;
// digits follow:
//
//	0   id, from 0 on; negative in the one that ends the test
//	4   seconds since the module was booted
//	8   microseconds
//
// The clean dialect (quirk iperf-clean) is that of iperf 2.1: ids from 1 on, and
//
//	12  upper half of the id: 0, or 0xffffffff in the one that ends the test
//
// and zeros behind its 16 bytes. The digits make servers of iperf 2.1 read
// options that are none, and crash; the clean dialect is for them.
//
// TX sends at 200 Mbit/s or as fast as the radio goes, with 16 datagrams waiting
// for the radio at most. It then sends the ending datagram up to ten times,
// 350 ms apart, until the server's report comes, and prints that. The report is 40
// bytes behind the header, big-endian: flags with 0x80000000, received bytes (two
// words), seconds, microseconds, lost, out of order, datagrams, jitter in seconds
// and microseconds.
//
// RX ends with the first ending datagram, and does not answer it; with the quirk
// iperf-report it sends its report, again for each datagram that comes within
// 250 ms of the one before, ten times at most. Its total is the highest id: a client
// that counts from 1 on has lost one.
//
// The radio loses a datagram with the probability of its loss, and does not
// repair that.
package iperf
