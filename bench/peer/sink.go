package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	readSize = 64 << 10
	// receiveBuffer, in bytes, is more than the module's largest TCP window, so that the host never slows it down.
	receiveBuffer = 256 << 10
)

// sink is a listening socket, and the one connection that came.
type sink struct {
	ln    net.Listener
	addr  netip.AddrPort
	epoch time.Time // of the checker's times
	tasks sync.WaitGroup

	mu       sync.Mutex
	changed  sync.Cond // bytes came, or state changed
	checker  *checker
	conn     net.Conn // nil as long as none came
	end      error    // why no more bytes will come
	refused  int
	intruder string // the latest one that was refused
	closed   bool   // Close was called
}

func newSink(ln net.Listener, addr netip.AddrPort, s Stream) *sink {
	k := &sink{ln: ln, addr: addr, epoch: time.Now(), checker: newChecker(s)}
	k.changed.L = &k.mu
	k.tasks.Go(k.accept)
	return k
}

func (k *sink) Addr() netip.AddrPort { return k.addr }

// accept takes the first connection and refuses all others, until the sink is closed.
func (k *sink) accept() {
	for {
		conn, err := k.ln.Accept()
		if err != nil {
			k.stopped(fmt.Errorf("peer: accepting on %s failed: %w", k.addr, err))
			return
		}
		if !k.admit(conn) {
			if c, ok := conn.(interface{ SetLinger(int) error }); ok {
				_ = c.SetLinger(0) // RST: the module is to see that it was refused
			}
			_ = conn.Close()
		}
	}
}

// admit says whether the connection is the one that is expected, and reads it if so.
func (k *sink) admit(conn net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	if k.conn != nil {
		k.refused++
		k.intruder = conn.RemoteAddr().String()
		return false
	}
	if c, ok := conn.(interface{ SetReadBuffer(int) error }); ok {
		_ = c.SetReadBuffer(receiveBuffer) // without it the system's own buffer serves
	}
	k.conn = conn
	k.tasks.Go(func() { k.read(conn) })
	k.changed.Broadcast()
	return true
}

// stopped notes that no connection can come any more.
func (k *sink) stopped(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn != nil {
		return
	}
	k.end = err
	if k.closed {
		k.end = net.ErrClosed
	}
	k.changed.Broadcast()
}

// read takes what the connection brings, to its end.
func (k *sink) read(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, readSize)
	for {
		n, err := conn.Read(buf)
		t := time.Now()
		k.arrived(buf[:n], t, err)
		if err != nil {
			return
		}
	}
}

func (k *sink) arrived(p []byte, t time.Time, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(p) > 0 {
		k.checker.feed(p, int64(t.Sub(k.epoch))+1)
	}
	if err != nil {
		k.checker.finish()
		k.end = err
		if k.closed {
			k.end = net.ErrClosed
		}
	}
	k.changed.Broadcast()
}

// time is the inverse of what arrived makes of a time; 0 is none.
func (k *sink) time(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return k.epoch.Add(time.Duration(t - 1))
}

func (k *sink) Arrived(from int64, t []time.Time) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.checker.settled()
	n := int(min(max(0, c.top/c.size-from), int64(len(t))))
	for i := range t[:n] {
		t[i] = k.time(c.ring.at(from + int64(i)))
	}
	return n
}

func (k *sink) Forget(n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.checker.ring.forget(n)
}

func (k *sink) Report() Report {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.checker.settled()
	r := c.r
	r.First, r.Last = k.time(c.first), k.time(c.last)
	r.Connected, r.Closed = k.conn != nil, k.conn != nil && k.end != nil
	r.Reset = isReset(k.end)
	r.Err = k.trouble()
	return r
}

// trouble is the text of Report.Err.
func (k *sink) trouble() string {
	var text string
	switch {
	case k.end == nil || k.end == io.EOF || k.end == net.ErrClosed:
	case isReset(k.end) && k.checker.r.Bytes > 0:
	default:
		text = k.end.Error()
	}
	if k.refused > 0 {
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("refused %d more connection(s), the latest from %s", k.refused, k.intruder)
	}
	return text
}

func (k *sink) Wait(ctx context.Context, n int64) error {
	defer context.AfterFunc(ctx, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.changed.Broadcast()
	})()
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.checker.r.Bytes < n {
		if k.end != nil || k.closed || ctx.Err() != nil {
			return k.short(ctx, n)
		}
		k.changed.Wait()
	}
	return nil
}

// short says why fewer than n bytes have arrived.
func (k *sink) short(ctx context.Context, n int64) error {
	err := k.end
	if k.closed {
		err = net.ErrClosed
	}
	bytes := k.checker.r.Bytes
	switch {
	case k.conn == nil && err != nil:
		return fmt.Errorf("peer: no connection to %s came: %w", k.addr, err)
	case k.conn == nil:
		return fmt.Errorf("peer: nobody ever connected to %s: %w; check that the module can reach it: the host's firewall, client isolation in the AP",
			k.addr, context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("peer: the connection from %s ended after %d of %d bytes: %w", k.conn.RemoteAddr(), bytes, n, err)
	}
	return fmt.Errorf("peer: %d of %d bytes arrived from %s: %w", bytes, n, k.conn.RemoteAddr(), context.Cause(ctx))
}

func (k *sink) Close() error {
	k.mu.Lock()
	first := !k.closed
	k.closed = true
	conn := k.conn
	k.changed.Broadcast()
	k.mu.Unlock()
	var err error
	if first {
		err = k.ln.Close()
		if conn != nil {
			_ = conn.Close() // what it says is that the module, or the reader, was faster
		}
	}
	k.tasks.Wait()
	return err
}

// isReset says whether the other end broke the connection off, by RST.
func isReset(err error) bool {
	const windows = syscall.Errno(10054) // WSAECONNRESET
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, windows)
}
