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

// An answer is found whatever stands around it, in whatever pieces it comes, and no later than it has to be.
func TestShieldAnswers(t *testing.T) {
	for _, c := range []struct {
		sent, want, err string
		wait            time.Duration
	}{
		{"\r\nPowerShield > ack freq 100k\r\n\r\n", "100k", "", 0},
		{"ack freq 100000\r\n\r\n", "100000", "", 0},
		{"\r\nack freq 100k\r\n", "100k", "", shieldQuiet}, // the line that ends an answer does not come
		{"calibration request handled\r\n\r\nPowerShield > ack freq 100k\r\n\r\n", "100k", "", 0},
		{"PowerShield > PowerShield > ack freq 100k\n\n", "100k", "", 0},
		{"\r\nPowerShield > error: parameter not allowed\r\n\r\n", "", `"freq 100k" was refused: "PowerShield > error: parameter not allowed"`, 0},
		{"err freq\r\n", "", `"freq 100k" was refused: "err freq"`, 0},
		{"ack volt 3300m\r\n\r\n", "", `no answer to "freq 100k" within 2s; 18 bytes seen: "ack volt 3300m\r\n\r\n"`, shieldAnswer},
		{"ack fre", "", `7 bytes seen: "ack fre"`, shieldAnswer},
	} {
		for piece := 1; piece <= len(c.sent); piece++ {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				d := shieldDialog{line: near, in: newReader(near)}
				go func() {
					io.ReadFull(far, make([]byte, len("freq 100k\r\n")))
					for p := []byte(c.sent); len(p) > 0; p = p[min(piece, len(p)):] {
						far.Write(p[:min(piece, len(p))])
					}
				}()
				begin := time.Now()
				got, err := d.ask(t.Context(), "freq 100k")
				switch {
				case c.err == "" && (err != nil || got != c.want), c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
					t.Errorf("%q in pieces of %d: %q, %v", c.sent, piece, got, err)
				case time.Since(begin) != c.wait:
					t.Errorf("%q in pieces of %d took %v, not %v", c.sent, piece, time.Since(begin), c.wait)
				}
				near.Close()
				far.Close()
				d.in.close()
			})
		}
	}
}

// The answer that is found in the first bytes stays the answer, whatever comes after them.
func FuzzShieldAnswer(f *testing.F) {
	f.Add([]byte("\r\nPowerShield > ack freq 100k\r\n\r\nPowerShield > "))
	f.Add([]byte("calibration\r\nerror: no\r\n\r\nack freq 1\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		answer := ""
		for n := range len(in) + 1 {
			line, _ := answered(string(in[:n]), "ack freq")
			if answer != "" && line != answer {
				t.Fatalf("%q was the answer, then %q", answer, line)
			}
			if answer = line; line != "" && !isRefusal(line) && !strings.Contains(line, "ack freq") {
				t.Fatalf("%q is no answer", line)
			}
		}
	})
}

// The first command of a session may get no answer at all.
func TestShieldFirstCommandUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := 0
		var sent []string
		line := answering(t, func(line string) string {
			line = strings.TrimSpace(line)
			sent = append(sent, line)
			switch {
			case line == "stop":
				return ""
			case line == "htc" && heard == 0:
				heard++
				return ""
			case line == "volt get":
				return "\r\nPowerShield > 0000-00 calibration request handled\r\nPowerShield > ack volt get 3292-03\r\n\r\n"
			case line == "temp degc":
				return "\r\nPowerShield > ack temp degc 28.5\r\n\r\n"
			}
			return "\r\nPowerShield > ack " + line + "\r\n\r\n"
		})
		profile := lpm01a
		profile.warmup = 0
		m, err := newShield(t.Context(), line, Settings{}, profile)
		if err != nil {
			t.Fatal(err)
		}
		h := m.Header()
		if math.Abs(h.Volts-3.292) > 1e-9 || h.VoltsFrom != "measured" || h.Calibration["temperature_c"] != "28.5" {
			t.Errorf("header %+v", h)
		}
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		line.Close()
		// Control first, then what is measured and how it is sent; the voltage last, since it calibrates. Control is given back.
		want := []string{
			"stop", "htc", "htc", "powershield", "version", "temp degc", "acqmode dyn", "funcmode optim", "pwrend on", "output current",
			"format bin_hexa", "freq 100k", "acqtime inf", "trigsrc sw", "volt 3300m", "pwr on", "volt get", "pwr off", "pwrend off", "hrc",
		}
		if !slices.Equal(sent, want) {
			t.Errorf("sent %q,\nwant %q", sent, want)
		}
	})
}

// A set-up that fails leaves no supply on.
func TestShieldAbandons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		line := answering(t, func(line string) string {
			line = strings.TrimSpace(line)
			sent = append(sent, line)
			if line == "volt get" {
				return "ack volt get 0012-03\r\n\r\n"
			}
			return "ack " + line + "\r\n\r\n"
		})
		if _, err := newShield(t.Context(), line, Settings{}, lpm01a); err == nil || !strings.Contains(err.Error(), "the output is at 0.012 V") {
			t.Errorf("%v", err)
		}
		line.Close()
		if last := sent[len(sent)-1]; last != "pwr off" {
			t.Errorf("sent %q in the end", last)
		}
	})
}

// deaf takes away the commands that come while samples do, or has them refused.
type deaf struct {
	lineCloser
	mu      sync.Mutex
	streams bool
	lost    int
}

func (d *deaf) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case bytes.HasPrefix(p, []byte("start")):
		d.streams = true
	case bytes.HasPrefix(p, []byte("stop")):
		d.streams = false
	case d.streams:
		d.lost++
		return len(p), nil
	}
	return d.lineCloser.Write(p)
}

// A firmware that hears no command while it measures is stopped for it, and what is missing then is a gap of that length.
func TestShieldSupplyAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := connect(t, meter.Config{Kind: "v3pwr"}, constantly(1e-3))
		defer b.disconnect()
		d := &deaf{lineCloser: b.line}
		b.line = d
		if err := b.open("v3pwr", Settings{}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- b.stream(10 * time.Second) }()
		time.Sleep(3 * time.Second)
		if err := b.Supply(context.Background(), false); err != nil || b.source.on {
			t.Errorf("%v, on: %v", err, b.source.on)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		gaps := lengths(b)
		if len(gaps) != 1 || gaps[0] < 5000 || gaps[0] > 40_000 || math.Abs(float64(b.all.Meta.Samples)-1_000_000) > 2500 || d.lost != 1 {
			t.Errorf("gaps %v, %d samples in 10 s", b.all.Meta.Gaps, b.all.Meta.Samples)
		}
		for _, e := range b.of(trace.Stamp) {
			if math.Abs(e.Value-float64(e.Index)/shieldRate) > 0.002 {
				t.Errorf("stamp %+v", e)
			}
		}
		if all := amps(b.all); all[0] == 0 || all[len(all)-1] != 0 {
			t.Errorf("%v A before, %v after", all[0], all[len(all)-1])
		}
		b.Close(context.Background())
	})
}

// The end of a stream ends the wait for an answer in it.
func TestShieldSupplyAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := connect(t, meter.Config{Kind: "v3pwr"}, constantly(1e-3))
		defer b.disconnect()
		b.line = &deaf{lineCloser: b.line}
		if err := b.open("v3pwr", Settings{}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- b.stream(time.Second) }()
		time.Sleep(500 * time.Millisecond)
		if err := b.Supply(context.Background(), false); !errors.Is(err, errStreamEnded) {
			t.Errorf("%v", err)
		}
		<-done
		if err := b.Supply(context.Background(), false); err != nil || b.source.on {
			t.Errorf("afterwards: %v, on: %v", err, b.source.on)
		}
		b.Close(context.Background())
	})
}
