// Package mqtt is the emulated module's MQTT commands (manual chapter 5): one
// client of MQTT 3.1.1 over TCP or TLS.
//
// # Concepts
//
// AT+MQTTCONN starts a [link]: what keeps a connection to one broker until
// AT+MQTTCLEAN, with the settings that there were then. With reconnection it
// opens one [session] after the other, else one. A session is a client of the
// paho library on a connection that has the module's radio before it: what the
// client writes is on the air for its air time and reaches the socket one radio
// latency later, and what the socket gives takes the same way back.
//
// The firmware looks after its client every 200 ms. It notices a lost connection
// so late, and tries again so often. Its client holds what is not yet sent or not
// yet acknowledged in 3072 bytes: a publication that does not fit is refused, and
// a message that is longer than that ends the connection.
//
// Settings are not kept in flash, whatever AT+SYSSTORE says: the firmware does
// not either.
package mqtt

import (
	"context"
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// Options are what a family is made of.
type Options struct {
	// Dial opens a connection as net.Dialer.DialContext does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Hosts are names that are resolved without asking anybody, in lower case;
	// Dial resolves the others.
	Hosts map[string][]netip.Addr
	// Online says whether the station has an address.
	Online func() bool
}

// States of AT+MQTTCONN? and AT+MQTTSUB? (manual 5.1.8.3).
const (
	unused = iota
	userSet
	connectionSet
	disconnected
	connected
	noTopic
	subscribed
)

// maxTopics bounds the subscriptions, as the firmware does.
const maxTopics = 32

// topic is a subscription.
type topic struct {
	name string
	qos  byte
}

// Family is the MQTT commands.
type Family struct {
	Options
	m   *core.Machine
	ctx context.Context
	end context.CancelFunc

	// Touched by the AT task alone.
	set         settings
	host, port  string // of AT+MQTTCONN
	reconnect   int64
	publication publication

	mu      sync.Mutex
	link    *link    // nil: none
	session *session // nil: not connected
	state   int
	topics  []topic

	busy sync.WaitGroup
}

// New returns the family.
func New(m *core.Machine, o Options) *Family {
	f := &Family{m: m, Options: o}
	f.ctx, f.end = context.WithCancel(context.Background())
	m.OnFault(core.BrokerGone, f.Down)
	m.OnFault(core.Crash, func(time.Time) { f.abandon() })
	return f
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+MQTTUSERCFG", Query: f.user, Set: f.setUser, Min: 3, Max: 8},
		f.textCommand("+MQTTCLIENTID", clientIDSize, &f.set.clientID),
		f.textCommand("+MQTTUSERNAME", nameSize, &f.set.username),
		f.textCommand("+MQTTPASSWORD", nameSize, &f.set.password),
		{Name: "+MQTTCONNCFG", Query: f.connection, Set: f.setConnection, Min: 7, Max: 7},
		{Name: "+MQTTCONN", Query: f.queryConnect, Set: f.connect, Min: 4, Max: 4},
		{Name: "+MQTTALPN", Query: f.protocols, Set: f.setProtocols, Min: 2, Max: 2 + maxALPN},
		{Name: "+MQTTSNI", Query: f.serverName, Set: f.setServerName, Min: 2, Max: 2},
		{Name: "+MQTTPUB", Set: f.publish, Min: 5, Max: 5},
		{Name: "+MQTTPUBRAW", Set: f.publishRaw, Data: f.published, Min: 5, Max: 5},
		{Name: "+MQTTSUB", Query: f.subscriptions, Set: f.subscribe, Min: 3, Max: 3},
		{Name: "+MQTTUNSUB", Set: f.unsubscribe, Min: 2, Max: 2},
		{Name: "+MQTTCLEAN", Set: f.clean, Min: 1, Max: 1},
	}
}

// Boot implements core.Family. A connection breaks off without a word to the
// broker, which then publishes the last will.
func (f *Family) Boot(time.Time) {
	f.abandon()
	f.set, f.host, f.port, f.reconnect = settings{clean: true}, "", "", 0
	f.mu.Lock()
	defer f.mu.Unlock()
	f.link, f.session, f.state, f.topics = nil, nil, unused, nil
}

// Close implements core.Family.
func (f *Family) Close() {
	f.mu.Lock()
	f.end()
	f.mu.Unlock()
	f.abandon()
	f.busy.Wait()
}

// start runs what goes on beside the AT task, unless the module is switched off.
func (f *Family) start(run func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return false
	}
	f.busy.Go(run)
	return true
}

// Down breaks the connection off: the association is lost, or the broker gone.
// It does not wait; the module says so when its firmware notices.
func (f *Family) Down(time.Time) {
	if s := f.current(); s != nil {
		s.finish()
	}
}

// Memory is how many bytes of the heap and of the TCP/IP stack's heap the client
// holds. The sizes of a TLS session and of a task are estimates.
func (f *Family) Memory() (heap, stack int) {
	const task, tls, socket = 4096, 40 << 10, 1024
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link == nil {
		return 0, 0
	}
	heap = 2*bufferSize + task
	if f.session != nil {
		stack = socket + f.session.wire.held()
		if f.link.set.scheme != overTCP {
			heap += tls
		}
	}
	return heap, stack
}

// current is the session that is connected, nil when there is none.
func (f *Family) current() *session {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.session
}

// abandon ends the link without a word to broker or host.
func (f *Family) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link != nil {
		f.link.cancel()
	}
}

// linkID takes the first parameter of every command; there is one link.
func linkID(c *core.Call) error {
	id := c.Args.Int(0, math.MinInt64, math.MaxInt64)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if id != 0 {
		return core.BadHandle
	}
	return nil
}
