package emulator

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Programs of the system talk to the module over the loopback network, in real
// time.

// tool skips the test when the system does not have a program.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// program is one that runs until the test ends, and its input and output.
type program struct {
	t      *testing.T
	in     io.WriteCloser
	out    *bufio.Reader
	cmd    *exec.Cmd
	stderr *paper
}

func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t, in, bufio.NewReader(out), cmd, new(paper)}
	cmd.Stderr = p.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return p
}

// gives expects the program's next output.
func (p *program) gives(want string) {
	p.t.Helper()
	got := make([]byte, len(want))
	done := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(p.out, got)
		done <- err
	}()
	select {
	case err := <-done:
		if string(got) != want {
			p.t.Fatalf("%s gives %q (%v), want %q; it says %s", p.cmd.Path, got, err, want, p.stderr)
		}
	case <-time.After(patience):
		p.cmd.Process.Kill()
		<-done
		p.t.Fatalf("%s gives nothing, want %q; it says %s", p.cmd.Path, want, p.stderr)
	}
}

// realModule is a module whose sockets are the system's, online with CIPMUX=1.
func realModule(t *testing.T, c Config) *rig {
	t.Helper()
	c.Baud, c.Boot = Unpaced, None
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{host: host{t, conn}, m: m, conn: conn}
	t.Cleanup(r.close)
	r.expect("\r\nready\r\n")
	r.join()
	r.ok("AT+CIPMUX=1", "AT+CIPV6=1")
	return r
}

// unusedPort is a port that nobody has at the moment.
func unusedPort(t testing.TB, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, port, _ := net.SplitHostPort(c.LocalAddr().String())
		return port
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// retry writes a line until the answer is not ERROR: a program needs a moment to listen.
func (r *rig) retry(line, want string) {
	r.t.Helper()
	const refused = "\r\nERROR\r\n"
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		io.WriteString(r, line+"\r\n")
		head := make([]byte, 1)
		r.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(r, head); err != nil {
			r.t.Fatalf("%s: %v", line, err)
		}
		if head[0] == want[0] {
			r.expect(want[1:])
			return
		}
		r.expect(refused[1:])
		if time.Now().After(end) {
			r.t.Fatalf("%s: %s for %v", line, "ERROR", patience)
		}
	}
}

// exchange sends and receives over link 0 with a program.
func (r *rig) exchange(p *program) {
	r.t.Helper()
	r.sendAll("AT+CIPSEND=0,12", "from module\n")
	p.gives("from module\n")
	io.WriteString(p.in, "from program\n")
	r.expect("+IPD:0,13,from program\n\r\n")
}

const connected, disconnected = "+CIP:0,CONNECTED\r\n", "+CIP:0,DISCONNECTED\r\n"

func TestNcatAndSocatListen(t *testing.T) {
	for _, c := range []struct {
		name, kind, host string
		program          string
		args             func(port string) []string
	}{
		{"ncat", "TCP", "127.0.0.1", "ncat", func(p string) []string { return []string{"-l", "127.0.0.1", p} }},
		{"ncat v6", "TCPv6", "::1", "ncat", func(p string) []string { return []string{"-6", "-l", "::1", p} }},
		{"ncat UDP", "UDP", "127.0.0.1", "ncat", func(p string) []string { return []string{"-u", "-l", "127.0.0.1", p} }},
		{"socat", "TCP", "127.0.0.1", "socat", func(p string) []string { return []string{"TCP-LISTEN:" + p + ",bind=127.0.0.1", "STDIO"} }},
		{"socat UDP", "UDP", "127.0.0.1", "socat", func(p string) []string { return []string{"UDP-LISTEN:" + p + ",bind=127.0.0.1", "STDIO"} }},
		{"socat UDP v6", "UDPv6", "::1", "socat", func(p string) []string { return []string{"UDP6-LISTEN:" + p + ",bind=[::1]", "STDIO"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasSuffix(c.kind, "v6") && !hasIPv6() {
				t.Skip("this machine has no ::1")
			}
			udp := strings.HasPrefix(c.kind, "UDP")
			port := unusedPort(t, map[bool]string{true: "udp", false: "tcp"}[udp])
			p := start(t, c.program, c.args(port)...)
			r := realModule(t, Config{})
			if udp {
				time.Sleep(500 * time.Millisecond) // nothing says that a UDP port is there
			}
			r.retry(fmt.Sprintf(`AT+CIPSTART=0,"%s","%s",%s`, c.kind, c.host, port), connected+"\r\nOK\r\n")
			r.exchange(p)
			if !udp {
				p.in.Close()
				p.cmd.Process.Kill()
				r.expect(disconnected)
			}
		})
	}
}

func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

// serving creates a server on a free port of the module and returns its address.
func (r *rig) serving(kind, more string) (host, port string) {
	r.t.Helper()
	network := "tcp"
	if strings.HasPrefix(kind, "UDP") {
		network = "udp"
	}
	port = unusedPort(r.t, network)
	r.ok(fmt.Sprintf(`AT+CIPSERVER=1,%s,"%s"%s`, port, kind, more))
	if strings.HasSuffix(kind, "v6") {
		return "::1", port
	}
	// Systems other than Linux and Windows have 127.0.0.1 alone.
	if l, err := net.Listen("tcp", moduleAddress.Addr().String()+":0"); err == nil {
		l.Close()
		return moduleAddress.Addr().String(), port
	}
	return "127.0.0.1", port
}

func TestNcatAndSocatConnect(t *testing.T) {
	for _, c := range []struct {
		name, kind, program string
		args                func(host, port string) []string
	}{
		{"ncat", "TCP", "ncat", func(h, p string) []string { return []string{h, p} }},
		{"ncat v6", "TCPv6", "ncat", func(h, p string) []string { return []string{"-6", h, p} }},
		{"ncat UDP", "UDP", "ncat", func(h, p string) []string { return []string{"-u", h, p} }},
		{"socat", "TCP", "socat", func(h, p string) []string { return []string{"STDIO", "TCP:" + h + ":" + p} }},
		{"socat UDP", "UDP", "socat", func(h, p string) []string { return []string{"STDIO", "UDP:" + h + ":" + p} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasSuffix(c.kind, "v6") && !hasIPv6() {
				t.Skip("this machine has no ::1")
			}
			tool(t, c.program)
			r := realModule(t, Config{})
			p := start(t, c.program, c.args(r.serving(c.kind, ""))...)
			io.WriteString(p.in, "hello\n")
			r.expect(connected + "+IPD:0,6,hello\n\r\n")
			r.exchange(p)
			if !strings.HasPrefix(c.kind, "UDP") {
				p.in.Close()
				if c.program == "socat" {
					r.expect(disconnected)
				}
			}
		})
	}
}

// certificates makes a CA and a certificate in files, and gives their paths.
func certificates(t *testing.T, name string) (a *issuer, ca, cert, key string) {
	t.Helper()
	a = newIssuer(t)
	c, k := a.pair(name)
	dir := t.TempDir()
	ca, cert, key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "srv.pem"), filepath.Join(dir, "srv.key")
	for path, content := range map[string][]byte{ca: a.PEM, cert: c, key: k} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a, ca, cert, key
}

func TestOpenSSLServer(t *testing.T) {
	tool(t, "openssl")
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		t.Run(version, func(t *testing.T) {
			a, ca, cert, key := certificates(t, "broker.test")
			mine, myKey := a.pair("module")
			port := unusedPort(t, "tcp")
			p := start(t, "openssl", "s_server", "-accept", "127.0.0.1:"+port, "-cert", cert, "-key", key, "-CAfile", ca,
				"-Verify", "1", "-verify_return_error", "-quiet", version)
			r := realModule(t, Config{})
			r.put(map[string][]byte{"ca.pem": a.PEM, "my.crt": mine, "my.key": myKey})
			r.ok(`AT+CIPSSLCCONF=0,3,"my.crt","my.key","ca.pem"`, `AT+CIPSSLCSNI=0,"broker.test"`)
			r.retry(`AT+CIPSTART=0,"SSL","127.0.0.1",`+port, connected+"\r\nOK\r\n")
			r.exchange(p)
			r.do("AT+CIPCLOSE=0", disconnected+"\r\nOK\r\n")
			// Without a certificate of the module the server refuses: in TLS 1.3 after
			// the client has finished.
			r.ok(`AT+CIPSSLCCONF=0,2,"","","ca.pem"`)
			if version == "-tls1_2" {
				r.do(`AT+CIPSTART=0,"SSL","127.0.0.1",`+port, "\r\nERROR\r\n")
			} else {
				r.do(`AT+CIPSTART=0,"SSL","127.0.0.1",`+port, connected+"\r\nOK\r\n"+disconnected)
			}
		})
	}
}

func TestOpenSSLClient(t *testing.T) {
	tool(t, "openssl")
	a, ca, cert, key := certificates(t, "client")
	srv, srvKey := a.pair("module.test")
	r := realModule(t, Config{})
	r.put(map[string][]byte{"ca.pem": a.PEM, "srv.crt": srv, "srv.key": srvKey})
	r.ok(`AT+CIPSSLSCONF=3,"srv.crt","srv.key","ca.pem"`)
	h, port := r.serving("SSL", ",1")
	p := start(t, "openssl", "s_client", "-connect", net.JoinHostPort(h, port), "-CAfile", ca, "-cert", cert, "-key", key,
		"-verify_return_error", "-quiet")
	io.WriteString(p.in, "hello\n")
	r.expect(connected + "+IPD:0,6,hello\n\r\n")
	r.exchange(p)
	r.do("AT+CIPSERVER=0,1", disconnected+"\r\nOK\r\n")
}

// A real socket gets the options of CIPTCPOPT: a linger time of 0 ends it by a
// reset.
func TestLingerOfARealSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := realModule(t, Config{})
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	r.ok("AT+CIPTCPOPT=0,0,1,5000,60")
	r.do(`AT+CIPSTART=0,"TCP","127.0.0.1",`+port, connected+"\r\nOK\r\n")
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	r.do("AT+CIPCLOSE=0", disconnected+"\r\nOK\r\n")
	peer.SetReadDeadline(time.Now().Add(patience))
	if _, err := peer.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the peer reads %v, want a reset", err)
	}
}
