// Package memnet is a network in memory: listeners, dialling, buffered
// connections and datagrams without a socket.
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
// io.EOF), and a write to an end that is gone gives EPIPE. A UDP socket keeps the
// bounds of datagrams, loses what its buffer has no room for, and when it was
// dialled reports a port that nobody has as ECONNREFUSED with its next call.
package memnet
