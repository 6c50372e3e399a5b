// Package ble is the emulated module's Bluetooth LE commands (manual chapter 6),
// in an air in which several modules of one process meet.
//
// # Concepts
//
// An [Ether] is the air. A module is in it from AT+BLEINIT=1 (client), 2 (server)
// or 3 (both, in newer firmware) until AT+BLEINIT=0 or a reset. What one module
// does to another is an event of the ether at a logical instant: an advertising
// event, or a packet that the next connection event carries. Events run in the
// order of their instants, and at one instant before the commands of that
// instant, so that in virtual time a run is the same every time.
//
// An advertising event comes every least advertising interval, with a delay of up
// to 10 ms drawn from the seed (Bluetooth Core 4.4.2.2.1). A scanner hears it inside
// its scan window, on the channel of that window. BLECONN connects at an
// advertising event. A connection has a connection event every interval; a
// packet arrives with the next one, so that a request and its answer take two.
// Packets to a peripheral with a latency wait for the events that it listens to.
//
// A module that is reset or switched off says nothing more to its peers: they
// notice when the supervision timeout has passed.
//
// # Locks
//
// The ether's lock guards the BLE state of every module in it. Nobody waits while
// holding it: what a module says goes to a bounded queue of its own, whose
// messages are lost when its host takes none.
//
// # Sources
//
// The manual gives commands and parameters, and of the unsolicited lines only the
// names. Their fields are those of the public firmware source and of ST's driver,
// which both have other prefixes than chapter 6 for some, and other final codes of the
// data phases: the quirk ble-text. Older and newer copies of both differ: ble-prompt-ok
// and ble-dual. ST's driver dates one of those points, the connection in
// BLEGATTSNTFY, to 2.0.97; the others are assumed to have changed with it.
//
// # What is a model
//
// Every module hears every other at the transmit power less 60 dB. No packet is
// lost, no advertising event collides. The controller takes the least interval
// that a host offers. Pairing is LE Secure Connections; its messages take one
// packet each way.
package ble
