package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

const (
	iperfChunk  = 128 << 10 // bytes of a read or a write
	iperfQueue  = 256 << 10 // bytes that a source has under way at most: 0.1 s at the module's best
	iperfHeader = 64        // first bytes of a stream that have to be zero: flags of a header that there is not
	iperfRetry  = 50 * time.Millisecond
	iperfStart  = 2 * time.Second // how long the module takes to listen after OK, at most
)

// tcpSink opens a sink of one TCP connection.
func (o IperfOptions) tcpSink(ctx context.Context) (*IperfTest, error) {
	ln, err := o.Network.Listen("tcp", o.Address.String())
	if err != nil {
		return nil, o.noSocket(err)
	}
	addr, err := addrPort(ln.Addr())
	if err != nil {
		_ = ln.Close()
		return nil, err
	}
	return running(ctx, addr, func(ctx context.Context) (IperfResult, error) {
		conn, err := acceptOne(ctx, ln)
		if err != nil {
			return IperfResult{}, o.nobody(addr, err)
		}
		return o.receive(ctx, conn)
	}), nil
}

// noSocket says why there is no socket to listen on.
func (o IperfOptions) noSocket(err error) error {
	mend := "it has to be an address of this host"
	if errors.Is(err, syscall.EADDRINUSE) {
		mend = "choose another port, or end the program that has it"
	}
	return fmt.Errorf("peer: iperf cannot listen on %s %s: %w; %s", o.Protocol, o.Address, err, mend)
}

func (o IperfOptions) nobody(addr netip.AddrPort, err error) error {
	return fmt.Errorf("peer: nobody sent to iperf on %s %s: %w; check that the module can reach it: the host's firewall, client isolation in the AP",
		o.Protocol, addr, err)
}

// errNobody is the end of the wait for the module.
var errNobody = fmt.Errorf("nobody came within %v", iperfFirst)

// acceptOne takes the first connection; ln refuses all others.
func acceptOne(ctx context.Context, ln net.Listener) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, iperfFirst, errNobody)
	defer cancel()
	defer ln.Close()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	conn, err := ln.Accept()
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return conn, err
}

// receive counts what the connection brings. The bytes themselves do not matter.
func (o IperfOptions) receive(ctx context.Context, conn net.Conn) (IperfResult, error) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_ = conn.SetReadDeadline(time.Now().Add(iperfFirst))
	c := iperfCount{row: o.Row}
	err := o.readAll(conn, &c)
	r := c.result(IperfReceiver)
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("peer: iperf with %s was ended after %d bytes: %w", conn.RemoteAddr(), c.bytes, context.Cause(ctx))
	case c.bytes == 0:
		return r, fmt.Errorf("peer: %s connected to iperf and sent nothing: %w", conn.RemoteAddr(), err)
	case errors.Is(err, io.EOF):
		r.Fin = true
	case isReset(err):
		r.Reset = true
		r.Note = resetNote
	default:
		r.Note = fmt.Sprintf("the sender did not end the connection within %v after its time", iperfGrace)
	}
	return r, nil
}

// readAll reads until the connection or the test's time ends.
func (o IperfOptions) readAll(conn net.Conn, c *iperfCount) error {
	buf := make([]byte, iperfChunk)
	for {
		n, err := conn.Read(buf)
		now := time.Now()
		if n > 0 {
			if c.bytes == 0 {
				_ = conn.SetReadDeadline(now.Add(o.Time + iperfGrace))
			}
			c.add(n, now)
		}
		if err != nil {
			return err
		}
	}
}

// tcpSource sends to the module's TCP server for the test's time.
func (o IperfOptions) tcpSource(ctx context.Context) (IperfResult, error) {
	conn, err := o.connect(ctx)
	if err != nil {
		return IperfResult{}, fmt.Errorf("peer: iperf cannot reach the module's server at %s: %w; send AT+IPERF=\"RX\",\"TCP\" first", o.Address, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if c, ok := conn.(interface{ SetWriteBuffer(int) error }); ok {
		_ = c.SetWriteBuffer(iperfQueue)
	}
	c := iperfCount{row: o.Row}
	err = o.writeAll(conn, &c)
	r := c.result(IperfSender)
	r.Sent = r.Bytes
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("peer: iperf to %s was ended after %d bytes: %w", o.Address, c.bytes, context.Cause(ctx))
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return r, fmt.Errorf("peer: the module's server at %s ended the connection after %d bytes, before the test's %v: %w", o.Address, c.bytes, o.Time, err)
	}
	err = drained(conn)
	if ctx.Err() == nil && errors.Is(err, io.EOF) {
		r.Fin, r.Duration = true, time.Since(c.start)
		return r, nil
	}
	r.Reset = isReset(err)
	r.Note = fmt.Sprintf("the module did not end the connection (%v): its last bytes may not have arrived", err)
	return r, nil
}

// connect connects to the module's server as soon as it listens.
func (o IperfOptions) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	for by := time.Now().Add(iperfStart); ; {
		conn, err := o.Network.Dial(ctx, "tcp", o.Address.String())
		if err == nil || !isRefused(err) || time.Now().After(by) {
			return conn, err
		}
		select {
		case <-time.After(iperfRetry):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// writeAll writes until the test's time is over, which is os.ErrDeadlineExceeded.
func (o IperfOptions) writeAll(conn net.Conn, c *iperfCount) error {
	p := make([]byte, iperfChunk)
	noise(p[iperfHeader:], 0, 0)
	c.begin(time.Now())
	_ = conn.SetWriteDeadline(c.start.Add(o.Time))
	for {
		n, err := conn.Write(p)
		c.add(n, time.Now())
		if err != nil {
			return err
		}
	}
}

// drained ends the sending direction, and waits until the other end has taken all and ended the connection too, which
// is io.EOF. Its clock then has the time of the last byte, up to one way through the network.
func drained(conn net.Conn) error {
	c, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	_ = conn.SetReadDeadline(time.Now().Add(iperfGrace))
	buf := make([]byte, 512) // a server of iperf 2.1 answers the header that it takes the zeros for
	for {
		if _, err := conn.Read(buf); err != nil {
			return err
		}
	}
}

// isRefused says whether nobody listens at the other end.
func isRefused(err error) bool {
	const windows = syscall.Errno(10061) // WSAECONNREFUSED
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windows)
}
