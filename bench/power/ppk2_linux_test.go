package power

import (
	"context"
	"flag"
	"hash/crc32"
	"io"
	"math"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"st67bench/results/trace"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/meter"
	"st67bench/transport/uart"
)

var soak = flag.Duration("soak", 20*time.Second, "for how long TestPPK2RealTime measures")

// onPTY puts an emulated PPK2 on a pseudo-terminal, and opens that as any serial port.
func onPTY(t *testing.T, c meter.Config, amps func(time.Duration) float64) *uart.Port {
	t.Helper()
	c.Kind, c.Source = "ppk2", &current{amps: amps, begin: time.Now()}
	m, err := meter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	master, path, err := emulator.OpenPTY(115200)
	if err != nil {
		t.Fatal(err)
	}
	line, err := uart.Open(uart.Config{Device: path, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Serve(context.Background(), master)
	}()
	t.Cleanup(func() {
		line.Close()
		<-ended
	})
	return line
}

// throughput keeps every core as busy as a run does: data through sockets, and checksums of them.
func throughput(t *testing.T) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range runtime.NumCPU() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer l.Close()
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			io.Copy(crc32.NewIEEE(), c)
		})
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer c.Close()
			p := count(64 << 10)
			for {
				select {
				case <-stop:
					return
				default:
				}
				crc32.ChecksumIEEE(p)
				if _, err := c.Write(p); err != nil {
					return
				}
			}
		})
	}
	t.Cleanup(func() {
		close(stop)
		all.Wait()
	})
}

// cores is how many cores this process has had since it began.
func cores(t *testing.T, since time.Time, before unix.Rusage) float64 {
	var now unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &now); err != nil {
		t.Fatal(err)
	}
	used := now.Utime.Nano() + now.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	return float64(used) / float64(time.Since(since))
}

// In real time, over a real terminal, while data go through every core: no sample is lost, and nobody says that one is. The
// load takes all of the cores that it can get. Where other processes took more than half of them, the instrument was held
// up as no real one is: a loss then says nothing, and neither does the test.
func TestPPK2RealTime(t *testing.T) {
	d := *soak
	if testing.Short() {
		d = min(d, 2*time.Second)
	}
	// The instrument shares the cores with the load, and is late as no real one is: its own buffer has to bear that.
	line := onPTY(t, meter.Config{Model: meter.Model{FIFO: 3 * time.Second}}, level(2e-3))
	m, err := NewPPK2(t.Context(), line, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	throughput(t)
	begin := time.Now()
	var before unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &before); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var next, missing int64
	var events []trace.Event
	var latest time.Duration // of a block after the time of its last sample, by the first one
	var first time.Time
	err = m.Stream(ctx, time.Now(), func(b trace.Block) error {
		if next == 0 {
			first = b.Time.Add(-time.Duration(b.End()) * time.Second / ppk2Rate)
		}
		missing += b.Index - next
		next = b.End()
		for _, a := range b.Amps {
			if math.Abs(float64(a)-2e-3) > 5e-6 { // a step is 4.3 uA
				t.Fatalf("%g A", a)
			}
		}
		events = append(events, b.Events...)
		latest = max(latest, b.Time.Sub(first)-time.Duration(next)*time.Second/ppk2Rate)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	had := cores(t, begin, before)
	t.Logf("%d samples; the latest was read %v later than the first ones; this process had %.2f of %d cores", next, latest, had, runtime.NumCPU())
	if missing > 0 || len(events) > 0 {
		if had < float64(runtime.NumCPU())/2 {
			t.Skip("other processes took the cores")
		}
		t.Errorf("%d samples are lost; events %+v", missing, events)
	}
	if want := int64(d.Seconds() * ppk2Rate); next < want-ppk2Rate/2 || next > want+ppk2Rate/2 {
		t.Errorf("%d samples in %v", next, d)
	}
}

// The terminal goes away in mid-stream.
func TestPPK2UnpluggedTerminal(t *testing.T) {
	line := onPTY(t, meter.Config{Faults: []string{"unplug@20001"}}, level(2e-3))
	m, err := NewPPK2(t.Context(), line, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := stream(t, m, 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "unplugged") {
		t.Errorf("%v", err)
	}
	if n := len(got.samples); n < 15_000 || n > 20_000 || len(got.events) > 0 {
		t.Errorf("%d samples of 20000, %+v", n, got.events)
	}
}
