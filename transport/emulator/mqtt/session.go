package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"st67bench/transport/emulator/core"
)

const (
	// bufferSize is the firmware's buffer for each direction, in bytes.
	bufferSize = 3072
	// connectTimeout bounds a connection with its handshakes; ST's driver waits for
	// 10 s.
	connectTimeout = 8 * time.Second
	// pingTimeout is how long the broker may take to answer a keep-alive.
	pingTimeout = 10 * time.Second
	// queueTimeout bounds the wait of a command for the client's writer.
	queueTimeout = time.Second
	// parting is how long a client may take for its last words.
	parting = 250 // ms
)

// errRefused means that the broker took the connection and not the client.
var errRefused = errors.New("the broker refuses the client")

// session is one connection to a broker.
type session struct {
	client paho.Client
	wire   *wire
	ready  chan struct{} // closed when +MQTT:CONNECTED was said
	lost   chan struct{} // closed when the connection has ended
	once   sync.Once
	waits  []waiting // for the AT task alone
}

// waiting is a packet that the client has not yet sent, or the broker not yet
// acknowledged.
type waiting struct {
	token paho.Token
	size  int
}

// finish ends the session; whoever runs it notices.
func (s *session) finish() {
	s.once.Do(func() { close(s.lost) })
	s.wire.cut()
}

// room says whether the client's buffer takes a packet of n bytes more.
func (s *session) room(n int) bool {
	left := s.waits[:0]
	for _, w := range s.waits {
		select {
		case <-w.token.Done():
		default:
			left = append(left, w)
			n += w.size
		}
	}
	clear(s.waits[len(left):])
	s.waits = left
	return n <= bufferSize
}

// wait notes a packet of n bytes.
func (s *session) wait(t paho.Token, n int) { s.waits = append(s.waits, waiting{t, n}) }

// open connects to the broker. The error is errRefused when the connection was
// taken and the client not.
func (l *link) open() (*session, error) {
	ctx, cancel := context.WithTimeout(l.ctx, connectTimeout)
	defer cancel()
	conn, w, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{wire: w, ready: make(chan struct{}), lost: make(chan struct{})}
	s.client = paho.NewClient(l.clientOptions(s, conn))
	stop := context.AfterFunc(ctx, w.cut)
	defer stop()
	token := s.client.Connect()
	<-token.Done()
	if token.Error() == nil {
		return s, nil
	}
	w.cut()
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", errRefused, token.Error())
}

// dial opens the connection and, over TLS, shakes hands.
func (l *link) dial(ctx context.Context) (net.Conn, *wire, error) {
	f := l.f
	config, err := l.tls()
	if err != nil {
		return nil, nil, err
	}
	socket, err := f.Dial(ctx, "tcp", l.address)
	if err != nil {
		return nil, nil, err
	}
	w := newWire(socket, f.m.Radio, f.m.Clock)
	if !f.start(w.carry) {
		return nil, nil, errors.Join(f.ctx.Err(), socket.Close())
	}
	if config == nil {
		return w, w, nil
	}
	secure := tls.Client(w, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		w.cut()
		return nil, nil, err
	}
	return secure, w, nil
}

// tls is the configuration that the scheme asks for, nil for TCP. Without a name
// for SNI the server's certificate is checked against the CA, and its name not.
func (l *link) tls() (*tls.Config, error) {
	s := &l.set
	if s.scheme == overTCP {
		return nil, nil
	}
	verify := s.scheme == serverChecked || s.scheme == bothChecked
	c, err := l.f.m.TLS(core.Secure{CA: s.ca, Cert: s.cert, Key: s.key, ServerName: s.sni, ALPN: s.alpn, Verify: verify})
	if err != nil {
		return nil, err
	}
	if verify && s.sni == "" {
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(c.RootCAs, state) }
	}
	return c, nil
}

// verifyChain checks a certificate's chain and not its name.
func verifyChain(roots *x509.CertPool, state tls.ConnectionState) error {
	o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(o)
	return err
}

// clientOptions are those of a client for one connection, which is open already.
func (l *link) clientOptions(s *session, conn net.Conn) *paho.ClientOptions {
	set := &l.set
	o := paho.NewClientOptions().AddBroker("tcp://broker").SetProtocolVersion(4).
		SetClientID(set.clientID).SetUsername(set.username).SetPassword(set.password).
		SetKeepAlive(time.Duration(set.keepAlive) * time.Second).SetPingTimeout(pingTimeout).
		SetConnectTimeout(2 * connectTimeout).SetWriteTimeout(queueTimeout).
		SetCleanSession(set.clean).SetAutoReconnect(false).SetOrderMatters(true)
	o.CustomOpenConnectionFn = func(*url.URL, paho.ClientOptions) (net.Conn, error) { return conn, nil }
	o.SetConnectionLostHandler(func(paho.Client, error) { s.finish() })
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { l.received(s, m) })
	if set.will.topic != "" {
		o.SetWill(set.will.topic, set.will.data, set.will.qos, set.will.retain)
	}
	return o
}
