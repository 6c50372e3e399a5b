package mqtt

import (
	"fmt"
	"slices"

	paho "github.com/eclipse/paho.mqtt.golang"

	"st67bench/transport/emulator/core"
)

// subscriptions is AT+MQTTSUB?.
func (f *Family) subscriptions(c *core.Call) error {
	format := `+MQTTSUB:0,%d,"%s",%d`
	if f.m.Quirks.Has(core.MQTTBare) {
		format = "+MQTTSUB:0,%d,%s,%d"
	}
	f.mu.Lock()
	state, topics := f.state, slices.Clone(f.topics)
	f.mu.Unlock()
	for _, t := range topics {
		c.Line(format, state, t.name, t.qos)
	}
	return nil
}

// filter reads what MQTTSUB and MQTTUNSUB share. at is the topic's place among
// the subscriptions, -1 when it is none.
func (f *Family) filter(c *core.Call) (s *session, name string, at int, err error) {
	if err := linkID(c); err != nil {
		return nil, "", -1, err
	}
	name = string(c.Args.Text(1, f.textSize()))
	if err := c.Args.Err(); err != nil {
		return nil, "", -1, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session == nil {
		return nil, "", -1, core.NotAllowed
	}
	at = slices.IndexFunc(f.topics, func(t topic) bool { return t.name == name })
	return f.session, name, at, nil
}

// subscribe is AT+MQTTSUB=0,"<topic>",<qos>. OK does not wait for the broker.
func (f *Family) subscribe(c *core.Call) error {
	qos := byte(c.Args.Int(2, 0, 2))
	s, name, at, err := f.filter(c)
	if err != nil {
		return err
	}
	if at >= 0 {
		if f.m.Quirks.Has(core.MQTTColon) {
			c.Line("+MQTTSUB:ALREADY_SUBSCRIBE")
		} else {
			c.Line("+MQTTSUB,ALREADY_SUBSCRIBE")
		}
		return nil
	}
	if len(f.topics) == maxTopics {
		return core.NoResource
	}
	if !f.request(s, len(name), func() paho.Token { return s.client.Subscribe(name, qos, nil) }) {
		return core.Failed
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.topics = append(f.topics, topic{name, qos})
	f.refreshState(s)
	return nil
}

// unsubscribe is AT+MQTTUNSUB=0,"<topic>".
func (f *Family) unsubscribe(c *core.Call) error {
	s, name, at, err := f.filter(c)
	if err != nil {
		return err
	}
	if at < 0 {
		c.Line("+MQTTUNSUB:NO_UNSUBSCRIBE")
		return nil
	}
	if !f.request(s, len(name), func() paho.Token { return s.client.Unsubscribe(name) }) {
		return core.Failed
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.topics = slices.Delete(f.topics, at, at+1)
	f.refreshState(s)
	return nil
}

// request queues a packet with a topic of n bytes; false when the client does
// not take it.
func (f *Family) request(s *session, n int, do func() paho.Token) bool {
	if !s.room(n + overhead) {
		return false
	}
	token := do()
	s.wait(token, n+overhead)
	select {
	case <-token.Done():
		return token.Error() == nil
	default:
		return true
	}
}

// refreshState sets the state of a connection after a subscription or its end;
// the caller holds mu.
func (f *Family) refreshState(s *session) {
	switch {
	case f.session != s:
	case len(f.topics) > 0:
		f.state = subscribed
	default:
		f.state = noTopic
	}
}

// received hands a message to the host, in one piece. One that is longer than the
// firmware's buffer ends the connection.
func (l *link) received(s *session, m paho.Message) {
	select {
	case <-s.ready:
	case <-s.lost:
		return
	}
	topic, data := m.Topic(), m.Payload()
	if len(topic)+len(data)+overhead > bufferSize {
		l.f.m.Print(fmt.Sprintf("[MQTT] a message of %d bytes does not fit into the receive buffer\r\n", len(data)))
		s.finish()
		return
	}
	l.f.m.Faults.Received(data)
	mark := ","
	if l.f.m.Quirks.Has(core.MQTTColon) {
		mark = ":"
	}
	text := fmt.Appendf(nil, `+MQTT:SUBRECV%s0,%d,%d,"%s",`, mark, len(topic), len(data), topic)
	l.say(append(append(text, data...), '\r', '\n'))
}
