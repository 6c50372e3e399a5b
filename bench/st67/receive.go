package st67

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/at"
)

// ReceiveMode sets how the module gives what it receives: passive keeps it for Read, active gives it unasked (CIPRECVMODE,
// manual 4.1.26). It is refused while a link is open.
func (m *Module) ReceiveMode(ctx context.Context, passive bool) error {
	_, err := m.Command(ctx, "AT+CIPRECVMODE="+digit(passive))
	return err
}

// ReceiveBuffer sets the receive buffer of a link that is not open, in bytes (CIPRECVBUF, manual 4.1.6).
func (m *Module) ReceiveBuffer(ctx context.Context, link, n int) error {
	_, err := m.Command(ctx, fmt.Sprintf("AT+CIPRECVBUF=%d,%d", link, n))
	return err
}

// ReceiveBufferSize is the size of a link's receive buffer, in bytes; known is false of a module that does not say.
func (m *Module) ReceiveBufferSize(ctx context.Context, link int) (n int, known bool, err error) {
	value, known, err := m.ask(ctx, setting{name: "CIPRECVBUF", of: strconv.Itoa(link)})
	if err != nil || !known {
		return 0, false, err
	}
	n, known = count([]byte(value))
	return n, known, nil
}

// RestoreReceiveBuffer gives a link that is not open the receive buffer back that was found.
func (m *Module) RestoreReceiveBuffer(ctx context.Context, link int) error {
	for _, s := range m.found {
		if s.name == "CIPRECVBUF" && s.of == strconv.Itoa(link) {
			return m.put(ctx, s)
		}
	}
	return nil
}

// UseIPv6 switches IPv6 on or off (CIPV6, manual 4.1.1).
func (m *Module) UseIPv6(ctx context.Context, on bool) error {
	_, err := m.Command(ctx, "AT+CIPV6="+digit(on))
	return err
}

// collect gives the heads and the data of what comes unasked in the mode next to begin and take; off ends it.
func (m *Module) collect(next mode, on bool, head []byte, begin func(line []byte, t time.Time), link int, take at.Sink) {
	if !on {
		m.setMode(next)
		m.s.SetSink(link, nil)
		m.s.Watch(string(head), nil)
		return
	}
	m.s.Watch(string(head), begin)
	m.s.SetSink(link, take)
	m.setMode(next)
}

// SetSink gives what link 0..4 receives in active mode to sink, on the reader's goroutine; nil removes it.
func (m *Module) SetSink(link int, sink func(p []byte, t time.Time)) {
	m.s.SetSink(link, at.Sink(sink))
}

const noticeHead = "+IPD:"

// OnIPD tells f of each +IPD, on the reader's goroutine and without allocating: link, length, and when it was read. In
// active mode that is a datagram or a piece of a stream, whose bytes then go to the link's sink, one without a sink
// excepted; in passive mode bytes that wait. nil ends it. The events have no +IPD meanwhile.
func (m *Module) OnIPD(f func(link, n int, t time.Time)) {
	if f == nil {
		m.s.Watch(noticeHead, nil)
		return
	}
	m.s.Watch(noticeHead, func(line []byte, t time.Time) {
		if link, n, ok := parseIPD(line[len(noticeHead):]); ok {
			f(link, n, t)
		}
	})
}

// parseIPD reads `[<link>,]<n>[,"<address>",<port>][,]`.
func parseIPD(rest []byte) (link, n int, ok bool) {
	rest = bytes.TrimSuffix(rest, comma)
	first, after, more := bytes.Cut(rest, comma)
	if more && bytes.Count(rest, comma) != 2 { // two commas are address and port without a link
		if link, ok = count(first); !ok {
			return 0, 0, false
		}
		first, _, _ = bytes.Cut(after, comma)
	}
	n, ok = count(first)
	return link, n, ok
}

// Held is how many bytes each link holds, by its number.
type Held [maxLinks]int

const lengthsCommand = "AT+CIPRECVLEN?"

var lengthsHead = []byte("+CIPRECVLEN:")

// Buffered is how many bytes each link holds in passive mode (CIPRECVLEN, manual 4.1.28); of a TLS link it may be less.
// It does not allocate.
func (m *Module) Buffered(ctx context.Context) (Held, error) {
	if err := m.usable(ctx); err != nil {
		return Held{}, err
	}
	m.line = append(m.line[:0], lengthsCommand...)
	r, err := m.s.Command(m.limit.start(ctx), m.line)
	m.limit.stop()
	if err != nil {
		return Held{}, m.noted(err)
	}
	for _, l := range r.Lines {
		if rest, ok := bytes.CutPrefix(bytes.TrimSpace(l), lengthsHead); ok {
			if held, ok := parseHeld(rest); ok {
				return held, nil
			}
		}
	}
	return Held{}, fmt.Errorf("%s answers %q, in place of a length for each link", lengthsCommand, r.Lines)
}

// parseHeld reads `<n>,<n>,...`, with a comma at the end or without.
func parseHeld(rest []byte) (held Held, ok bool) {
	rest = bytes.TrimSuffix(rest, comma)
	for i := range held {
		first, after, more := bytes.Cut(rest, comma)
		if held[i], ok = count(first); !ok || !more {
			return held, ok
		}
		rest = after
	}
	return held, false
}

// Notices collects the +IPD notices of passive mode.
type Notices struct {
	m    *Module
	more chan struct{} // one token when a notice came

	mu     sync.Mutex
	length int64 // the sum of what the notices said
	last   time.Time
	fresh  [maxLinks]bool // links with a notice that Fresh has not told of
}

// Notices starts to collect the notices of all links; Close ends it. It takes the place of OnIPD.
func (m *Module) Notices() *Notices {
	n := &Notices{m: m, more: make(chan struct{}, 1)}
	m.OnIPD(n.take)
	return n
}

func (n *Notices) take(link, length int, t time.Time) {
	n.mu.Lock()
	n.length += int64(length)
	n.last = t
	if link < maxLinks {
		n.fresh[link] = true
	}
	n.mu.Unlock()
	select {
	case n.more <- struct{}{}:
	default:
	}
}

// Seen is the sum of the lengths that the notices gave, and when the latest came.
func (n *Notices) Seen() (length int64, last time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.length, n.last
}

// Fresh says whether a notice of this link has come since it was asked last.
func (n *Notices) Fresh(link int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	fresh := n.fresh[link]
	n.fresh[link] = false
	return fresh
}

// More gives a token when a notice has come since the last one.
func (n *Notices) More() <-chan struct{} { return n.more }

// Wait returns when a notice has come since the last Wait, or ctx has ended.
func (n *Notices) Wait(ctx context.Context) error {
	select {
	case <-n.more:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close gives the notices back to the events.
func (n *Notices) Close() { n.m.OnIPD(nil) }

const readCommand = "AT+CIPRECVDATA="

// Read asks link 0..4 for at most n bytes of what it holds in passive mode; Response.Data is valid until the next call
// and may be empty (CIPRECVDATA, manual 4.1.27). It does not allocate.
func (m *Module) Read(ctx context.Context, link, n int) (Response, error) {
	if err := m.usable(ctx); err != nil {
		return Response{}, err
	}
	m.linkLine(readCommand, link)
	m.line = strconv.AppendInt(m.line, int64(n), 10)
	r, err := m.s.Command(m.limit.start(ctx), m.line)
	m.limit.stop()
	if err != nil {
		return r, m.sendFailed(link, err)
	}
	return r, nil
}

// ReadExchange is the sizes, in B, of the messages of one Read that asks for n bytes and gets them: the command;
// `+CIPRECVDATA:<n>,`, the data, and CRLF; `\r\nOK\r\n`. The notice before it is left out: one may stand for several reads.
func ReadExchange(link, n int) (toModule, fromModule []int) {
	size := len(strconv.Itoa(n))
	toModule = []int{len(readCommand) + len(strconv.Itoa(link)) + len(",") + size + len("\r\n")}
	return toModule, []int{len("+CIPRECVDATA:") + size + len(",") + n + len("\r\n"), len("\r\nOK\r\n")}
}

// LengthsExchange is the sizes, in B, of the messages of one Buffered of a module that holds n bytes on one link: the command;
// `+CIPRECVLEN:<n>,0,0,0,0` with CRLF, without the comma that some firmware ends it with; `\r\nOK\r\n`.
func LengthsExchange(n int) (toModule, fromModule []int) {
	size := len(strconv.Itoa(n))
	return []int{len(lengthsCommand) + len("\r\n")},
		[]int{len("+CIPRECVLEN:") + size + (maxLinks-1)*len(",0") + len("\r\n"), len("\r\nOK\r\n")}
}

// GivenExchange is the sizes, in B, of the two messages that bring n bytes in active mode: `+IPD:<link>,<n>,`, and the data
// with CRLF.
func GivenExchange(link, n int) (fromModule []int) {
	return []int{len("+IPD:") + len(strconv.Itoa(link)) + len(",") + len(strconv.Itoa(n)) + len(","), n + len("\r\n")}
}
