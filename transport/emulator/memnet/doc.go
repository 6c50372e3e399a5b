// Package memnet is a network in memory: listeners, dialling and buffered
// connections without a socket.
//
// A clock of testing/synctest does not advance while a goroutine waits on a
// real socket, so whoever runs in virtual time hands the emulated module and
// the peer a [Network] instead of package net. Bytes cross it in no time and
// without loss; rate, latency and loss belong to the emulated radio.
//
// A connection behaves as TCP does where it matters to a caller: each direction
// has a bounded buffer that holds a writer off, deadlines give
// os.ErrDeadlineExceeded, Close unblocks both directions with net.ErrClosed,
// CloseWrite ends one direction (the other end reads what is left, then
// io.EOF), and a write to an end that is gone gives EPIPE.
package memnet
