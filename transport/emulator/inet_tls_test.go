package emulator

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

// issuer is a certificate authority made for a test, with what it has issued.
type issuer struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	PEM  []byte
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	a := &issuer{t: t}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key, a.PEM = sign(t, template, template, nil)
	return a
}

// pair issues a certificate without alternative names, as many small projects have.
func (a *issuer) pair(name string) (cert, key []byte) {
	a.t.Helper()
	_, k, cert := sign(a.t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}, a.cert, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func (a *issuer) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func sign(t *testing.T, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// put writes files into the module's file system.
func (r *rig) put(files map[string][]byte) {
	for name, content := range files {
		r.m.machine.Files().Write(name, content)
	}
}

// paper is a log port that a test reads.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// serveTLS accepts one connection after the other on the network in memory, answers
// what it reads with its upper case, and reports each handshake.
func serveTLS(l net.Listener, c *tls.Config) <-chan error {
	done := make(chan error, 16)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s := tls.Server(conn, c)
			done <- s.Handshake()
			go func() {
				defer s.Close()
				p := make([]byte, 100)
				for {
					n, err := s.Read(p)
					if err != nil {
						return
					}
					s.Write(bytes.ToUpper(p[:n]))
				}
			}()
		}
	}()
	return done
}

func TestTLSClient(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		synctest.Test(t, func(t *testing.T) {
			ca, other := newIssuer(t), newIssuer(t)
			cert, key := ca.pair("broker.test")
			mine, myKey := ca.pair("module")
			log := new(paper)
			r := open(t, Config{Log: log, Baud: Unpaced, RadioLatency: 10 * time.Millisecond, CommandLatency: None})
			defer r.close()
			r.put(map[string][]byte{"ca.pem": ca.PEM, "other.pem": other.PEM, "my.crt": mine, "my.key": myKey})
			pair, err := tls.X509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			var hello *tls.ClientHelloInfo
			l, _ := r.net.Listen("tcp", "10.0.0.1:8883")
			defer l.Close()
			shaken := serveTLS(l, &tls.Config{
				Certificates: []tls.Certificate{pair}, MaxVersion: version, NextProtos: []string{"mqtt"},
				ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: ca.pool(),
				GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello = h; return nil, nil },
			})
			r.join()
			start := `AT+CIPSTART=0,"SSL","10.0.0.1",8883`
			r.ok("AT+CIPMUX=1")
			trips := 3
			if version == tls.VersionTLS13 {
				trips = 2
			}
			began := time.Now()
			r.do(start, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
			check(t, "the handshake", time.Since(began), time.Duration(2*trips)*10*time.Millisecond)
			r.do("AT+CIPSTATE?", "+CIPSTATUS:0,\"SSL\",\"10.0.0.1\",8883,49153,0\r\n\r\nOK\r\n")
			r.sendAll("AT+CIPSEND=0,5", "hello")
			r.expect("+IPD:0,5,HELLO\r\n")
			r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
			if err := <-shaken; err != nil || hello.ServerName != "" {
				t.Errorf("handshake %v, SNI %q", err, hello.ServerName)
			}

			r.ok(`AT+CIPSSLCCONF=0,3,"my.crt","my.key","ca.pem"`, `AT+CIPSSLCSNI=0,"broker.test"`, `AT+CIPSSLCALPN=0,2,"http/1.1","mqtt"`)
			r.do(start, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
			r.sendAll("AT+CIPSEND=0,3", "abc")
			r.expect("+IPD:0,3,ABC\r\n")
			if err := <-shaken; err != nil || hello.ServerName != "broker.test" || strings.Join(hello.SupportedProtos, " ") != "http/1.1 mqtt" {
				t.Errorf("handshake %v, SNI %q, ALPN %q", err, hello.ServerName, hello.SupportedProtos)
			}
			r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")

			for setting, reason := range map[string]string{
				`AT+CIPSSLCCONF=0,2,"","","other.pem"`: "unknown authority",
				`AT+CIPSSLCSNI=0,"else.test"`:          "else.test",
				`AT+CIPSSLCPSK=0,"secret","me"`:        "pre-shared key",
			} {
				r.ok(`AT+CIPSSLCCONF=0,2,,,"ca.pem"`, `AT+CIPSSLCSNI=0,"broker.test"`, setting)
				r.do(start, "\r\nERROR\r\n")
				time.Sleep(time.Second)
				if !strings.Contains(log.String(), reason) {
					t.Errorf("%s: the log port says %q", setting, log)
				}
				r.ok(`AT+CIPSSLCPSK=0,"",""`)
			}
		})
	}
}

func TestTLSServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newIssuer(t)
		cert, key := ca.pair("module.test")
		theirs, theirKey := ca.pair("client")
		r := open(t, Config{})
		defer r.close()
		r.put(map[string][]byte{"ca.pem": ca.PEM, "srv.crt": cert, "srv.key": key})
		r.join()
		r.ok("AT+CIPMUX=1", `AT+CIPSERVER=1,443,"SSL"`)
		c := tls.Client(r.client("tcp", "127.67.0.2:443"), &tls.Config{InsecureSkipVerify: true})
		io.WriteString(c, "hello")
		r.expect("+CIP:0,CONNECTED\r\n+IPD:0,5,hello\r\n")
		r.sendAll("AT+CIPSEND=0,2", "hi")
		if got := receive(t, c, 2); got != "hi" {
			t.Errorf("the client receives %q", got)
		}
		c.Close()
		r.expect("+CIP:0,DISCONNECTED\r\n")

		r.ok("AT+CIPSERVER=0", `AT+CIPSSLSCONF=3,"srv.crt","srv.key","ca.pem"`, `AT+CIPSERVER=1,443,"SSL",1`)
		r.do("AT+CIPSSLSCONF?", "+CIPSSLSCONF:3,\"srv.crt\",\"srv.key\",\"ca.pem\"\r\n\r\nOK\r\n")
		bare := tls.Client(r.client("tcp", "127.67.0.2:443"), &tls.Config{InsecureSkipVerify: true})
		if _, err := bare.Read(make([]byte, 1)); err == nil {
			t.Error("a client without certificate is taken")
		}
		pair, err := tls.X509KeyPair(theirs, theirKey)
		if err != nil {
			t.Fatal(err)
		}
		known := tls.Client(r.client("tcp", "127.67.0.2:443"), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
		io.WriteString(known, "me")
		r.expect("+CIP:0,CONNECTED\r\n+IPD:0,2,me\r\n")
		if name := known.ConnectionState().PeerCertificates[0].Subject.CommonName; name != "module.test" {
			t.Errorf("the module shows the certificate of %q", name)
		}
		// A client that never shakes hands does not keep others away for ever.
		r.client("tcp", "127.67.0.2:443")
		late := tls.Client(r.client("tcp", "127.67.0.2:443"), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
		io.WriteString(late, "late")
		r.expect("+CIP:1,CONNECTED\r\n+IPD:1,4,late\r\n")
		known.Close()
		late.Close()
	})
}

func TestTLSSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.put(map[string][]byte{"a.crt": nil, "a.key": nil, "a.ca": nil})
		r.ok("AT+SYSLOG=1", "AT+CWAUTOCONN=0")
		r.do("AT+CIPSSLCCONF?", "+CIPSSLCCONF:0,\"\",\"\",\"\"\r\n\r\nOK\r\n")
		r.ok(`AT+CIPSSLCSNI="a.test"`, `AT+CIPSSLCALPN=1,"h2"`, `AT+CIPSSLCPSKHEX="70736b","hint"`)
		r.do("AT+CIPSSLCSNI?", "+CIPSSLCSNI:a.test\r\n\r\nOK\r\n")
		r.do("AT+CIPSSLCPSK?", "+CIPSSLCPSK:\"psk\",\"hint\"\r\n\r\nOK\r\n")
		for line, code := range map[string]core.Code{
			"AT+CIPSSLCCONF=4": core.BadValue, "AT+CIPSSLCCONF=1": core.NotAllowed, `AT+CIPSSLCCONF=1,"a.crt"`: core.NotAllowed,
			`AT+CIPSSLCCONF=2,"a.crt","a.key"`: core.NotAllowed, `AT+CIPSSLCCONF=1,"b.crt","a.key"`: core.BadAddress,
			`AT+CIPSSLCCONF=2,,,"b.ca"`: core.BadAddress, `AT+CIPSSLCCONF=0,"","","",""`: core.BadCount,
			`AT+CIPSSLCALPN=2,"h2"`: core.BadCount, `AT+CIPSSLCALPN=6`: core.BadValue, `AT+CIPSSLCALPN=1,""`: core.BadValue,
			`AT+CIPSSLCPSKHEX="7","h"`: core.BadValue, `AT+CIPSSLCPSK="` + strings.Repeat("x", 33) + `","h"`: core.BadLength,
			`AT+CIPSSLCSNI="` + strings.Repeat("x", 65) + `"`: core.BadLength, "AT+CIPSSLSCONF=0": core.NotAllowed,
		} {
			r.do(line, code.Error()+"\r\n\r\nERROR\r\n")
		}
		r.ok("AT+CIPMUX=1", `AT+CIPSSLCCONF=4,3,"a.crt","a.key","a.ca"`, `AT+CIPSSLCALPN=0,2,"h2","mqtt"`)
		r.do("AT+CIPSSLCCONF=4?", "+CIPSSLCCONF:4,3,\"a.crt\",\"a.key\",\"a.ca\"\r\n\r\nOK\r\n")
		r.do("AT+CIPSSLCALPN=0?", "+CIPSSLCALPN:0,\"h2\",\"mqtt\"\r\n\r\nOK\r\n")
		r.do("AT+CIPSSLCPSKHEX=0?", "+CIPSSLCPSKHEX:0,\"70736b\",\"hint\"\r\n\r\nOK\r\n")
		r.do("AT+CIPSSLCSNI=5?", core.BadHandle.Error()+"\r\n\r\nERROR\r\n")
		r.do("AT+CIPSSLCALPN?", "+CIPSSLCALPN:0,\"h2\",\"mqtt\"\r\n+CIPSSLCALPN:1\r\n+CIPSSLCALPN:2\r\n+CIPSSLCALPN:3\r\n+CIPSSLCALPN:4\r\n\r\nOK\r\n")
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		r.ok("AT+CIPMUX=1")
		r.do("AT+CIPSSLCCONF=4?", "+CIPSSLCCONF:4,3,\"a.crt\",\"a.key\",\"a.ca\"\r\n\r\nOK\r\n") // in flash
	})
}

// The manual's examples name files that need not be there.
func TestTLSSettingsAsTheManualHasThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Quirks: []string{"-ssl-files", "-ssl-bare"}})
		defer r.close()
		r.ok(`AT+CIPSSLCCONF=3,"cert_01.crt","private_01.key","ca_01.crt"`, `AT+CIPSSLCSNI="a.test"`)
		r.do("AT+CIPSSLCCONF?", "+CIPSSLCCONF:0,3,\"cert_01.crt\",\"private_01.key\",\"ca_01.crt\"\r\n\r\nOK\r\n")
		r.do("AT+CIPSSLCSNI?", "+CIPSSLCSNI:0,\"a.test\"\r\n\r\nOK\r\n")
		r.ok("AT+CIPMUX=1", "AT+CIPSSLCCONF=0,0", `AT+CIPSSLCCONF=0,1,"","","ca_01.crt"`, `AT+CIPSSLCCONF=0,2,"cert_01.crt","private_01.key"`,
			`AT+CIPSSLCPSKHEX=0,"70736b","myhint"`)
	})
}
