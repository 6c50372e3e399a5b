package remote

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"st67bench/transport/transporttest"
)

// patience bounds what should happen at once, for a slow machine.
const patience = 20 * time.Second

// tty is a pseudo-terminal whose slave side plays the serial line. It is kept
// open and raw, so that nothing is echoed before ser2net opens it.
type tty struct {
	*os.File // the master side
	slave    *os.File
}

func openTTY(t *testing.T) *tty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := &tty{File: master}
	t.Cleanup(func() { l.Close() })
	l.do(t, func(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0) })
	var n int
	l.do(t, func(fd int) (err error) { n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN); return err })
	l.do(t, func(fd int) error {
		return unix.IoctlSetTermios(fd, unix.TCSETS2, &unix.Termios{Cflag: unix.CS8 | unix.CREAD | unix.B9600})
	})
	if l.slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *tty) Close() error {
	l.slave.Close()
	return l.File.Close()
}

func (l *tty) do(t *testing.T, do func(fd int) error) {
	t.Helper()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil || inner != nil {
		t.Fatal(err, inner)
	}
}

// settings are the line's, as ser2net left them.
func (l *tty) settings(t *testing.T) (got *unix.Termios) {
	t.Helper()
	l.do(t, func(fd int) (err error) { got, err = unix.IoctlGetTermios(fd, unix.TCGETS2); return err })
	return got
}

// needSer2net skips where the server is missing.
func needSer2net(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"ser2net", "/usr/sbin/ser2net"} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skip("ser2net is not installed (Debian: apt-get install ser2net)")
	return ""
}

// ser2net runs the server on l until the test ends, and returns its address.
// accepter is what stands before the address in its configuration. The address
// is not 127.0.0.1, whose free ports others take.
func ser2net(t *testing.T, l *tty, accepter, options string) string {
	t.Helper()
	program := needSer2net(t)
	address := free(t, "127.67.0.1")
	host, port, _ := net.SplitHostPort(address)
	file := filepath.Join(t.TempDir(), "ser2net.yaml")
	text := fmt.Sprintf("%%YAML 1.1\n---\nconnection: &c\n  accepter: %s,%s,%s\n  connector: serialdev,%s,115200n81,local\n%s", accepter, host, port, l.slave.Name(), options)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-n", "-u", "-c", file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return address
}

// openSer2net opens c once the server listens.
func openSer2net(t *testing.T, c Config) *Conn {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		conn, err := Open(c)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			return conn
		}
		if time.Now().After(end) || !strings.Contains(err.Error(), "connection refused") {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// rfc2217 is an open link through ser2net.
func rfc2217(t *testing.T, options string, baud int, flow string) (*tty, *Conn) {
	t.Helper()
	l := openTTY(t)
	address := ser2net(t, l, "telnet(rfc2217),tcp", options)
	return l, openSer2net(t, Config{Scheme: RFC2217, Target: address, Baud: baud, Flow: flow})
}

// raw is one without RFC 2217. ser2net accepts before it has opened the line, so
// a byte is sent through first.
func raw(t *testing.T, accepter, options string) (*tty, *Conn) {
	t.Helper()
	l := openTTY(t)
	conn := openSer2net(t, Config{Scheme: TCP, Target: ser2net(t, l, accepter, options)})
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(l, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return l, conn
}

func TestSer2netConformance(t *testing.T) {
	needSer2net(t)
	t.Run("rfc2217", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transporttest.Pair {
			l, conn := rfc2217(t, "", 2_000_000, FlowNone)
			return transporttest.Pair{Conn: conn, Far: l}
		}, transporttest.Features{})
	})
	t.Run("tcp", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transporttest.Pair {
			l, conn := raw(t, "tcp", "")
			return transporttest.Pair{Conn: conn, Far: l}
		}, transporttest.Features{})
	})
}

// The kernel's own view of the line is the proof that the settings arrived.
func TestSer2netSetsTheLine(t *testing.T) {
	for _, c := range []Config{{Baud: 9600}, {Baud: 123457}, {Baud: 3_000_000, Flow: FlowRTSCTS}, {Baud: 12_000_000}} {
		l, conn := rfc2217(t, "", c.Baud, c.Flow)
		got := l.settings(t)
		if int(got.Ospeed) != c.Baud || got.Cflag&unix.CRTSCTS != 0 != (c.Flow == FlowRTSCTS) || got.Cflag&unix.CSIZE != unix.CS8 || got.Cflag&(unix.PARENB|unix.CSTOPB) != 0 {
			t.Errorf("asked for %+v, the line has rate %d, flags %#o", c, got.Ospeed, got.Cflag)
		}
		conditions := conn.Conditions()
		if conditions["server"] != `RFC 2217, "ser2net"` || conditions["rate"] != fmt.Sprint(c.Baud) || conditions["modem_lines"] != "no answer" {
			t.Errorf("conditions are %v", conditions)
		}
	}
}

// A second client of a port is turned away in plain text.
func TestSer2netBusy(t *testing.T) {
	_, first := rfc2217(t, "", 115200, FlowNone)
	_, err := Open(first.config)
	if err == nil || !strings.Contains(err.Error(), "the server ended the connection") || !strings.Contains(err.Error(), "another client") {
		t.Errorf("the second client gets %v", err)
	}
	t.Log(err)
}

// A raw port is told from an RFC 2217 one, and a telnet one without RFC 2217.
func TestSer2netWithoutRFC2217(t *testing.T) {
	for _, accepter := range []string{"tcp", "telnet,tcp"} {
		address := ser2net(t, openTTY(t), accepter, "")
		var err error
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if _, err = Open(Config{Scheme: RFC2217, Target: address, Baud: 9600}); err != nil && !strings.Contains(err.Error(), "connection refused") {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), "use tcp:"+address+" for a raw port") {
			t.Errorf("%s gives %v", accepter, err)
		}
		t.Log(err)
	}
}

// answer measures how long the answer to a command takes, and a second one that
// follows it unasked after 4 ms, as SEND OK follows Recv: medians of 40.
func answer(t *testing.T, l *tty, conn *Conn) (first, second time.Duration) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	var firsts, seconds []time.Duration
	buf := make([]byte, 64)
	pass := func(what string) time.Duration {
		start := time.Now()
		if _, err := io.WriteString(l, what); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, buf[:len(what)]); err != nil {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	for range 40 {
		if _, err := io.WriteString(conn, "0123456789"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(l, buf[:10]); err != nil {
			t.Fatal(err)
		}
		firsts = append(firsts, pass("Recv 10 bytes\r\n"))
		time.Sleep(4 * time.Millisecond)
		seconds = append(seconds, pass("\r\nSEND OK\r\n"))
	}
	slices.Sort(firsts)
	slices.Sort(seconds)
	return firsts[20], seconds[20]
}

// TestServerDelays measures what docs/remote.md says. Asserted is what does not
// depend on the machine: ser2net's manual says that chardelay is at least 1 ms;
// a delayed acknowledgement takes 40 ms on Linux, and must not be waited for.
func TestServerDelays(t *testing.T) {
	const chardelayOff = "  options:\n    chardelay: false\n"
	median := map[string]time.Duration{}
	for _, c := range []struct{ name, accepter, options string }{
		{"default", "tcp", ""},
		{"chardelay: false", "tcp", chardelayOff},
		{"chardelay: false, nodelay", "tcp(nodelay)", chardelayOff},
	} {
		l, conn := raw(t, c.accepter, c.options)
		first, second := answer(t, l, conn)
		t.Logf("%s: an answer takes %v, a second one behind it %v", c.name, first, second)
		median[c.name] = first
		if second > 20*time.Millisecond {
			t.Errorf("%s: a second answer takes %v: an acknowledgement was delayed", c.name, second)
		}
	}
	if d := median["default"]; d < time.Millisecond {
		t.Errorf("with chardelay an answer took %v, the manual says at least 1 ms", d)
	}
	if on, off := median["default"], median["chardelay: false"]; off >= on {
		t.Errorf("without chardelay an answer takes %v, with it %v", off, on)
	}
}
