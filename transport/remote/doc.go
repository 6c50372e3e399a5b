// Package remote opens a module that is reached over a network as a
// [transport.Conn]: a raw TCP port, a Unix socket, or a serial line behind a
// server that speaks RFC 2217.
//
// # Concepts
//
// A network serial server (ser2net, a terminal server, a labgrid exporter) owns
// a serial line and offers it on a TCP port. On a raw port ("tcp:") the bytes of
// the line pass as they are; rate and flow control are the server's own
// settings, and the client can only be told what they are (Config.Line). With
// RFC 2217 ("rfc2217:") the bytes pass through telnet (RFC 854), whose option
// COM-PORT-OPTION lets the client set the line, and [Open] does: 8 data bits, no
// parity, one stop bit, the asked rate and flow control. Each answer is checked;
// a server that runs the line more than 2 % off the asked rate is refused.
//
// Both directions are switched to binary (RFC 856), so that the byte 0xFF is
// doubled on the wire and every other byte passes as it is. Requests for modem
// lines are best effort: a line without them, as a pseudo-terminal, makes ser2net
// give no answer at all, so Open waits 300 ms for those and goes on. What had been
// received before is purged.
//
// # What a network does to time
//
// A network link is good for a console, for checks and for functional tests. Its
// latency is that of the server and not of the module:
//
//   - ser2net collects what comes from the line for two character times, but at
//     least 1 ms (its chardelay), so each answer comes milliseconds late;
//   - without the option nodelay the server's TCP holds a short answer back until
//     the one before it was acknowledged (Nagle's algorithm, RFC 896), and a
//     client may take 40 ms for that (delayed acknowledgement, RFC 1122, 4.2.3.2).
//     On Linux a Conn acknowledges at once (TCP_QUICKACK), which takes those 40 ms
//     away for any server.
//
// docs/remote.md has figures and the settings of a server that avoid both. RFC
// 2217 carries no timestamps and no driver settings: to measure latency, run
// st67bench on the computer that the module is wired to.
package remote
