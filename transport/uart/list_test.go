//go:build linux

package uart

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// machine builds a folder laid out as the kernel lays out sysfs and udev /dev,
// for an FT232R, an ACM device, an on-board port, an absent 8250 port and a console.
func machine(t *testing.T) (class, dev string) {
	t.Helper()
	root := t.TempDir()
	class, dev = filepath.Join(root, "sys/class/tty"), filepath.Join(root, "dev")
	write := func(path, content string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(path, target string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(root, target), path); err != nil {
			t.Fatal(err)
		}
	}
	write("sys/devices/usb1/1-1/idVendor", "0403\n")
	write("sys/devices/usb1/1-1/idProduct", "6001\n")
	write("sys/devices/usb1/1-1/serial", "A50285BI\n")
	write("sys/devices/usb1/1-1/product", "FT232R USB UART\n")
	write("sys/devices/usb1/1-1/1-1:1.0/ttyUSB0/latency_timer", "16\n")
	link("sys/devices/usb1/1-1/1-1:1.0/ttyUSB0/driver", "sys/bus/usb-serial/drivers/ftdi_sio")
	link("sys/class/tty/ttyUSB0/device", "sys/devices/usb1/1-1/1-1:1.0/ttyUSB0")
	write("dev/ttyUSB0", "")
	link("dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0", "dev/ttyUSB0")

	write("sys/devices/usb1/1-2/idVendor", "0483\n")
	write("sys/devices/usb1/1-2/idProduct", "374e\n")
	link("sys/devices/usb1/1-2/1-2:1.2/driver", "sys/bus/usb/drivers/cdc_acm")
	link("sys/class/tty/ttyACM0/device", "sys/devices/usb1/1-2/1-2:1.2")

	write("sys/devices/platform/fe201000.serial/uevent", "")
	link("sys/class/tty/ttyAMA0/device", "sys/devices/platform/fe201000.serial")
	write("sys/class/tty/ttyAMA0/type", "3\n")
	write("sys/devices/platform/serial8250/uevent", "")
	link("sys/class/tty/ttyS1/device", "sys/devices/platform/serial8250")
	write("sys/class/tty/ttyS1/type", "0\n")
	write("sys/class/tty/tty1/uevent", "")
	return class, dev
}

func TestListSysfs(t *testing.T) {
	class, dev := machine(t)
	got, err := listSysfs(class, dev)
	if err != nil {
		t.Fatal(err)
	}
	want := []Info{
		{Device: dev + "/ttyACM0", VID: "0483", PID: "374E", Driver: "cdc_acm"},
		{Device: dev + "/ttyAMA0"},
		{Device: dev + "/ttyUSB0", ByID: dev + "/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0", VID: "0403", PID: "6001",
			Serial: "A50285BI", Product: "FT232R USB UART", Driver: "ftdi_sio", LatencyTimer: 16},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, err := listSysfs(filepath.Join(class, "missing"), dev); err == nil {
		t.Error("a missing folder gives no error")
	}
}

func TestListThisMachine(t *testing.T) {
	infos, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range infos {
		t.Logf("%+v", i)
		if st, err := os.Stat(i.Device); err != nil || st.Mode()&os.ModeCharDevice == 0 {
			t.Errorf("%s is no device: %v", i.Device, err)
		}
	}
}

// The latency timer is a file that root or a udev rule may write.
func TestLatencyTimerIsLoweredAndRestored(t *testing.T) {
	file := filepath.Join(t.TempDir(), "latency_timer")
	if err := os.WriteFile(file, []byte("16\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	master, _ := openPTY(t)
	onFile(t, master, func(fd int) error {
		l := lowerLatency(fd, file)
		m := map[string]string{}
		l.conditions(fd, m)
		if m["latency_timer"] != "1" {
			t.Errorf("conditions are %v, want a latency timer of 1 ms", m)
		}
		l.restore(fd)
		if got := readLine(file); got != "16" {
			t.Errorf("after restore the latency timer is %q, want 16", got)
		}
		return nil
	})
}

// The kernel's counters wrap at 32 bits.
func TestCountersSinceOpen(t *testing.T) {
	was := icounter{Overrun: 1<<32 - 2, Frame: 7}
	m := map[string]uint64{}
	was.since(icounter{Overrun: 3, Frame: 9, BufferOverrun: 1}, m)
	want := map[string]uint64{"overrun": 5, "framing": 2, "parity": 0, "break": 0, "buffer_overrun": 1}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got %v, want %v", m, want)
	}
}
