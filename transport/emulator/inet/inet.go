// Package inet is the emulated module's TCP/IP commands (manual chapter 4).
//
// A connection of the module, a link, is a TCP connection that the family's Dial
// has opened or its server has accepted, with TLS over it or without, or a UDP
// socket. Between it and the commands lies the radio: what CIPSEND takes is on the air
// for its air time, and reaches the socket one radio latency later; what the
// socket gives takes the same way back. Both directions hold as much as the
// firmware's TCP stack does (lwIP: 48 segments to send, a window of 24), and
// hold the sender off when they are full. Datagrams keep their bounds, and are lost
// on the radio or where there is no room for them.
//
// What a connection receives goes to the host at once (active mode), or into the
// link's receive buffer until the host reads it (passive mode). One network task
// does that for all links: while it waits for room in one buffer, none gets
// anything, and the peers' windows fill.
package inet

import (
	"cmp"
	"context"
	"crypto/tls"
	"maps"
	"math/rand/v2"
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

// Defaults of CIPRECVBUF, in bytes: the firmware's, and the manual's.
const (
	receiveBuffer       = 4608
	receiveBufferManual = 2920
)

// heap bounds CIPRECVBUF: the size and 10240 more have to be free.
const heap = 148408

// Dial opens a connection as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options are what a family is made of.
type Options struct {
	Dial         Dial
	Listen       func(network, address string) (net.Listener, error)
	ListenPacket func(network, address string) (net.PacketConn, error)
	// Hosts are names that are resolved without asking anybody.
	Hosts map[string][]netip.Addr
	// Lookup resolves the other names as net.Resolver.LookupNetIP does; nil: there
	// are no others.
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	// Echo sends the echoes of AT+PING; nil: they are a model.
	Echo Echo
	// Host is the address of this machine on which servers listen.
	Host netip.Addr
	// Online says whether the station has an address.
	Online func() bool
	// Blocking is the build for UART: CIPSEND waits until the radio has taken
	// the payload, and a failure is SEND FAIL without Recv. Otherwise SEND OK
	// means queued.
	Blocking bool
	// SendMax is the longest CIPSEND and ReceiveBuffer the default of CIPRECVBUF, in
	// bytes; 0: the quirks decide.
	SendMax, ReceiveBuffer int
}

// Family is the TCP/IP commands.
type Family struct {
	Options
	modes
	m   *core.Machine
	ctx context.Context
	end context.CancelFunc

	mu    sync.Mutex
	links [maxLinks]*link
	kept  [maxLinks]*link // ended, and perhaps not read empty
	live  map[*link]bool  // also those that still send and are in no command's reach
	ping  chan struct{}   // ends the ping that is under way; nil when there is none
	// leaked is bytes of the heap, by the fault `leak`.
	leaked int

	// Settings, changed by the AT task alone; mux, passive and buffers under mu.
	mux, passive, v6 bool
	buffers          [maxLinks]int
	tcp              [maxLinks]options
	ssl              [maxLinks]secureSettings
	maxConn          int          // AT+CIPSERVERMAXCONN
	sto              atomic.Int64 // AT+CIPSTO, in seconds

	server      *server // nil when there is none; changed by the AT task alone, under mu
	serverFiles files
	own         tls.Certificate // of the server, when it has no files

	stack stack
	ports *rand.Rand // draws local ports

	info   atomic.Bool // AT+CIPDINFO
	events atomic.Bool // AT+CIPEVT: +CIP and +IPD are said
	raw    atomic.Bool // passthrough: what comes in is handed on as it is

	// The send in its data phase, and scratch for what it says.
	sending *link
	hit     core.Hit
	text    []byte

	busy sync.WaitGroup
}

// New returns the family.
func New(m *core.Machine, o Options) *Family {
	f := &Family{m: m, Options: o, live: make(map[*link]bool), ports: portSource(m.Seed)}
	f.stack.cond.L = &f.stack.mu
	f.ctx, f.end = context.WithCancel(context.Background())
	m.OnFault(core.Crash, func(time.Time) { f.abort() })
	return f
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return slices.Concat(f.modeCommands(), f.secureCommands(), []core.Command{
		{Name: "+CIPMUX", Query: f.queryMux, Set: f.setMux, Min: 1, Max: 1},
		{Name: "+CIPDINFO", Query: f.queryInfo, Set: f.setInfo, Min: 1, Max: 1},
		{Name: "+CIPRECVMODE", Query: f.queryMode, Set: f.setMode, Min: 1, Max: 1},
		{Name: "+CIPV6", Query: f.queryV6, Set: f.setV6, Min: 1, Max: 1},
		{Name: "+CIPRECVBUF", Query: f.queryBuffer, Ask: f.askBuffer, Set: f.setBuffer, Min: 1, Max: 2},
		{Name: "+CIPTCPOPT", Query: f.queryOptions, Set: f.setOptions, Min: 1, Max: 5},
		{Name: "+CIPSTART", Query: f.queryStart, Set: f.start, Min: 3, Max: 7},
		{Name: "+CIPSTARTEX", Set: f.startEx, Min: 3, Max: 6},
		{Name: "+CIPCLOSE", Execute: f.closeSingle, Set: f.closeLink, Min: 1, Max: 1},
		{Name: "+CIPSTATE", Query: f.queryState},
		{Name: "+CIPSEND", Execute: f.passthrough, Set: f.send, Data: f.sent, Min: 1, Max: 4},
		{Name: "+CIPRECVDATA", Set: f.receive, Min: 1, Max: 2},
		{Name: "+CIPRECVLEN", Query: f.lengths},
		{Name: "+CIPSERVER", Query: f.queryServer, Set: f.setServer, Min: 1, Max: 5},
		{Name: "+CIPSERVERMAXCONN", Query: f.queryMaxConn, Set: f.setMaxConn, Min: 1, Max: 1},
		{Name: "+CIPSTO", Query: f.queryIdle, Set: f.setIdle, Min: 1, Max: 1},
	})
}

// Boot implements core.Family. Connections end without a word; what was on its
// way is lost.
func (f *Family) Boot(at time.Time) {
	f.stopServer()
	f.abort()
	f.bootModes(at)
	f.events.Store(true)
	f.raw.Store(false)
	f.set(&f.mux, false)
	f.set(&f.passive, false)
	f.v6 = false
	f.m.Flash.Recall(v6Key, &f.v6)
	f.info.Store(false)
	f.bootOptions()
	f.bootSecure()
	f.maxConn = maxLinks
	f.sto.Store(0)
	size := cmp.Or(f.ReceiveBuffer, receiveBuffer)
	if f.ReceiveBuffer == 0 && f.m.Quirks.Has(core.Buf2920) {
		size = receiveBufferManual
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leaked = 0
	for i := range f.buffers {
		f.buffers[i] = size
	}
}

// Close implements core.Family.
func (f *Family) Close() {
	f.end()
	f.stopServer()
	f.abort()
	f.busy.Wait()
}

// Down ends every connection because the association is lost.
func (f *Family) Down(at time.Time) {
	for _, l := range f.open() {
		if f.unlink(l) {
			l.abort()
			f.announce(at, l.event("DISCONNECTED"))
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
	f.kept = [maxLinks]*link{}
	live := slices.Collect(maps.Keys(f.live))
	f.mu.Unlock()
	for _, l := range live {
		l.abort()
	}
}
