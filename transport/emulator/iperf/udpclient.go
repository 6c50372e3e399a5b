package iperf

import "time"

const (
	udpRate    = 200_000_000 // bit/s that AT+IPERF asks for
	udpBuffers = 16          // datagrams that wait for the radio at most
)

// spacing is the time from one datagram to the next at udpRate.
const spacing = datagramSize * 8 * time.Second / udpRate

// The end of a test is said again, so often and so far apart, until the report
// comes.
const (
	endTries = 10
	endWait  = 350 * time.Millisecond
)

// inFlight is how many datagrams may be between radio and socket: 100 ms at 200
// Mbit/s.
const inFlight = 2048

// flight is a datagram that the radio has carried.
type flight struct {
	id    int32
	stamp int64
	at    time.Time // when the socket gets it
}

// shower is the sending direction of a UDP test.
type shower struct {
	r    *run
	conn socket
	d    dialect
	way  chan flight
	free [udpBuffers]time.Time // when the radio has taken what a buffer holds
	n    int                   // datagrams sent
}

// udpClient is TX over UDP.
func (r *run) udpClient() {
	conn, err := r.open("0.0.0.0:0")
	if err != nil {
		r.say("NET_IPERF_AL : PCB CONFIG ERR udp_bind failed\n")
		return
	}
	s := &shower{r: r, conn: conn, d: r.dialect(), way: make(chan flight, inFlight)}
	over := make(chan struct{})
	defer close(over)
	carried := make(chan struct{})
	r.closeWith(conn, over)
	r.busy.Go(func() {
		defer close(carried)
		s.carry()
	})
	r.say(rule)
	r.say(rule)
	r.begin()
	s.pour()
	r.total()
	r.rest()
	s.end()
	close(s.way)
	<-carried
}

// carry writes datagrams to the socket, each at its instant. One that the socket
// does not take is lost.
func (s *shower) carry() {
	p := make([]byte, datagramSize)
	for f := range s.way {
		if s.r.m.Clock.Near(f.at, s.r.life.Done()) {
			s.d.fill(p, f.id, f.stamp)
			_, _ = s.conn.WriteToUDPAddrPort(p, s.r.to)
		}
	}
}

// send puts a datagram on the air at the run's instant.
func (s *shower) send(id int32, stamp int64) {
	radio := s.r.m.Radio
	taken := radio.Up(s.r.at, datagramSize)
	s.free[s.n%udpBuffers] = taken
	s.n++
	if !radio.Lost() {
		s.way <- flight{id, stamp, taken.Add(radio.Latency)}
	}
}

// ready is when a datagram can be sent.
func (s *shower) ready() time.Time { return later(s.r.at, s.free[s.n%udpBuffers]) }

// pour sends until the time has passed. A datagram has the stamp of the instant
// at which the module began to wait for a buffer.
func (s *shower) pour() {
	r := s.r
	start, end := r.at, r.at.Add(r.time)
	for !r.overtime() {
		stamp := r.stamp()
		if at := s.ready(); at.After(end) || !r.reach(r.traffic, at) {
			return
		}
		s.send(s.d.first+int32(s.n), stamp)
		r.report.all.bytes += datagramSize
		if !r.reach(r.traffic, start.Add(time.Duration(s.n)*spacing)) {
			return
		}
		r.interval()
	}
}

// end tells the server that the test is over, and prints its report.
func (s *shower) end() {
	r, stamp := s.r, s.r.stamp()
	id := -(s.d.first + int32(s.n))
	for range endTries {
		if !r.reach(r.life, s.ready()) {
			return
		}
		s.send(id, stamp)
		if s.answered(r.at.Add(endWait)) {
			return
		}
	}
}

// answered waits for the server's answer until the instant by.
func (s *shower) answered(by time.Time) bool {
	r, radio := s.r, s.r.m.Radio
	p := make([]byte, 2*datagramSize)
	_ = s.conn.SetReadDeadline(by)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(p)
		if err != nil {
			r.reach(r.life, by)
			return false
		}
		if unmapped(from) != r.to {
			continue
		}
		at := radio.Down(r.m.Clock.Now(), n).Add(radio.Latency)
		if radio.Lost() {
			continue
		}
		if r.reach(r.life, at) && n >= s.d.header+reportSize {
			r.serverReport(p[s.d.header:])
		}
		return true
	}
}

// serverReport prints what a server has received.
func (r *run) serverReport(p []byte) {
	t, span, ok := parseReport(p)
	if !ok {
		r.say("NET_IPERF_AL: iperf server report version not supported\n")
		return
	}
	r.report.start, r.report.rowed = 0, tally{}
	r.say("Server report:\n")
	r.row(0, span, t, true)
}
