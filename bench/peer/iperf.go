package peer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"
)

// Limits of a test of iperf 2.
const (
	iperfFirst = 30 * time.Second // until the module has come: it tries to connect for 21 s
	iperfGrace = 10 * time.Second // beyond the test's time
	iperfQuiet = 2 * time.Second  // of UDP without a datagram, after which no more will come
)

// iperfDatagram is the size of iperf's datagrams.
const iperfDatagram = 1470

// Whose count and clock a figure is.
const (
	IperfReceiver = "receiver"
	IperfSender   = "sender"
)

// Dialects of iperf 2 over UDP: where the header ends, and the server's report begins.
const (
	IperfModule = "module" // after 12 bytes: iperf before 2.0.10, and the module
	IperfClean  = "clean"  // after 16 bytes: iperf from 2.0.10 on
)

// IperfNoReport begins the note of a sender's result that knows of no loss.
const IperfNoReport = "the module sent no report: these are the sender's figures, the module's own report lines have the loss"

// resetNote is that of a receiver.
const resetNote = "the sender ended with a reset: what it had queued was discarded, and its own count is higher than these bytes that arrived"

// IperfOptions say what one test of iperf 2 carries. The module's AT+IPERF is the other end.
type IperfOptions struct {
	Network  Network
	Protocol string // TCP (default) or UDP
	// Address is where a sink or a server listens (port 0: a free one), or the module's server, to which a source or a client sends.
	Address  netip.AddrPort
	Time     time.Duration      // how long the sender sends
	Rate     float64            // of a UDP sender, bit/s of its datagrams; 0 is as fast as it goes
	Datagram int                // bytes of a UDP sender's datagram, its header included; 0 is 1470
	Row      func(row IperfRow) // about once a second of the test, on its goroutine; must not block; may be nil
}

func (o IperfOptions) withDefaults() (IperfOptions, error) {
	o.Network = o.Network.withDefaults()
	if o.Protocol == "" {
		o.Protocol = TCP
	}
	if o.Datagram == 0 {
		o.Datagram = iperfDatagram
	}
	switch {
	case o.Protocol != TCP && o.Protocol != UDP:
		return o, fmt.Errorf("peer: iperf over %q: it speaks tcp and udp", o.Protocol)
	case !o.Address.Addr().IsValid():
		return o, errors.New("peer: iperf needs an address")
	case o.Time <= 0:
		return o, fmt.Errorf("peer: iperf for %v: the time has to be more than 0", o.Time)
	case o.Rate < 0 || math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0):
		return o, fmt.Errorf("peer: iperf at %v bit/s: the rate has to be 0 or more", o.Rate)
	case o.Datagram < udpHeader+reportSize || o.Datagram > maxDatagram:
		return o, fmt.Errorf("peer: iperf with datagrams of %d bytes: they have %d to %d", o.Datagram, udpHeader+reportSize, maxDatagram)
	}
	if o.Row == nil {
		o.Row = func(IperfRow) {}
	}
	return o, nil
}

// IperfResult is what a test has shown.
type IperfResult struct {
	Tool string // "native", or the program with its version
	By   string // whose count and clock the figures are: IperfReceiver or IperfSender
	// Bytes are all that were counted, those of First included, over Duration, which begins with the arrival of First:
	// the first read, or the first datagram. First is 0 where Duration begins before the first byte.
	Bytes, First int64
	Duration     time.Duration
	Sent         int64 // of a source: bytes that it has sent

	// Of UDP; Datagrams, of which Lost are missing, is 0 where nobody counted them.
	Datagrams, Lost      int64
	Reordered, Duplicate int64
	Jitter               time.Duration // RFC 3550 6.4.1

	Fin     bool   // the end came in order: the ending datagram, or TCP's FIN
	Reset   bool   // TCP ended with RST, which discards what the sender had queued
	Dialect string // of UDP: IperfModule or IperfClean
	Note    string // what else has to be known of the figures; "" is nothing
}

// Rate is 8 (Bytes - First) / Duration in bit/s; ok is false when nothing came after First.
func (r IperfResult) Rate() (bitPerSecond float64, ok bool) {
	if r.Duration <= 0 || r.Bytes <= r.First {
		return 0, false
	}
	return 8 * float64(r.Bytes-r.First) / r.Duration.Seconds(), true
}

// Loss is the fraction of datagrams that are missing; ok is false when nobody counted them.
func (r IperfResult) Loss() (fraction float64, ok bool) {
	if r.Datagrams <= 0 {
		return 0, false
	}
	return float64(r.Lost) / float64(r.Datagrams), true
}

// Difference compares the result with the module's own total, and names the reason when they are more than 1 %
// apart; "" when they agree.
func (r IperfResult) Difference(module IperfRow) string {
	if math.Abs(float64(module.Bytes-r.Bytes)) <= 0.01*float64(r.Bytes) {
		return ""
	}
	why := "the " + r.By + "'s figure is the result"
	switch {
	case module.Bytes > r.Bytes && r.Reset:
		why = "it ended with a reset, which discards what it had queued; " + why
	case module.Bytes > r.Bytes && r.By == IperfReceiver:
		why = "the module counts what it has queued, not what arrives; " + why
	}
	return fmt.Sprintf("the module says %d bytes, the peer %d: %s", module.Bytes, r.Bytes, why)
}

// Running is a test that goes on by itself.
type Running[R any] struct {
	addr   netip.AddrPort
	cancel context.CancelCauseFunc
	done   chan struct{}
	result R
	err    error
}

// IperfTest is a test of iperf 2.
type IperfTest = Running[IperfResult]

// running starts f, whose context ends with ctx and with Close.
func running[R any](ctx context.Context, addr netip.AddrPort, f func(context.Context) (R, error)) *Running[R] {
	t := &Running[R]{addr: addr, done: make(chan struct{})}
	ctx, t.cancel = context.WithCancelCause(ctx)
	go func() {
		defer close(t.done)
		t.result, t.err = f(ctx)
		t.cancel(nil)
	}()
	return t
}

// Addr is where the test listens or sends to.
func (t *Running[R]) Addr() netip.AddrPort { return t.addr }

// Wait waits for the test's end. With an error the result has what was seen before.
func (t *Running[R]) Wait(ctx context.Context) (R, error) {
	select {
	case <-t.done:
		return t.result, t.err
	case <-ctx.Done():
		var none R
		return none, fmt.Errorf("peer: the test with %s goes on: %w", t.addr, context.Cause(ctx))
	}
}

// Close ends the test, and returns when nothing of it runs any more.
func (t *Running[R]) Close() error {
	t.cancel(net.ErrClosed)
	<-t.done
	return nil
}

// IperfSink opens the receiving end of a test in which the module sends (AT+IPERF="TX"). It waits half a minute
// for the module. Both ctx and Close end it.
func IperfSink(ctx context.Context, o IperfOptions) (*IperfTest, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Protocol == UDP {
		return o.udpSink(ctx)
	}
	return o.tcpSink(ctx)
}

// IperfSource starts to send to the module, which has been told to receive (AT+IPERF="RX").
// A TCP server that refuses is tried again for two seconds, for it answers OK before it listens; datagrams before that
// are lost. Both ctx and Close end it.
func IperfSource(ctx context.Context, o IperfOptions) (*IperfTest, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Protocol == UDP {
		return running(ctx, o.Address, o.udpSource), nil
	}
	return running(ctx, o.Address, o.tcpSource), nil
}
