package iperf

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// Defaults of AT+IPERF (manual 4.1.37.2).
const (
	defaultSeconds = 10
	defaultPort    = 5001
)

// maxSeconds is the longest test: the firmware counts tenths of a second in 31 bits.
const maxSeconds = (1<<31 - 1) / 10

// maxLive bounds the tests that are over and still have something to send.
const maxLive = 8

// processing is the code of a test that is refused because one is under way.
const processing = core.Code(0x0B)

// Options are what a family is made of.
type Options struct {
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Listen func(network, address string) (net.Listener, error)
	// ListenPacket gives sockets that have the address-port methods of net.UDPConn.
	ListenPacket func(network, address string) (net.PacketConn, error)
	// Host is the address of this machine on which servers listen, and which they
	// print as the module's.
	Host netip.Addr
	// Online says whether the station has an address.
	Online func() bool
	// RSSI is the signal that a test prints first, in dBm.
	RSSI func() int
}

// Family is AT+IPERF and AT+IPERFSTOP.
type Family struct {
	Options
	m    *core.Machine
	ctx  context.Context // ends with Close
	end  context.CancelFunc
	boot time.Time // touched by the AT task alone

	mu      sync.Mutex
	current *run          // the test under way; nil when there is none
	live    map[*run]bool // also those whose last bytes are still under way

	busy sync.WaitGroup
}

// New returns the family.
func New(m *core.Machine, o Options) *Family {
	f := &Family{m: m, Options: o, live: make(map[*run]bool)}
	f.ctx, f.end = context.WithCancel(context.Background())
	return f
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+IPERF", Set: f.set, Min: 2, Max: 5},
		{Name: "+IPERFSTOP", Execute: f.stop},
	}
}

// Boot implements core.Family. A test ends without a word.
func (f *Family) Boot(at time.Time) {
	f.boot = at
	f.halt(halt{at, reset})
}

// Down ends the test because the association is lost.
func (f *Family) Down(at time.Time) { f.halt(halt{at, offline}) }

// Close implements core.Family.
func (f *Family) Close() {
	f.mu.Lock()
	f.end()
	f.mu.Unlock()
	f.busy.Wait()
}

// halt ends everything that is under way.
func (f *Family) halt(why halt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r := range f.live {
		r.endLife(why)
	}
	f.current = nil
}

// set is AT+IPERF="TX"|"RX","TCP"|"UDP"[,"ip"][,seconds][,port]. A client needs
// the address; a server ignores it.
func (f *Family) set(c *core.Call) error {
	a := &c.Args
	direction, kind := string(a.Text(0, 2)), string(a.Text(1, 3))
	to := a.TextOr(2, "", 31)
	seconds := a.IntOr(3, defaultSeconds, 0, maxSeconds)
	port := a.IntOr(4, defaultPort, 1, 65535)
	if err := a.Err(); err != nil {
		return err
	}
	client, udp := direction == "TX", kind == "UDP"
	switch {
	case !client && direction != "RX", !udp && kind != "TCP":
		return core.BadType
	case client && !a.Has(2):
		return core.NotAllowed
	case f.running():
		return processing
	}
	c.OK()
	r := &run{
		f: f, m: f.m, client: client, udp: udp, port: uint16(port),
		time: time.Duration(seconds) * time.Second,
		boot: f.boot, at: c.At(), quirks: f.m.Quirks.Quirks(),
	}
	if client {
		address, ok := parseAddress(to)
		if !ok {
			first, _, _ := strings.Cut(to, ".")
			f.m.Print("invalid IP address " + first + "\n")
			return core.Silent
		}
		r.to = netip.AddrPortFrom(address, r.port)
	}
	f.start(r)
	return core.Silent
}

func (f *Family) running() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current != nil
}

func (f *Family) start(r *run) {
	r.life, r.endLife = context.WithCancelCause(f.ctx)
	r.traffic, r.endTraffic = context.WithCancelCause(r.life)
	r.resting = make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil { // the module is being switched off
		return
	}
	f.current = r
	f.live[r] = true
	f.busy.Go(r.run)
}

// stop is AT+IPERFSTOP. The test has said what it has to say when OK is given.
func (f *Family) stop(c *core.Call) error {
	f.mu.Lock()
	r := f.current
	f.mu.Unlock()
	if r == nil {
		f.m.Print("havn't start iperf \r\n")
		return nil
	}
	r.endTraffic(halt{c.At(), stopped})
	<-r.resting
	f.m.Print("Close Iperf Success 0\n")
	return nil
}

// crowded says whether tests that still send have all that the firmware has for
// connections.
func (f *Family) crowded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.live) > maxLive
}

// release lets the next test start.
func (f *Family) release(r *run) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == r {
		f.current = nil
	}
}

func (f *Family) forget(r *run) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.live, r)
}

// parseAddress reads four numbers up to 255 with dots between them, as the
// firmware does: one without a digit is 0.
func parseAddress(s string) (netip.Addr, bool) {
	var a [4]byte
	part := strings.SplitN(s, ".", 4)
	if len(part) < 4 {
		return netip.Addr{}, false
	}
	for i, digits := range part {
		v := 0
		for _, c := range []byte(digits) {
			if c < '0' || c > '9' {
				return netip.Addr{}, false
			}
			if v = 10*v + int(c-'0'); v > 255 {
				return netip.Addr{}, false
			}
		}
		a[i] = byte(v)
	}
	return netip.AddrFrom4(a), true
}
