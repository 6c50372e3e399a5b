package st67

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strconv"
)

const (
	sendCommand = "AT+CIPSEND="
	exCommand   = "AT+CIPSENDEX="
)

// Send sends the payload over a link with one CIPSEND, 1..6144 B by this
// firmware (8192 by manual 4.1.12), and keeps every instant of it. It does not
// allocate. A link that was closed by the peer or the module, before or
// meanwhile, ends as a *LinkError. Of a module that prints no "Recv n bytes" the
// first send of a boot finds that out; its sends end at SEND OK.
func (m *Module) Send(ctx context.Context, link int, payload []byte, o SendOptions) (Response, error) {
	return m.sendWith(ctx, sendCommand, link, payload, netip.AddrPort{}, o)
}

// SendTo is Send over a UDP link, to a remote end of its own (manual 4.1.12).
func (m *Module) SendTo(ctx context.Context, link int, payload []byte, to netip.AddrPort, o SendOptions) (Response, error) {
	return m.sendWith(ctx, sendCommand, link, payload, to, o)
}

// SendEx is Send with CIPSENDEX, where a backslash makes the byte after it an ordinary one and \0 ends the data (manual
// 4.1.15). Backslashes in the payload are escaped; as the manual does not say whether the length counts the escapes, a
// payload with any is ended by \0. A module that took fewer bytes than the payload has is an error.
func (m *Module) SendEx(ctx context.Context, link int, payload []byte, o SendOptions) (Response, error) {
	return m.SendExTo(ctx, link, payload, netip.AddrPort{}, o)
}

// SendExTo is SendEx over a UDP link, to a remote end of its own (manual 4.1.15); the zero value is the link's own.
func (m *Module) SendExTo(ctx context.Context, link int, payload []byte, to netip.AddrPort, o SendOptions) (Response, error) {
	m.escaped = escape(m.escaped[:0], payload)
	o.AnyCount = true
	r, err := m.sendWith(ctx, exCommand, link, m.escaped, to, o)
	if err == nil && !r.Recv.IsZero() && r.Received < len(payload) {
		return r, fmt.Errorf("link %d: the module took %d of the %d bytes of an AT+CIPSENDEX", link, r.Received, len(payload))
	}
	return r, err
}

// EscapedLen is how many bytes SendEx writes for the payload.
func EscapedLen(payload []byte) int {
	slashes := bytes.Count(payload, []byte{'\\'})
	if slashes == 0 {
		return len(payload)
	}
	return len(payload) + slashes + len(`\0`)
}

// escape appends what CIPSENDEX takes for the payload.
func escape(to, payload []byte) []byte {
	if bytes.IndexByte(payload, '\\') < 0 {
		return append(to, payload...)
	}
	for _, c := range payload {
		if c == '\\' {
			to = append(to, c)
		}
		to = append(to, c)
	}
	return append(to, `\0`...)
}

func (m *Module) sendWith(ctx context.Context, command string, link int, payload []byte, to netip.AddrPort, o SendOptions) (Response, error) {
	if err := m.sendable(ctx, link); err != nil {
		return Response{}, err
	}
	m.sendLine(command, link, int64(len(payload)), to)
	switch m.recv {
	case recvUnknown:
		o.MayRecv = true
	case recvNever:
		o.NoRecv = true
	}
	r, err := m.s.Send(m.limit.start(ctx), m.line, payload, o)
	m.limit.stop()
	if err != nil {
		return r, m.sendFailed(link, err)
	}
	if m.recv == recvUnknown && !o.NoRecv {
		m.recv = recvAlways
		if r.Recv.IsZero() {
			m.recv = recvNever
		}
	}
	return r, nil
}

// recvLine is what is known of "Recv n bytes" since the module was started: the manual has it in its list of messages
// (1.1.2) and not in the reply of a send (4.1.12).
type recvLine uint8

const (
	recvUnknown recvLine = iota
	recvAlways
	recvNever
)

// sendLine makes the line of a send: <command>[<link>,]<n>[,"<host>",<port>]. There is no link ID with CIPMUX=0.
func (m *Module) sendLine(command string, link int, n int64, to netip.AddrPort) {
	m.linkLine(command, link)
	m.line = strconv.AppendInt(m.line, n, 10)
	if !to.IsValid() {
		return
	}
	m.line = append(m.line, ",\""...)
	m.line = to.Addr().Unmap().AppendTo(m.line)
	m.line = append(m.line, "\","...)
	m.line = strconv.AppendInt(m.line, int64(to.Port()), 10)
}

// linkLine begins a line with the command and, with CIPMUX=1, the link ID.
func (m *Module) linkLine(command string, link int) {
	m.line = append(m.line[:0], command...)
	if m.mode.mux {
		m.line = strconv.AppendInt(m.line, int64(link), 10)
		m.line = append(m.line, ',')
	}
}

// sendable says why nothing can be sent over a link now.
func (m *Module) sendable(ctx context.Context, link int) error {
	if err := m.usable(ctx); err != nil {
		return err
	}
	if lost := m.seen.getLink(link).lost; lost != "" {
		return &LinkError{Link: link, What: closedBy(lost)}
	}
	if line := m.seen.takeFailure(); line != "" {
		return &LinkError{Link: link, What: "an earlier send that the module had taken failed (" + line + ")"}
	}
	return nil
}

// sendFailed names the link's end when that is why.
func (m *Module) sendFailed(link int, err error) error {
	err = m.noted(err)
	if !malformed(err) { // the event of the link's end may come right behind
		m.soon(func(s *seen) bool { return !s.isUp(link) })
	}
	if lost := m.seen.getLink(link).lost; lost != "" {
		return &LinkError{Link: link, What: closedBy(lost), Err: err}
	}
	return err
}

// exchangeLine is the length of the line that asks for n bytes of payload, with its CRLF.
func exchangeLine(command string, link, n int, to netip.AddrPort) int {
	line := len(command) + len(strconv.Itoa(link)) + len(",") + len(strconv.Itoa(n)) + len("\r\n")
	if to.IsValid() {
		line += len(`,"",`) + len(to.Addr().Unmap().String()) + len(strconv.Itoa(int(to.Port())))
	}
	return line
}

// SendExchange is the sizes, in B, of all messages of one CIPSEND of n payload
// bytes, in each direction. To the module: the command line
// `AT+CIPSEND=<link>,<n>` with its CRLF, and the payload. From the module:
// `\r\nOK\r\n` and `\r\n>` in one, 9 B; `Recv <n> bytes\r\n`; `\r\nSEND OK\r\n`,
// 11 B. With wait "recv" the last one overlaps the next exchange and is left out; with wait "none", of a firmware that has
// no Recv, that line is. A valid to is named with the send (SendTo), as `,"<address>",<port>`.
func SendExchange(link, n int, wait string, to netip.AddrPort) (toModule, fromModule []int) {
	toModule = []int{exchangeLine(sendCommand, link, n, to), n}
	fromModule = []int{len("\r\nOK\r\n\r\n>")}
	if wait != "none" {
		fromModule = append(fromModule, len("Recv ")+len(strconv.Itoa(n))+len(" bytes\r\n"))
	}
	if wait != "recv" {
		fromModule = append(fromModule, len("\r\nSEND OK\r\n"))
	}
	return toModule, fromModule
}

// SendExExchange is SendExchange of one CIPSENDEX of n payload bytes that are written as escaped bytes, which is the
// length in its command (SendEx).
func SendExExchange(link, n, escaped int, wait string, to netip.AddrPort) (toModule, fromModule []int) {
	_, fromModule = SendExchange(link, n, wait, to)
	return []int{exchangeLine(exCommand, link, escaped, to), escaped}, fromModule
}

// SendLongExchange is that of one CIPSENDL of n bytes. OK and the prompt are two messages. Its reports go out while the
// payload comes in and take no time of their own: each is shorter, at 33 B, than the payload between two, at least 100 B.
func SendLongExchange(link int, n int64, to netip.AddrPort) (toModule, fromModule []int) {
	return []int{exchangeLine(longCommand, link, int(n), to), int(n)}, []int{len("\r\nOK\r\n"), len("\r\n>"), len("\r\nSEND OK\r\n")}
}
