// Package transport is the link between the host and the module: a byte stream
// in both directions, whatever carries it.
//
// # Concepts
//
// A [Conn] is one open link. Serial lines (package uart), the SPI link, network
// serial servers and the emulated module all end as a Conn, so nothing above
// knows the wire. A message is what the layer above writes in one go: a whole
// command line, a run of payload, or the three bytes +++ alone. The boundary of
// a message matters, because the module's firmware takes one command per SPI
// frame and recognises +++ only in a packet of its own; so one Write is one
// message, and whoever wraps a Conn neither merges nor splits writes.
//
// Reads have no boundaries: replies arrive split and merged at any byte.
//
// A Conn that drives wires of the module is [Wired] as well: before the module's
// supply goes off it takes them low, so that nothing feeds the module through them.
//
// A [Log] records both directions of a Conn with monotonic times, and [Replay]
// plays such a recording back as a Conn.
//
// # The trace format
//
// A recording is text, one line per Write and per Read, in the order of their
// times. Its first line is
//
//	# st67bench trace 1 2026-11-22T18:40:00.000000000Z
//
// with the version of the format and the wall-clock time that the line times
// count from. A line of data is a time in seconds, a direction (> toward the
// module, < from it) and the bytes, in one or more parts:
//
//		+0.001234567 > "AT+GMR\r\n"
//		+0.002101004 < "\r\nOK\r\n"
//		+0.010000321 > "AT+CWJAP=\"home\",\"" *12 "\"\r\n"
//		+1.250000800 > @1:2920+1460 crc32c=e3069283
//
//	  - a quoted part holds bytes as a Go string literal does; bytes that are not
//	    printable ASCII are \r, \n, \t or \xNN;
//	  - *N stands for N bytes of a secret, which matches any N bytes on replay and
//	    is delivered as N asterisks;
//	  - @stream:offset+length stands for payload that the tool made itself: length
//	    bytes from offset on of its seeded stream of that number, with the CRC-32C
//	    (Castagnoli; RFC 3720, B.4) of the bytes.
//
// Further lines that begin with # are remarks: the link that was opened, a write
// that failed. The last line of a recording that was closed begins with "# end"
// and says when the size limit ended it early. A recording without that line was
// cut off; it is good up to its last whole line.
package transport

import (
	"io"
	"time"
)

// Conn is an open link to a module. Read and Write may be called from different
// goroutines at the same time; Close unblocks both and they then return an
// error that matches os.ErrClosed or net.ErrClosed. A deadline that passes
// makes the call return an error that matches os.ErrDeadlineExceeded; the zero
// time means none. Write takes all of p or returns an error. String is the link
// URL that was opened, without secrets.
type Conn interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	String() string
}
