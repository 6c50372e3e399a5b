package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// local is the peer in this process.
type local struct {
	net  Network
	host netip.Addr
}

// Local is the peer in this process. Its ends listen on the address host (::1 for IPv6 when host is of the loopback
// network), each on a port of its own.
func Local(n Network, host netip.Addr) Peer { return local{n.withDefaults(), host} }

func (local) Kind() string { return "in-process" }

func (l local) Sink(ctx context.Context, s Stream, o Options) (Sink, error) {
	host, err := l.ready(ctx, s, o)
	if err != nil {
		return nil, err
	}
	e, err := newSink(ctx, l.net, host, s, o)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (l local) Source(ctx context.Context, s Stream, o SourceOptions) (Source, error) {
	host, err := l.ready(ctx, s, o.Options)
	if err != nil {
		return nil, err
	}
	e, err := newSource(ctx, l.net, host, s, o)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (l local) Echo(ctx context.Context, s Stream, o EchoOptions) (Echo, error) {
	host, err := l.ready(ctx, s, o.Options)
	if err != nil {
		return nil, err
	}
	e, err := newEcho(ctx, l.net, host, s, o)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ready checks what an end is asked for, and returns the address to listen on.
func (l local) ready(ctx context.Context, s Stream, o Options) (netip.Addr, error) {
	if err := s.validate(); err != nil {
		return l.host, err
	}
	host := l.host
	if o.IPv6 && host.Is4() && host.IsLoopback() {
		host = netip.IPv6Loopback()
	}
	switch {
	case !host.IsValid():
		return host, fmt.Errorf("peer: no address to listen on for stream %d; give the address of this host that the module reaches", s.ID)
	case o.IPv6 != host.Is6():
		return host, fmt.Errorf("peer: %s is not an IPv6 address of this host; give one as the rig's peer address", host)
	case ctx.Err() != nil:
		return host, fmt.Errorf("peer: the end of stream %d was not opened: %w", s.ID, context.Cause(ctx))
	}
	return host, nil
}

func addrPort(a net.Addr) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return ap, fmt.Errorf("peer: listening on %q, which is not an address and a port: %w", a, err)
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}
