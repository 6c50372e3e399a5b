//go:build linux

package spi

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestStructSizes holds our structs against sizes and offsets that a C program
// printed from the kernel's headers (linux/gpio.h, linux/spi/spidev.h).
func TestStructSizes(t *testing.T) {
	var request unix.GPIOV2LineRequest
	var event unix.GPIOV2LineEvent
	var move spiTransfer
	for name, c := range map[string][2]uintptr{
		"gpio_v2_line_request":      {unsafe.Sizeof(request), 592},
		"request.config":            {unsafe.Offsetof(request.Config), 288},
		"request.fd":                {unsafe.Offsetof(request.Fd), 588},
		"gpio_v2_line_config":       {unsafe.Sizeof(request.Config), 272},
		"gpio_v2_line_event":        {unsafe.Sizeof(event), 48},
		"event.line_seqno":          {unsafe.Offsetof(event.Line_seqno), 20},
		"gpio_v2_line_info":         {unsafe.Sizeof(unix.GPIOV2LineInfo{}), 256},
		"gpio_v2_line_values":       {unsafe.Sizeof(unix.GPIOV2LineValues{}), 16},
		"spi_ioc_transfer":          {unsafe.Sizeof(move), 32},
		"spi_ioc_transfer.len":      {unsafe.Offsetof(move.length), 16},
		"spi_ioc_transfer.speed_hz": {unsafe.Offsetof(move.speed), 20},
		"spi_ioc_transfer.bits":     {unsafe.Offsetof(move.bits), 26},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, the kernel has %d", name, c[0], c[1])
		}
	}
}

var testChips = []chip{
	{path: "/dev/gpiochip0", name: "gpiochip0", label: "pinctrl-rp1", lines: []lineInfo{
		{name: "ID_SDA"}, {name: "GPIO8", consumer: "spi0 CS0", used: true}, {name: "GPIO25"}}},
	{path: "/dev/gpiochip1", name: "gpiochip1", label: "bank", lines: []lineInfo{{}, {}}},
	{path: "/dev/gpiochip2", name: "gpiochip2", label: "bank", lines: []lineInfo{{name: "RDY"}, {}}},
	{path: "/dev/gpiochip3", name: "gpiochip3"},
}

func TestFindLine(t *testing.T) {
	for _, c := range []struct {
		spec, path string
		offset     int
		err        string
	}{
		{"pinctrl-rp1/GPIO25", "/dev/gpiochip0", 2, ""},
		{"pinctrl-rp1/2", "/dev/gpiochip0", 2, ""},
		{"gpiochip0/GPIO25", "/dev/gpiochip0", 2, ""},
		{"/dev/gpiochip2/1", "/dev/gpiochip2", 1, ""},
		{"bank/RDY", "/dev/gpiochip2", 0, ""},
		{"bank/1", "", 0, "2 GPIO chips"},
		{"pinctrl-rp1/GPIO99", "", 0, `no line "GPIO99"`},
		{"pinctrl-rp1/3", "", 0, `no line "3"`},
		{"nowhere/1", "", 0, "here are pinctrl-rp1, bank, bank, /dev/gpiochip3 (not permitted"},
		{"GPIO25", "", 0, "is not CHIP/LINE"},
		{"pinctrl-rp1/", "", 0, "is not CHIP/LINE"},
	} {
		found, offset, err := findLine(testChips, c.spec)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v; want %s", c.spec, err, c.err)
			}
		} else if err != nil || found.path != c.path || offset != c.offset {
			t.Errorf("%s: %s %d, %v", c.spec, found.path, offset, err)
		}
	}
	if err := busyLine("pinctrl-rp1/GPIO8", testChips[0].lines[1]); !strings.Contains(err.Error(), `"spi0 CS0"`) || !strings.Contains(err.Error(), "spi0-0cs") {
		t.Error(err)
	}
	if _, _, err := findLine(nil, "a/1"); !strings.Contains(err.Error(), "shows no GPIO chip") {
		t.Error(err)
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lines := Config{Speed: 20_000_000, CS: "a/1", RDY: "a/2"}
	for device, want := range map[string]string{
		"":                        "are needed",
		"/dev/spidev-of-nowhere0": "spidev",
		file:                      "is no spidev",
	} {
		c := lines
		c.Device = device
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", device, err, want)
		}
	}
	lines.Device, lines.Speed = file, 50_000_000
	if _, err := Open(lines); err == nil || !strings.Contains(err.Error(), "outside 100000..40000000") {
		t.Error(err)
	}
}

// TestController looks devices up in a tree like sysfs: a Raspberry Pi's own
// controller, and one behind USB.
func TestController(t *testing.T) {
	sys := t.TempDir()
	link := func(target, name string) {
		t.Helper()
		os.MkdirAll(filepath.Join(sys, filepath.Dir(name)), 0o700)
		os.MkdirAll(filepath.Join(sys, target), 0o700)
		if err := os.Symlink(filepath.Join(sys, target), filepath.Join(sys, name)); err != nil {
			t.Fatal(err)
		}
	}
	native, usb := "devices/platform/soc/3f204000.spi", "devices/pci0/usb1/1-2/1-2:1.0"
	link(native+"/spi_master/spi0/spi0.0", "class/spidev/spidev0.0/device")
	link("bus/platform/drivers/spi-bcm2835", native+"/driver")
	link(usb+"/spi_master/spi1/spi1.0", "class/spidev/spidev1.0/device")
	link("bus/usb/drivers/ch34x", usb+"/driver")
	for device, want := range map[string]hostController{
		"/dev/spidev0.0": {"spi-bcm2835", false},
		"/dev/spidev1.0": {"ch34x", true},
		"/dev/spidev2.0": {},
	} {
		if got := controller(sys, device); got != want {
			t.Errorf("%s: %v", device, got)
		}
	}
	if n := bufsiz(sys); n != 4096 {
		t.Errorf("without the file: %d", n)
	}
	os.MkdirAll(filepath.Join(sys, "module/spidev/parameters"), 0o700)
	os.WriteFile(filepath.Join(sys, "module/spidev/parameters/bufsiz"), []byte("65536\n"), 0o600)
	if n := bufsiz(sys); n != 65536 {
		t.Errorf("%d", n)
	}

	l := new(Link)
	b := &board{bufsiz: 4096, nativeCS: true}
	l.describe(Config{Device: "/dev/spidev1.0", Speed: 20e6, Max: 8192}, hostController{"ch34x", true}, b, 15e6)
	if len(l.Warnings()) != 4 || l.Conditions()["host"] != "usb" || l.Conditions()["native_cs"] != "unconnected" {
		t.Errorf("%v %q", l.Conditions(), l.Warnings())
	}
}

// testBoard is a board whose RDY events come through a pipe.
func testBoard(t *testing.T) (*board, func(high bool, seq uint32)) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	b := &board{spi: -1, cs: -1, en: -1, boot: -1, rdy: p[0], wake: wake}
	b.polls = [2]unix.PollFd{{Fd: int32(p[0]), Events: unix.POLLIN}, {Fd: int32(wake), Events: unix.POLLIN}}
	t.Cleanup(func() { unix.Close(p[1]) })
	return b, func(high bool, seq uint32) {
		var now unix.Timespec
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
		e := unix.GPIOV2LineEvent{Timestamp_ns: uint64(now.Nano()), Id: unix.GPIO_V2_LINE_EVENT_FALLING_EDGE, Line_seqno: seq}
		if high {
			e.Id = unix.GPIO_V2_LINE_EVENT_RISING_EDGE
		}
		if _, err := unix.Write(p[1], unsafe.Slice((*byte)(unsafe.Pointer(&e)), unsafe.Sizeof(e))); err != nil {
			t.Error(err)
		}
	}
}

func TestWaitEdge(t *testing.T) {
	b, event := testBoard(t)
	before := time.Now()
	event(true, 1)
	event(false, 2)
	for i, want := range []bool{true, false} {
		e, err := b.WaitEdge(time.Now().Add(time.Minute))
		if err != nil || e.High != want || e.Seq != uint32(i+1) {
			t.Fatalf("%+v, %v", e, err)
		}
		if e.At.Before(before.Add(-time.Millisecond)) || e.At.After(time.Now().Add(time.Millisecond)) {
			t.Errorf("an event at %v, now %v", e.At, time.Now())
		}
	}
	if _, err := b.WaitEdge(time.Time{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	if _, err := b.WaitEdge(time.Now().Add(5 * time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	b.Interrupt()
	if _, err := b.WaitEdge(time.Now().Add(time.Minute)); !errors.Is(err, ErrInterrupted) {
		t.Error(err)
	}
	ended := make(chan error)
	go func() { _, err := b.WaitEdge(time.Now().Add(time.Minute)); ended <- err }()
	go func() { time.Sleep(20 * time.Millisecond); event(true, 3) }()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go func() { _, err := b.WaitEdge(time.Now().Add(time.Minute)); ended <- err }()
	time.Sleep(20 * time.Millisecond)
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := b.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
	b.Interrupt()
	if b.SetCS(true) == nil || b.Transfer([]byte{0}, []byte{0}) == nil {
		t.Error("a closed board was used")
	}
	if _, err := b.Ready(); err == nil {
		t.Error("a closed board was read")
	}
}

func TestNoEnableLine(t *testing.T) {
	b := &board{en: -1}
	if err := b.SetEnable(true); err != nil {
		t.Error(err)
	}
	if err := b.SetEnable(false); !errors.Is(err, errNoEnable) {
		t.Error(err)
	}
}
