// Package peer is the network end of a measurement: the host side of the
// module's connections. Here, in the measuring process, it has three kinds of
// ends, over TCP, UDP or TLS and both versions of IP: a sink checks every byte that
// arrives, a source sends a stream to the module, an echo answers requests. An end
// listens for the module or, where the module is the server, dials it. A Checker is
// the sink's check for payload that arrives elsewhere, such as at the host.
//
// # Stream
//
// What is sent is a Stream: an endless sequence of bytes that is a function of
// seed, stream number and offset alone. Sender and receiver both make it, so
// the receiver knows what each byte ought to be. The sender takes Stream.Fill,
// the receiver compares.
//
// A stream is cut into blocks of Block bytes; one block is one send. From
// MinFramed bytes on a block carries its own frame, integers most significant
// byte first:
//
//	offset        bytes  field
//	0             4      magic 3A B6 7E D1
//	4             1      version, 1
//	5             1      flags, 0
//	6             2      header length, 28
//	8             4      stream number
//	12            8      block number, from 0
//	20            4      payload length, Block - 32
//	24            4      CRC-32C of the 24 bytes before
//	28            n      payload
//	28 + n        4      CRC-32C of the payload
//
// A receiver that does not know the seed can still check such a block. Smaller
// blocks have no room for a frame: there the stream is implicit, payload only.
// The magic sets none of the flag bits by which an iperf 2 server takes a
// stream for one of its own. No time is in the bytes: both ends run in one
// process and on one clock, so the sender keeps a table of when it sent what.
//
// Payload is a counter passed through the finalizer of SplitMix64 (G. L.
// Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014), eight bytes to a counter value, least significant
// byte first. Two properties matter here: any offset can be computed without
// the ones before it, and the finalizer is a bijection. Turned round, it takes
// eight bytes that arrived to the counter that made them, which is their offset.
// So every whole word of payload names its own place in the stream.
//
// # Pattern
//
// A stream with a pattern shows whether all that carries it is transparent: texts stand in it that a parser of the
// dialog, or of a line, might take for its own. They are written over the payload, and there is no frame, whatever the block.
//
//	zero    16 bytes 0x00
//	plus    +++
//	crlf    \r\n
//	ipd     \r\n+IPD,0,5:   +IPD:0,5,
//	final   \r\nOK\r\n   \r\nERROR\r\n   SEND OK
//	prompt  \r\n>
//
// A text begins at each offset that is a multiple of 61, of 67 where the block is one of 61, of 71 where it is one of
// both. Being prime, the distance moves the texts through the blocks: within 71 blocks for each text of the pattern, every
// one of them has been cut at every place by the end of a block, has begun a block and has ended one; and so it is
// at any other place in a block at which something is cut. Of blocks as long as a text, some are that text alone.
// Where a pattern has several texts, they take turns from block to block: offset / Block mod their number. At least 45
// bytes of payload lie between two texts, and so whole words.
//
// # Checking
//
// As long as all is right, each read is compared in bulk with the bytes that
// are due. Where the two differ, the receiver looks for the next whole word
// that names its place, follows the match back to its first byte, and accounts
// for the stretch between. Every byte that arrived is exactly one of Good,
// Duplicate, Corrupt and Foreign; every byte of the stream before the last one
// that arrived is Lost when it is not there. How the bytes were split into
// reads makes no difference.
//
// These counts are exact when at least 64 undamaged bytes lie between one
// fault and the next, and after the last:
//
//   - k bytes left out, at any place: Lost = k;
//   - k bytes changed, in one run or scattered in any pattern: Corrupt = k;
//   - a byte, a run or a block sent again, at once or (from 15 bytes on, and
//     whole framed blocks always) later: Duplicate = its length;
//   - bytes put in that are not of the stream: Foreign = their length;
//   - blocks of 15 bytes and more in another order: Reordered = the bytes of
//     those that came after later ones, and Lost = 0. Of blocks of 4 bytes and
//     more too, when they are less than 256 bytes apart.
//
// With a pattern, blocks have to be of 64 bytes and more to be known out of order, or later again; the rest is as exact.
//
// Equal bytes cannot be told apart. Of two equal neighbours, one left out is
// still Lost = 1, but which of them it was nobody knows: FirstBad is then the
// first offset at which something else arrived, or, as all headers begin alike,
// the start of the block. Foreign bytes that equal the ones before them count as
// Duplicate.
//
// The rest is best effort, within bounded time and memory. Faults closer
// together are told apart where four bytes in a row show the place; otherwise
// as many bytes as fit count as changed in place, and what is left over as Lost
// or Foreign. Blocks of one to three bytes in another order count as Corrupt.
// At the end of a connection, when nothing intact follows, printable text is
// Foreign, and anything else is Corrupt, unless it is 64 bytes or more with
// hardly one of them in place. A jump of more than 64 MiB is not followed; what
// comes after it is Foreign. Of the gaps, the 4096 latest are remembered: bytes
// that arrive later than that count as Duplicate, and stay Lost.
//
// # Time
//
// A read is stamped directly after it returns, before anything is checked. A
// block has arrived with the read that brought its last byte.
package peer
