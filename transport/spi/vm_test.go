//go:build linux && vm

package spi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"st67bench/transport/uart"
)

// TestVM runs inside a virtual machine (make test-vm) on the kernel's own
// drivers: spi-gpio with spidev on it, and GPIO lines of a PL061. Nothing drives
// MISO, so it reads as low. Line 3 is RDY: QEMU's monitor, on ttyS0, raises it
// for 100 ms when it is told to press the power button. The machine's device
// tree names the lines SCK, MOSI, MISO, RDY, (the controller's own CS), CS, EN
// and BOOT.
func TestVM(t *testing.T) {
	press := powerButton(t)
	t.Run("chips", testChipsOfTheVM)
	t.Run("limits", testSpidevLimits)
	t.Run("busy lines", testBusyLines)
	t.Run("levels", testLevels)
	t.Run("edges", func(t *testing.T) { testEdges(t, press) })
	t.Run("waits", testWaitsEnd)
	t.Run("link", func(t *testing.T) { testLinkOfTheVM(t, press) })
	t.Run("silent module", testSilentModule)
	t.Run("close", testCloseOfTheVM)
	t.Run("gone", func(t *testing.T) { testGone(t, press) })
}

const (
	vmChip = "9030000.pl061"
	// vmPatience bounds what should happen at once, for an emulated machine on a
	// busy one.
	vmPatience = time.Minute
)

var vmConfig = Config{
	Device: "/dev/spidev0.0", Speed: 1_000_000, Max: 8192,
	CS: vmChip + "/CS", RDY: vmChip + "/RDY", EN: vmChip + "/EN", Boot: vmChip + "/BOOT",
}

// powerButton returns what raises RDY for 100 ms. The kernel's search for serial
// ports has left bytes in the monitor's parser, which 0xFF empties.
func powerButton(t *testing.T) func(t *testing.T) {
	t.Helper()
	p, err := uart.Open(uart.Config{Device: "/dev/ttyS0", Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	say := func(t *testing.T, command string) {
		t.Helper()
		if _, err := p.Write([]byte(command)); err != nil {
			t.Fatal(err)
		}
	}
	say(t, "\xFF"+`{"execute":"qmp_capabilities"}`)
	return func(t *testing.T) {
		t.Helper()
		say(t, `{"execute":"system_powerdown"}`)
	}
}

func vmBoard(t *testing.T) *board {
	t.Helper()
	b, err := openBoard(vmConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func vmLink(t *testing.T) *Link {
	t.Helper()
	l, err := Open(vmConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func testChipsOfTheVM(t *testing.T) {
	chips := listChips()
	want := fmt.Sprintf("%+v", []chip{{path: "/dev/gpiochip0", name: "gpiochip0", label: vmChip, lines: []lineInfo{
		{name: "SCK", consumer: "sck", used: true}, {name: "MOSI", consumer: "mosi", used: true}, {name: "MISO", consumer: "miso", used: true},
		{name: "RDY"}, {consumer: "spi0 CS0", used: true}, {name: "CS"}, {name: "EN"}, {name: "BOOT"},
	}}})
	if got := fmt.Sprintf("%+v", chips); got != want {
		t.Errorf("chips are\n%s\nwant\n%s", got, want)
	}
}

// spidev takes 4096 bytes a message unless its parameter bufsiz says otherwise.
func testSpidevLimits(t *testing.T) {
	b := vmBoard(t)
	if n := b.MaxTransfer(); n != 4096 {
		t.Errorf("the driver takes %d bytes", n)
	}
	for _, n := range []int{1, headerSize, 4095, 4096} {
		rx := bytes.Repeat([]byte{0xAA}, n)
		if err := b.Transfer(make([]byte, n), rx); err != nil || !bytes.Equal(rx, make([]byte, n)) {
			t.Errorf("%d bytes: received % .16x, %v", n, rx, err)
		}
	}
	if err := b.Transfer(make([]byte, 4097), make([]byte, 4097)); !errors.Is(err, unix.EMSGSIZE) || !strings.Contains(err.Error(), "4097 bytes") {
		t.Errorf("4097 bytes: %v", err)
	}
}

func testBusyLines(t *testing.T) {
	b := vmBoard(t)
	if _, err := openBoard(vmConfig); err == nil || !strings.Contains(err.Error(), `/CS is held by "st67bench"`) {
		t.Errorf("a second link on the same lines: %v", err)
	}
	b.Close()
	for line, want := range map[string]string{
		"4":   `held by "spi0 CS0": the SPI driver uses it as its own CS`,
		"SCK": `held by "sck"`,
		"8":   `no line "8" among its 8`,
	} {
		c := vmConfig
		c.CS = vmChip + "/" + line
		if _, err := openBoard(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CS on %s: %v, want %s", c.CS, err, want)
		}
	}
	vmBoard(t).Close() // what was refused has given its lines back
}

func testLevels(t *testing.T) {
	b := vmBoard(t)
	check := func(cs, en bool) {
		t.Helper()
		if gotCS, gotEN, boot := outputLevel(t, b.cs), outputLevel(t, b.en), outputLevel(t, b.boot); gotCS != cs || gotEN != en || boot {
			t.Errorf("CS %v, EN %v, BOOT %v; want %v, %v, false", gotCS, gotEN, boot, cs, en)
		}
	}
	check(false, true)
	for _, c := range [][2]bool{{true, true}, {true, false}, {false, false}, {false, true}} {
		if err := errors.Join(b.SetCS(c[0]), b.SetEnable(c[1])); err != nil {
			t.Fatal(err)
		}
		check(c[0], c[1])
	}
	if high, err := b.Ready(); high || err != nil {
		t.Errorf("RDY is %v, %v", high, err)
	}
}

// outputLevel reads an output back from the chip.
func outputLevel(t *testing.T, fd int) bool {
	t.Helper()
	v := unix.GPIOV2LineValues{Mask: 1}
	if err := ioctl(fd, unix.GPIO_V2_LINE_GET_VALUES_IOCTL, unsafe.Pointer(&v)); err != nil {
		t.Fatal(err)
	}
	return v.Bits&1 != 0
}

// testEdges holds numbers, levels and stamps of the kernel's events against what
// was done.
func testEdges(t *testing.T, press func(*testing.T)) {
	b := vmBoard(t)
	last := time.Now()
	for pulse := range uint32(3) {
		press(t)
		for i, high := range []bool{true, false} {
			e, err := b.WaitEdge(time.Now().Add(vmPatience))
			now := time.Now()
			if err != nil || e.High != high || e.Seq != 2*pulse+uint32(i)+1 {
				t.Fatalf("pulse %d: %+v, %v", pulse, e, err)
			}
			if e.At.Before(last) || e.At.After(now) {
				t.Errorf("pulse %d, to %v: stamped %v after the last and %v before now", pulse, high, e.At.Sub(last), now.Sub(e.At))
			}
			if !high {
				t.Logf("RDY was high for %v", e.At.Sub(last))
			}
			last = e.At
		}
	}
}

// testWaitsEnd: by the deadline, by Interrupt, by Close.
func testWaitsEnd(t *testing.T) {
	b := vmBoard(t)
	if _, err := b.WaitEdge(time.Now().Add(20 * time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("at the deadline: %v", err)
	}
	for _, c := range []struct {
		end  func()
		want error
	}{
		{b.Interrupt, ErrInterrupted},
		{func() { b.Close() }, os.ErrClosed},
	} {
		ended := make(chan error, 1)
		go func() {
			_, err := b.WaitEdge(time.Now().Add(time.Hour))
			ended <- err
		}()
		time.Sleep(20 * time.Millisecond)
		c.end()
		if err := within(t, ended); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
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

// testLinkOfTheVM opens the whole link. RDY's pulse makes it begin a transaction,
// in which MISO stays low.
func testLinkOfTheVM(t *testing.T, press func(*testing.T)) {
	l := vmLink(t)
	if got := l.Identity()["max"]; got != "4096" {
		t.Errorf("transfers of %s bytes", got)
	}
	c := l.Conditions()
	if c["driver"] != "spi_gpio" || c["host"] != "native" || c["bufsiz"] != "4096" || c["native_cs"] != "unconnected" || l.clock < 1000 {
		t.Errorf("conditions: %v", c)
	}
	warnings := strings.Join(l.Warnings(), "\n")
	if !strings.Contains(warnings, "drives its own CS pin") || !strings.Contains(warnings, "spidev.bufsiz=8192") {
		t.Errorf("warnings: %s", warnings)
	}
	press(t)
	for end := time.Now().Add(vmPatience); l.Counters()["header_errors"] == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := l.Counters(); n["transactions"] != 1 || n["header_errors"] != 1 || n["edges_lost"] != 0 || n["bytes_in"] != 0 {
		t.Errorf("counters: %v", n)
	}
	head, err := l.Fault()
	if text := Diagnose(head, err); !strings.Contains(text, "MISO stays low") {
		t.Errorf("diagnosis of % x, %v: %s", head, err, text)
	}
	seen := map[string]float64{}
	l.Drain(func(series string, _ time.Time, v float64) { seen[series] = v })
	if len(seen) != 2 || seen["host_reaction"] <= 0 || seen["rdy_high"] <= 0 {
		t.Errorf("series: %v", seen)
	}
	if err := l.Reset(context.Background()); err != nil {
		t.Errorf("Reset: %v", err)
	}
}

// testSilentModule writes to a module that does not answer CS.
func testSilentModule(t *testing.T) {
	l := vmLink(t)
	n, err := l.Write([]byte("AT\r\n"))
	var late *LineError
	if n != 0 || !errors.As(err, &late) || late.RDY || !late.CS || !late.Enable {
		t.Errorf("Write: %d, %v", n, err)
	}
	if text := Diagnose(l.Fault()); !strings.Contains(text, "RDY never rises after CS") {
		t.Errorf("diagnosis: %s", text)
	}
}

// testCloseOfTheVM closes while one goroutine reads and another one waits for RDY
// in Write.
func testCloseOfTheVM(t *testing.T) {
	l := vmLink(t)
	read, wrote := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 16))
		read <- err
	}()
	go func() {
		_, err := l.Write([]byte("AT\r\n"))
		wrote <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range []chan error{read, wrote} {
		if err := within(t, c); !errors.Is(err, os.ErrClosed) { // and not a wait for RDY that passed its limit
			t.Errorf("after Close: %v", err)
		}
	}
	vmBoard(t).Close() // the lines are free again
}

// testGone takes the SPI controller away from an open link and gives it back,
// then the GPIO chip, as when a bridge is unplugged.
func testGone(t *testing.T, press func(*testing.T)) {
	const controller = "/sys/bus/platform/drivers/spi_gpio/"
	l := vmLink(t)
	tell(t, controller+"unbind", "spi")
	press(t) // the link finds out by its next transfer
	if _, err := readWithin(t, l); !errors.Is(err, unix.ESHUTDOWN) || !strings.Contains(err.Error(), "has gone") {
		t.Errorf("without the controller, Read gave %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close without the controller: %v", err)
	}
	if _, err := Open(vmConfig); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open without the controller: %v", err)
	}
	tell(t, controller+"bind", "spi")
	l = vmLink(t)
	tell(t, "/sys/bus/amba/drivers/pl061_gpio/unbind", vmChip)
	if _, err := readWithin(t, l); !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "has gone") {
		t.Errorf("without the GPIO chip, Read gave %v", err)
	}
	if _, err := l.Write([]byte("AT\r\n")); !errors.Is(err, unix.ENODEV) {
		t.Errorf("without the GPIO chip, Write gave %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close without the GPIO chip: %v", err)
	}
}

func tell(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

func readWithin(t *testing.T, l *Link) (int, error) {
	t.Helper()
	if err := l.SetReadDeadline(time.Now().Add(vmPatience)); err != nil {
		t.Fatal(err)
	}
	return l.Read(make([]byte, 16))
}
