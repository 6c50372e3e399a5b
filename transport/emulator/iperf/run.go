package iperf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// Texts of the firmware that have no parameters.
const (
	rule        = "------------------------------------------------------------\n"
	noPCB       = "NET_IPERF_AL : SEND TRANSC ERR pcb null\n"
	abortedText = "Abort TCP (error -13)\n" // by the module
	resetText   = "Abort TCP (error -14)\n" // by the peer
)

// reason is why a run ends early.
type reason uint8

const (
	reset   reason = iota // the module restarts: nothing more is said
	offline               // the association is lost
	stopped               // AT+IPERFSTOP
)

// halt is the cause with which a run's contexts end.
type halt struct {
	at  time.Time
	why reason
}

func (halt) Error() string { return "the test is ended" }

// run is one test. Its fields belong to its own goroutine.
type run struct {
	f           *Family
	m           *core.Machine
	client, udp bool
	to          netip.AddrPort // of the server, when the module is the client
	port        uint16
	time        time.Duration
	boot        time.Time
	quirks      core.Quirks

	at     time.Time // the instant that the run has reached
	report report

	// traffic ends with AT+IPERFSTOP, life only with what ends everything.
	traffic, life       context.Context
	endTraffic, endLife context.CancelCauseFunc

	rested  sync.Once
	resting chan struct{}  // closed when there is no traffic, and no more rows, of the test
	busy    sync.WaitGroup // helpers
}

func (r *run) run() {
	r.test()
	r.rest()
	r.f.release(r)
	r.busy.Wait()
	r.endLife(nil)
	r.f.forget(r)
}

// test is the firmware's task: the whole test in its direction.
func (r *run) test() {
	r.say("rssi: %ddB\r\n", r.f.RSSI())
	switch {
	case !r.f.Online():
		r.say(noPCB)
	case r.client && r.udp:
		r.udpClient()
	case r.client:
		r.tcpClient()
	case r.udp:
		r.udpServer()
	default:
		r.tcpServer()
	}
}

// rest says that the traffic is over.
func (r *run) rest() { r.rested.Do(func() { close(r.resting) }) }

// say prints text at the run's instant.
func (r *run) say(format string, a ...any) {
	if why, ended := r.halted(r.life); ended && why.why == reset {
		return
	}
	text := fmt.Appendf(nil, format, a...)
	r.m.Print(string(text))
	if r.quirks.Has(core.IperfOnAT) {
		r.m.Event(r.at, text)
	}
}

// halted is why the context has ended.
func (r *run) halted(ctx context.Context) (why halt, ended bool) {
	if ctx.Err() == nil {
		return halt{}, false
	}
	errors.As(context.Cause(ctx), &why) // else it is the family's Close: as a reset
	return why, true
}

// reach waits for the instant t and makes it the run's; false when the context
// has ended, whose instant is then the run's.
func (r *run) reach(ctx context.Context, t time.Time) bool {
	if t.Before(r.at) {
		t = r.at
	}
	if r.m.Clock.Near(t, ctx.Done()) {
		r.at = t
		return true
	}
	r.settle(ctx)
	return false
}

// settle moves the run to the instant at which the context has ended.
func (r *run) settle(ctx context.Context) halt {
	why, _ := r.halted(ctx)
	if why.at.After(r.at) {
		r.at = why.at
	}
	return why
}

// closeWith closes c when done is closed or everything ends.
func (r *run) closeWith(c io.Closer, done <-chan struct{}) {
	r.busy.Go(func() {
		select {
		case <-done:
		case <-r.life.Done():
		}
		c.Close()
	})
}

// later is when something that came out of a socket now, and takes no air time,
// is with the module.
func (r *run) later() time.Time { return r.m.Clock.Now().Add(r.m.Radio.Latency) }

// listenAddress is that of a server.
func (r *run) listenAddress() string {
	return net.JoinHostPort(r.f.Host.String(), strconv.Itoa(int(r.port)))
}

// banner is what a server says when it listens.
func (r *run) banner(kind string) {
	r.say(rule)
	r.say("Server listening on %s port %d\n", kind, r.port)
	r.say("IP address : %s\n", r.f.Host)
	r.say(rule)
}
