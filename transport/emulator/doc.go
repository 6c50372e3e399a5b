// Package emulator is a ST67W611M1 in software: its AT commands, its line, its
// radio, and an air with one access point. It is the rig that everything runs
// against when no hardware is at hand, and the only place where the truth is
// known in advance.
//
// # Concepts
//
// A [Module] is one emulated module. It answers byte for byte as the T01
// firmware does; where firmware and manual contradict each other, the point is
// a named quirk. Its sockets are real: AT+CIPSTART goes through Config.Dial, so
// 127.0.0.1 is this machine.
//
// A host reaches it in one of four ways. [Module.Open] gives a connection in
// this process. [Module.PTY] puts it behind a pseudo-terminal, which any program
// opens as a serial port. [Module.Serve] offers it over TCP. The first host
// switches the module on; `ready` comes when it has booted. [Module.SPI] gives the
// wires of the SPI link, and [Module.ServeSPI] offers them to other programs;
// there CHIP_EN switches the module.
//
// Over SPI the firmware reads one frame at a time: what follows the first CRLF of
// a command's frame is answered with `busy p...` and lost, a command is cut at 256
// bytes, and a data phase takes frames of any length. A frame that comes while a
// command is at work waits in one of two buffers. Each message of the module is
// a frame.
//
// [Truth] has the parameters and the closed form of an exchange. In virtual time
// (testing/synctest, with Open and package memnet) the module meets the closed
// form to the nanosecond. In real time it sleeps to 120 µs before an instant
// and spins the rest.
//
// The packages below share the work: core has the AT task, the line, the radio
// and the clock; basic, wifi, inet and power have one family of commands each;
// spislave is the module's end of the SPI link, memnet the network of virtual time.
//
// # Link URL
//
// emulated?key=value&… takes these keys:
//
//	link           uart (a PTY, the default), tcp, memory, spi
//	build          uart (blocking send), spi (SEND OK means queued); the default
//	               is spi with link=spi, else uart
//	profile        t01-2.0.75, t01-2.0.89, t01-2.0.97, t01-2.0.106 (the default)
//	baud           line rate in bit/s, default 2000000; 0 is a line that takes no time
//	speed          SPI clock in Hz, kHz or MHz, default 20MHz; 0 is one that takes no time
//	ready          SPI: least length of an RDY pulse, default 70us
//	overhead       SPI: what each transfer costs its host beside the clocks, default 0:
//	               in real time the program that drives the wires has its own
//	wake           SPI: from CS to RDY, of a module in standby (AT+PWR=2) whose link was
//	               idle for 10 ms, default 4ms; awake it is 0
//	seed           of losses and of faults at random places, default 0
//	latency        from a command's last byte to its effect, default 250us
//	radio          payload rate in each direction, default 20Mbit/s; unlimited
//	radio-latency  one way between module and peer, default 1ms
//	loss           probability that a radio frame has to be sent again: 0.01 or 1%
//	outage         AFTER:FOR[/EVERY], a time without radio: 5s:200ms/10s; repeatable
//	boot           from switching on or reset to `ready`, default 500ms
//	quirk          a name of the list below, or -name to switch it off; repeatable
//	fault          NAME[:ARG][@N[/EVERY]]; repeatable
//
// # Quirks
//
// On unless switched off:
//
//	joined-prompt  CIPSEND writes OK and the prompt in one piece
//	recv-line      `Recv <n> bytes` comes before SEND OK (manual: SEND OK alone)
//	bare-dinfo     CIPDINFO? answers without the CRLF of its data line
//	status-prefix  CIPSTATE? answers +CIPSTATUS: (manual: +CIPSTATE:)
//	len-comma      CIPRECVLEN? ends in a comma (manual: example with, syntax without)
//	data-limit     CIPRECVDATA refuses more than the receive buffer holds
//
// Off unless switched on:
//
//	buf-bare       CIPRECVBUF= prints a bare +CIPRECVBUF before OK, as in the manual
//	ipd-total      the length of a passive +IPD is all that is buffered, as in the manual
//	send-8192      CIPSEND takes up to 8192 bytes, as in the manual; else up to 6144
//
// # Faults
//
// A fault hits at the N-th CIPSEND since the module was switched on (default
// the first; neither resets nor CHIP_EN start the count again), once; with /EVERY
// again at each EVERY-th send after that. One at a payload offset waits for a
// send that is long enough. [Module.Injected] counts them.
//
//	drop:OFFSET       a payload byte is lost between data phase and socket
//	flip:OFFSET       the lowest bit of a payload byte is inverted there
//	duplicate:OFFSET  a payload byte is sent twice there
//	                  without OFFSET, a place drawn from the seed;
//	                  every=K in its place: every K-th payload byte from send N on
//	silence           after the prompt the module takes the payload, sends nothing and says
//	                  nothing; the next command works
//	reboot:OFFSET     the module restarts after OFFSET bytes of the payload (default half):
//	                  connections are gone, `ready` comes
//	urc:line          an unsolicited line comes between OK and prompt
//	urc:split         an unsolicited line comes in the middle of the Recv line
//	close             the connection is closed in mid-send: +CIP:<id>,DISCONNECTED
//	send-fail         SEND FAIL, and nothing is sent
//	refuse            the connection of the N-th CIPSTART is refused
//
// Those of the SPI link count transactions in place of sends, the first being that
// of `ready`, and lost-edge RDY's edges; there are two in each transaction.
//
//	stall:COUNT       COUNT transactions in a row (default 1) say rx_stall, and the host's
//	                  payload is thrown away; COUNT is what is counted
//	old-magic         the module's header begins with 01 55 (0x5501), as that of an image
//	                  that does not match; @1/1 for all of them
//	header:OFFSET     the lowest bit of a byte of the module's header is inverted on the wire
//	body:OFFSET       the same in the payload of a frame of the module
//	                  without OFFSET, a place drawn from the seed
//	lost-bit          the first bit that the module clocks out is lost: all after it come one early
//	lost-edge         an edge of RDY brings no event; its number is left out, the level is
//	                  right. Not at the pin level on a socket, which has nothing but events
//
// # What is a model
//
// PING answers for every host after one radio round trip: there is no station
// that real echoes could come from. Loss never costs TCP payload, only air
// time. UDP, SSL, servers, passthrough and IPv6 are not there yet; their commands
// answer ERROR.
package emulator
