package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// How long a sink answers further ending datagrams: until none came for iperfLinger, as the module sends them 350 ms
// apart, and no longer than iperfLast.
const (
	iperfLinger = 500 * time.Millisecond
	iperfLast   = 5 * time.Second
)

// packetSocket is a net.PacketConn whose datagrams cost no allocation, as those of net.UDPConn.
type packetSocket interface {
	net.PacketConn
	ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error)
}

// udpSink is the receiving end of a UDP test.
type udpSink struct {
	o    IperfOptions
	conn packetSocket
	buf  []byte

	from    netip.AddrPort // of the first datagram; all others are foreign
	dialect string
	count   iperfCount
	ids     iperfIDs
	jitter  jitter
	fin     int64 // number of the ending datagram; 0 before it
	foreign int64 // datagrams of others, and of other kinds
	early   int64 // ending datagrams before all others: of a test before this one
	by      time.Time
}

// udpSink opens a sink of one UDP test.
func (o IperfOptions) udpSink(ctx context.Context) (*IperfTest, error) {
	pc, err := o.Network.ListenPacket("udp", o.Address.String())
	if err != nil {
		return nil, o.noSocket(err)
	}
	conn, ok := pc.(packetSocket)
	addr, err := addrPort(pc.LocalAddr())
	if !ok {
		err = fmt.Errorf("peer: a %T is no UDP socket", pc)
	}
	if err != nil {
		_ = pc.Close()
		return nil, err
	}
	if c, ok := pc.(interface{ SetReadBuffer(int) error }); ok {
		_ = c.SetReadBuffer(receiveBuffer)
	}
	s := &udpSink{o: o, conn: conn, buf: make([]byte, maxDatagram), count: iperfCount{row: o.Row}}
	return running(ctx, addr, func(ctx context.Context) (IperfResult, error) { return s.run(ctx, addr) }), nil
}

func (s *udpSink) run(ctx context.Context, addr netip.AddrPort) (IperfResult, error) {
	defer s.conn.Close()
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	err := s.receive()
	switch {
	case ctx.Err() != nil:
		return s.result(), fmt.Errorf("peer: iperf on %s was ended after %d bytes: %w", addr, s.count.bytes, context.Cause(ctx))
	case err != nil:
		return s.result(), fmt.Errorf("peer: iperf on %s failed after %d bytes: %w", addr, s.count.bytes, err)
	case s.ids.distinct == 0 && s.early > 0:
		return s.result(), s.o.nobody(addr, errors.New("only datagrams that end a test came"))
	case s.ids.distinct == 0:
		return s.result(), s.o.nobody(addr, errNobody)
	}
	r := s.result()
	if s.fin > 0 {
		s.answer(r)
	}
	return r, nil
}

// receive counts datagrams until the ending one, or until no more come.
func (s *udpSink) receive() error {
	s.by = time.Now().Add(iperfFirst)
	_ = s.conn.SetReadDeadline(s.by)
	for s.fin == 0 {
		n, from, err := s.conn.ReadFromUDPAddrPort(s.buf)
		now := time.Now()
		switch {
		case err == nil:
			s.take(s.buf[:n], from, now)
			if s.fin > 0 || s.ids.distinct == 0 || now.Before(s.by) {
				continue
			}
			return nil
		case isReset(err): // Windows says so of a report that nobody took
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case s.ids.distinct == 0 || !now.Before(s.by) || now.Sub(s.count.last) >= iperfQuiet:
			return nil
		default: // renewed here alone, which spares the datagrams the call
			_ = s.conn.SetReadDeadline(s.count.last.Add(iperfQuiet))
		}
	}
	return nil
}

// take counts a datagram.
func (s *udpSink) take(p []byte, from netip.AddrPort, now time.Time) {
	if len(p) < moduleHeader || s.from.IsValid() && from != s.from {
		s.foreign++
		return
	}
	id, stamp := header(p)
	switch {
	case id < 0 && !s.from.IsValid():
		s.early++
		return
	case id < 0:
		s.dialect = dialectOf(p)
		s.fin = -id
		return
	case !s.from.IsValid():
		s.from, s.dialect = from, dialectOf(p)
		s.by = now.Add(s.o.Time + iperfGrace)
		_ = s.conn.SetReadDeadline(now.Add(iperfQuiet))
	}
	s.count.add(len(p), now)
	s.ids.add(id)
	s.jitter.add(now.Sub(s.count.start) - stamp)
}

// result is the count so far.
func (s *udpSink) result() IperfResult {
	r := s.count.result(IperfReceiver)
	if s.ids.distinct == 0 {
		return r
	}
	r.Dialect, r.Fin = s.dialect, s.fin > 0
	r.Datagrams = s.ids.sent(s.dialect, s.fin)
	r.Lost = r.Datagrams - s.ids.distinct
	r.Reordered, r.Duplicate = s.ids.reordered, s.ids.duplicate
	r.Jitter = time.Duration(s.jitter.value * float64(time.Second))
	if s.fin == 0 {
		r.Note = "the ending datagram did not come: datagrams lost after the last one that arrived are not counted"
	}
	if s.foreign > 0 {
		r.Note = join(r.Note, fmt.Sprintf("%d datagrams were of others", s.foreign))
	}
	return r
}

// join puts two notes together.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// answer sends the report, and again for each further ending datagram.
func (s *udpSink) answer(r IperfResult) {
	size := reportAt(s.dialect)
	report := make([]byte, size+reportSize)
	copy(report, s.buf[:size])
	putReport(report[size:], r)
	last := time.Now().Add(iperfLast)
	for again := true; again && time.Now().Before(last); {
		_, _ = s.conn.WriteToUDPAddrPort(report, s.from) // one that is lost is asked for again
		_ = s.conn.SetReadDeadline(time.Now().Add(iperfLinger))
		again = s.asked()
	}
}

// asked waits for a further ending datagram.
func (s *udpSink) asked() bool {
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(s.buf)
		if err != nil {
			return false
		}
		if id, _ := header(s.buf); n >= moduleHeader && from == s.from && id < 0 {
			return true
		}
	}
}
