package at

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty is a pseudo-terminal in raw mode: the host's end, and the module's end.
type pty struct{ host, module *os.File }

func openPTY(t testing.TB) pty {
	t.Helper()
	module, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { module.Close() })
	var n int
	control(t, module, func(fd int) (err error) {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	host, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	control(t, host, func(fd int) error {
		raw := unix.Termios{Cflag: unix.CS8 | unix.CREAD | unix.CLOCAL}
		raw.Cc[unix.VMIN] = 1
		return unix.IoctlSetTermios(fd, unix.TCSETS, &raw)
	})
	return pty{host: host, module: module}
}

func control(t testing.TB, f *os.File, do func(fd int) error) {
	t.Helper()
	c, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil || inner != nil {
		t.Fatal(err, inner)
	}
}

// keepOpen is a file without Close: a Session leaves it usable.
type keepOpen struct{ f *os.File }

func (k keepOpen) Read(p []byte) (int, error)         { return k.f.Read(p) }
func (k keepOpen) Write(p []byte) (int, error)        { return k.f.Write(p) }
func (k keepOpen) SetReadDeadline(t time.Time) error  { return k.f.SetReadDeadline(t) }
func (k keepOpen) SetWriteDeadline(t time.Time) error { return k.f.SetWriteDeadline(t) }

// module plays the module on its end of the PTY without latency and without
// pacing, byte for byte as the firmware prints (UART build: Recv and SEND OK are
// two writes). It ends when the end is closed, and allocates nothing per exchange.
type module struct {
	f    *os.File
	line []byte
	out  []byte
	need int // payload bytes to come
	size int
	text []byte
}

func (m *module) run() {
	m.text = make([]byte, 64<<10)
	for i := range m.text {
		m.text[i] = nasty[i%len(nasty)]
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := m.f.Read(buf)
		if err != nil {
			return
		}
		m.take(buf[:n])
	}
}

func (m *module) take(p []byte) {
	for len(p) > 0 {
		if m.need > 0 {
			n := min(m.need, len(p))
			m.need -= n
			p = p[n:]
			if m.need == 0 {
				m.say("Recv ", m.size, " bytes\r\n")
				m.say("\r\nSEND OK\r\n", -1, "")
			}
			continue
		}
		m.line = append(m.line, p[0])
		if p[0] == '\n' {
			m.command(string(m.line[:len(m.line)-2]))
			m.line = m.line[:0]
		}
		p = p[1:]
	}
}

// command answers CIPSEND, CIPRECVDATA, and IPD=<chunks>,<n>, which is a command of this peer only.
func (m *module) command(line string) {
	name, arg, _ := strings.Cut(line, "=")
	first, second, _ := strings.Cut(arg, ",")
	a, _ := strconv.Atoi(first)
	n, _ := strconv.Atoi(second)
	switch name {
	case "AT+CIPSEND":
		m.size, m.need = n, n
		m.say("\r\nOK\r\n\r\n>", -1, "")
	case "AT+CIPRECVDATA":
		m.out = fmt.Appendf(m.out[:0], "+CIPRECVDATA:%d,", n)
		m.out = append(append(m.out, m.text[:n]...), "\r\n\r\nOK\r\n"...)
		m.f.Write(m.out)
	case "AT+IPD":
		for range a {
			m.out = fmt.Appendf(m.out[:0], "+IPD:0,%d,", n)
			m.f.Write(m.out)
			m.out = append(append(m.out[:0], m.text[:n]...), "\r\n"...)
			m.f.Write(m.out)
		}
		m.say("\r\nOK\r\n", -1, "")
	default:
		m.say("\r\nOK\r\n", -1, "")
	}
}

func (m *module) say(a string, n int, b string) {
	m.out = append(m.out[:0], a...)
	if n >= 0 {
		m.out = strconv.AppendInt(m.out, int64(n), 10)
	}
	m.out = append(m.out, b...)
	m.f.Write(m.out)
}

// startModule runs a module on the PTY until the test ends.
func startModule(t testing.TB, p pty) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&module{f: p.module}).run()
	}()
	t.Cleanup(func() {
		p.module.Close()
		<-done
	})
}
