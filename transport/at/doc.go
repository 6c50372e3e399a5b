// Package at is the dialogue in AT commands with a module, over any byte stream.
//
// # Concepts
//
// A [Session] owns a stream. Its only reader is one goroutine, which cuts what
// arrives into lines, prompts and runs of raw bytes, and decides for each one
// whose it is:
//
//   - the reply of the exchange that is going on. An exchange is one command
//     ([Session.Command]), or one command with a data phase ([Session.Send]); it
//     ends with a final code. There is one at a time;
//   - an unsolicited line. It becomes an [Event], in the order of arrival, and
//     is never a part of a reply. The events wait in an unbounded queue, so a
//     consumer that is slow, or none, holds nothing up;
//   - the payload of a link. It goes to the [Sink] of that link, in pieces as they
//     were read.
//
// What a line means depends on the module and on its mode. That knowledge is in
// a [Grammar], which the owner of the session swaps with the mode.
//
// # Raw bytes
//
// Payload has no escapes and no terminator: a head such as "+IPD:0,1460," says
// how many bytes follow, and exactly that many are taken, whatever is in them.
// Nothing is ever searched for in payload. Reads may be split or merged at any
// byte without a difference in what comes out.
//
// # A data phase
//
//	AT+CIPSEND=0,1460  ->
//	                   <-  OK, >              Accepted, Prompt
//	1460 bytes         ->                     Payload, Written
//	                   <-  Recv 1460 bytes    Recv
//	                   <-  SEND OK            End
//
// The prompt is one byte at the start of a line, and only while a data phase is
// awaited; anywhere else it is text. A payload of more than 8192 bytes is
// written in runs of that length, and a phase that ends early (a refusal, a
// restart) ends the writing too.
//
// A send may end at "Recv n bytes" (SendOptions.UntilRecv). Its final code then
// comes during a later exchange or between two: a good one is taken silently,
// a bad one becomes an Event with that line ("SEND FAIL"). Final codes are
// matched to sends in order, which for a bad one leaves open which link it was.
//
// SendParts writes the payload part by part, as CIPSENDL takes it; Passthrough
// ends at its prompt, and from then on every byte goes to its tap until
// EndPassthrough, while WriteRaw sends.
//
// # Unsolicited lines
//
// They go to Events in the order of arrival. Lines that come often, such as +IPD:
// or progress reports, are better given to Watch, which takes them on the reader's
// goroutine without an allocation, together with the heads of data that a Sink takes.
//
// # Time
//
// An instant is taken directly before a write starts, after it, or when a read
// returned, before anything is parsed. Everything one read brought has the time
// of that read.
//
// # Cancelling
//
// The context of a call ends its waits, and also a write that the other side
// does not take (flow control): by SetWriteDeadline when the stream has it,
// else by closing the stream, which ends the session. A write held off is
// looked after from its 20th millisecond on. A stream with neither method keeps
// its caller for as long as its Write takes.
//
// A call that was ended leaves its exchange behind, and the exchange keeps
// taking its late reply, so that no later command takes it for its own. The next
// call first waits for the end of that reply, but no longer than until nothing
// arrived for 200 ms since, and never longer than 2 s. A command line that was
// only partly written is ended by CRLF first, which the module answers with ERROR. What
// cannot be mended from here is a module that waits for the rest of a payload:
// ProtocolError.DataMode says so.
//
// # Errors
//
// A [CommandError] is the module's own refusal. A [ProtocolError] says that the
// module did not answer as the grammar allows, with the command, the bytes seen
// and the time waited; it matches the reason with errors.Is: the cause of the
// context, [ErrReset] for a module that restarted, or what ended the reader.
// Secrets given to [Session.Mask] are shown as *** in both.
package at
