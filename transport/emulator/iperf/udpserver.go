package iperf

import (
	"encoding/binary"
	"net/netip"
	"time"

	"st67bench/transport/emulator/core"
)

// The server's report is repeated, so often at most, for each datagram that comes
// within reportWait.
const (
	reportTries = 10
	reportWait  = 250 * time.Millisecond
)

// drop is a datagram as the run gets it.
type drop struct {
	at    time.Time
	n     int
	id    int32
	stamp int64 // µs of the sender's clock
	from  netip.AddrPort
}

// udpServer is RX over UDP.
func (r *run) udpServer() {
	conn, err := r.open(r.listenAddress())
	if err != nil {
		r.say("NET_IPERF_AL: PCB CONFIG ERR udp_bind failed\n")
		return
	}
	over := make(chan struct{})
	defer close(over)
	r.closeWith(conn, over)
	r.banner("UDP")
	in := make(chan drop, queueSize)
	r.busy.Go(func() { r.collect(conn, in, over) })
	r.report = report{id: -1}
	if last, ok := r.count(in); ok && r.quirks.Has(core.IperfReport) {
		r.rest()
		r.answer(conn, in, last)
	}
	r.say("\n")
}

// collect puts on the air what the socket gives, until over is closed.
func (r *run) collect(conn socket, in chan<- drop, over <-chan struct{}) {
	radio := r.m.Radio
	p := make([]byte, 64<<10)
	for {
		clear(p[:moduleHeader])
		n, from, err := conn.ReadFromUDPAddrPort(p)
		if err != nil {
			return
		}
		at := radio.Down(r.m.Clock.Now(), n).Add(radio.Latency)
		if radio.Lost() {
			continue
		}
		word := func(i int) uint32 { return binary.BigEndian.Uint32(p[i:]) }
		d := drop{at, n, int32(word(0)), int64(word(4))*second + int64(word(8)), unmapped(from)}
		select {
		case in <- d:
		case <-over:
			return
		}
	}
}

// count takes datagrams until the one that ends the test, which it returns; ok is
// false when the run was ended before.
func (r *run) count(in <-chan drop) (last drop, ok bool) {
	for {
		select {
		case d := <-in:
			if !r.reach(r.traffic, d.at) {
				return d, false
			}
			if r.report.id == -1 {
				r.say("local %s port %d connected with %s port %d\n", r.f.Host, r.port, d.from.Addr(), d.from.Port())
				r.begin()
			}
			if d.id == 0 {
				r.report.id = 0
				continue
			}
			r.handle(d)
			r.interval()
			if d.id < 0 {
				r.conclude()
				return d, true
			}
		case <-r.traffic.Done():
			r.settle(r.traffic)
			return drop{}, false
		}
	}
}

// handle counts a datagram whose id is not 0.
func (r *run) handle(d drop) {
	p := &r.report
	t := &p.all
	t.bytes += uint64(d.n)
	t.datagrams++
	p.sent = d.stamp
	transit := distance(r.stamp(), d.stamp)
	if p.transit != 0 {
		t.jitter += (int32(distance(transit, p.transit)) - t.jitter) / 16
	}
	p.transit = transit
	id := d.id
	if id < 0 {
		id = -id
	}
	switch {
	case id > p.id+1:
		t.lost += id - p.id - 1
	case id < p.id+1:
		t.disordered++
	}
	p.id = max(p.id, id)
}

// distance is how far two times are apart.
func distance(a, b int64) int64 { return max(a-b, b-a) }

// conclude prints the whole test. Its number of datagrams is the highest id.
func (r *run) conclude() {
	t := &r.report.all
	t.datagrams = r.report.id
	if t.lost > t.disordered {
		t.lost -= t.disordered
	}
	r.total()
}

// answer sends the report to the client whose last datagram is last.
func (r *run) answer(conn socket, in <-chan drop, last drop) {
	d := r.dialect()
	p := make([]byte, d.header+reportSize)
	d.head(p, last.id, last.stamp)
	putReport(p[d.header:], r.report.all, r.stamp()-r.report.start)
	radio := r.m.Radio
	for range reportTries {
		sent := radio.Up(r.at, len(p))
		lost := radio.Lost()
		if !r.reach(r.life, sent.Add(radio.Latency)) {
			return
		}
		if !lost {
			_, _ = conn.WriteToUDPAddrPort(p, last.from)
		}
		if !r.asked(in, r.at.Add(reportWait)) {
			return
		}
	}
}

// asked waits until the instant by for a datagram.
func (r *run) asked(in <-chan drop, by time.Time) bool {
	timer := time.NewTimer(by.Sub(r.m.Clock.Now()))
	defer timer.Stop()
	select {
	case d := <-in:
		return r.reach(r.life, d.at)
	case <-timer.C:
		r.at = by
		return false
	case <-r.life.Done():
		return false
	}
}
