package iperf

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"st67bench/transport/emulator/core"
)

// Flags of the first word of a TCP client's header.
const (
	flagVersion1  = 0x80000000
	flagExtended  = 0x40000000
	flagTimestamp = 0x10000000
)

// Bytes of that header.
const (
	shortHeader    = 24
	extendedHeader = 60
)

// queueSize is how many segments or datagrams are on their way from the radio to
// a run: the window of the firmware's TCP.
const queueSize = 24

// serverIdle is how long a connection may be silent; up to a poll less.
const serverIdle = maxIdle * poll

// arrival is a segment as the run gets it: its length, its first word when it is
// the connection's first segment, or why none follows.
type arrival struct {
	at   time.Time
	n    int
	word uint32
	err  error
}

// download is the receiving direction of a connection.
type download struct {
	r     *run
	conn  net.Conn
	in    chan arrival
	gone  chan struct{} // closed by close
	begun bool          // its first segment was good
}

// tcpServer is RX over TCP.
func (r *run) tcpServer() {
	l, err := r.f.Listen("tcp", r.listenAddress())
	if err != nil {
		r.say("NET_IPERF_AL: PCB CONFIG ERR tcp_bind failed\n")
		return
	}
	defer l.Close()
	r.closeWith(l, r.resting)
	r.banner("TCP")
	accepted := make(chan net.Conn)
	r.busy.Go(func() { r.accept(l, accepted) })
	d := r.serve(accepted)
	if d != nil {
		r.drop(d)
	}
}

// accept hands on what l accepts until it is closed.
func (r *run) accept(l net.Listener, accepted chan<- net.Conn) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		select {
		case accepted <- conn:
		case <-r.resting:
			conn.Close()
			return
		}
	}
}

// serve takes connections and their segments until one has ended well or the run
// is ended, and returns the connection that there is then.
func (r *run) serve(accepted <-chan net.Conn) *download {
	d := &download{} // none: nothing comes in
	for {
		select {
		case conn := <-accepted:
			if !r.reach(r.traffic, r.later()) {
				conn.Close()
				break
			}
			r.drop(d)
			d = r.newDownload(conn)
			continue
		case a := <-d.in:
			if !r.reach(r.traffic, a.at) {
				break
			}
			if errors.Is(a.err, io.EOF) {
				return d
			}
			if !r.take(d, a) {
				r.drop(d)
				d = &download{}
			}
			continue
		case <-r.traffic.Done():
			r.settle(r.traffic)
		}
		if d.conn != nil {
			r.interrupted()
		}
		return d
	}
}

// newDownload starts to serve conn.
func (r *run) newDownload(conn net.Conn) *download {
	r.report = report{}
	d := &download{r: r, conn: conn, in: make(chan arrival, queueSize), gone: make(chan struct{})}
	r.closeWith(conn, d.gone)
	r.busy.Go(d.read)
	return d
}

// drop closes a connection, if it is one, and prints what it has brought.
func (r *run) drop(d *download) {
	if d.conn == nil {
		return
	}
	if r.quirks.Has(core.IperfReset) {
		makeReset(d.conn)
	}
	close(d.gone)
	r.total()
}

// take counts a segment; false when the connection has to be closed.
func (r *run) take(d *download, a arrival) bool {
	switch {
	case errors.Is(a.err, os.ErrDeadlineExceeded):
		return false
	case a.err != nil:
		r.say(resetText)
		return false
	case !d.begun:
		if !r.greet(a) {
			return false
		}
		d.begun = true
		r.begin()
	}
	r.report.all.bytes += uint64(a.n)
	r.interval()
	return true
}

// greet looks at the header in the first segment; false when it is refused.
func (r *run) greet(a arrival) bool {
	size := shortHeader
	switch {
	case a.n < 4:
		r.say("TCP RX: too short packet (%d < %d)\n", a.n, shortHeader)
	case a.word&flagExtended != 0:
		r.say("TODO: Header extended\n")
		size = extendedHeader
	case a.word&flagVersion1 != 0:
		r.say("TODO: Header version 1 => Client requested parallel transmission test\n")
	case a.word&flagTimestamp != 0:
		r.say("TODO: Timestamp Client header\n")
		return false
	}
	if a.n < size {
		return false
	}
	if a.word&flagExtended != 0 {
		r.say("Extended Client HDR => require an ACK back to the client")
	}
	return true
}

// read puts on the air what the socket gives, until it is closed.
func (d *download) read() {
	radio, clock := d.r.m.Radio, d.r.m.Clock
	p := make([]byte, segmentSize)
	var last, renew time.Time
	now := clock.Now()
	for {
		if !now.Before(renew) {
			_ = d.conn.SetReadDeadline(now.Add(serverIdle))
			renew = now.Add(poll)
		}
		n, err := d.conn.Read(p)
		now = clock.Now()
		if n > 0 {
			a := arrival{at: radio.Down(now, n).Add(radio.Latency), n: n}
			if last.IsZero() && n >= 4 {
				a.word = binary.BigEndian.Uint32(p)
			}
			last = a.at
			if !d.hand(a) {
				return
			}
		}
		if err != nil {
			d.hand(arrival{at: later(last, now.Add(radio.Latency)), err: err})
			return
		}
	}
}

// hand gives an arrival to the run; false when it takes no more.
func (d *download) hand(a arrival) bool {
	select {
	case d.in <- a:
		return true
	case <-d.gone:
		return false
	case <-d.r.life.Done():
		return false
	}
}
