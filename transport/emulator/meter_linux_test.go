package emulator

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"st67bench/transport/emulator/meter"
)

// onPTY serves a meter of r on a PTY until the test ends, and is the link to it and the paths that it had.
func (r *rig) onPTY(t *testing.T, c meter.Config) (link string, paths chan string) {
	t.Helper()
	m, err := r.m.Meter(c)
	if err != nil {
		t.Fatal(err)
	}
	link, paths = filepath.Join(t.TempDir(), "meter"), make(chan string, 8)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ServeMeterPTY(ctx, link, m, func(path string) { paths <- path }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(link); err == nil {
			t.Error("the link is left behind")
		}
	})
	return link, paths
}

// openMeter opens the slave of a meter with a deadline.
func openMeter(t *testing.T, path string) *os.File {
	t.Helper()
	f := openSlave(t, path)
	_ = f.SetDeadline(time.Now().Add(patience))
	return f
}

// In real time a host that reads loses nothing at 100 kS/s, and the charge is the module's.
func TestMeterOnPTY(t *testing.T) {
	r := open(t, Config{Boot: None})
	defer r.close()
	link, paths := r.onPTY(t, meter.Config{Kind: "ppk2", Faults: []string{"missing"}, Model: meter.Model{FIFO: 5 * time.Second}})
	<-paths
	host := openMeter(t, link)
	_, _ = host.Write([]byte{0x0C, 0x01})
	var y tally
	begin := y.measure(t, host, 100_000)
	took := time.Since(begin)
	want, err := r.m.Charge(begin, begin.Add(time.Second))
	// The module idles: when the meter begins makes no difference.
	if err != nil || y.lost != 0 || y.charge-want > y.bound || want-y.charge > y.bound || took < time.Second {
		t.Errorf("%v C in %v, want %v within %v (%v); %d lost", y.charge, took, want, y.bound, err, y.lost)
	}
	host.Close()
	for begin := time.Now(); r.m.Supplied(); time.Sleep(time.Millisecond) { // a closed port takes the output away
		if time.Since(begin) > patience {
			t.Fatal("the output stays on")
		}
	}
	host = openMeter(t, link)
	_, _ = host.Write([]byte{0x0C, 0x01})
	y = tally{}
	y.measure(t, host, 1000)
	if y.lost != 0 || !r.m.Supplied() {
		t.Errorf("the second host: %+v", y)
	}
	host.Close()
}

// An unplugged meter ends the host's line, and comes back on another terminal.
func TestMeterUnplugged(t *testing.T) {
	r := open(t, Config{Boot: None})
	defer r.close()
	link, paths := r.onPTY(t, meter.Config{Kind: "ppk2", Faults: []string{"unplug@5000"}})
	<-paths
	host := openMeter(t, link)
	_, _ = host.Write([]byte{0x06})
	n, err := io.Copy(io.Discard, host)
	if n > 4*4999 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes, %v", n, err)
	}
	host.Close()
	<-paths
	host = openMeter(t, link)
	defer host.Close()
	var y tally
	y.measure(t, host, 2000)
	if y.lost != 0 {
		t.Errorf("after it was plugged in again: %+v", y)
	}
}
