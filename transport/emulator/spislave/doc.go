// Package spislave is the emulated module's end of its SPI link: the pins CS,
// RDY, CHIP_EN, CLK, MOSI and MISO, and the framing on them. It is written from
// the module's documented behaviour and shares no code with the host's engine,
// whose test bench it is.
//
// # Concepts
//
// A [Slave] has two ends. The host's end is pins: [Slave.SetEnable],
// [Slave.SetCS] and [Slave.Transfer] drive them, [Slave.Ready] and
// [Slave.WaitEdge] watch RDY. The firmware's end is a [Side], which carries whole
// frames. CHIP_EN up makes a Side and hands it to Options.On; CHIP_EN down
// closes it.
//
// A frame is 8 bytes of header (AA 55, length, flags, type, two reserved; little
// endian), the payload, and zeros up to a multiple of 4. A transaction moves at
// most one frame each way:
//
//	Configured      RDY low. CS up, or a frame for the host, sets a transaction up
//	Started         RDY high: the host may clock a header
//	HeaderReceived  8 bytes came in: RDY falls, at the earliest 70 µs after it rose
//	Complete        CS down: the host's frame is delivered; Configured again
//
// MISO gives the module's frame, or a header of length 0, and then the word
// DD CC BB AA over and over; it is all zeros while no transaction is set up.
//
// There are two buffers of 6144 bytes for each direction. The firmware's writer
// waits while both are full. When no buffer for the host's payload becomes free
// within 5 ms of the set-up, the header says rx_stall and that payload is
// thrown away.
//
// A host that breaks the rules is told so only by what happens: a frame whose
// header, length or type is wrong is dropped; CS down before RDY fell ends the
// transaction without the rest; CS up again before RDY fell puts the state
// machine into error, where it answers nothing until CHIP_EN was low.
//
// In standby the module sleeps when the link has been idle for 10 ms; then RDY
// follows CS after Options.Wake.
//
// # Time
//
// A transfer of n bytes takes Overhead + 8n/Speed and returns then. All other
// times are instants on the clock that follow from what came before them, so a
// transaction that carries h bytes from the host and m to it, begun when RDY
// rises, ends its RDY pulse at
//
//	max(High, Overhead + 64/Speed)
//
// and can end, with a header and payload of h in one transfer, at
//
//	max(High, Overhead + 8 (8 + 4⌈h/4⌉) / Speed)
//
// which is later by Overhead + 8 (4⌈m/4⌉ - 4⌈h/4⌉) / Speed when the module's frame is the
// longer one. Overhead stands for the host's driver. It is 0 by default, since
// in real time the program that drives the pins has its own.
//
// No goroutine runs here: what is due happens when an end looks, with the
// instant at which it was due.
//
// # The pin-level protocol
//
// [Slave.Serve] offers the pins on a stream socket, to one client at a time, as
// records:
//
//	host to module   'E' level                CHIP_EN
//	                 'C' level                CS, 1 is active
//	                 'X' n (u16 LE) n bytes   clock these bytes of MOSI
//	module to host   'R' level                RDY
//	                 'X' n (u16 LE) n bytes   the bytes of MISO of that transfer
//
// A level is one byte, 00 or 01. On connect CHIP_EN, CS and RDY are 0, and the
// module sends 'R' 00. 'R' may come between any two records; each 'X' gets one
// 'X' of equal n, 1 to 65535. A client that sends anything else, or does not
// read for 10 s, is disconnected, and the module is switched off.
package spislave
