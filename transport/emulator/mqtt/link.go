package mqtt

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/emulator/core"
)

// How often the firmware looks after its client, and how late it notices a lost
// connection on average.
const (
	retry  = 200 * time.Millisecond
	notice = retry / 2
)

var (
	connectedText    = []byte("+MQTT:CONNECTED,0\r\n")
	disconnectedText = []byte("+MQTT:DISCONNECTED,0\r\n")
)

// link keeps a connection to one broker.
type link struct {
	f         *Family
	ctx       context.Context // ends with the module, a restart, or AT+MQTTCLEAN
	cancel    context.CancelFunc
	set       settings
	address   string
	reconnect bool
	polite    bool // take leave of the broker; set before cancel
}

// queryConnect is AT+MQTTCONN?.
func (f *Family) queryConnect(c *core.Call) error {
	f.mu.Lock()
	state := f.state
	f.mu.Unlock()
	c.Line(`+MQTTCONN:0,%d,%d,"%s",%s,%d`, state, f.set.scheme, f.host, f.port, f.reconnect)
	return nil
}

// connect is AT+MQTTCONN=0,"<host>",<port>,<reconnect>.
func (f *Family) connect(c *core.Call) error {
	if err := linkID(c); err != nil {
		return err
	}
	host := string(c.Args.Text(1, f.textSize()))
	port := strconv.FormatInt(c.Args.Int(2, 1, 65535), 10)
	reconnect := c.Args.Int(3, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if err := f.free(); err != nil {
		return err
	}
	if !f.Online() {
		return core.Failed
	}
	f.host, f.port, f.reconnect = host, port, reconnect
	if f.set.keepAlive == 0 {
		f.set.keepAlive = keepAlive
	}
	l := f.newLink(net.JoinHostPort(f.resolved(host), port))
	if l.reconnect || !f.m.Quirks.Has(core.MQTTFirst) {
		c.OK()
		f.start(func() { l.run(nil) })
		return core.Silent
	}
	return l.first(c)
}

// resolved is the address of a host that is known without asking, else its name.
func (f *Family) resolved(host string) string {
	if all := f.Hosts[strings.ToLower(strings.TrimSuffix(host, "."))]; len(all) > 0 {
		return all[0].String()
	}
	return host
}

// free says whether there may be a new link.
func (f *Family) free() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.session != nil:
		return core.BadValue
	case f.link != nil:
		return core.NotAllowed
	case f.state == disconnected && !f.m.Quirks.Has(core.MQTTAgain):
		return core.NotAllowed
	}
	return nil
}

// newLink makes the link of the present settings.
func (f *Family) newLink(address string) *link {
	l := &link{f: f, set: f.set, address: address, reconnect: f.reconnect == 1}
	l.ctx, l.cancel = context.WithCancel(f.ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.link = l
	return l
}

// first connects within the command, as the firmware does without reconnection:
// it says that it is connected when the broker has taken the connection, and only
// then learns whether the broker takes the client.
func (l *link) first(c *core.Call) error {
	s, err := l.open()
	c.CatchUp()
	switch {
	case err == nil && l.begin(s):
		c.Say(connectedText)
		close(s.ready)
		if !l.f.start(func() { l.run(s) }) {
			s.finish()
		}
		return nil
	case errors.Is(err, errRefused):
		l.forget()
		c.Say(connectedText)
		c.OK()
		c.Say(disconnectedText)
		return core.Silent
	}
	if s != nil {
		s.finish()
	}
	l.forget()
	return core.Failed
}

// run keeps the link: s is the session that there is already, or nil.
func (l *link) run(s *session) {
	defer l.forget()
	for first := true; ; first = false {
		if s == nil {
			s = l.attempt(first)
		}
		if s != nil {
			l.serve(s)
		}
		if !l.reconnect || !l.pause(retry) {
			return
		}
		s = nil
	}
}

// attempt opens a session and says so; nil when it could not.
func (l *link) attempt(first bool) *session {
	if !l.f.Online() {
		return nil
	}
	s, err := l.open()
	manual := !l.f.m.Quirks.Has(core.MQTTFirst)
	switch {
	case err == nil:
		if !l.begin(s) {
			s.finish()
			return nil
		}
		l.again(s, first)
		l.say(connectedText)
		close(s.ready)
		return s
	case l.ctx.Err() != nil:
	case errors.Is(err, errRefused) && !manual:
		l.say(connectedText, disconnectedText)
	case first && manual:
		l.say(disconnectedText)
	}
	return nil
}

// again subscribes once more to what there was before the connection was lost.
func (l *link) again(s *session, first bool) {
	if first || l.f.m.Quirks.Has(core.MQTTForget) {
		return
	}
	l.f.mu.Lock()
	filters := make(map[string]byte)
	for _, t := range l.f.topics {
		filters[t.name] = t.qos
	}
	if len(filters) > 0 {
		l.f.state = subscribed
	}
	l.f.mu.Unlock()
	if len(filters) > 0 {
		s.client.SubscribeMultiple(filters, nil)
	}
}

// serve waits for the session's end and says so, unless the host asked for it.
func (l *link) serve(s *session) {
	select {
	case <-s.lost:
		if l.pause(notice) && l.leave(s) {
			l.say(disconnectedText)
		}
	case <-l.ctx.Done():
		if !l.polite {
			s.finish()
		}
	}
	s.client.Disconnect(parting)
}

// pause waits for d; false when the link has been ended.
func (l *link) pause(d time.Duration) bool {
	return l.f.m.Clock.Near(l.f.m.Clock.Now().Add(d), l.ctx.Done())
}

// say reports to the host while the link is the module's.
func (l *link) say(messages ...[]byte) {
	if l.ctx.Err() == nil {
		l.f.m.Event(l.f.m.Clock.Now(), messages...)
	}
}

// begin makes s the session; false when the link has been ended.
func (l *link) begin(s *session) bool {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if l.f.link != l || l.ctx.Err() != nil {
		return false
	}
	l.f.session, l.f.state = s, connected
	return true
}

// leave takes s out, and the link when it does not reconnect; false when s was
// out already.
func (l *link) leave(s *session) bool {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if l.f.session != s {
		return false
	}
	l.f.session, l.f.state = nil, disconnected
	if !l.reconnect {
		l.f.link = nil
	}
	return true
}

// forget ends the link for good.
func (l *link) forget() {
	l.cancel()
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if l.f.link == l {
		l.f.link, l.f.session, l.f.state = nil, nil, disconnected
	}
}

// clean is AT+MQTTCLEAN=0.
func (f *Family) clean(c *core.Call) error {
	if err := linkID(c); err != nil {
		return err
	}
	f.mu.Lock()
	l, s := f.link, f.session
	again := f.m.Quirks.Has(core.MQTTAgain)
	if l == nil && (again || f.state != disconnected) {
		f.mu.Unlock()
		return core.NotAllowed
	}
	f.link, f.session, f.state, f.topics = nil, nil, disconnected, nil
	if !again {
		f.state = unused
	}
	f.mu.Unlock()
	f.host, f.port, f.reconnect = "", "", 0
	if s != nil {
		c.Say(disconnectedText)
	}
	if l != nil {
		l.polite = s != nil
		l.cancel()
	}
	return nil
}
