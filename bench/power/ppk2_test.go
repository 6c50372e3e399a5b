package power

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results/trace"
	"st67bench/transport/emulator/meter"
)

// current is a source for an emulated instrument: what a function says, while the supply is on.
type current struct {
	amps func(since time.Duration) float64 // since begin

	mu       sync.Mutex
	begin    time.Time
	on       bool
	switched []bool
}

func (c *current) Current(dst []float32, from time.Time, rate float64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range dst {
		dst[i] = 0
		if c.on { // by the middle of the sample
			dst[i] = float32(c.amps(from.Sub(c.begin) + time.Duration((float64(i)+0.5)/rate*1e9)))
		}
	}
	return nil
}

func (c *current) Supply(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on, c.switched = on, append(c.switched, on)
}

func (c *current) Supplied() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.on
}

func level(amps float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return amps }
}

// instrument connects to an emulated instrument in memory; to be used in a bubble.
func instrument(t *testing.T, c meter.Config, amps func(time.Duration) float64) (net.Conn, *current) {
	t.Helper()
	source := &current{amps: amps, begin: time.Now()}
	c.Kind, c.Source = "ppk2", source
	m, err := meter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Serve(context.Background(), far)
	}()
	t.Cleanup(func() {
		near.Close()
		<-ended
	})
	return near, source
}

// stream measures for d and says what came.
func stream(t *testing.T, m Meter, d time.Duration) (decoded, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var got decoded
	err := m.Stream(ctx, time.Now(), got.add)
	if got.err != nil {
		t.Error(got.err)
	}
	return got, err
}

// run opens an emulated PPK2 and measures for d.
func run(t *testing.T, c meter.Config, amps func(time.Duration) float64, d time.Duration) (got decoded, header trace.Header, err error) {
	synctest.Test(t, func(t *testing.T) {
		line, _ := instrument(t, c, amps)
		m, e := NewPPK2(t.Context(), line, Settings{})
		if e != nil {
			t.Fatal(e)
		}
		header = m.Header()
		got, err = stream(t, m, d)
	})
	return got, header, err
}

func mean(samples []sample) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s.plain)
	}
	return sum / float64(len(samples))
}

// The mean of every range, with noise of a step so that its steps average out; 0.0426 to 1000 uA.
func TestPPK2MeansOfTheRanges(t *testing.T) {
	unraced(t)
	for _, amps := range []float64{20e-6, 200e-6, 2e-3, 30e-3, 0.377} {
		got, _, err := run(t, meter.Config{Model: meter.Model{Noise: 1, Seed: 67}}, level(amps), 3*time.Second)
		if err != nil || len(got.events) > 0 {
			t.Errorf("%g A: %+v, %v", amps, got.events, err)
		}
		if n := len(got.samples); n < 299_000 || n > 300_500 {
			t.Errorf("%g A: %d samples in 3 s", amps, n)
		}
		if is := mean(got.samples); math.Abs(is/amps-1) > 0.0005 {
			t.Errorf("%g A is measured as %g", amps, is)
		}
	}
}

// wakes is a floor of 90 uA, and each 102.4 ms 38 mA for 2 ms.
func wakes(since time.Duration) float64 {
	if since%(102_400*time.Microsecond) < 2*time.Millisecond {
		return 38e-3
	}
	return 90e-6
}

// 90 uA + 2/102.4 * (38 mA - 90 uA) = 830.43 uA, over whole periods.
func TestPPK2MeanOfWakes(t *testing.T) {
	unraced(t)
	got, _, err := run(t, meter.Config{Model: meter.Model{Noise: 1, Seed: 67}}, wakes, 10*time.Second)
	if err != nil || len(got.events) > 0 {
		t.Fatalf("%+v, %v", got.events, err)
	}
	whole := got.samples[:90*10_240]
	if is, want := mean(whole), 90e-6+2/102.4*(38e-3-90e-6); math.Abs(is/want-1) > 0.0005 {
		t.Errorf("mean %g A, want %g", is, want)
	}
	// The filter replaces three samples at each edge: after a rise it is 0.18, 0.33 and 0.45 of the step (1-0.82^n), so that
	// 2.05 samples of the step are missing, and after a fall 0.82, 0.67 and 0.55 of it are too much, 2.05 samples: it moves
	// charge by three samples and keeps it.
	filtered := 0.0
	replaced := 0
	for _, s := range whole {
		filtered += float64(s.amps)
		if s.amps != s.plain {
			replaced++
		}
	}
	if want := 2 * 3 * 90; replaced > want || replaced < want-6 {
		t.Errorf("%d samples are replaced, want %d", replaced, want)
	}
	if is := filtered / float64(len(whole)); math.Abs(is/mean(whole)-1) > 0.0005 {
		t.Errorf("the filter makes %g A of %g", is, mean(whole))
	}
}

func TestPPK2Header(t *testing.T) {
	_, h, _ := run(t, meter.Config{}, level(1e-3), time.Second)
	if h.Instrument != "ppk2" || h.Kind != trace.Point || h.Rate != 100_000 || h.Volts != 3.3 || h.VoltsFrom != "set" || h.MaxAmps != 1 ||
		h.MinAmps != 0.2e-6 || h.Identity["HW"] != "9173" || h.Calibration["R4"] != "0.0564" || len(h.Digital) != 8 || !h.Start.IsZero() {
		t.Errorf("%+v", h)
	}
}

// Digital channels are those of the same sample as the current.
func TestPPK2DigitalChannels(t *testing.T) {
	high := func(dst []byte, from time.Time, rate float64) error {
		for i := range dst {
			dst[i] = 0
			if at := from.Add(time.Duration((float64(i) + 0.5) / rate * 1e9)); at.Nanosecond()%100_000_000 < 50_000_000 {
				dst[i] = 0x81
			}
		}
		return nil
	}
	var begin time.Time
	synctest.Test(t, func(t *testing.T) {
		begin = time.Now()
		line, _ := instrument(t, meter.Config{Digital: high}, func(since time.Duration) float64 {
			if begin.Add(since).Nanosecond()%100_000_000 < 50_000_000 {
				return 30e-3
			}
			return 1e-3
		})
		m, err := NewPPK2(t.Context(), line, Settings{Digital: []string{"chip_en"}})
		if err != nil {
			t.Fatal(err)
		}
		if d := m.Header().Digital; len(d) != 8 || d[0] != "chip_en" || d[7] != "" {
			t.Errorf("channels %q", d)
		}
		got, err := stream(t, m, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got.samples {
			if (s.plain > 10e-3) != (s.digital == 0x81) || s.digital != 0 && s.digital != 0x81 {
				t.Fatalf("%+v", s)
			}
		}
	})
}

// heard is a line whose far end notes what it is told, and answers command 0x19.
func heard(t *testing.T, answer string) (net.Conn, func() []byte) {
	near, far := net.Pipe()
	var mu sync.Mutex
	var all []byte
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p := make([]byte, 100)
		for {
			n, err := far.Read(p)
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, p[:n]...)
			mu.Unlock()
			if bytes.Contains(p[:n], []byte{0x19}) {
				io.WriteString(far, answer)
			}
		}
	}()
	t.Cleanup(func() {
		near.Close()
		<-ended
	})
	return near, func() []byte {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// The bytes on the wire, as documented.
func TestPPK2Commands(t *testing.T) {
	for name, c := range map[string]struct {
		set  Settings
		want string
	}{
		"source meter":     {Settings{}, "\x07\x19\x11\x02\x0d\x0c\xe4\x0c\x01" + "\x0c\x00" + "\x0c\x01" + "\x0c\x00"},
		"stays on":         {Settings{Final: "on", Volts: 5}, "\x07\x19\x11\x02\x0d\x13\x88\x0c\x01" + "\x0c\x00" + "\x0c\x01" + "\x0c\x01"},
		"ampere meter":     {Settings{Measure: true, Volts: 3}, "\x07\x19\x11\x01\x0d\x0b\xb8\x0c\x01"},
		"the least it has": {Settings{Volts: 0.8}, "\x07\x19\x11\x02\x0d\x03\x20\x0c\x01" + "\x0c\x00" + "\x0c\x01" + "\x0c\x00"},
	} {
		synctest.Test(t, func(t *testing.T) {
			line, said := heard(t, ppk2Real)
			m, err := NewPPK2(t.Context(), line, c.set)
			if err != nil {
				t.Fatal(err)
			}
			for _, on := range []bool{false, true} {
				if err := m.Supply(t.Context(), on); c.set.Measure != errors.Is(err, ErrNoSupply) || !c.set.Measure && err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := m.Close(t.Context()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if got := string(said()); got != c.want {
				t.Errorf("%s: % x, want % x", name, got, c.want)
			}
		})
	}
}

func TestPPK2Refuses(t *testing.T) {
	for want, set := range map[string]Settings{
		"0.8 to 5 V":       {Volts: 5.5},
		"digital channels": {Digital: make([]string, 9)},
		"trigger":          {Trigger: true},
		"100000 samples/s": {Rate: 1000},
	} {
		if _, err := NewPPK2(t.Context(), nil, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", set, err, want)
		}
	}
}

func TestPPK2WrongPort(t *testing.T) {
	for _, answer := range []string{"", "uart:~$ ", strings.Repeat("x", 20<<10)} {
		synctest.Test(t, func(t *testing.T) {
			line, _ := heard(t, answer)
			_, err := NewPPK2(t.Context(), line, Settings{})
			if err == nil || !strings.Contains(err.Error(), "shell") || !strings.Contains(err.Error(), "bytes seen") {
				t.Errorf("%.20q: %v", answer, err)
			}
		})
	}
}

func TestPPK2OpenObeysCtx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, _ := heard(t, "Calibrated: 0\n")
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		begin := time.Now()
		if _, err := NewPPK2(ctx, line, Settings{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 600*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}
