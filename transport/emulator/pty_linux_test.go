package emulator

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openSlave opens a slave as a plain client does.
func openSlave(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func ptyModule(t *testing.T, c Config) (m *Module, path string) {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	path, err = m.PTY("")
	if err != nil {
		t.Fatal(err)
	}
	return m, path
}

func TestPTY(t *testing.T) {
	peers, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peers.Close()
	_, path := ptyModule(t, Config{Boot: None})
	realDialog(t, openSlave(t, path), peers)
}

// The module goes on without a host, and what it says then is lost.
func TestPTYHostsComeAndGo(t *testing.T) {
	m, path := ptyModule(t, Config{Boot: 50 * time.Millisecond})
	time.Sleep(time.Second) // `ready` is said to nobody
	f := openSlave(t, path)
	time.Sleep(50 * time.Millisecond)
	host{t, f}.do("AT+SYSLOG=1", "\r\nOK\r\n")
	f.Close()
	time.Sleep(50 * time.Millisecond)
	f = openSlave(t, path)
	time.Sleep(50 * time.Millisecond)
	host{t, f}.do("AT+SYSLOG?", "+SYSLOG:1\r\n\r\nOK\r\n")
	m.Close()
	if n, err := f.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("a client of a module that is switched off reads %d bytes, %v", n, err)
	}
}

// The line's rate and flow control are the client's.
func TestPTYLineSettings(t *testing.T) {
	m, path := ptyModule(t, Config{Boot: None})
	f := openSlave(t, path)
	host{t, f}.restart()
	if baud, flow := m.Line(); baud != DefaultBaud || flow != "none" {
		t.Errorf("at first %d bit/s, %s", baud, flow)
	}
	err := control(f, func(fd int) error {
		termios, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err != nil {
			return err
		}
		termios.Cflag = termios.Cflag&^unix.CBAUD | unix.BOTHER | unix.CRTSCTS
		termios.Ispeed, termios.Ospeed = 12345, 12345
		return unix.IoctlSetTermios(fd, unix.TCSETS2, termios)
	})
	if err != nil {
		t.Fatal(err)
	}
	if baud, flow := m.Line(); baud != 12345 || flow != "rtscts" {
		t.Errorf("then %d bit/s, %s", baud, flow)
	}
	// 4 bytes there and 205 back cannot take less than their line time.
	start := time.Now()
	host{t, f}.do("AT+GMR", "AT version:1.0.0.1(Apr 30 2025 11:47:03)\r\ncomponent_version_macsw_1.6.38\r\n"+
		"lib_version_phyrf_00f7ad715\r\ncomponent_version_btble_1.8.25\r\nlib_version_btblecontroller_1.6.89\r\n"+
		"component_version_sdk_2.0.106\r\ncompile time:Apr 30 2025 11:46:58\r\n\r\nOK\r\n")
	if took := time.Since(start); took < 180*time.Millisecond {
		t.Errorf("a long reply took %v at 12345 bit/s", took)
	}
}

func TestPTYLink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "ttyST67")
	if err := os.Symlink("/dev/pts/99999", link); err != nil {
		t.Fatal(err)
	}
	m, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	path, err := m.PTY(link)
	if err != nil {
		t.Fatal(err)
	}
	if to, _ := os.Readlink(link); to != path {
		t.Errorf("the link leads to %q, want %q", to, path)
	}
	m.Close()
	if _, err := os.Lstat(link); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
	if err := os.WriteFile(link, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other, _ := New(Config{})
	defer other.Close()
	if _, err := other.PTY(link); err == nil {
		t.Error("a file was replaced by a link")
	}
}
