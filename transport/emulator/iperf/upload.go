package iperf

import (
	"errors"
	"io"
	"net"
	"time"

	"st67bench/transport/emulator/core"
)

const (
	segmentSize = 1460             // payload of one TCP segment of the module's stack
	headerSize  = 60               // of what TX sends first
	window      = 48               // segments that may be unacknowledged
	roundTrip   = time.Millisecond // the least: a tick of the firmware
	linger      = 20 * time.Second // how long the segments may take that are queued at the end
)

var (
	header = make([]byte, headerSize)
	digits = repeat("0123456789", segmentSize)
)

// repeat is n bytes of s again and again.
func repeat(s string, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = s[i%len(s)]
	}
	return p
}

// segment is payload that waits for the radio.
type segment struct {
	payload []byte
	queued  time.Time
}

// upload is the sending direction of a connection. Its two goroutines write what
// the radio has carried, and wait for the peer to end the connection.
type upload struct {
	r     *run
	conn  net.Conn
	way   chan segment
	acked chan time.Time
	ended chan error // io.EOF, or why the connection broke

	over chan struct{} // closed by finish
	last time.Time     // when the socket gets nothing more; set before over is closed
}

// newUpload starts to serve conn, which it closes.
func (r *run) newUpload(conn net.Conn) *upload {
	u := &upload{
		r: r, conn: conn,
		way: make(chan segment, window), acked: make(chan time.Time, window),
		ended: make(chan error, 1), over: make(chan struct{}),
	}
	done := make(chan struct{})
	r.closeWith(conn, done)
	r.busy.Go(func() {
		defer close(done)
		u.carry()
		for range u.way { // lost
		}
	})
	r.busy.Go(u.drain)
	return u
}

// send queues payload at the run's instant; there has to be room for it in the
// window.
func (u *upload) send(payload []byte) { u.way <- segment{payload, u.r.at} }

// carry puts segments on the air and writes them to the socket, each at its
// instant. The acknowledgement comes one radio latency after the write.
func (u *upload) carry() {
	radio, clock := u.r.m.Radio, u.r.m.Clock
	for s := range u.way {
		at := radio.Up(s.queued, len(s.payload)).Add(radio.Latency)
		if !u.await(at) {
			return
		}
		if _, err := u.conn.Write(s.payload); err != nil {
			return
		}
		acked := later(at, clock.Now()).Add(radio.Latency)
		u.acked <- later(acked, s.queued.Add(roundTrip))
	}
}

// await waits for a segment's instant; false when the socket gets nothing more by
// then.
func (u *upload) await(at time.Time) bool {
	clock, life := u.r.m.Clock, u.r.life.Done()
	if !clock.Near(at, u.over) && at.After(u.last) {
		clock.Near(u.last, life)
		return false
	}
	return clock.Near(at, life)
}

// drain reads until the connection ends.
func (u *upload) drain() {
	p := make([]byte, segmentSize)
	for {
		if _, err := u.conn.Read(p); err != nil {
			u.ended <- err
			return
		}
	}
}

// finish ends the connection at the run's instant: with FIN after what is queued,
// or with a reset of what the radio has not taken. Nothing may be sent any more.
func (u *upload) finish() {
	r := u.r
	u.last = r.at.Add(linger)
	if r.quirks.Has(core.IperfReset) {
		makeReset(u.conn)
		u.last = r.at.Add(r.m.Radio.Latency)
	}
	_ = u.conn.SetWriteDeadline(u.last)
	close(u.over)
	close(u.way)
}

// makeReset lets Close reset a connection that can be reset.
func makeReset(conn net.Conn) {
	if c, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = c.SetLinger(0)
	}
}

// later is the later of two instants.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// broken says whether err is that of a connection that the peer has reset.
func broken(err error) bool { return !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) }
