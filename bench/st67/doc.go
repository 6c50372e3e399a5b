// Package st67 drives a ST67W611M1 with T01 firmware through typed commands. It
// is the only harness package that knows this module's vocabulary: commands,
// unsolicited codes, error codes and their meaning in words.
//
// # Concepts
//
// A [Module] is one module that answers over an [at.Session]. Its commands are
// called from one goroutine, one after the other; what it has seen
// ([Module.LastEvent], [Module.UnaskedReady], [Module.LinkUp]) may be read from
// any. A goroutine takes the session's events and keeps from them which links
// are up and whether the module restarted; it ends when the session is closed.
//
// # Grammar
//
// Where a reply ends is in the [at.Grammar]. It depends on three settings of
// the module, because the head of received data is ambiguous: `+IPD:1,23` is 23
// bytes waiting on link 1 (CIPMUX=1, CIPRECVMODE=1), or one byte of data that is
// "2" (CIPMUX=0, CIPRECVMODE=0), or the beginning of `+IPD:1,23,"10.0.0.1",80,`
// (CIPMUX=1, CIPDINFO=1). The Module swaps the grammar when it changes one of
// the three. A session is started with [Grammar].
//
// # Opening
//
// [Open] first makes sure that the module listens (resynchronisation), then
// sets it up:
//
//   - `AT` until OK. An ERROR is an answer too: a half line was in the module's
//     buffer. Silence may mean that the module counts the payload of a send that
//     was cut off, so Open then writes lines of filler until something comes
//     back: 10240 B at the most, more than one CIPSEND takes. Nothing but a reset
//     (Options.Reset) brings a module back from passthrough mode.
//   - ATE0, and SYSSTORE=0 before any other set command, so that neither a
//     setting nor a password is written to flash.
//   - SYSLOG=1 for error codes; CWNETMODE? to know the image; CWAUTOCONN=0; the
//     event settings that this package relies on; CIPMUX=1; CWMODE=1.
//   - GMR and CIFSR for the module's identity.
//
// A setting is asked for before it is changed, and changed only when it
// differs. [Module.Restore] puts back what was found, SYSSTORE last, on every
// exit path. CWAUTOCONN is written to flash whatever SYSSTORE says (manual
// 3.1.15.3) and has no query form in the manual; a firmware that answers the
// query all the same gets its value back, any other keeps 0.
//
// An exchange that was cut off (a time limit, a cancelled context) leaves the
// module in an unknown state; the next command resynchronises first.
//
// # By hand
//
// A console that sends what a person types needs no Module: [Mode] follows the
// grammar, [DataPhase], [Restarts] and [Passthrough] say what a line leads to,
// [Words] what an unsolicited line means, and [Resync] makes a module listen.
//
// # Errors
//
// The module's own refusal is an [at.CommandError]; [Refusal] puts it in words
// and tells it from a command that was taken and then failed. A dialog that
// broke off is an [at.ProtocolError]; [DialogBroken] says that only
// [Module.Boot] makes the module trustworthy again. [JoinError], [LinkError] and
// [SilentError] name what happened to an association, a link and a module.
//
// Forms of commands and answers are those of the AT manual, quoted by section,
// and of the firmware where it differs from it. Answers are read leniently:
// quotes, spaces and further fields do not matter, and no decision depends on a
// version number.
package st67
