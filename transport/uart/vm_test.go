//go:build linux && vm

package uart

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestVM runs inside a virtual machine (make test-vm) on the kernel's own
// drivers: ftdi_sio on the FT232BM that QEMU models, and 8250 on the machine's
// own ports. The machine is wired so that the test has both ends of a line and
// the hand that plugs the adapter in:
//
//	ttyUSB0  the adapter, while it is plugged in
//	ttyS1    QEMU's monitor
//	ttyS2    the far end of "line", one of two lines that the adapter can have
//	ttyS3    nothing
//
// The other line, "sink", takes everything and gives nothing. QEMU stops as a
// whole while "line" is full, so no more than a few KiB may be on their way
// there; nor does it model a CTS that falls.
func TestVM(t *testing.T) {
	vm := openMonitor(t, "/dev/ttyS1")
	far := openPort(t, Config{Device: "/dev/ttyS2", Baud: 115200})
	vm.plug(t, "line")
	t.Run("list", testAdapterIsListed)
	t.Run("rates", testAdapterRates)
	t.Run("flow and modem lines", testAdapterLines)
	t.Run("latency timer", testLatencyTimer)
	t.Run("bytes", func(t *testing.T) { testBytes(t, far) })
	t.Run("break", func(t *testing.T) { testBreak(t, vm, far) })
	t.Run("on-board rates", testOnBoardRates)
	vm.unplug(t)
	vm.plug(t, "sink")
	t.Run("unplug in mid-send", func(t *testing.T) { testUnplug(t, vm) })
	vm.plug(t, "line")
	t.Run("replug", func(t *testing.T) { testBytes(t, far) })
}

const (
	adapter = "/dev/ttyUSB0"
	// vmPatience bounds what should happen at once, for an emulated machine on a
	// busy one.
	vmPatience = time.Minute
)

func openPort(t *testing.T, c Config) *Port {
	t.Helper()
	p, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func openAdapter(t *testing.T) *Port {
	t.Helper()
	return openPort(t, Config{Device: adapter, Baud: 3_000_000, Flow: FlowRTSCTS})
}

// onLine runs do with the port's descriptor.
func onLine(t *testing.T, p *Port, do func(fd int) error) {
	t.Helper()
	if err := p.line.(*termiosLine).control(do); err != nil {
		t.Fatal(err)
	}
}

func testAdapterIsListed(t *testing.T) {
	infos, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range infos {
		if i.Device != adapter {
			continue
		}
		if i.VID != "0403" || i.PID != "6001" || i.Product != "QEMU USB SERIAL" || i.Serial == "" || i.Driver != "ftdi_sio" {
			t.Errorf("the adapter is listed as %+v", i)
		}
		return
	}
	t.Errorf("the adapter is not listed: %+v", infos)
}

// An FT232BM divides 3 MHz, so it makes no more than 3 Mbit/s: beyond that the
// driver takes the setting and runs at 9600.
func testAdapterRates(t *testing.T) {
	for _, baud := range []int{9600, 123_456, 921_600, 2_000_000, 3_000_000} {
		p, err := Open(Config{Device: adapter, Baud: baud, Flow: FlowRTSCTS})
		if err != nil {
			t.Error(err)
			continue
		}
		if c := p.Conditions(); c["driver"] != "ftdi_sio" || p.line.rate() != baud {
			t.Errorf("asked for %d bit/s: %v", baud, c)
		}
		p.Close()
	}
	for _, baud := range []int{4_000_000, 12_000_000} {
		if _, err := Open(Config{Device: adapter, Baud: baud}); err == nil || !strings.Contains(err.Error(), "the driver runs at 9600") {
			t.Errorf("asked for %d bit/s: %v", baud, err)
		}
	}
}

func testAdapterLines(t *testing.T) {
	for _, flow := range []string{FlowNone, FlowRTSCTS} {
		p := openPort(t, Config{Device: adapter, Baud: 3_000_000, Flow: flow})
		var settings *unix.Termios
		var modem int
		onLine(t, p, func(fd int) (err error) {
			if settings, err = unix.IoctlGetTermios(fd, unix.TCGETS2); err == nil {
				modem, err = unix.IoctlGetInt(fd, unix.TIOCMGET)
			}
			return err
		})
		if set := settings.Cflag&unix.CRTSCTS != 0; set != (flow == FlowRTSCTS) {
			t.Errorf("flow %s: CRTSCTS is %v", flow, set)
		}
		const want = unix.TIOCM_RTS | unix.TIOCM_DTR | unix.TIOCM_CTS | unix.TIOCM_DSR
		if modem&want != want {
			t.Errorf("flow %s: modem lines %#x lack some of %#x", flow, modem, want)
		}
		if asserted, ok := p.CTS(); !asserted || !ok {
			t.Errorf("flow %s: CTS is %v, %v", flow, asserted, ok)
		}
		p.Close()
	}
}

// testLatencyTimer lowers it as root, by its file, and as an ordinary user, by
// the low-latency flag alone.
func testLatencyTimer(t *testing.T) {
	file := filepath.Join(sysTTY(adapter), "device", "latency_timer")
	if err := os.WriteFile(file, []byte("16"), 0); err != nil {
		t.Fatal(err)
	}
	p := openAdapter(t)
	if c := p.Conditions(); c["latency_timer"] != "1" || c["low_latency"] != "on" {
		t.Errorf("after Open: %v", c)
	}
	p.Close()
	if got := readLine(file); got != "16" {
		t.Errorf("after Close the timer is %s ms", got)
	}
	fd, err := unix.Open(adapter, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	was := lowerLatency(fd, "")
	if got := readLine(file); got != "1" {
		t.Errorf("with the flag set the timer is %s ms", got)
	}
	was.restore(fd)
	if got := readLine(file); got != "16" {
		t.Errorf("with the flag put back the timer is %s ms", got)
	}
}

// testBytes sends every byte value both ways; the driver's totals must agree.
func testBytes(t *testing.T, far *Port) {
	const rounds = 8
	p := openAdapter(t)
	block := make([]byte, 2048)
	for i := range block {
		block[i] = byte(i ^ i>>8)
	}
	got := make([]byte, len(block))
	for range rounds {
		for _, way := range [][2]*Port{{p, far}, {far, p}} {
			way[1].SetReadDeadline(time.Now().Add(vmPatience))
			if _, err := way[0].Write(block); err != nil {
				t.Fatal(err)
			}
			if n, err := io.ReadFull(way[1], got); err != nil || !bytes.Equal(got, block) {
				t.Fatalf("from %s: %d bytes, right: %v, %v", way[0], n, bytes.Equal(got, block), err)
			}
		}
	}
	onLine(t, p, func(fd int) error {
		now, ok := readCounters(fd)
		start := p.line.(*termiosLine).atOpen
		if out, in := now.TX-start.TX, now.RX-start.RX; !ok || out != rounds*2048 || in != rounds*2048 {
			t.Errorf("the driver counts %d bytes out and %d in, want %d", out, in, rounds*2048)
		}
		return nil
	})
	errorsSeen := p.Counters()
	if len(errorsSeen) != 5 {
		t.Errorf("counters: %v", errorsSeen)
	}
	for name, n := range errorsSeen {
		if n != 0 {
			t.Errorf("%d of %s", n, name)
		}
	}
}

// testBreak counts a break on the on-board port. (The adapter's model sends its
// break without data, which ftdi_sio does not count.)
func testBreak(t *testing.T, vm *monitor, far *Port) {
	before := far.Counters()
	vm.do(t, "chardev-send-break", map[string]string{"id": "far"})
	far.SetReadDeadline(time.Now().Add(vmPatience))
	b := make([]byte, 16)
	if n, err := far.Read(b); n != 1 || b[0] != 0 || err != nil {
		t.Errorf("a break reads as % x, %v, want one 00", b[:n], err)
	}
	if after := far.Counters(); after["break"] != before["break"]+1 || after["framing"] != before["framing"] {
		t.Errorf("counters went from %v to %v", before, after)
	}
}

// A 16550 divides 115200 bit/s by whole numbers.
func testOnBoardRates(t *testing.T) {
	const port = "/dev/ttyS3"
	for _, baud := range []int{9600, 57_600, 115_200} {
		p := openPort(t, Config{Device: port, Baud: baud, Flow: FlowRTSCTS})
		if p.line.rate() != baud {
			t.Errorf("asked for %d bit/s: %v", baud, p.Conditions())
		}
		p.Close()
	}
	for _, baud := range []int{123_456, 2_000_000} {
		if _, err := Open(Config{Device: port, Baud: baud}); err == nil || !strings.Contains(err.Error(), "the driver runs at 115200") {
			t.Errorf("asked for %d bit/s: %v", baud, err)
		}
	}
}

// testUnplug pulls the adapter out while one goroutine writes and another reads.
func testUnplug(t *testing.T, vm *monitor) {
	p := openAdapter(t)
	flowing, wrote, read := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := p.Read(make([]byte, 16))
		read <- err
	}()
	go func() {
		block := make([]byte, 1<<16)
		_, err := p.Write(block)
		for close(flowing); err == nil; {
			_, err = p.Write(block)
		}
		wrote <- err
	}()
	<-flowing
	vm.do(t, "device_del", map[string]string{"id": "adapter"})
	if err := within(t, wrote); !errors.Is(err, unix.EIO) && !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "the adapter was unplugged") {
		t.Errorf("the write gave %v", err)
	}
	if err := within(t, read); err != io.EOF {
		t.Errorf("the read gave %v, want io.EOF", err)
	}
	if c := p.Counters(); len(c) != 0 {
		t.Errorf("counters of an adapter that has gone: %v", c)
	}
	if _, ok := p.CTS(); ok {
		t.Error("an adapter that has gone tells its CTS")
	}
	start := time.Now()
	if err := p.Close(); err != nil || time.Since(start) > vmPatience {
		t.Errorf("Close after %v: %v", time.Since(start), err)
	}
	waitAdapter(t, false)
	if _, err := Open(Config{Device: adapter, Baud: 3_000_000}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "serial ports here: /dev/ttyS0") {
		t.Errorf("Open without the adapter: %v", err)
	}
}

func within(t *testing.T, c chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(vmPatience):
		t.Fatalf("still waiting after %v", vmPatience)
		return nil
	}
}
