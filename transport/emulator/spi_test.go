package emulator

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// The traces of boot, of AT and of a CIPSEND command, as they were taken from
// ST's driver and module: MOSI / MISO of each transfer.
func TestSPITraces(t *testing.T) {
	inBubble(t, Config{}, func(w *wires) {
		w.do("AT", "\r\nOK\r\n")
		w.send("AT+CIPSEND=0,2000\r\n")
		for i, want := range []string{
			"AA55000000000000 / AA55090000000000",
			"000000000000000000000000 / 0D0A72656164790D0A000000",
			"AA5504000000000041540D0A / AA55000000000000DDCCBBAA",
			"AA55000000000000 / AA55060000000000",
			"0000000000000000 / 0D0A4F4B0D0A0000",
			"AA5513000000000041542B43495053454E443D302C323030300D0A88 / AA55000000000000DDCCBBAADDCCBBAADDCCBBAADDCCBBAADDCCBBAA",
		} {
			if got := w.trace[i]; !strings.EqualFold(got, want) {
				t.Errorf("transfer %d is %s, want %s", i, got, want)
			}
		}
	})
}

// The firmware takes one command from a frame, of 256 bytes at most; a frame
// that comes while a command is at work waits for its turn.
func TestSPICommandFrames(t *testing.T) {
	inBubble(t, Config{}, func(w *wires) {
		w.do("AT\r\nAT+SYSLOG?", "\r\nbusy p...\r\n\r\nOK\r\n")
		w.do("AT\r\n", "\r\nbusy p...\r\n\r\nOK\r\n") // ST's driver 1.3.0 ends AT+PING so
		w.send("AT")
		w.expect("\r\nERROR\r\n")
		w.do("AT+"+strings.Repeat("x", 300), "\r\nERROR\r\n")
		w.do("AT\r\n"+strings.Repeat("x", 3000), "\r\nbusy p...\r\n\r\nOK\r\n")
		w.send("AT+SYSLOG?\r\n", "AT+SYSSTORE?\r\n")
		w.expect("+SYSLOG:0\r\n\r\nOK\r\n+SYSSTORE:1\r\n\r\nOK\r\n")
		w.quiet(time.Second)
	})
}

// A data phase takes frames of any length; what the last has too much is cut.
func TestSPIDataPhase(t *testing.T) {
	inBubble(t, Config{}, func(w *wires) {
		received := w.connect()
		text := payload(2000)
		w.do("AT+CIPSEND=0,2000", "\r\nOK\r\n\r\n>")
		w.send(text[:1], text[1:700], text[700:703], text[703:]+"too much")
		w.expect("Recv 2000 bytes\r\n\r\nSEND OK\r\n")
		if got := received(2000); got != text {
			t.Errorf("the peer got %q", got)
		}
		w.do("AT", "\r\nOK\r\n")
	})
}

// While the AT task waits for the radio, two frames fit and the third is refused
// with rx_stall; nothing is lost.
func TestSPIBackPressure(t *testing.T) {
	inBubble(t, Config{Build: BuildUART, RadioRate: 16000}, func(w *wires) {
		received := w.connect()
		w.do("AT+CIPSEND=0,1000", "\r\nOK\r\n\r\n>")
		w.send(payload(1000)) // half a second on the air
		w.send("AT+SYSLOG?\r\n", "AT+SYSSTORE?\r\n", "AT+TEMP?\r\n")
		w.expect("Recv 1000 bytes\r\n\r\nSEND OK\r\n+SYSLOG:0\r\n\r\nOK\r\n+SYSSTORE:1\r\n\r\nOK\r\n+TEMP:34.000000\r\n\r\nOK\r\n")
		// Each refusal takes 5 ms and an RDY pulse: about half a second over that.
		if w.stalls < 80 || w.stalls > 100 {
			t.Errorf("%d stalls", w.stalls)
		}
		received(1000)
	})
}

// CHIP_EN low loses everything but flash and the count of the faults.
func TestSPIPowerCycle(t *testing.T) {
	inBubble(t, Config{Faults: []string{"silence@2"}}, func(w *wires) {
		received := w.connect()
		w.do("AT+SYSLOG=1", "\r\nOK\r\n")
		w.do("AT+CIPSEND=0,5", "\r\nOK\r\n\r\n>")
		w.send("hello")
		w.expect("Recv 5 bytes\r\n\r\nSEND OK\r\n")
		received(5)
		w.send("AT+CIPSEND=0,1000\r\n")
		w.enable(false)
		w.enable(true)
		w.expect("\r\nready\r\n+CW:CONNECTING\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n") // the network was in flash
		w.do("AT+SYSLOG?", "+SYSLOG:1\r\n\r\nOK\r\n")                             // and so was this
		w.do("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n")
		w.do("AT+CIPSTATE?", "\r\nOK\r\n")
		w.dial()
		w.do("AT+CIPSEND=0,5", "\r\nOK\r\n\r\n>")
		w.send("hello")
		w.quiet(time.Second)
		if n := w.m.Injected()["silence"]; n != 1 {
			t.Errorf("the fault of the second send was injected %d times", n)
		}
		w.do("AT", "\r\nOK\r\n")
	})
}

// After AT+RST the OK comes out, then nothing is answered until `ready`.
func TestSPIRestart(t *testing.T) {
	inBubble(t, Config{Boot: time.Second}, func(w *wires) {
		w.do("AT+RST", "\r\nOK\r\n")
		at := time.Now()
		w.SetCS(true)
		if w.await(true, 900*time.Millisecond) {
			t.Error("a module that boots answers CS")
		}
		if !w.await(true, patience) || time.Since(at) > time.Second {
			t.Errorf("RDY is up after %v", time.Since(at))
		}
		w.exchange("")
		w.expect("\r\nready\r\n")
	})
}

// AT+PWR=2 lets the link sleep; CS wakes it.
func TestSPIStandby(t *testing.T) {
	inBubble(t, Config{Wake: 3 * time.Millisecond}, func(w *wires) {
		latency := func() time.Duration {
			time.Sleep(time.Second)
			at := time.Now()
			w.SetCS(true)
			w.await(true, patience)
			up := time.Since(at)
			w.exchange("")
			return up
		}
		if d := latency(); d != 0 {
			t.Errorf("awake it takes %v", d)
		}
		w.do("AT+PWR=2", "\r\nOK\r\n")
		if d := latency(); d != 3*time.Millisecond {
			t.Errorf("asleep it takes %v", d)
		}
		w.do("AT+PWR=0", "\r\nOK\r\n")
		if d := latency(); d != 0 {
			t.Errorf("awake again it takes %v", d)
		}
	})
}

func mustQuery(t *testing.T, s string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSPIConfig(t *testing.T) {
	q := mustQuery(t, "link=spi&speed=12.5MHz&ready=0&overhead=20us&wake=0")
	c, err := Parse(q)
	if err != nil || c.Speed != 12_500_000 || c.ReadyHigh != None || c.Overhead != 20*time.Microsecond || c.Wake != None {
		t.Errorf("%+v, %v", c, err)
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if truth := m.Truth(); truth.Build != BuildSPI || m.SPI().Speed() != 12_500_000 {
		t.Errorf("%+v", truth)
	}
	if s := m.String(); !strings.Contains(s, "link=spi") || !strings.Contains(s, "speed=12500000") || strings.Contains(s, "baud") {
		t.Errorf("it calls itself %s", s)
	}
	wires := m.SPI()
	m.Close()
	if err := wires.SetEnable(true); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed module is switched on: %v", err)
	}
	if err := m.SPI().SetEnable(true); err == nil {
		t.Error("a closed module has wires that work")
	}
	if c, err := Parse(mustQuery(t, "speed=0")); err != nil || c.Speed != Unpaced {
		t.Errorf("speed=0: %+v, %v", c, err)
	}
	for _, speed := range []string{"1e300MHz", "NaN", "-1", "200MHz", "1Hz"} {
		if c, err := Parse(mustQuery(t, "speed="+speed)); err == nil {
			t.Errorf("speed=%s gives %d", speed, c.Speed)
		}
	}
}

// A host of the pin level that does not know what it does gets nowhere, and the
// next one finds a module that works.
func TestSPIHostileHost(t *testing.T) {
	records := []string{
		"E\x01", "E\x00", "C\x01", "C\x00", "X\x08\x00\xaa\x55\x00\x00\x00\x00\x00\x00", "X\x01\x00\xaa",
		"X\x0c\x00\xaa\x55\x04\x00\x00\x00\x00\x00AT\r\n", "X\x10\x00\xaa\x55\x08\x00\x00\x00\x00\x00AT+RST\r\n",
		"X\x10\x00\xaa\x55\x08\x00\x00\x00\x00\x00AT+GMR\r\n", "X\x0c\x00\xaa\x55\xff\xff\x00\x05\x00\x00\x00\x00\x00\x00",
	}
	random := rand.New(rand.NewPCG(67, 3))
	inBubble(t, Config{Boot: 100 * time.Microsecond}, func(w *wires) {
		for range 300 {
			host, module := net.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- w.ServeConn(w.t.Context(), module) }()
			go io.Copy(io.Discard, host)
			for range random.IntN(100) {
				io.WriteString(host, records[random.IntN(len(records))])
				time.Sleep(time.Duration(random.IntN(200)) * time.Microsecond)
			}
			host.Close()
			<-ended
		}
		w.enable(true)
		w.expect("\r\nready\r\n")
		w.do("AT", "\r\nOK\r\n")
	})
}
