package emulator

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// broker is a mosquitto on a free port of 127.0.0.1.
type broker struct {
	t    *testing.T
	dir  string
	port int
	cmd  *exec.Cmd
}

// startBroker starts mosquitto with these lines of configuration beside listener
// and port; %s stands for its directory.
func startBroker(t *testing.T, config ...string) *broker {
	t.Helper()
	if _, err := mosquitto(); err != nil {
		t.Skipf("no mosquitto: %v", err)
	}
	b := &broker{t: t, dir: t.TempDir(), port: brokerPort(t)}
	lines := append([]string{fmt.Sprintf("listener %d 127.0.0.1", b.port), "persistence false"}, config...)
	text := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "%s", b.dir)
	if os.Getuid() == 0 {
		text += "user root\n" // it may then read what only root may
	}
	if err := os.WriteFile(filepath.Join(b.dir, "mosquitto.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

// mosquitto finds the program, which Debian keeps out of a user's path.
func mosquitto() (string, error) {
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/mosquitto")
}

func brokerPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts the broker and waits until it listens.
func (b *broker) run() *broker {
	b.t.Helper()
	path, err := mosquitto()
	if err != nil {
		b.t.Fatal(err)
	}
	b.cmd = exec.Command(path, "-c", filepath.Join(b.dir, "mosquitto.conf"))
	var said bytes.Buffer
	b.cmd.Stderr = &said
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.port))
		if err == nil {
			conn.Close()
			return b
		}
		if time.Now().After(end) {
			b.stop()
			b.t.Fatalf("mosquitto does not listen: %v, %s", err, &said)
		}
	}
}

// stop kills the broker.
func (b *broker) stop() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		b.cmd = nil
	}
}

// watch subscribes to every topic with mosquitto_sub and returns a function that
// gives the next message: topic, QoS, retain flag and data.
func (b *broker) watch() (next func() string) {
	b.t.Helper()
	path, err := exec.LookPath("mosquitto_sub")
	if err != nil {
		b.t.Skipf("no mosquitto_sub: %v", err)
	}
	cmd := exec.Command(path, "-h", "127.0.0.1", "-p", fmt.Sprint(b.port), "-q", "2", "-t", "#", "-F", "%t %q %r %p")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	lines := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			lines <- s.Text()
		}
	}()
	b.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
	})
	next = func() string {
		b.t.Helper()
		select {
		case l := <-lines:
			return l
		case <-time.After(patience):
			b.t.Fatal("no message came to mosquitto_sub")
			return ""
		}
	}
	// A message that the broker keeps comes as soon as the subscription holds,
	// kept when it was there before.
	b.publish("watch", "ready", 0, "-r")
	if got := next(); got != "watch 0 0 ready" && got != "watch 0 1 ready" {
		b.t.Fatalf("the first message to mosquitto_sub is %q", got)
	}
	return next
}

// kept is the message that the broker keeps for a topic.
func (b *broker) kept(topic string) string {
	b.t.Helper()
	out, err := exec.Command("mosquitto_sub", "-h", "127.0.0.1", "-p", fmt.Sprint(b.port), "-t", topic, "-C", "1", "-W", "10", "-F", "%r %p").Output()
	if err != nil {
		b.t.Fatalf("mosquitto_sub: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// publish sends a message with mosquitto_pub.
func (b *broker) publish(topic, data string, qos int, more ...string) {
	b.t.Helper()
	args := append([]string{"-h", "127.0.0.1", "-p", fmt.Sprint(b.port), "-t", topic, "-s", "-q", fmt.Sprint(qos)}, more...)
	cmd := exec.Command("mosquitto_pub", args...)
	cmd.Stdin = strings.NewReader(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Skipf("mosquitto_pub: %v, %s", err, out)
	}
}

// online switches a module on in real time and joins; its sockets are real.
func online(t *testing.T, c Config) *rig {
	t.Helper()
	c.Dial = (&net.Dialer{}).DialContext
	c.Listen = net.Listen
	c.Boot, c.CommandLatency = None, None
	c.Baud = Unpaced
	r := open(t, c)
	r.join()
	return r
}

// upload writes a file into the module.
func (r *rig) upload(name string, content []byte) {
	r.t.Helper()
	r.ok(fmt.Sprintf(`AT+FS=0,1,"%s"`, name))
	r.do(fmt.Sprintf(`AT+FS=0,2,"%s",0,%d`, name, len(content)), promptAnswer)
	if _, err := io.Copy(r, bytes.NewReader(content)); err != nil {
		r.t.Fatal(err)
	}
	tail := fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", len(content))
	r.expect(tail)
}

// authority makes certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var key *ecdsa.PrivateKey
	a.pem, _, key = a.sign(a.cert)
	a.key = key
	return a
}

// issue returns a certificate for this name and its key.
func (a *authority) issue(name string) (cert, key []byte) {
	a.t.Helper()
	cert, key, _ = a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return cert, key
}

func (a *authority) sign(c *x509.Certificate) (cert, key []byte, private *ecdsa.PrivateKey) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	signer := a.key
	if signer == nil {
		signer = private
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &private.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k}), private
}
