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
)

// end is the peer's end of one connection: it listens, takes the first that comes and refuses all others, or it
// dials the module.
type end struct {
	ln    net.Listener // nil when it dialled
	addr  netip.AddrPort
	serve func(net.Conn) error // what is done with the connection; returns when and why it ended
	tasks sync.WaitGroup

	mu       sync.Mutex
	changed  sync.Cond
	conn     net.Conn // nil as long as none came
	err      error    // why no more bytes will come
	refused  int
	intruder string // the latest one that was refused
	closed   bool   // Close was called
}

// newEnd returns an end that is not open yet; serve may use it.
func newEnd(serve func(net.Conn) error) *end {
	e := &end{serve: serve}
	e.changed.L = &e.mu
	return e
}

// open listens or dials.
func (e *end) open(ctx context.Context, n Network, host netip.Addr, o Options) error {
	if o.Connect.IsValid() {
		conn, err := n.dial(ctx, o)
		if err != nil {
			return fmt.Errorf("peer: no connection to the module at %s: %w", o.Connect, err)
		}
		e.addr = o.Connect
		e.admit(conn)
		return nil
	}
	if o.Protocol == UDP {
		d, addr, err := n.listenPacket(host, o.Port)
		if err != nil {
			return err
		}
		e.addr = addr
		e.admit(d)
		return nil
	}
	ln, addr, err := n.listen(host, o)
	if err != nil {
		return err
	}
	e.ln, e.addr = ln, addr
	e.tasks.Go(e.accept)
	return nil
}

// Addr is where the module connects to, or what was dialled.
func (e *end) Addr() netip.AddrPort { return e.addr }

// accept takes the first connection and refuses all others, until the end is closed.
func (e *end) accept() {
	for {
		conn, err := e.ln.Accept()
		if err != nil {
			e.stopped(fmt.Errorf("peer: accepting on %s failed: %w", e.addr, err))
			return
		}
		if !e.admit(conn) {
			if c, ok := conn.(interface{ SetLinger(int) error }); ok {
				_ = c.SetLinger(0) // RST: the module is to see that it was refused
			}
			_ = conn.Close()
		}
	}
}

// admit says whether the connection is the one that is expected, and serves it if so.
func (e *end) admit(conn net.Conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	if e.conn != nil {
		e.refused++
		e.intruder = conn.RemoteAddr().String()
		return false
	}
	e.conn = conn
	e.tasks.Go(func() {
		defer conn.Close()
		e.ended(e.serve(conn))
	})
	e.changed.Broadcast()
	return true
}

// stopped notes that no connection can come any more.
func (e *end) stopped(err error) {
	e.mu.Lock()
	none := e.conn == nil
	e.mu.Unlock()
	if none {
		e.ended(err)
	}
}

// ended notes why the connection is over.
func (e *end) ended(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
	if e.closed {
		e.err = net.ErrClosed
	}
	e.changed.Broadcast()
}

// tell wakes who waits.
func (e *end) tell() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changed.Broadcast()
}

// describe says in a report what became of the connection.
func (e *end) describe(r *Report) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r.Connected, r.Closed = e.conn != nil, e.conn != nil && e.err != nil
	r.Reset = isReset(e.err)
	switch {
	case e.err == nil || errors.Is(e.err, io.EOF) || e.err == net.ErrClosed:
	case isReset(e.err) && r.Bytes > 0:
	default:
		r.Err = e.err.Error()
	}
	if e.refused > 0 {
		if r.Err != "" {
			r.Err += "; "
		}
		r.Err += fmt.Sprintf("refused %d more connection(s), the latest from %s", e.refused, e.intruder)
	}
}

// until waits for done, or says why fewer than n bytes have come.
func (e *end) until(ctx context.Context, n int64, done func() bool, bytes func() int64) error {
	defer context.AfterFunc(ctx, e.tell)()
	e.mu.Lock()
	defer e.mu.Unlock()
	for !done() {
		if e.err != nil || e.closed || ctx.Err() != nil {
			return e.short(ctx, n, bytes())
		}
		e.changed.Wait()
	}
	return nil
}

// short says why only some of n bytes have come; the caller holds mu.
func (e *end) short(ctx context.Context, n, bytes int64) error {
	err := e.err
	if e.closed {
		err = net.ErrClosed
	}
	switch {
	case e.conn == nil && err != nil:
		return fmt.Errorf("peer: no connection to %s came: %w", e.addr, err)
	case e.conn == nil:
		return fmt.Errorf("peer: nobody ever connected to %s: %w; check that the module can reach it: the host's firewall, client isolation in the AP",
			e.addr, context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("peer: the connection from %s ended after %d of %d bytes: %w", e.conn.RemoteAddr(), bytes, n, err)
	}
	return fmt.Errorf("peer: %d of %d bytes arrived from %s: %w", bytes, n, e.conn.RemoteAddr(), context.Cause(ctx))
}

// connected waits for the connection.
func (e *end) connected(ctx context.Context) (net.Conn, error) {
	var conn net.Conn
	err := e.until(ctx, 0, func() bool { conn = e.conn; return conn != nil }, func() int64 { return 0 })
	return conn, err
}

// Close ends the connection and the listening socket, and returns when nothing of the end runs any more.
func (e *end) Close() error {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	conn := e.conn
	e.changed.Broadcast()
	e.mu.Unlock()
	var err error
	if first {
		if e.ln != nil {
			err = e.ln.Close()
		}
		if conn != nil {
			_ = conn.Close() // what it says is that the module, or the reader, was faster
		}
	}
	e.tasks.Wait()
	return err
}

// isReset says whether the other end broke the connection off, by RST.
func isReset(err error) bool {
	const windows = syscall.Errno(10054) // WSAECONNRESET
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, windows)
}
