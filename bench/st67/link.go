package st67

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// allLinks closes every link when given to CIPCLOSE (manual 4.1.11.3).
const allLinks = 5

// eventLimit is how long an event may lag behind the final code of the command that caused it.
const eventLimit = time.Second

// connectLimit is above the 10 s after which the firmware gives up by itself.
const connectLimit = 12 * time.Second

// LinkError says that a link does not exist, or no longer.
type LinkError struct {
	Link int
	What string // what happened to it
	Err  error  // the answer that showed it; nil when nothing was sent
}

func (e *LinkError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("link %d: %s", e.Link, e.What)
	}
	return fmt.Sprintf("link %d: %s: %v", e.Link, e.What, e.Err)
}

// Unwrap returns the answer that showed it, or nil.
func (e *LinkError) Unwrap() error { return e.Err }

// closedBy words the event that ended a link.
func closedBy(event string) string {
	if strings.HasPrefix(event, "+CIP:") {
		return "closed by the peer or the module (" + event + ")"
	}
	return event
}

// linkTypes are CIPSTART's names of the protocols (manual 4.1.7.1.2); with IPv6 they end in v6.
var linkTypes = map[string]string{"tcp": "TCP", "udp": "UDP", "tls": "SSL"}

// Connect opens link 0..4 to an address; the protocol is "tcp", "udp" or "tls". A peer that
// refuses or does not answer ends as a *LinkError. For an IPv6 address CIPV6 has to be 1: see UseIPv6.
func (m *Module) Connect(ctx context.Context, link int, protocol string, to netip.AddrPort) error {
	if link < 0 || link >= maxLinks {
		return fmt.Errorf("connect: link %d is outside 0..%d", link, maxLinks-1)
	}
	kind, addr := linkTypes[protocol], to.Addr().Unmap()
	if kind == "" {
		return fmt.Errorf("connect link %d: protocol %q; allowed here: tcp, udp, tls", link, protocol)
	}
	if addr.Is6() {
		kind += "v6"
	}
	m.seen.setLink(link, false)
	events := m.seen.listen("+CIP:")
	defer events.stop()
	_, err := m.exchange(ctx, connectLimit, fmt.Sprintf(`AT+CIPSTART=%d,"%s","%s",%d`, link, kind, addr.WithZone(""), to.Port()))
	if err != nil {
		return m.connectFailed(link, to, err)
	}
	// The event of an earlier link's end must not be taken for this one's: wait until this one's beginning was seen.
	wait, cancel := context.WithTimeout(ctx, eventLimit)
	defer cancel()
	for !m.seen.getLink(link).up {
		if _, err := events.next(wait); err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if state := m.seen.getLink(link); !state.up && state.lost == "" {
		m.seen.setLink(link, true) // a firmware that prints no event
	}
	return nil
}

// connectFailed tells a peer that could not be reached from a command that was refused as such.
func (m *Module) connectFailed(link int, to netip.AddrPort, err error) error {
	var refused *at.CommandError
	if !errors.As(err, &refused) {
		return err
	}
	switch uint8(refused.Code >> 16) {
	case 0x00, 0x01, 0x0A, 0x0F, 0x12: // no code, unspecified, failed, timed out, I/O
		return &LinkError{Link: link, What: "no connection to " + to.String(), Err: err}
	}
	return err
}

// Send sends the payload over a link with one CIPSEND, 1..6144 B by this
// firmware (8192 by manual 4.1.12), and keeps every instant of it. It does not
// allocate. A link that was closed by the peer or the module, before or
// meanwhile, ends as a *LinkError.
func (m *Module) Send(ctx context.Context, link int, payload []byte, o SendOptions) (Response, error) {
	if err := m.sendable(ctx, link); err != nil {
		return Response{}, err
	}
	m.line = append(m.line[:0], sendCommand...)
	m.line = strconv.AppendInt(m.line, int64(link), 10)
	m.line = append(m.line, ',')
	m.line = strconv.AppendInt(m.line, int64(len(payload)), 10)
	return m.sendLine(ctx, link, payload, o)
}

// SendTo is Send over a UDP link, to a remote end of its own (manual 4.1.12).
func (m *Module) SendTo(ctx context.Context, link int, payload []byte, to netip.AddrPort, o SendOptions) (Response, error) {
	if err := m.sendable(ctx, link); err != nil {
		return Response{}, err
	}
	m.line = append(m.line[:0], sendCommand...)
	m.line = strconv.AppendInt(m.line, int64(link), 10)
	m.line = append(m.line, ',')
	m.line = strconv.AppendInt(m.line, int64(len(payload)), 10)
	m.line = append(m.line, ",\""...)
	m.line = to.Addr().Unmap().AppendTo(m.line)
	m.line = append(m.line, "\","...)
	m.line = strconv.AppendInt(m.line, int64(to.Port()), 10)
	return m.sendLine(ctx, link, payload, o)
}

// sendLine sends the line that was made and its payload.
func (m *Module) sendLine(ctx context.Context, link int, payload []byte, o SendOptions) (Response, error) {
	r, err := m.s.Send(m.limit.start(ctx), m.line, payload, o)
	m.limit.stop()
	if err != nil {
		return r, m.sendFailed(link, err)
	}
	return r, nil
}

const sendCommand = "AT+CIPSEND="

// sendable says why nothing can be sent over a link now.
func (m *Module) sendable(ctx context.Context, link int) error {
	if m.seen.hasRestarted() {
		return errRestarted
	}
	if lost := m.seen.getLink(link).lost; lost != "" {
		return &LinkError{Link: link, What: closedBy(lost)}
	}
	if line := m.seen.takeFailure(); line != "" {
		return &LinkError{Link: link, What: "an earlier send that the module had taken failed (" + line + ")"}
	}
	if m.dirty {
		return m.resync(ctx)
	}
	return nil
}

// sendFailed names the link's end when that is why.
func (m *Module) sendFailed(link int, err error) error {
	err = m.noted(err)
	if !malformed(err) { // the event of the link's end may come right behind
		w := m.seen.listen("+CIP:")
		defer w.stop()
		wait, cancel := context.WithTimeout(context.Background(), settleTime)
		defer cancel()
		for m.seen.getLink(link).up {
			if _, end := w.next(wait); end != nil {
				break
			}
		}
	}
	if lost := m.seen.getLink(link).lost; lost != "" {
		return &LinkError{Link: link, What: closedBy(lost), Err: err}
	}
	return err
}

// CloseLink closes link 0..4, or all for 5. A link that is closed already is no error.
func (m *Module) CloseLink(ctx context.Context, link int) error {
	if link < 0 || link > allLinks {
		return fmt.Errorf("close: link %d is outside 0..%d", link, allLinks)
	}
	first, last := link, link
	if link == allLinks {
		first, last = 0, maxLinks-1
	}
	defer func() {
		for i := first; i <= last; i++ {
			m.seen.setLink(i, false)
		}
	}()
	if m.seen.hasRestarted() {
		return nil
	}
	events := m.seen.listen("+CIP:")
	defer events.stop()
	_, err := m.exchange(ctx, longestLimit, "AT+CIPCLOSE="+strconv.Itoa(link)) // SO_LINGER may hold it (manual 4.1.10)
	var refused *at.CommandError
	if errors.As(err, &refused) {
		open, listErr := m.openLinks(ctx)
		if listErr != nil {
			return listErr
		}
		if anyOpen(open, first, last) {
			return err
		}
		return nil
	}
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, eventLimit)
	defer cancel()
	for i := first; i <= last; i++ {
		for m.seen.getLink(i).up {
			if _, err := events.next(wait); err != nil {
				return nil // the module said OK
			}
		}
	}
	return nil
}

// openLinks asks for the connections: `+CIPSTATUS:<link>,...` by the firmware, `+CIPSTATE:` by manual 4.1.5.
func (m *Module) openLinks(ctx context.Context) (open [maxLinks]bool, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIPSTATE?")
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) {
		return open, nil // none that can be named
	}
	if err != nil {
		return open, err
	}
	for _, name := range []string{"CIPSTATUS", "CIPSTATE"} {
		for _, l := range r.Lines {
			value, ok := answer([][]byte{l}, name)
			if id, err := strconv.Atoi(fields(value)[0]); ok && err == nil && id >= 0 && id < maxLinks {
				open[id] = true
			}
		}
	}
	return open, nil
}

func anyOpen(open [maxLinks]bool, first, last int) bool {
	for _, is := range open[first : last+1] {
		if is {
			return true
		}
	}
	return false
}

// SendExchange is the sizes, in B, of all messages of one CIPSEND of n payload
// bytes, in each direction. To the module: the command line
// `AT+CIPSEND=<link>,<n>` with its CRLF, and the payload. From the module:
// `\r\nOK\r\n` and `\r\n>` in one, 9 B; `Recv <n> bytes\r\n`; `\r\nSEND OK\r\n`,
// 11 B. With wait "recv" the last one overlaps the next exchange and is left out. A valid to is named with the send
// (SendTo), as `,"<address>",<port>`.
func SendExchange(link, n int, wait string, to netip.AddrPort) (toModule, fromModule []int) {
	digits := len(strconv.Itoa(n))
	toModule = []int{len(sendCommand) + len(strconv.Itoa(link)) + len(",") + digits + len("\r\n"), n}
	if to.IsValid() {
		toModule[0] += len(`,"",`) + len(to.Addr().Unmap().String()) + len(strconv.Itoa(int(to.Port())))
	}
	fromModule = []int{len("\r\nOK\r\n\r\n>"), len("Recv ") + digits + len(" bytes\r\n")}
	if wait != "recv" {
		fromModule = append(fromModule, len("\r\nSEND OK\r\n"))
	}
	return toModule, fromModule
}

// Ping has the module send echo requests of 64 B to a host, 200 ms apart, and
// returns the round trips of those that were answered, with a resolution of
// 1 ms. The firmware gives them after the command's OK, as `+PING:<n>ms`; by
// manual 4.1.29 they come before it, without unit, and a timeout ends in ERROR.
func (m *Module) Ping(ctx context.Context, host string, count int) ([]time.Duration, error) {
	if host == "" || strings.ContainsAny(host, "\"\\,\r\n") {
		return nil, fmt.Errorf("ping: %q is neither a name nor an address", host)
	}
	if count < 1 {
		return nil, fmt.Errorf("ping %s: a count of %d", host, count)
	}
	events := m.seen.listen("+PING:")
	defer events.stop()
	// An echo may take 1 s (manual 4.1.29.2).
	total := networkLimit + time.Duration(count)*(time.Second+pingInterval)
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	_, err := m.exchange(ctx, total, fmt.Sprintf(`AT+PING="%s",64,%d,%d`, host, count, pingInterval.Milliseconds()))
	var refused *at.CommandError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	var trips []time.Duration
	for range count {
		wait, cancel := context.WithTimeout(ctx, 2*time.Second)
		line, end := events.next(wait)
		cancel()
		if end != nil {
			return trips, err // a refusal, or fewer answers than asked for
		}
		err = nil
		text := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(line, "+PING:")), "ms")
		if ms, bad := strconv.ParseFloat(text, 64); bad == nil {
			trips = append(trips, time.Duration(ms*float64(time.Millisecond)))
		}
	}
	return trips, nil
}

// pingInterval is the time between two echo requests.
const pingInterval = 200 * time.Millisecond

// sendLimit is how long one send may take in all: the 6 s and 5 s that ST's host
// driver waits for OK and the prompt, the payload at 9600 baud, and a blocking
// send over a bad radio link.
const sendLimit = 30 * time.Second

// limit gives sends their time limit without a new context for each: the one
// that was derived last is used again while the caller's context is the same.
type limit struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	parent <-chan struct{} // Done of the caller's context
}

// start returns a context that ends with the caller's or after sendLimit.
func (l *limit) start(parent context.Context) context.Context {
	if l.ctx != nil && l.parent == parent.Done() && l.ctx.Err() == nil {
		l.timer.Reset(sendLimit)
		return l.ctx
	}
	l.release()
	ctx, cancel := context.WithCancelCause(parent)
	l.ctx, l.cancel, l.parent = ctx, cancel, parent.Done()
	l.timer = time.AfterFunc(sendLimit, func() { cancel(context.DeadlineExceeded) })
	return l.ctx
}

// stop ends the time that start began.
func (l *limit) stop() { l.timer.Stop() }

// release gives up the derived context.
func (l *limit) release() {
	if l.ctx != nil {
		l.timer.Stop()
		l.cancel(nil)
		l.ctx = nil
	}
}
