package st67

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// MQTT's limits: of a command line (manual 1), and of what is not in the line but follows it (manual 5.1.3, 5.1.4).
const (
	longestLine = 255
	longestName = 128
	mqttAlive   = 120 * time.Second // what the module makes of keep-alive 0, which newer firmware refuses
	brokerLimit = 15 * time.Second
)

// MQTTOptions say how to connect to a broker.
type MQTTOptions struct {
	Host               string // name or address
	Port               int
	ClientID           string // 23 bytes at the most
	Username, Password string // 128 bytes each at the most; empty: none
	TLS                bool   // without a check of the broker's certificate
	KeepAlive          int    // s between two signs of life, to 7200; 0: 120
	Reconnect          bool   // the module connects again by itself
}

func (o MQTTOptions) check() error {
	switch {
	case o.Host == "" || len(o.Host) > longestName || strings.ContainsAny(o.Host, "\"\\,\r\n"):
		return fmt.Errorf("MQTT broker %q is neither a name nor an address", o.Host)
	case o.Port < 1 || o.Port > 65535:
		return fmt.Errorf("MQTT broker %s: port %d is outside 1..65535", o.Host, o.Port)
	case o.ClientID == "" || len(o.ClientID) > 23:
		return fmt.Errorf("MQTT client ID %q: 1 to 23 bytes are allowed", o.ClientID)
	case len(o.Username) > longestName || len(o.Password) > longestName:
		return fmt.Errorf("MQTT user name and password: %d bytes each at the most", longestName)
	case strings.ContainsAny(o.ClientID+o.Username+o.Password, "\r\n\x00"):
		return errors.New("MQTT client ID, user name and password cannot hold a line end or a zero byte")
	}
	return nil
}

// MQTTConnect connects the module's one MQTT client to a broker (manual 5.1). An earlier connection is ended. A broker
// that cannot be reached, or refuses the client, is a *PeerError.
func (m *Module) MQTTConnect(ctx context.Context, o MQTTOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	m.s.Mask(o.Password)
	ctx, cancel := context.WithTimeout(ctx, longestLimit+brokerLimit)
	defer cancel()
	if err := m.clean(ctx); err != nil {
		return err
	}
	if err := m.mqttUser(ctx, o); err != nil {
		return err
	}
	keep := strconv.Itoa(cmp.Or(o.KeepAlive, int(mqttAlive/time.Second)))
	if _, err := m.exchange(ctx, networkLimit, "AT+MQTTCONNCFG=0,"+keep+`,0,"","",0,0`); err != nil {
		return err
	}
	m.seen.setBroker(false)
	m.broker = "MQTT broker " + o.Host + ":" + strconv.Itoa(o.Port)
	m.on.mqtt = true
	changes := m.seen.listen("+MQTT:")
	defer changes.stop()
	_, err := m.exchange(ctx, longestLimit, fmt.Sprintf(`AT+MQTTCONN=0,"%s",%d,%s`, o.Host, o.Port, digit(o.Reconnect)))
	if err != nil {
		return m.brokerFailed("no connection", err)
	}
	return m.awaitBroker(ctx, changes)
}

// mqttUser says who the client is. What does not fit into the line follows in a data phase of its own.
func (m *Module) mqttUser(ctx context.Context, o MQTTOptions) error {
	line := func(name, password string) string {
		return fmt.Sprintf("AT+MQTTUSERCFG=0,%s,%s,%s,%s", digit(o.TLS), quote(o.ClientID), quote(name), quote(password))
	}
	if whole := line(o.Username, o.Password); len(whole) < longestLine-1 { // CRLF
		_, err := m.exchange(ctx, networkLimit, whole)
		return err
	}
	if _, err := m.exchange(ctx, networkLimit, line("", "")); err != nil {
		return err
	}
	for command, text := range map[string]string{"AT+MQTTUSERNAME=0,": o.Username, "AT+MQTTPASSWORD=0,": o.Password} {
		if text == "" {
			continue
		}
		if err := m.usable(ctx); err != nil {
			return err
		}
		m.line = strconv.AppendInt(append(m.line[:0], command...), int64(len(text)), 10)
		if _, err := m.data(ctx, []byte(text)); err != nil {
			return m.noted(err)
		}
	}
	return nil
}

// data sends the line that was made and its payload; the phase ends in SEND OK or OK, after Recv or without.
func (m *Module) data(ctx context.Context, payload []byte) (Response, error) {
	r, err := m.s.Send(m.limit.start(ctx), m.line, payload, SendOptions{MayRecv: true})
	m.limit.stop()
	return r, err
}

// awaitBroker waits until the broker has taken the client. The module may say that it is connected, and that it is not
// when the broker has refused it.
func (m *Module) awaitBroker(ctx context.Context, changes *watch) error {
	wait, cancel := context.WithTimeout(ctx, brokerLimit)
	defer cancel()
	for !m.seen.brokerUp() {
		line, err := changes.next(wait)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return &PeerError{Peer: m.broker, What: "not connected within " + brokerLimit.String()}
		case err != nil:
			return fmt.Errorf("%s: %w", m.broker, err)
		case strings.HasPrefix(line, "+MQTT:DISCONNECTED"):
			return &PeerError{Peer: m.broker, What: "no connection (" + line + ")"}
		}
	}
	m.soon(func(s *seen) bool { return !s.broker })
	if !m.seen.brokerUp() {
		return &PeerError{Peer: m.broker, What: "it refused the client, or ended the connection"}
	}
	return nil
}

// brokerFailed tells a broker that is gone from a command that was refused as such.
func (m *Module) brokerFailed(what string, err error) error {
	var refused *at.CommandError
	if !errors.As(err, &refused) || malformed(err) {
		return err
	}
	return &PeerError{Peer: m.broker, What: what, Err: err}
}

// MQTTPublish publishes a message (MQTTPUBRAW, manual 5.1.10); its end, SEND OK, does not wait for the broker. A
// publication after the broker was lost is a *PeerError. It does not allocate.
func (m *Module) MQTTPublish(ctx context.Context, topic string, payload []byte, qos int, retain bool) (Response, error) {
	if err := checkTopic(topic, qos); err != nil {
		return Response{}, err
	}
	if err := m.usable(ctx); err != nil {
		return Response{}, err
	}
	m.line = append(append(append(m.line[:0], `AT+MQTTPUBRAW=0,"`...), topic...), `",`...)
	m.line = append(strconv.AppendInt(m.line, int64(len(payload)), 10), ',')
	m.line = append(strconv.AppendInt(m.line, int64(qos), 10), ',')
	m.line = append(m.line, digit(retain)...)
	r, err := m.data(ctx, payload)
	if err == nil {
		return r, nil
	}
	if err = m.noted(err); malformed(err) {
		return r, err
	}
	return r, m.unlessGone(m.broker, err, func(s *seen) bool { return s.broker })
}

// PublishExchange is the bytes of each message of one MQTTPublish of n bytes on the line, one after the other, as the
// firmware writes them.
func PublishExchange(topic string, n, qos int) (toModule, fromModule []int) {
	digits := strconv.Itoa(n)
	return []int{len(`AT+MQTTPUBRAW=0,"`) + len(topic) + len(`",`) + len(digits) + len(",") + len(strconv.Itoa(qos)) + len(",0\r\n"), n},
		[]int{len("\r\nOK\r\n\r\n>"), len("Recv ") + len(digits) + len(" bytes\r\n"), len("\r\nSEND OK\r\n")}
}

// MessageExchange is the same of a message of n bytes that the module gives the host.
func MessageExchange(topic string, n int) (fromModule []int) {
	return []int{len("+MQTT:SUBRECV:0,") + len(strconv.Itoa(len(topic))) + len(",") + len(strconv.Itoa(n)) + len(`,"`) + len(topic) + len(`",`) + n + len("\r\n")}
}

func checkTopic(topic string, qos int) error {
	switch {
	case topic == "" || len(topic) > longestName || strings.ContainsAny(topic, "\"\\,\r\n\x00"):
		return fmt.Errorf("MQTT topic %q: 1 to %d bytes are allowed, no quote, comma, backslash, line end or zero byte", topic, longestName)
	case qos < 0 || qos > 2:
		return fmt.Errorf("MQTT topic %s: QoS %d is outside 0..2", topic, qos)
	}
	return nil
}

// MQTTSubscribe subscribes to a topic (manual 5.1.11). OK does not wait for the broker.
func (m *Module) MQTTSubscribe(ctx context.Context, topic string, qos int) error {
	if err := checkTopic(topic, qos); err != nil {
		return err
	}
	if _, err := m.exchange(ctx, networkLimit, fmt.Sprintf(`AT+MQTTSUB=0,"%s",%d`, topic, qos)); err != nil {
		return m.brokerFailed("no subscription to "+topic, err)
	}
	return nil
}

// OnMQTT gives the messages of the topics that are subscribed to f, on the reader's goroutine: the payload is valid
// during the call. It stays over a Reset; nil ends it.
func (m *Module) OnMQTT(f func(topic string, payload []byte, t time.Time)) {
	next := m.mode
	next.messages = f != nil
	b := &messages{give: f}
	m.collect(next, f != nil, headMQTT, b.begin, messageLink, b.take)
}

// messages puts MQTT messages together again.
type messages struct {
	give        func(topic string, payload []byte, t time.Time)
	topic, data int // lengths
	got         []byte
	name        string // the latest topic
}

// begin takes a head: `+MQTT:SUBRECV,<link>,<topic length>,<data length>,`.
func (b *messages) begin(line []byte, _ time.Time) {
	b.topic, b.data, _ = messageLengths(line[len(headMQTT):])
	b.got = b.got[:0]
}

// take takes the next bytes of `"topic",data`.
func (b *messages) take(p []byte, t time.Time) {
	b.got = append(b.got, p...)
	if len(b.got) < b.topic+b.data+len(`"",`) {
		return
	}
	topic := bytes.Trim(b.got[:b.topic+2], `"`)
	if string(topic) != b.name {
		b.name = string(topic)
	}
	b.give(b.name, b.got[b.topic+3:], t)
}

// MQTTClose ends the connection to the broker. One that is not there is no error.
func (m *Module) MQTTClose(ctx context.Context) error {
	if err := m.clean(ctx); err != nil {
		return err
	}
	m.on.mqtt = false
	return nil
}

func (m *Module) clean(ctx context.Context) error {
	_, err := m.exchange(ctx, networkLimit, "AT+MQTTCLEAN=0")
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) {
		return nil // there is no connection
	}
	if err == nil {
		m.soon(func(s *seen) bool { return !s.broker })
	}
	return err
}

// BrokerUp says whether the MQTT client is connected, as far as the events tell.
func (m *Module) BrokerUp() bool { return m.seen.brokerUp() }

func (s *seen) setBroker(up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broker = up
}

func (s *seen) brokerUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broker
}
