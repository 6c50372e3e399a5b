// Package spi opens the module's 5-wire SPI link as a [transport.Conn].
//
// # Concepts
//
// The module is the slave of a bus of its own: SPI mode 0, 8 bits, highest bit
// first, up to 40 MHz. Two more wires shake hands. CS, from the host, is active
// high, wakes the module and stays up for a whole transaction; RDY, from the
// module, says that a header may be clocked. CHIP_EN low switches the module off.
//
// What is clocked is frames. A frame is a header of 8 bytes, little endian, and
// its payload, padded to whole 32-bit words:
//
//	0  magic      55AA, on the wire AA 55
//	2  length     of the payload, without padding; at most 6144
//	4  flags      bit 2: rx_stall; the rest 0
//	5  type       0 is the AT stream; 1 net station, 2 net AP, 3 HCI, 4 OpenThread
//	6  reserved   0
//
// A module with nothing to say sends a header of length 0 and then the word
// DD CC BB AA over and over.
//
// A transaction begins with the host raising CS because it has a frame, or with
// the module raising RDY because it has one. Then:
//
//	host    CS up                                   (RDY may be up already)
//	module  RDY up: a frame is set up
//	host    clocks its header and payload; the module's header, and as much of
//	        its payload, comes in at the same time
//	module  RDY down: header accepted
//	host    clocks the rest of the module's frame, if it is the longer one
//	host    CS down: the frame counts as delivered
//
// The link has no checksum and no sequence number: a bit that changes on the
// wire changes the payload, and a changed header loses its frame.
//
// # What the engine does
//
// One goroutine owns bus and lines. It sends each Write as one message: one
// frame when it fits (the firmware takes one command per frame), else as few as
// possible. It gives the payload of type 0 to Read as a byte stream, keeps
// 64 KiB of it for a slow reader, and begins no transaction while there is no
// room for another frame.
//
//   - RDY is followed by its edges, for their time, and its level is looked at
//     again, because an edge can be lost; what was lost is counted.
//   - rx_stall: the module had no buffer and threw our payload away. Headers
//     without payload follow until it has one, then the same frame again. A
//     message that is refused for 30 s fails.
//   - A header with a wrong magic or length costs its own frame; the next
//     transaction begins anew. A frame whose last word is filler was announced
//     longer than it was, so it is dropped too. (Honest payload that fills whole
//     words and ends in DD CC BB AA is mistaken for that: one in 4·10⁹ frames of
//     random bytes.)
//   - Each wait for RDY ends after 2 s, with a [LineError] that names the lines'
//     levels. [Diagnose] says which wire or image that points to.
//
// # Line time
//
// A transaction that carries n bytes in its longer direction takes
//
//	8 (8 + 4⌈n/4⌉) / f
//
// seconds at a clock of f Hz, and a message takes one per frame. LineTime adds
// these up for messages that follow one another. That is the bus alone: the
// module holds RDY up for at least 70 µs per transaction, and it, the driver and
// the host need time between two of them. All of these are latency, which a
// ceiling leaves out; the link's series tell them apart.
//
// # Back ends
//
// [Open] drives a Linux spidev and GPIO lines by the kernel's own interface:
// edges have the kernel's time and number, CS is a GPIO line because it must stay
// up over several transfers, and the controller's own CS is switched off where it
// lets itself be. The clock is measured, since the kernel gives back only what
// was asked for.
//
// [OpenStream] speaks to wires at the other end of a byte stream: an emulated
// module, or a microcontroller that bridges. The pin-level protocol is records
// without answers of their own:
//
//	host to module   'E' level                CHIP_EN
//	                 'C' level                CS, 1 is active
//	                 'X' n (u16 LE) n bytes   clock these bytes of MOSI
//	module to host   'R' level                RDY
//	                 'X' n (u16 LE) n bytes   the bytes of MISO of that transfer
//
// A level is one byte, 00 or 01. After connecting CHIP_EN, CS and RDY are 0, and
// the module sends 'R' 00. 'R' comes between any two records; each 'X' gets one
// 'X' of equal n, from 1 to 65535. There is one client at a time.
//
// [New] takes any other bus and lines.
package spi
