package peer

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// keepRequests is how many requests have their instants kept. A power of two.
const keepRequests = 1 << 16

// EchoOptions say what is answered.
type EchoOptions struct {
	Options
	Request int // bytes of one request, from 1 on
	Reply   int // bytes that each is answered with, from 1 on
	// Delay is how long after a request has come its answer is written, 0 to an hour; a request that comes meanwhile waits.
	Delay time.Duration
}

// Echo answers requests.
type Echo interface {
	// Addr is where the module has to connect to.
	Addr() netip.AddrPort
	// Requests is how many have come whole.
	Requests() int64
	// Instants are when the last byte of request i, from 0 on, had arrived and when the write of its answer began;
	// ok is false when it has not come or is kept no more. The latest 65536 are.
	Instants(i int64) (received, sent time.Time, ok bool)
	Close() error
}

type echo struct {
	*end
	stream Stream
	o      EchoOptions
	stop   context.CancelFunc
	over   <-chan struct{} // closed by Close

	mu    sync.Mutex
	count int64
	times [keepRequests]struct{ received, sent time.Time }
}

func newEcho(ctx context.Context, n Network, host netip.Addr, s Stream, o EchoOptions) (*echo, error) {
	if o.Request < 1 || o.Request > MaxBlock || o.Reply < 1 || o.Reply > MaxBlock {
		return nil, fmt.Errorf("peer: an echo of %d for %d bytes; allowed are 1 to %d", o.Reply, o.Request, MaxBlock)
	}
	if o.Delay < 0 || o.Delay > time.Hour {
		return nil, fmt.Errorf("peer: an echo after %v; allowed are 0 to 1h", o.Delay)
	}
	k := &echo{stream: s, o: o}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	k.over, k.stop = life.Done(), stop
	k.end = newEnd(k.serve)
	return k, k.open(ctx, n, host, o.Options)
}

// serve answers until the connection ends.
func (k *echo) serve(conn net.Conn) error {
	request, reply := make([]byte, k.o.Request), make([]byte, k.o.Reply)
	pause := time.NewTimer(0)
	for {
		var err error
		if _, ok := conn.(*datagrams); ok {
			_, err = conn.Read(request)
		} else {
			_, err = io.ReadFull(conn, request)
		}
		received := time.Now()
		if err != nil {
			return err
		}
		i := k.Requests()
		k.stream.Fill(reply, i*int64(k.o.Reply))
		if k.o.Delay > 0 {
			pause.Reset(time.Until(received.Add(k.o.Delay)))
			select {
			case <-pause.C:
			case <-k.over:
				return net.ErrClosed
			}
		}
		sent := time.Now()
		k.note(received, sent)
		if _, err := conn.Write(reply); err != nil {
			return err
		}
	}
}

// Close ends a wait too.
func (k *echo) Close() error {
	k.stop()
	return k.end.Close()
}

func (k *echo) note(received, sent time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := &k.times[k.count%keepRequests]
	t.received, t.sent = received, sent
	k.count++
}

func (k *echo) Requests() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}

func (k *echo) Instants(i int64) (received, sent time.Time, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i < 0 || i >= k.count || i < k.count-keepRequests {
		return received, sent, false
	}
	t := k.times[i%keepRequests]
	return t.received, t.sent, true
}
