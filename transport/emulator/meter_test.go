package emulator

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/meter"
)

// ppk2Amps is the documented formula with the default coefficients, and the step of its converter, in A.
func ppk2Amps(frame uint32) (amps, step float64) {
	r := [...]float64{1031.64, 101.65, 10.15, 0.94, 0.043}[frame>>14&7]
	of := func(adc float64) float64 {
		x := adc * 4 * (1.8 / 163840) / r
		return x * (x + 1)
	}
	adc := float64(frame & 0x3fff)
	return of(adc), of(adc+1) - of(adc)
}

// tally decodes frames of the PPK2 as they come.
type tally struct {
	frames, low int // low: CHIP_EN was low
	charge      float64
	bound       float64 // of what rounding makes of the charge
	lost        int
	last        uint32
}

func (y *tally) add(b []byte) {
	for ; len(b) >= 4; b = b[4:] {
		w := binary.LittleEndian.Uint32(b)
		amps, step := ppk2Amps(w)
		y.charge += amps / 100_000
		y.bound += step / 2 / 100_000
		if w>>24 == 0 {
			y.low++
		}
		if y.frames > 0 {
			y.lost += int(w>>18-y.last>>18-1) & 63
		}
		y.last = w
		y.frames++
	}
}

// measure reads n frames after a start, and gives the instant of the start.
func (y *tally) measure(t *testing.T, host io.ReadWriter, n int) (begin time.Time) {
	t.Helper()
	begin = time.Now()
	if _, err := host.Write([]byte{0x06}); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4*1000)
	for ; n > 0; n -= 1000 {
		if _, err := io.ReadFull(host, b); err != nil {
			t.Fatalf("after %d frames: %v", y.frames, err)
		}
		y.add(b)
	}
	_, _ = host.Write([]byte{0x07})
	return begin
}

// The sum of what is on the wire is the module's charge, within what rounding does; with a noise that blurs the steps it
// is within 0.05 %. CHIP_EN is seen on channel 0.
func TestMeterKnowsTheCharge(t *testing.T) {
	unraced(t)
	for _, noise := range []float64{0, 1} {
		dialog(t, Config{Air: around(sleeper)}, func(r *rig) {
			m, err := r.m.Meter(meter.Config{Kind: "ppk2", Faults: []string{"missing"}, Model: meter.Model{Noise: noise}})
			if err != nil {
				t.Fatal(err)
			}
			host, device := net.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- m.Serve(context.Background(), device) }()
			r.asleep()
			var y tally
			begin := y.measure(t, host, 6_000_000)
			want, err := r.m.Charge(begin, begin.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if off := math.Abs(y.charge - want); y.lost != 0 || y.low != 0 || noise == 0 && off > y.bound || noise > 0 && off > 5e-4*want {
				t.Errorf("noise %v: %v C, want %v within %v; %d lost, %d low", noise, y.charge, want, y.bound, y.lost, y.low)
			}
			host.Close()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// Without supply, and before a host has switched the module on, CHIP_EN is low.
func TestMeterSeesChipEnable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Link: LinkMemory})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		start := time.Now()
		time.Sleep(time.Second)
		conn, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		time.Sleep(time.Second)
		m.Supply(false)
		time.Sleep(time.Second)
		m.Supply(true)
		time.Sleep(time.Second)
		levels := make([]byte, 50)
		if err := m.Digital(levels, start.Add(-time.Second), 10); err != nil {
			t.Fatal(err)
		}
		for i, level := range levels {
			want := byte(0)
			if i >= 20 && i < 30 || i >= 40 {
				want = 1
			}
			if level != want {
				t.Errorf("%v s after the start it is %d", float64(i-10)/10, level)
			}
		}
		if m.Digital(levels, start, 0.1) == nil {
			t.Error("a rate below 1 is taken")
		}
	})
}

// A batch of 20 ms takes no allocation, whatever the module does.
func TestMeterBatchDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector lets pools forget")
	}
	r := open(t, unlimited(BuildUART))
	defer r.close()
	r.asleep()
	amps, levels := make([]float32, 2000), make([]byte, 2000)
	from := time.Now()
	if n := testing.AllocsPerRun(100, func() {
		if err := r.m.Current(amps, from, 100_000); err != nil {
			t.Fatal(err)
		}
		if err := r.m.Digital(levels, from, 100_000); err != nil {
			t.Fatal(err)
		}
	}); n > 0.5 {
		t.Errorf("%v allocations", n)
	}
}

// A TCP client is served, another one at the same time is not, and a later one is.
func TestMeterOverTCP(t *testing.T) {
	r := open(t, Config{Boot: None})
	defer r.close()
	m, err := r.m.Meter(meter.Config{Kind: "psu-poll"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ServeMeter(ctx, l, m) }()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		return c
	}
	ask := func(c net.Conn) error {
		if _, err := io.WriteString(c, "MEAS:CURR?\n"); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, len("0.057\n")))
		return err
	}
	first := dial()
	if err := ask(first); err != nil {
		t.Error(err)
	}
	second := dial()
	if err := ask(second); err == nil {
		t.Error("a second client is served")
	}
	second.Close()
	first.Close()
	for begin := time.Now(); ; {
		c := dial()
		err := ask(c)
		c.Close()
		if err == nil {
			break
		}
		if time.Since(begin) > patience {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
