package memnet

import (
	"net"
	"sync"
	"time"
)

// BufferSize is how many bytes each direction of a connection holds before a
// writer waits.
const BufferSize = 64 << 10

// Conn is one end of a connection in memory. It is a net.Conn; Read and Write
// may be called at the same time.
type Conn struct {
	in, out       *half
	local, remote net.Addr
	close         sync.Once
}

var _ net.Conn = (*Conn)(nil)

// Pipe returns the two ends of a connection whose directions hold size bytes
// each; size 0 means [BufferSize]. Both addresses are name.
func Pipe(name string, size int) (*Conn, *Conn) {
	a := addr{name}
	return connect(a, a, size)
}

func connect(local, remote net.Addr, size int) (*Conn, *Conn) {
	if size <= 0 {
		size = BufferSize
	}
	up, down := newHalf(size), newHalf(size)
	return &Conn{in: down, out: up, local: local, remote: remote},
		&Conn{in: up, out: down, local: remote, remote: local}
}

// addr is the address of a pipe's end.
type addr struct{ name string }

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return a.name }

// Read waits for at least one byte; io.EOF comes after the last byte that an
// ended direction held.
func (c *Conn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write takes all of p, or fewer bytes and an error.
func (c *Conn) Write(p []byte) (int, error) { return c.out.write(p) }

// CloseWrite ends the direction away from this end.
func (c *Conn) CloseWrite() error {
	c.out.end()
	return nil
}

// Close ends both directions. The other end still reads what was written.
func (c *Conn) Close() error {
	err := net.ErrClosed
	c.close.Do(func() {
		err = nil
		c.out.closeWriter()
		c.in.closeReader()
	})
	return err
}

// LocalAddr is the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.set(&c.in.readBy, t)
	c.out.set(&c.out.writeBy, t)
	return nil
}

// SetReadDeadline makes reads that wait past t fail; the zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.set(&c.in.readBy, t)
	return nil
}

// SetWriteDeadline makes writes that wait past t fail; the zero time means never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.set(&c.out.writeBy, t)
	return nil
}
