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
	line, err := startLine(link, protocol, to)
	if err != nil {
		return err
	}
	if err := m.Multiple(ctx); err != nil {
		return err
	}
	return m.connect(ctx, link, to, line)
}

// ConnectUDP is Connect over UDP from a port of the module's; 0 leaves it to the module. The mode says what may change the
// remote end: 0 nothing, 1 the first datagram that comes, 2 each (CIPSTART's <mode>, manual 4.1.21.2.2).
func (m *Module) ConnectUDP(ctx context.Context, link int, to netip.AddrPort, localPort, mode int) error {
	line, err := startLine(link, "udp", to)
	if err != nil {
		return err
	}
	if localPort < 0 || localPort > 65535 || mode < 0 || mode > 2 {
		return fmt.Errorf("connect link %d: local port %d and mode %d; allowed are 0..65535 and 0..2", link, localPort, mode)
	}
	port := ""
	if localPort > 0 {
		port = strconv.Itoa(localPort)
	}
	if err := m.Multiple(ctx); err != nil {
		return err
	}
	return m.connect(ctx, link, to, fmt.Sprintf("%s,%s,%d", line, port, mode))
}

// startLine is the CIPSTART of a link.
func startLine(link int, protocol string, to netip.AddrPort) (string, error) {
	if link < 0 || link >= maxLinks {
		return "", fmt.Errorf("connect: link %d is outside 0..%d", link, maxLinks-1)
	}
	kind, err := linkType(protocol, to)
	return fmt.Sprintf(`AT+CIPSTART=%d,"%s","%s",%d`, link, kind, to.Addr().Unmap().WithZone(""), to.Port()), err
}

// linkType is CIPSTART's name of a protocol to an address.
func linkType(protocol string, to netip.AddrPort) (string, error) {
	kind := linkTypes[protocol]
	if kind == "" {
		return "", fmt.Errorf("connect to %v: protocol %q; allowed here: tcp, udp, tls", to, protocol)
	}
	if to.Addr().Unmap().Is6() {
		kind += "v6"
	}
	return kind, nil
}

// connect opens a link with the line that was made for it.
func (m *Module) connect(ctx context.Context, link int, to netip.AddrPort, line string) error {
	m.seen.dial(link, true)
	defer m.seen.dial(link, false)
	if _, err := m.exchange(ctx, connectLimit, line); err != nil {
		return m.connectFailed(link, to, err)
	}
	// The event of an earlier link's end must not be taken for this one's: wait until this one's beginning was seen.
	wait, cancel := context.WithTimeout(ctx, eventLimit)
	defer cancel()
	_ = m.seen.await(wait, func() bool { return m.seen.isUp(link) }) // a firmware that prints no event is believed its OK
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
		return &LinkError{Link: link, What: "no connection to " + to.String() + " (nobody listens there, or a firewall of the peer or client isolation in the access point keeps the module out)", Err: err}
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
	line := "AT+CIPCLOSE" // with CIPMUX=0 there is link 0 alone (manual 4.1.11.2)
	if m.mode.mux {
		line += "=" + strconv.Itoa(link)
	}
	_, err := m.exchange(ctx, longestLimit, line) // SO_LINGER may hold it (manual 4.1.10)
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
	_ = m.seen.await(wait, func() bool { // a module that says nothing said OK
		for i := first; i <= last; i++ {
			if m.seen.isUp(i) {
				return false
			}
		}
		return true
	})
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

// ConnectExchange is the sizes, in B, of all messages of one Connect, in each direction: the line of CIPSTART with its
// CRLF; `+CIP:<link>,CONNECTED\r\n` and `\r\nOK\r\n`.
func ConnectExchange(link int, protocol string, to netip.AddrPort) (toModule, fromModule []int) {
	line, err := startLine(link, protocol, to)
	if err != nil {
		return nil, nil
	}
	event := len("+CIP:,CONNECTED\r\n") + len(strconv.Itoa(link))
	return []int{len(line) + len("\r\n")}, []int{event, len("\r\nOK\r\n")}
}
