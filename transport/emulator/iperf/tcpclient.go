package iperf

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// connectTime is how long the module tries to connect: seven times, 3 s apart.
const connectTime = 21 * time.Second

// Between polls the firmware's TCP does nothing by itself; they come in step with
// its own timer. After maxIdle of them without traffic it gives a connection up.
const (
	poll      = time.Second
	pollPhase = 250 * time.Millisecond
	maxIdle   = 10
)

// tcpClient is TX over TCP.
func (r *run) tcpClient() {
	if r.f.crowded() {
		r.say("NET_IPERF_AL : IPERF INIT ERR tcp_new failed\n")
		return
	}
	conn, ok := r.connect()
	if !ok {
		return
	}
	u := r.newUpload(conn)
	u.send(header)
	r.say(rule)
	r.say(rule)
	r.begin()
	r.feed(u)
	u.finish()
	r.total()
}

// connect opens the connection, in one radio round trip or as long as the real
// one takes.
func (r *run) connect() (net.Conn, bool) {
	ctx, cancel := context.WithTimeout(r.traffic, connectTime)
	defer cancel()
	conn, err := r.f.Dial(ctx, "tcp", r.to.String())
	trip := later(r.at.Add(2*r.m.Radio.Latency), r.m.Clock.Now())
	if !r.reach(r.traffic, trip) {
		if err == nil {
			conn.Close()
		}
		return nil, false
	}
	switch {
	case err == nil:
		return conn, true
	case errors.Is(err, syscall.ECONNREFUSED):
		r.say(resetText)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		r.say(abortedText)
	default:
		r.say(noPCB)
	}
	return nil, false
}

// feed keeps the window full until the test's time has passed or something else
// ends it.
func (r *run) feed(u *upload) {
	due := r.at.Add(pollPhase)
	timer := time.NewTimer(due.Sub(r.m.Clock.Now()))
	defer timer.Stop()
	unacked, idle := 1, 0 // the header
	for {
		select {
		case at := <-u.acked:
			if !r.reach(r.traffic, at) {
				r.interrupted()
				return
			}
			unacked--
			idle = 0
		case <-timer.C:
			r.at = later(r.at, due)
			due = due.Add(poll)
			timer.Reset(due.Sub(r.m.Clock.Now()))
			if idle++; idle >= maxIdle {
				return
			}
		case err := <-u.ended:
			if !r.reach(r.traffic, r.later()) {
				r.interrupted()
			} else if broken(err) {
				r.say(resetText)
			}
			return
		case <-r.traffic.Done():
			r.settle(r.traffic)
			r.interrupted()
			return
		}
		if unacked = r.fill(u, unacked); r.overtime() {
			return
		}
	}
}

// fill sends what the window has room for, and returns how many segments are
// unacknowledged then.
func (r *run) fill(u *upload, unacked int) int {
	for ; unacked < window && !r.overtime(); unacked++ {
		u.send(digits)
		r.report.all.bytes += segmentSize
		r.interval()
	}
	if !r.overtime() {
		r.interval()
	}
	return unacked
}

// interrupted says what the loss of the association does to a connection.
func (r *run) interrupted() {
	if why, _ := r.halted(r.traffic); why.why == offline {
		r.say(abortedText)
	}
}
