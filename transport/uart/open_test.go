//go:build linux

package uart

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRatesAndFlowAreReallySet(t *testing.T) {
	for _, baud := range []int{9600, 115200, 123457, 921600, 2_000_000, 3_686_400, 12_000_000} {
		for _, flow := range []string{FlowNone, FlowRTSCTS} {
			master, p := openLinePair(t, Config{Baud: baud, Flow: flow})
			got := readBack(t, master)
			if int(got.Ospeed) != baud || int(got.Ispeed) != baud {
				t.Errorf("baud %d: the line runs at %d out, %d in", baud, got.Ospeed, got.Ispeed)
			}
			if set := got.Cflag&unix.CRTSCTS != 0; set != (flow == FlowRTSCTS) {
				t.Errorf("flow %s: CRTSCTS is %v", flow, set)
			}
			if got.Cflag&unix.CSIZE != unix.CS8 || got.Cflag&(unix.PARENB|unix.CSTOPB) != 0 {
				t.Errorf("the line is not 8N1: c_cflag %#x", got.Cflag)
			}
			p.Close()
		}
	}
}

// What ftdi_sio does with 12000000: it takes the setting and runs at 9600.
func TestWrongRateIsRefused(t *testing.T) {
	master, p := openLinePair(t, Config{Baud: 2_000_000})
	for asked, refused := range map[int]bool{2_000_000: false, 1_970_000: false, 2_030_000: false, 2_050_000: true, 1_950_000: true, 12_000_000: true} {
		onFile(t, master, func(fd int) error {
			_, err := verify(fd, Config{Device: p.config.Device, Baud: asked, Flow: FlowNone})
			if (err != nil) != refused {
				t.Errorf("asked for %d, runs at 2000000: %v", asked, err)
			}
			if err != nil && !strings.Contains(err.Error(), "runs at 2000000") {
				t.Errorf("the error does not name the real rate: %v", err)
			}
			return nil
		})
	}
	onFile(t, master, func(fd int) error {
		if _, err := verify(fd, Config{Baud: 2_000_000, Flow: FlowRTSCTS}); err == nil {
			t.Error("a line without CRTSCTS passed as rtscts")
		}
		return nil
	})
}

func TestOpenIsTransparentAndDropsStaleInput(t *testing.T) {
	master, slave := openPTY(t)
	onFile(t, master, func(fd int) error { // raw mode, so that the stale bytes are not echoed
		return unix.IoctlSetTermios(fd, unix.TCSETS2, settings(Config{Baud: 9600}))
	})
	if _, err := master.Write([]byte("stale")); err != nil {
		t.Fatal(err)
	}
	p, err := Open(Config{Device: slave, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	if _, err := master.Write(all); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(all))
	if _, err := io.ReadFull(p, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("to the host: % x, %v", got, err)
	}
	if _, err := p.Write(all); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(master, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("to the module: % x, %v", got, err)
	}
}

func TestLineGone(t *testing.T) {
	master, p := openLinePair(t, Config{Baud: 115200})
	master.Close()
	if _, err := p.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read gave %v, want io.EOF", err)
	}
	if _, err := p.Write([]byte("AT\r\n")); !errors.Is(err, unix.EIO) || !strings.Contains(err.Error(), "the line has gone") {
		t.Errorf("write gave %v", err)
	}
}

func TestExclusive(t *testing.T) {
	_, slave := openPTY(t)
	said, pid := startChild(t, slave, 0)
	if said != "open" {
		t.Fatalf("the other program says %q", said)
	}
	gotPID, program, ok := Holder(slave)
	if !ok || gotPID != pid || program == "" {
		t.Errorf("Holder gives %d %q %v, want process %d", gotPID, program, ok, pid)
	}
	_, err := Open(Config{Device: slave, Baud: 115200})
	if want := fmt.Sprintf("%s (pid %d) has it open", program, pid); !errors.Is(err, unix.EBUSY) || !strings.Contains(err.Error(), want) {
		t.Errorf("Open gives %v, want EBUSY and %q", err, want)
	}
}

// TIOCEXCL belongs to the terminal, so it must be given up while others have it open.
func TestExclusiveForOtherUsersUntilClose(t *testing.T) {
	needRoot(t)
	const nobody = 65534
	_, p := openLinePair(t, Config{Baud: 115200})
	slave := p.config.Device
	if err := os.Chmod(slave, 0o666); err != nil {
		t.Fatal(err)
	}
	if said, _ := startChild(t, slave, nobody); !strings.Contains(said, "device or resource busy") {
		t.Errorf("while it is open here, another user's program says %q", said)
	}
	shell := exec.Command("sh", "-c", "exec 3<>"+slave) // a program that takes no lock
	shell.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if said, err := shell.CombinedOutput(); err == nil || !strings.Contains(string(said), "busy") {
		t.Errorf("while it is open here, another user's shell says %q, %v", said, err)
	}
	other, err := os.OpenFile(slave, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if said, _ := startChild(t, slave, nobody); said != "open" {
		t.Errorf("after Close another user's program says %q", said)
	}
}

func TestPermissionNamesTheGroup(t *testing.T) {
	needRoot(t)
	const nobody, dialout = 65534, 20
	_, slave := openPTY(t)
	if err := os.Chown(slave, 0, dialout); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]string{
		0o660: "permission denied; add yourself to group dialout (sudo usermod -aG dialout $USER), then log in again",
		0o600: "permission denied; its mode is 0600, group dialout, which lets no ordinary user in",
	} {
		if err := os.Chmod(slave, mode); err != nil {
			t.Fatal(err)
		}
		if said, _ := startChild(t, slave, nobody); !strings.HasPrefix(said, "open "+slave+": "+want) {
			t.Errorf("mode %o: %q, want %q", mode, said, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Baud: 115200}, "no device was named"},
		{Config{Device: "/dev/ttyUSB99", Baud: 115200}, "no such file or directory; "},
		{Config{Device: file, Baud: 115200}, "not a serial line"},
		{Config{Device: "/dev/null", Baud: 115200}, "not a serial line"},
		{Config{Device: "/dev/ttyUSB99", Baud: 9599}, "baud 9599 is outside 9600..12000000"},
		{Config{Device: "/dev/ttyUSB99", Baud: 12_000_001}, "baud 12000001 is outside"},
		{Config{Device: "/dev/ttyUSB99", Baud: 115200, Flow: "xonxoff"}, `flow "xonxoff" is not none or rtscts`},
	} {
		p, err := Open(c.config)
		if err == nil {
			p.Close()
			t.Errorf("%+v was opened", c.config)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v gives %q, want %q", c.config, err, c.want)
		}
	}
}

// 10 bit times a byte: 1000 bytes at 2 Mbit/s take 5 ms; 1 byte at 3 Mbit/s
// takes 3333.3 ns, and three of them 10000 ns, not 3 x 3333.
func TestLineTime(t *testing.T) {
	for _, c := range []struct {
		baud     int
		to, from []int
		want     time.Duration
	}{
		{2_000_000, []int{600, 300}, []int{100}, 5 * time.Millisecond},
		{3_000_000, []int{1}, nil, 3333},
		{3_000_000, []int{1, 1}, []int{1}, 10 * time.Microsecond},
		{12_000_000, nil, nil, 0},
	} {
		_, p := openLinePair(t, Config{Baud: c.baud})
		if got, ok := p.LineTime(c.to, c.from); got != c.want || !ok {
			t.Errorf("%d bit/s, %v + %v: %d, want %d", c.baud, c.to, c.from, got, c.want)
		}
		p.Close()
	}
	// 2⁴⁰ bytes at 9600 bit/s take 2⁴⁰ x 10 / 9600 s; the product with 10⁹ is beyond 2⁶³.
	if got, want := bytesTime(1<<40, 9600), 1145324612*time.Second+266666667; got != want {
		t.Errorf("2⁴⁰ bytes at 9600 bit/s: %d, want %d", got, want)
	}
}

func TestFactsOfAPTY(t *testing.T) {
	_, p := openLinePair(t, Config{Baud: 2_000_000, Flow: FlowRTSCTS})
	if got, want := p.String(), "uart:"+p.config.Device+"?baud=2000000&flow=rtscts"; got != want {
		t.Errorf("String gives %q, want %q", got, want)
	}
	if got, want := fmt.Sprint(p.Identity()), "map[baud:2000000 flow:rtscts link:uart]"; got != want {
		t.Errorf("Identity gives %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(p.Conditions()), "map[rate:2000000]"; got != want {
		t.Errorf("Conditions gives %s, want %s", got, want)
	}
	if got := p.Counters(); len(got) != 0 {
		t.Errorf("a PTY has no counters, Counters gives %v", got)
	}
	if _, ok := p.CTS(); ok {
		t.Error("a PTY has no modem lines, CTS says it has")
	}
}
