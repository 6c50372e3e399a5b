package peer

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	readSize = 64 << 10
	// receiveBuffer, in bytes, is more than the module's largest TCP window, so that the host never slows it down.
	receiveBuffer = 256 << 10
)

// sink is an end whose payload is checked.
type sink struct {
	*end
	*Checker
	reads atomic.Int64 // datagrams of UDP
}

func newSink(ctx context.Context, n Network, host netip.Addr, s Stream, o Options) (*sink, error) {
	k := &sink{Checker: NewChecker(s)}
	k.end = newEnd(k.read)
	return k, k.open(ctx, n, host, o)
}

// read takes what the connection brings, to its end.
func (k *sink) read(conn net.Conn) error {
	if c, ok := conn.(interface{ SetReadBuffer(int) error }); ok {
		_ = c.SetReadBuffer(receiveBuffer) // without it the system's own buffer serves
	}
	_, udp := conn.(*datagrams)
	buf := make([]byte, readSize)
	for {
		n, err := conn.Read(buf)
		k.Feed(buf[:n], time.Now())
		if udp && n > 0 {
			k.reads.Add(1)
		}
		if err != nil {
			k.Finish()
			return err
		}
		k.tell()
	}
}

func (k *sink) Report() Report {
	r := k.Checker.Report()
	r.Datagrams = k.reads.Load()
	k.end.describe(&r)
	return r
}

func (k *sink) Wait(ctx context.Context, n int64) error {
	return k.until(ctx, n, func() bool { return k.received() >= n }, k.received)
}
