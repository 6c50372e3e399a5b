package spi

import (
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLineTime: with a module of no latency, an exchange at 20 MHz takes what
// the closed form says: 8 clocks for each byte of header and padded payload.
func TestLineTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		s.speed = 20e6
		l := open(t, s)
		s.onFrame = func(p []byte) {
			if p[0] == 'A' {
				s.send([]byte("\r\nOK\r\n\r\n>"))
			} else if strings.HasSuffix(string(p), "end") {
				s.send([]byte("Recv 6001 bytes\r\n"))
			}
		}
		command, payload := "AT+CIPSEND=0,6001\r\n", strings.Repeat("x", 5998)+"end"
		const sends = 200
		start := time.Now()
		for range sends {
			write(t, l, command)
			expect(t, l, "\r\nOK\r\n\r\n>")
			write(t, l, payload)
			expect(t, l, "Recv 6001 bytes\r\n")
		}
		took := time.Since(start).Seconds()

		// 19, 9, 4088 + 1913 and 17 bytes, each padded to 4 and with a header of 8.
		clocks := 8. * ((8 + 20) + (8 + 12) + (8 + 4088) + (8 + 1916) + (8 + 20))
		if want := sends * clocks / 20e6; math.Abs(took/want-1) > 1e-6 {
			t.Errorf("%d sends took %v s, closed form %v s", sends, took, want)
		}
		line, ok := l.LineTime([]int{len(command), len(payload)}, []int{9, 17})
		if want := clocks / 20e6; !ok || math.Abs(line.Seconds()/want-1) > 1e-6 {
			t.Errorf("LineTime %v, closed form %v s", line, want)
		}
	})
	unknown := Link{}
	if _, ok := unknown.LineTime([]int{1}, nil); ok {
		t.Error("a line time without a clock")
	}
}

// TestSeries: the module's times are told apart from the host's. The module
// wakes in 4 ms and holds RDY for 70 µs.
func TestSeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		s.speed, s.wake, s.high = 20e6, 4*time.Millisecond, 70*time.Microsecond
		l := open(t, s)
		write(t, l, "AT\r\n")                 // 4.8 µs on the wire: RDY stays for 70
		write(t, l, strings.Repeat("x", 992)) // 400 µs
		s.send([]byte("x"))                   // the module calls: no wake latency
		expect(t, l, "x")
		time.Sleep(time.Second)
		got := map[string][]float64{}
		emit := func(series string, _ time.Time, v float64) { got[series] = append(got[series], math.Round(v*1e7)/1e7) }
		l.Drain(emit)
		for series, want := range map[string][]float64{
			"wake_latency":  {4e-3, 4e-3},
			"rdy_high":      {70e-6, 70e-6, 400e-6, 70e-6}, // of the boot frame too
			"host_reaction": {0, 0, 0, 0},
		} {
			if !slices.Equal(got[series], want) {
				t.Errorf("%s: %v, want %v", series, got[series], want)
			}
		}
		clear(got)
		if l.Drain(emit); len(got) != 0 {
			t.Errorf("drained twice: %v", got)
		}
		for range seriesLimit + 10 {
			l.log.add(rdyHigh, time.Now(), 0)
		}
		if l.Drain(emit); len(got["rdy_high"]) != seriesLimit {
			t.Errorf("%d samples kept", len(got["rdy_high"]))
		}
	})
}

// plainBus takes time as a controller does: a fixed cost per transfer, and a
// clock that is not the one that was asked for.
type plainBus struct {
	clock    float64
	overhead time.Duration
}

func (b plainBus) Transfer(tx, _ []byte) error {
	time.Sleep(b.overhead + time.Duration(8*float64(len(tx))/b.clock*1e9))
	return nil
}

func (b plainBus) MaxTransfer() int { return 4096 }

func TestMeasureClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := measureClock(plainBus{19.2e6, 50 * time.Microsecond}, 4096)
		if err != nil || math.Abs(got/19.2e6-1) > 1e-5 {
			t.Errorf("%v Hz, %v", got, err)
		}
	})
	if w := clockWarning(20e6, 19.2e6); w != "" {
		t.Errorf("4 %% off: %s", w)
	}
	if w := clockWarning(20e6, 15.6e6); !strings.Contains(w, "15.6 MHz") {
		t.Errorf("22 %% off: %q", w)
	}
}
