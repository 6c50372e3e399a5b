package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

// IperfEnd is which end of a test of iperf 2 runs at the peer, and whose it is.
type IperfEnd string

// The ends of a test. Server and client are the program iperf.
const (
	IperfNativeSink   IperfEnd = "sink"
	IperfNativeSource IperfEnd = "source"
	IperfRealServer   IperfEnd = "server"
	IperfRealClient   IperfEnd = "client"
)

// IperfPeer is a peer that has ends of iperf 2, as each of this package is.
type IperfPeer interface {
	// Iperf opens an end. Where it listens, the address of o may be none, or 0.0.0.0 or ::, each with a port or without: it is
	// then the peer's own. Network of o is not used. Both ctx and Close end the test.
	Iperf(ctx context.Context, end IperfEnd, o IperfOptions) (*IperfTest, error)
}

// listens says whether it is the module that comes.
func (e IperfEnd) listens() bool { return e == IperfNativeSink || e == IperfRealServer }

// Iperf is that of [IperfPeer].
func (l local) Iperf(ctx context.Context, end IperfEnd, o IperfOptions) (*IperfTest, error) {
	o.Network = l.net
	if to := o.Address.Addr(); end.listens() && (!to.IsValid() || to.IsUnspecified()) {
		o.Address = netip.AddrPortFrom(l.host, o.Address.Port())
	}
	switch end {
	case IperfNativeSink:
		return IperfSink(ctx, o)
	case IperfNativeSource:
		return IperfSource(ctx, o)
	case IperfRealServer:
		return IperfServer(ctx, o)
	case IperfRealClient:
		return IperfClient(ctx, o)
	}
	return nil, fmt.Errorf("peer: iperf has no end %q: there are sink, source, server and client", end)
}

// Iperf is that of [IperfPeer].
func (r *Remote) Iperf(ctx context.Context, end IperfEnd, o IperfOptions) (*IperfTest, error) {
	e, err := r.open(ctx, "iperf", iperfArgs{
		End: end, Protocol: o.Protocol, Address: o.Address, Time: o.Time, Rate: o.Rate, Datagram: o.Datagram,
	})
	if err != nil {
		return nil, err
	}
	return follow[IperfResult](ctx, e, o.Row), nil
}

// Iperf3Server is the function of that name, at the remote peer and on a port that is free there. limit is what the run may take.
func (r *Remote) Iperf3Server(ctx context.Context, limit time.Duration) (*Iperf3Test, error) {
	e, err := r.open(ctx, "iperf3", iperfArgs{Time: limit})
	if err != nil {
		return nil, err
	}
	return follow[Iperf3Result](ctx, e, nil), nil
}

// follow makes a test at the remote peer one of this process.
func follow[R any](ctx context.Context, e remoteEnd, row func(IperfRow)) *Running[R] {
	return running(ctx, e.addr, func(ctx context.Context) (R, error) {
		r, err := rows[R](ctx, e, row)
		_ = e.r.order("close", e.id, nil, nil) // both are best effort: with the connection all of it ends
		_ = e.r.order("release", e.id, nil, nil)
		return r, err
	})
}

// rows hands on rows until the result comes.
func rows[R any](ctx context.Context, e remoteEnd, row func(IperfRow)) (R, error) {
	var r R
	for {
		var a rowsResult
		if _, err := e.r.ask(ctx, "rows", e.id, nil, &a); err != nil {
			return r, err
		}
		for _, x := range a.Rows {
			if row != nil {
				row(x)
			}
		}
		if a.Ended {
			if err := json.Unmarshal(a.Result, &r); err != nil {
				return r, err
			}
			return r, a.Err.unpack()
		}
	}
}
