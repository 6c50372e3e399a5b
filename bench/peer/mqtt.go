package peer

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	mqttTime  = 10 * time.Second // for a connection, and for each answer of the broker
	mqttAlive = 30 * time.Second // keep-alive
	mqttLeave = 250              // ms, for what is still on its way at the end
)

// Broker is a broker of MQTT that host and module both reach.
type Broker struct {
	Network            Network
	Address            string // HOST:PORT
	Username, Password string // empty: none
	TLS                bool   // whatever the broker's certificate says
}

// MQTT is a client at a broker on the host's side, of MQTT 3.1.1.
type MQTT struct {
	client paho.Client
	broker string
	lost   atomic.Pointer[error]
	read   atomic.Int64 // when the latest read had returned, in ns since epoch
	epoch  time.Time
}

// DialMQTT connects to a broker. id tells clients of a broker apart.
func DialMQTT(ctx context.Context, b Broker, id string) (*MQTT, error) {
	n := b.Network.withDefaults()
	m := &MQTT{broker: "the MQTT broker at " + b.Address, epoch: time.Now()}
	o := paho.NewClientOptions().AddBroker("tcp://" + b.Address).SetProtocolVersion(4).
		SetClientID(id).SetUsername(b.Username).SetPassword(b.Password).
		SetCleanSession(true).SetAutoReconnect(false).SetOrderMatters(true).
		SetKeepAlive(mqttAlive).SetConnectTimeout(mqttTime).SetWriteTimeout(mqttTime)
	o.SetConnectionLostHandler(func(_ paho.Client, err error) { m.lost.Store(&err) })
	o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
		conn, err := n.Dial(ctx, "tcp", b.Address)
		if err != nil {
			return nil, err
		}
		stamped := &stampedConn{conn, m}
		if !b.TLS {
			return stamped, nil
		}
		secure := tls.Client(stamped, &tls.Config{InsecureSkipVerify: true}) // the module does not look at it either
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return secure, nil
	})
	m.client = paho.NewClient(o)
	if err := m.await(ctx, m.client.Connect(), "connect"); err != nil {
		m.client.Disconnect(0)
		return nil, err
	}
	return m, nil
}

// stampedConn notes when each read returned.
type stampedConn struct {
	net.Conn
	m *MQTT
}

func (c *stampedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.m.read.Store(int64(time.Since(c.m.epoch)))
	return n, err
}

// await waits for the broker's answer.
func (m *MQTT) await(ctx context.Context, t paho.Token, what string) error {
	late := time.NewTimer(mqttTime)
	defer late.Stop()
	select {
	case <-t.Done():
		if err := t.Error(); err != nil {
			return fmt.Errorf("peer: cannot %s at %s: %w; check that it runs, and that its user may", what, m.broker, err)
		}
		return nil
	case <-late.C:
		return fmt.Errorf("peer: %s did not answer within %v to %s", m.broker, mqttTime, what)
	case <-ctx.Done():
		return fmt.Errorf("peer: %s at %s: %w", what, m.broker, context.Cause(ctx))
	}
}

// Subscribe gives take each message of a topic: its payload, valid during the call, and when the read that brought its end
// had returned. It returns when the broker has agreed.
func (m *MQTT) Subscribe(ctx context.Context, topic string, qos int, take func(p []byte, t time.Time)) error {
	t := m.client.Subscribe(topic, byte(qos), func(_ paho.Client, msg paho.Message) {
		take(msg.Payload(), m.epoch.Add(time.Duration(m.read.Load())))
	})
	if err := m.await(ctx, t, "subscribe"); err != nil {
		return err
	}
	const refused = 0x80
	if s, ok := t.(*paho.SubscribeToken); ok && s.Result()[topic] == refused {
		return fmt.Errorf("peer: %s refuses the subscription to %s", m.broker, topic)
	}
	return nil
}

// Publish hands a message to the client, which takes payload for its own, and does not wait for the broker.
func (m *MQTT) Publish(topic string, qos int, payload []byte) error {
	if err := m.Err(); err != nil {
		return err
	}
	t := m.client.Publish(topic, byte(qos), false, payload)
	select {
	case <-t.Done():
		if err := t.Error(); err != nil {
			return fmt.Errorf("peer: cannot publish at %s: %w", m.broker, err)
		}
	default:
	}
	return nil
}

// Err is why the connection has ended; nil while it is there.
func (m *MQTT) Err() error {
	if lost := m.lost.Load(); lost != nil {
		return fmt.Errorf("peer: %s ended the connection: %w", m.broker, *lost)
	}
	return nil
}

// Close ends the connection.
func (m *MQTT) Close() error {
	m.client.Disconnect(mqttLeave)
	return nil
}
