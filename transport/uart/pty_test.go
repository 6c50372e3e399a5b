//go:build linux

package uart

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"st67bench/transport"
)

// openPTY makes a pseudo-terminal and returns its master side and the path of
// its slave side, which plays the serial line.
func openPTY(t testing.TB) (master *os.File, slave string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	var n int
	onFile(t, master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

// openLinePair opens a fresh pseudo-terminal's slave side as a port.
func openLinePair(t testing.TB, c Config) (master *os.File, p *Port) {
	t.Helper()
	master, c.Device = openPTY(t)
	p, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return master, p
}

// onFile runs do with the file's descriptor. Settings made or read on a master
// side are those of its slave (kernel, tty_mode_ioctl).
func onFile(t testing.TB, f *os.File, do func(fd int) error) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil || inner != nil {
		t.Fatal(err, inner)
	}
}

// readBack reads the slave's settings through its master side.
func readBack(t *testing.T, master *os.File) (got *unix.Termios) {
	t.Helper()
	onFile(t, master, func(fd int) (err error) {
		got, err = unix.IoctlGetTermios(fd, unix.TCGETS2)
		return err
	})
	return got
}

// A pseudo-terminal has no TX, which is told; the port holds what is written all the same.
func TestUnpowerPTY(t *testing.T) {
	_, p := openLinePair(t, Config{Baud: 2_000_000})
	if err := p.Unpower(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Unpower gives %v", err)
	}
	if _, err := p.Write([]byte("AT\r\n")); !errors.Is(err, transport.ErrUnpowered) {
		t.Errorf("Write gives %v", err)
	}
	if err := p.Repower(); err != nil {
		t.Errorf("Repower gives %v", err)
	}
}
