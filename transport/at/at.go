package at

import (
	"io"
	"time"
)

// Conn is the stream that a Session needs. Read and Write are called from
// different goroutines at the same time; one Write is one message: a command
// line with its CRLF, or a run of payload. SetReadDeadline, SetWriteDeadline
// and Close are used when the stream has them; Close must unblock a Read.
type Conn = io.ReadWriter

// Grammar tells the reader where replies end. What a line means depends on the
// module's mode, so its owner swaps the grammar with the mode (SetGrammar).
// A Grammar is not changed after it was given to a Session.
type Grammar struct {
	OK     []string // complete lines that end a command well: "OK"
	Fail   []string // complete lines that end a command badly: "ERROR"
	SendOK []string // complete lines that end a data phase well: "SEND OK"
	// SendFail are complete lines that end a data phase badly: "SEND FAIL", "SEND CANCELLED", "ERROR".
	SendFail []string
	Busy     []string // complete lines that mean the command was dropped: "busy p..."
	Code     string   // prefix of the line with the error code that comes before Fail: "ERR CODE:"
	Prompt   byte     // '>' at the start of a line, when a data phase was asked for
	// Events are prefixes of unsolicited lines: "ready", "+CW:", "+CIP:", "+IPD:". A whole line "ready" that comes during
	// an exchange ends it: the module restarted.
	Events []string
	// Bare are lines that the module sends without CRLF (`+CIPDINFO:true`): each ends with its own last byte.
	Bare []string
	// Raw returns how many raw bytes follow this head, which is the start of a line up to and including the
	// last byte seen; ok is false while the head is incomplete or has no raw data. link is the link ID for an
	// unsolicited head (the data go to that link's Sink), -1 for data that belong to the reply. It is asked at each
	// ',' and ':' of a line, on the reader's goroutine, and must not call the Session. nil means that there are no raw data.
	Raw func(head []byte) (n, link int, ok bool)
}

// SendOptions vary a Send.
type SendOptions struct {
	// UntilRecv ends the send at "Recv n bytes"; its final code then overlaps the next command and is taken there.
	UntilRecv bool
	// NoRecv says that no "Recv n bytes" comes: the final code alone ends the send, be it that of a data phase or that of a
	// command ("SEND OK", "OK"), and UntilRecv has no effect.
	NoRecv bool
	// MayRecv says that it is not known whether "Recv n bytes" comes: it is taken, and the final code is as well without it.
	MayRecv bool
	// AnyCount takes every n in "Recv n bytes": Response.Received has it. Else it has to be the length of the payload.
	AnyCount bool
}

// Response is what one command or one send gave. Its slices are valid until the
// next call on the Session; the instants are monotonic, taken directly round
// the read and the write, before any parsing.
type Response struct {
	Lines [][]byte // data lines between the command and the final code, without CRLF; of raw data the head
	Data  []byte   // raw length-counted data of the reply
	Final []byte   // the final line: "OK", "SEND OK"; empty for a send that ended at Recv

	Sent  time.Time // before the write of the command
	First time.Time // the read that brought the first byte of the reply
	End   time.Time // the read that brought the last byte of the final code; zero for a send that ended at Recv

	// Of a send only; zero where not seen.
	Accepted time.Time // OK after the command
	Prompt   time.Time // the prompt
	Payload  time.Time // before the write of the payload
	Written  time.Time // after the write of the payload: the buffer took it
	Recv     time.Time // "Recv n bytes"
	Received int       // its n
}

// Event is one unsolicited line, in the order of arrival. Also a line that
// nobody waits for is one, and the head of raw data that nobody takes.
type Event struct {
	Line []byte // without CRLF; the receiver owns it
	Time time.Time
}

// Sink takes the payload of one link on the reader goroutine, in pieces as they
// were read; p is valid during the call, t is the time of the read. It must not
// block and must not call the Session.
type Sink func(p []byte, t time.Time)
