package peer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"syscall"
	"time"
)

// The ending datagram is sent so often, so far apart, until a report comes.
const (
	finTries = 10
	finWait  = 250 * time.Millisecond
)

// udpSource is the sending end of a UDP test.
type udpSource struct {
	o       IperfOptions
	conn    net.Conn
	p       []byte
	count   iperfCount
	next    int32     // number of the next datagram
	refused int64     // datagrams of which the module said that nobody listens,
	latest  time.Time // the latest of them
	unsent  int64     // datagrams for which the host had no room
}

// udpSource sends to the module's UDP server for the test's time.
func (o IperfOptions) udpSource(ctx context.Context) (IperfResult, error) {
	conn, err := o.Network.Dial(ctx, "udp", o.Address.String())
	if err != nil {
		return IperfResult{}, fmt.Errorf("peer: iperf cannot send to %s: %w", o.Address, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	s := &udpSource{o: o, conn: conn, p: make([]byte, o.Datagram), count: iperfCount{row: o.Row}}
	noise(s.p[min(udpOptions, len(s.p)):], 0, 0)
	err = s.send(ctx)
	r := s.count.result(IperfSender)
	if err == nil {
		r, err = s.end(r)
	}
	r.Sent = s.count.bytes
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("peer: iperf to %s was ended after %d bytes: %w", o.Address, r.Sent, context.Cause(ctx))
	case err != nil:
		err = fmt.Errorf("peer: iperf to %s failed after %d bytes: %w", o.Address, r.Sent, err)
	case r.By == IperfSender && s.latest.Sub(s.count.start) > o.Time/2: // a server that starts late has refused the first ones only
		err = fmt.Errorf("peer: nobody listens on udp %s: %d datagrams or more were refused; send AT+IPERF=\"RX\",\"UDP\" first", o.Address, s.refused)
	case s.refused > 0:
		r.Note = join(r.Note, "datagrams were refused at the beginning, before the module's server was there")
	}
	if s.unsent > 0 {
		r.Note = join(r.Note, fmt.Sprintf("the host had no room for %d datagrams, which count as lost: lower the rate", s.unsent))
	}
	return r, err
}

// send sends each datagram at its instant, whatever became of the ones before.
func (s *udpSource) send(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	s.count.begin(time.Now())
	start, now := s.count.start, s.count.start
	gap := 0.0
	if s.o.Rate > 0 {
		gap = 8 * float64(s.o.Datagram) / s.o.Rate * float64(time.Second)
	}
	for s.next < math.MaxInt32 {
		due := time.Duration(math.Round(float64(s.next) * gap))
		if due >= s.o.Time || now.Sub(start) >= s.o.Time {
			return nil
		}
		if wait := due - now.Sub(start); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if err := s.datagram(s.next); err != nil {
			return err
		}
		s.next++
		now = s.count.last
	}
	return nil
}

// datagram sends one, stamped now.
func (s *udpSource) datagram(id int32) error {
	now := time.Now()
	putHeader(s.p, id, now.Sub(s.count.start))
	n, err := s.conn.Write(s.p)
	switch {
	case err == nil:
	case isRefused(err) && id >= 0: // the answer to an earlier one
		s.refused++
		s.latest = now
	case isNoRoom(err):
		s.unsent++
	default:
		return err
	}
	if id >= 0 {
		s.count.add(n, now)
	}
	return nil
}

// end says that the test is over until the module's report comes, which then is the result. Modules that send none are
// no error.
func (s *udpSource) end(r IperfResult) (IperfResult, error) {
	id := -s.next
	buf := make([]byte, maxDatagram)
	for range finTries {
		err := s.datagram(id)
		if err == nil {
			var report IperfResult
			if report, err = s.report(buf, id); err == nil {
				return report, nil
			}
		}
		if isRefused(err) { // it has had the ending datagram, and closed its socket
			r.Fin = true
			break
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return r, err
		}
	}
	r.Note = IperfNoReport
	return r, nil
}

// report waits for the report until the ending datagram is due again.
func (s *udpSource) report(buf []byte, id int32) (IperfResult, error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(finWait))
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			return IperfResult{}, err
		}
		if r, ok := parseReport(buf[:n], id); ok {
			return r, nil
		}
	}
}

// isNoRoom says whether the host's own queue is full.
func isNoRoom(err error) bool {
	const windows = syscall.Errno(10055) // WSAENOBUFS
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, windows)
}
