// Package core is the part of the emulated ST67W611M1 that every command shares:
// the clock, the line, the command reader and table, the radio, and the lists of
// quirks and faults. The commands themselves live in one package per family.
//
// # Concepts
//
// A [Machine] is the module's AT task: one goroutine that takes command lines
// from a [Port], looks them up in the table that the [Family] values have
// filled, and calls the handler. Everything that a handler may do, it does
// through its [Call].
//
// A [Port] is the module's side of the link. It stamps what the host writes,
// and computes when each byte has arrived: 10 bit times a byte (8N1), after the
// byte before it. What the module says goes out the same way and is handed to
// the host at the instant when its last byte has arrived, message by message; a
// message of more than 256 bytes is handed over in pieces of 256.
//
// Instants are logical. A command is taken when the last byte of its line has
// arrived; its handler runs one command latency later; what it writes leaves at
// that instant. Each step adds to the instant before, never to the time at
// which a goroutine happened to run, so that lateness of one step does not move
// the next. Only two things wait for the real clock to the microsecond: output
// and what goes to a socket.
//
// A [Clock] tells the time. Under testing/synctest its sleeps are exact. In real
// time it sleeps to 120 µs before the instant and spins the rest, because Go's
// timers are up to a millisecond late when the program is idle.
//
// # Sleep
//
// The [Radio] knows when the module may sleep. What is sent then waits until the
// module has started up, what is received waits for the beacon or TWT service
// period that the station wakes for, and a command on a serial line comes late. It
// writes down on a [Timeline] when the module was awake, sent and received; the
// wakes for beacons follow from the settings and are not written down one by one.
//
// # Faults
//
// [Faults] holds the list of faults and counts the events that they wait for.
// What belongs to the AT task, the line and the reader is done here. A family
// does the rest: it calls [Faults.Start], [Faults.Send], [Faults.Alter],
// [Faults.Received] and [Faults.Publish] where such an event is about to happen,
// and does what the [Hit] says; with [Machine.OnFault] it learns of what happens at an instant: [Deauth],
// [BrokerGone], [Crash].
//
// A crash ends every wait of the AT task: [Call.Wait], [Call.Pause], [Call.Take]
// and [Call.TakeBefore] return false, the handler returns, nothing is said any
// more, and the module boots.
//
// Nothing here imports the AT engine: an emulator that shared the engine's
// parser would share its bugs.
package core
