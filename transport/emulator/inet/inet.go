// Package inet is the emulated module's TCP/IP commands (manual chapter 4), as
// far as TCP clients need them.
//
// A connection of the module is a [net.Conn] that the family's Dial has opened.
// Between it and the commands lies the radio: what CIPSEND takes is on the air
// for its air time, and reaches the socket one radio latency later; what the
// socket gives takes the same way back. Both directions hold as much as the
// firmware's TCP stack does (lwIP: 48 segments to send, a window of 24), and
// hold the sender off when they are full.
package inet

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"st67bench/transport/emulator/core"
)

// maxLinks is the number of connections, with IDs from 0 on.
const maxLinks = 5

// all as a link ID means every connection.
const all = maxLinks

// Limits of CIPSEND's length, in bytes: the firmware's, and the manual's.
const (
	maxSend       = 6144
	maxSendManual = 8192
)

// segment is the payload of one TCP segment of the module's stack, in bytes.
const segment = 1460

const (
	sendBuffer = 48 * segment // of one connection
	window     = 24 * segment // of one connection
	chunkSize  = 4608         // of one recv() of the firmware
)

// receiveBuffer is the default of CIPRECVBUF; the manual has 2920.
const receiveBuffer = 4608

// heap bounds CIPRECVBUF: the size and 10240 more have to be free.
const heap = 148408

// Dial opens a connection as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options are what a family is made of.
type Options struct {
	Dial         Dial
	Listen       func(network, address string) (net.Listener, error)
	ListenPacket func(network, address string) (net.PacketConn, error)
	// Hosts are names that are resolved without asking anybody; other names go
	// to the host's resolver.
	Hosts map[string][]netip.Addr
	// Host is the address of this machine on which servers listen.
	Host netip.Addr
	// Online says whether the station has an address.
	Online func() bool
	// Blocking is the build for UART: CIPSEND waits until the radio has taken
	// the payload, and a failure is SEND FAIL without Recv. Otherwise SEND OK
	// means queued.
	Blocking bool
}

// options are what AT+CIPTCPOPT sets for one link.
type options struct{ linger, noDelay, sendTimeout, keepAlive int64 }

// Family is the TCP/IP commands.
type Family struct {
	Options
	m   *core.Machine
	ctx context.Context
	end context.CancelFunc

	mu    sync.Mutex
	links [maxLinks]*link
	live  map[*link]bool // also those that still send and are in no command's reach
	ping  chan struct{}  // ends the ping that is under way; nil when there is none

	// Settings, touched by the AT task alone.
	mux, passive, v6 bool
	buffers          [maxLinks]int
	tcp              [maxLinks]options

	info atomic.Bool // AT+CIPDINFO

	// The send in its data phase, and scratch for what it says.
	sending *link
	hit     core.Hit
	text    []byte

	busy sync.WaitGroup
}

// New returns the family.
func New(m *core.Machine, o Options) *Family {
	f := &Family{m: m, Options: o, live: make(map[*link]bool)}
	f.ctx, f.end = context.WithCancel(context.Background())
	return f
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+CIPMUX", Query: f.queryMux, Set: f.setMux, Min: 1, Max: 1},
		{Name: "+CIPDINFO", Query: f.queryInfo, Set: f.setInfo, Min: 1, Max: 1},
		{Name: "+CIPRECVMODE", Query: f.queryMode, Set: f.setMode, Min: 1, Max: 1},
		{Name: "+CIPV6", Query: f.queryV6, Set: f.setV6, Min: 1, Max: 1},
		{Name: "+CIPRECVBUF", Query: f.queryBuffer, Ask: f.askBuffer, Set: f.setBuffer, Min: 1, Max: 2},
		{Name: "+CIPTCPOPT", Query: f.queryOptions, Set: f.setOptions, Min: 1, Max: 5},
		{Name: "+CIPSTART", Query: f.queryStart, Set: f.start, Min: 3, Max: 7},
		{Name: "+CIPCLOSE", Execute: f.closeSingle, Set: f.closeLink, Min: 1, Max: 1},
		{Name: "+CIPSTATE", Query: f.queryState},
		{Name: "+CIPSEND", Set: f.send, Data: f.sent, Min: 1, Max: 4},
		{Name: "+CIPRECVDATA", Set: f.receive, Min: 1, Max: 2},
		{Name: "+CIPRECVLEN", Query: f.lengths},
		{Name: "+PING", Set: f.setPing, Min: 1, Max: 5},
	}
}

// Boot implements core.Family. Connections end without a word; what was on its
// way is lost.
func (f *Family) Boot(time.Time) {
	f.abort()
	f.mux, f.passive, f.v6 = false, false, false
	f.info.Store(false)
	for i := range maxLinks {
		f.buffers[i] = receiveBuffer
		f.tcp[i] = options{linger: -1}
	}
}

// Close implements core.Family.
func (f *Family) Close() {
	f.end()
	f.abort()
	f.busy.Wait()
}

// Down ends every connection because the association is lost.
func (f *Family) Down(at time.Time) {
	for _, l := range f.open() {
		if f.unlink(l) {
			l.abort()
			f.m.Event(at, l.event("DISCONNECTED"))
		}
	}
}

// abort ends everything that runs beside the AT task.
func (f *Family) abort() {
	f.mu.Lock()
	if f.ping != nil {
		close(f.ping)
		f.ping = nil
	}
	f.links = [maxLinks]*link{}
	live := slices.Collect(maps.Keys(f.live))
	f.mu.Unlock()
	for _, l := range live {
		l.abort()
	}
}

// forget is called when l has sent its last byte.
func (f *Family) forget(l *link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.live, l)
}

// open is the connections that there are.
func (f *Family) open() []*link {
	f.mu.Lock()
	defer f.mu.Unlock()
	var open []*link
	for _, l := range f.links {
		if l != nil {
			open = append(open, l)
		}
	}
	return open
}

// link returns the connection with this ID, nil when there is none.
func (f *Family) link(id int) *link {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[id]
}

// unlink takes l out of the table; false when it was out already. Whoever gets
// true reports the end of the connection.
func (f *Family) unlink(l *link) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.links[l.id] != l {
		return false
	}
	f.links[l.id] = nil
	return true
}
