// Package transporttest is the conformance suite of [transport.Conn]: what every
// link must do, whatever carries its bytes.
//
// # Concepts
//
// An implementation hands [Run] a function that opens a [Pair]: the Conn under
// test, and the far end, which plays the module and is the other side of the
// wire (the master of a pseudo-terminal, the accepted socket, the slave's AT
// stream). The suite is cut into parts. Each part opens a pair of its own, runs
// as a subtest under its name, and must leave no goroutine and no descriptor
// behind.
//
// What an implementation cannot do by its nature (a recording has nobody to hold
// it off) it declares in [Features] with the reason; such a part is reported as
// not applicable, in these words, and never left out in silence.
//
// The suite has no timed assertions: what must happen at once is given twenty
// seconds, for slow machines, and what must not happen is tried for a tenth of a
// second. It uses no clock but the real one, so it cannot run in a bubble of
// testing/synctest.
package transporttest
