package st67

import (
	"context"
	"errors"
	"fmt"

	"st67bench/transport/at"
)

// serverTypes are CIPSERVER's names of the protocols (manual 4.1.18.3; UDP is the firmware's alone).
var serverTypes = map[string]string{
	"tcp": "TCP", "udp": "UDP", "tls": "SSL", "tcp6": "TCPv6", "udp6": "UDPv6", "tls6": "SSLv6",
}

// Serve makes the module a server at a port of its own: "tcp", "udp" or "tls", with a 6 behind for IPv6. There is one at a
// time. Accept gives the links of its clients.
func (m *Module) Serve(ctx context.Context, protocol string, port int) error {
	kind := serverTypes[protocol]
	if kind == "" || port < 1 || port > 65535 {
		return fmt.Errorf("serve %q at port %d; allowed are tcp, udp, tls, tcp6, udp6, tls6 and ports 1..65535", protocol, port)
	}
	if err := m.Multiple(ctx); err != nil {
		return err
	}
	m.seen.serve(true)
	m.on.server = true
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf(`AT+CIPSERVER=1,%d,"%s"`, port, kind))
	if err != nil {
		m.seen.serve(false)
		m.on.server = false
		var refused *at.CommandError
		if errors.As(err, &refused) && uint8(refused.Code>>16) == 0x0A { // execution failed: the command as such was taken
			err = &PeerError{Peer: fmt.Sprintf("port %d of the module", port), Err: err,
				What: "cannot be served, most likely it is in use (that of an emulated module by another program on this machine: end it)"}
		}
		return fmt.Errorf("serve %s at port %d: %w", protocol, port, err)
	}
	return nil
}

// Accept waits for the next client of the server and returns its link. Clients are given in the order in which they
// came; one that has gone again meanwhile is given too.
func (m *Module) Accept(ctx context.Context) (link int, err error) {
	if !m.on.server {
		return 0, errors.New("accept: the module is no server; call Serve first")
	}
	err = m.seen.await(ctx, func() bool {
		if len(m.seen.accepted) == 0 {
			return false
		}
		link = m.seen.accepted[0]
		m.seen.accepted = m.seen.accepted[1:]
		return true
	})
	if err != nil {
		return 0, fmt.Errorf("wait for a client of the module's server: %w", err)
	}
	return link, nil
}

// StopServing ends the server and closes the links of its clients. A server that is not there is no error.
func (m *Module) StopServing(ctx context.Context) error {
	clients := m.seen.serve(false)
	_, err := m.exchange(ctx, longestLimit, "AT+CIPSERVER=0,1")
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) && !m.on.server {
		err = nil
	}
	if err != nil {
		return err
	}
	m.on.server = false
	m.soon(func(s *seen) bool {
		for _, i := range clients {
			if s.isUp(i) {
				return false
			}
		}
		return true
	})
	for _, i := range clients { // closed because it was asked for
		m.seen.setLink(i, false)
	}
	return nil
}

// serve begins or ends the list of clients, and returns those that there were.
func (s *seen) serve(on bool) (clients []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, is := range s.clients {
		if is && s.links[i].up {
			clients = append(clients, i)
		}
	}
	s.serving, s.accepted, s.clients = on, nil, [maxLinks]bool{}
	return clients
}
