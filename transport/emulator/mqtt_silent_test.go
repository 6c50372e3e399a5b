package emulator

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// mqttPeer is a broker's address in the network in memory.
const mqttPeer = "192.168.67.9:1883"

// speaker accepts connections, says the same to each, and reads without an answer.
func (r *rig) speaker(words string) (stop func()) {
	r.t.Helper()
	l, err := r.net.Listen("tcp", mqttPeer)
	if err != nil {
		r.t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func(conn net.Conn) {
				defer conn.Close()
				_, _ = io.WriteString(conn, words)
				_, _ = io.Copy(io.Discard, conn)
			}(conn)
		}
	}()
	return func() { l.Close() }
}

// connack is a broker's acceptance (MQTT 3.1.1, 3.2).
const connack = "\x20\x02\x00\x00"

// A broker that takes the connection and says nothing is given up after 8 s; one that says something else
// is refused at once.
func TestMQTTSilentBroker(t *testing.T) {
	for name, c := range map[string]struct {
		words, want string
		least, most time.Duration
	}{
		"silence":       {"", mqttUp + okAnswer + mqttDown, 8 * time.Second, 9 * time.Second},
		"nonsense":      {strings.Repeat("\xff", 100), mqttUp + okAnswer + mqttDown, 0, time.Second},
		"half a packet": {connack[:3], mqttUp + okAnswer + mqttDown, 8 * time.Second, 9 * time.Second},
		"refusal":       {"\x20\x02\x00\x05", mqttUp + okAnswer + mqttDown, 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{})
				defer r.close()
				defer r.speaker(c.words)()
				r.join()
				start := time.Now()
				r.do(`AT+MQTTCONN=0,"192.168.67.9",1883,0`, c.want)
				if d := time.Since(start); d < c.least || d > c.most {
					t.Errorf("the answer came after %v", d)
				}
				r.ok(`AT+MQTTCONN=0,"192.168.67.9",1883,1`) // and is switched off while it tries
				time.Sleep(100 * time.Millisecond)
			})
		})
	}
}

// The client holds 3072 bytes that the broker has not acknowledged, here 130 for
// each publication; then it takes no more.
func TestMQTTBufferIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		defer r.speaker(connack)()
		r.join()
		r.do(`AT+MQTTCONN=0,"192.168.67.9",1883,0`, mqttUp+okAnswer)
		line := `AT+MQTTPUB=0,"t","` + strings.Repeat("d", 120) + `",1,0`
		for range 3072 / 130 {
			r.ok(line)
		}
		r.do(line, errorAnswer)
		r.do(`AT+MQTTPUBRAW=0,"t",1000,0,0`, promptAnswer)
		r.fill(payload(1000), recvFail(1000))
		r.do("AT+MQTTCLEAN=0", mqttDown+okAnswer)
	})
}

// The table of subscriptions is bounded.
func TestMQTTTopicsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		defer r.speaker(connack)()
		r.join()
		r.do(`AT+MQTTCONN=0,"192.168.67.9",1883,0`, mqttUp+okAnswer)
		for i := range 32 {
			r.ok(fmt.Sprintf(`AT+MQTTSUB=0,"t%d",0`, i))
		}
		r.do(`AT+MQTTSUB=0,"more",0`, errorAnswer)
		r.do(`AT+MQTTSUB=0,"#/x",0`, errorAnswer)
	})
}

// A broker that does not answer the ping of the keep-alive is gone: 5 s until the
// ping, 10 s for its answer.
func TestMQTTKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		defer r.speaker(connack)()
		r.join()
		r.ok(`AT+MQTTCONNCFG=0,5,0,"","",0,0`)
		r.do(`AT+MQTTCONN=0,"192.168.67.9",1883,0`, mqttUp+okAnswer)
		r.quiet(14 * time.Second)
		r.expect(mqttDown)
	})
}

// Server name and protocols go into the TLS handshake.
func TestMQTTHello(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		cert, key := newAuthority(t).issue("broker.test")
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		hello := make(chan string, 1)
		plain, err := r.net.Listen("tcp", mqttPeer)
		if err != nil {
			t.Fatal(err)
		}
		l := tls.NewListener(plain, &tls.Config{
			Certificates: []tls.Certificate{pair}, NextProtos: []string{"x-mqtt"},
			GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				hello <- fmt.Sprint(h.ServerName, h.SupportedProtos)
				return nil, nil
			},
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, connack)
			_, _ = io.Copy(io.Discard, conn)
		}()
		r.join()
		r.ok(`AT+MQTTUSERCFG=0,1,"m","",""`, `AT+MQTTSNI=0,"a.broker.test"`, `AT+MQTTALPN=0,2,"x-mqtt","mqtt"`)
		r.do(`AT+MQTTCONN=0,"192.168.67.9",1883,0`, mqttUp+okAnswer)
		if got, want := <-hello, "a.broker.test[x-mqtt mqtt]"; got != want {
			t.Errorf("the handshake has %s, want %s", got, want)
		}
		r.do("AT+SYSRAM?", "+SYSRAM:97208,83020\r\n"+okAnswer)
		r.do("AT+MQTTCLEAN=0", mqttDown+okAnswer)
		<-done
		l.Close()
		for _, bad := range []string{`0,2,"a"`, `0,6`, `0,0,"a"`, `0,-1`, `0,1,a`, `1,0`} {
			r.do("AT+MQTTALPN="+bad, errorAnswer)
		}
		r.ok("AT+MQTTALPN=0,0")
		r.do("AT+MQTTALPN?", "+MQTTALPN:0\r\n"+okAnswer)
	})
}
