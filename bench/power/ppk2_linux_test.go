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

// In real time, over a real terminal, while data go through every core: no sample is lost, and nobody says that one is.
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
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var next int64
	var events []trace.Event
	var latest time.Duration // of a block after the time of its last sample, by the first one
	var first time.Time
	err = m.Stream(ctx, time.Now(), func(b trace.Block) error {
		if next == 0 {
			first = b.Time.Add(-time.Duration(b.End()) * time.Second / ppk2Rate)
		}
		if b.Index != next {
			t.Errorf("samples from %d to %d are lost", next, b.Index)
		}
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
	if err != nil || len(events) > 0 {
		t.Errorf("%+v, %v", events, err)
	}
	if want := int64(d.Seconds() * ppk2Rate); next < want-ppk2Rate/2 || next > want+ppk2Rate/2 {
		t.Errorf("%d samples in %v", next, d)
	}
	t.Logf("%d samples; the latest was read %v later than the first ones", next, latest)
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
