package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// local is the peer in this process.
type local struct {
	listen Listen
	host   netip.Addr
}

// Local is the peer in this process. Its sinks listen on the address host, each on a port of its own; a nil listen
// means net.Listen.
func Local(listen Listen, host netip.Addr) Peer {
	if listen == nil {
		listen = net.Listen
	}
	return local{listen, host}
}

func (local) Kind() string { return "in-process" }

func (l local) Sink(ctx context.Context, s Stream) (Sink, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	if !l.host.IsValid() {
		return nil, fmt.Errorf("peer: no address to listen on for stream %d; give the address of this host that the module reaches", s.ID)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("peer: sink for stream %d not opened: %w", s.ID, context.Cause(ctx))
	}
	ln, err := l.listen("tcp", netip.AddrPortFrom(l.host, 0).String())
	if err != nil {
		return nil, fmt.Errorf("peer: cannot listen on %s, which has to be an address of this host: %w", l.host, err)
	}
	addr, err := addrPort(ln.Addr())
	if err != nil {
		_ = ln.Close()
		return nil, err
	}
	return newSink(ln, addr, s), nil
}

func addrPort(a net.Addr) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return ap, fmt.Errorf("peer: listening on %q, which is not an address and a port: %w", a, err)
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}
