package inet_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/inet"
)

// What the host sends reaches the peer when a block is full or the host has been
// silent for 20 ms; what the peer sends reaches the host as it is.
func TestPassthroughEcho(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.quiet(time.Second)
		start := time.Now()
		m.do("AT+CIPSEND", okay+prompt)
		same(t, "the prompt", time.Since(start), (12+6+3)*byteTime+latency)
		start = time.Now()
		m.write("+IPD:AT\r\n")
		got, at := receive(t, peer, 9)
		there := 9*byteTime + 20*time.Millisecond + 9*airByte + air
		same(t, "arrival", at.Sub(start), there)
		peer.Write([]byte(got))
		m.expect("+IPD:AT\r\n")
		same(t, "the echo", time.Since(start), there+9*airByte+air+9*byteTime)

		start = time.Now()
		data := payload(2 * 2920)
		m.write(data)
		if got, at = receive(t, peer, len(data)); got != data {
			t.Error("the peer received other bytes than were sent")
		}
		same(t, "two full blocks", at.Sub(start), 5840*byteTime+2920*airByte+air)
	})
}

// +++ ends the mode when there is silence of more than 20 ms on both sides of it
// and less between its characters; else it is data.
func TestEscapeRule(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		what   string
		pieces []any
		ends   bool
		data   string
	}{
		{"alone", []any{"+++"}, true, ""},
		{"21 ms after data", []any{"data", 21 * ms, "+++"}, true, "data"},
		{"19 ms after data", []any{"data", 19 * ms, "+++"}, false, "data+++"},
		{"19 ms between the characters", []any{"+", 19 * ms, "+", 19 * ms, "+"}, true, ""},
		{"21 ms between the characters", []any{"+", 21 * ms, "++"}, false, "+++"},
		{"data 19 ms after", []any{"+++", 19 * ms, "data"}, false, "+++data"},
		{"four", []any{"++++"}, false, "++++"},
		{"after 21 ms more", []any{"++++", 21 * ms, "+++"}, true, "++++"},
		{"at the end of a full block", []any{payload(2917) + "+++"}, false, payload(2917) + "+++"},
		{"19 ms after a full block", []any{payload(2920), 19 * ms, "+++"}, false, payload(2920) + "+++"},
		{"21 ms after a full block", []any{payload(2920), 21 * ms, "+++"}, true, payload(2920)},
	} {
		t.Run(c.what, func(t *testing.T) {
			with(t, setup{}, func(t *testing.T, m *module) {
				peer := m.connect()
				m.quiet(time.Second)
				m.do("AT+CIPSEND", okay+prompt)
				for _, p := range c.pieces {
					switch p := p.(type) {
					case string:
						m.write(p)
						time.Sleep(time.Duration(len(p)) * byteTime)
					case time.Duration:
						time.Sleep(p)
					}
				}
				if got, _ := receive(t, peer, len(c.data)); got != c.data {
					t.Errorf("the peer received %q, want %q", got, c.data)
				}
				nothing(t, peer, 50*ms)
				m.quiet(time.Second)
				m.write("AT+CIPMUX?\r\n")
				if c.ends {
					m.expect("+CIPMUX:0\r\n" + okay)
				} else {
					receive(t, peer, 12)
				}
			})
		})
	}
}

func TestLeavingSaysSo(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		m.connect()
		m.do("AT+SYSMSG=1", okay)
		m.do("AT+CIPSEND", okay+prompt)
		m.write("+++")
		m.expect("\r\n+QUITT\r\n")
		m.do("AT+CIPCLOSE", "+CIP:DISCONNECTED\r\n"+okay)
	})
}

// A fault of the send before does not reach into passthrough.
func TestPassthroughAfterAFault(t *testing.T) {
	with(t, setup{faults: []string{"drop:0"}}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.do("AT+CIPSEND=5", okay+prompt)
		m.write("xhell")
		m.expect("Recv 5 bytes\r\n\r\nSEND OK\r\n")
		m.do("AT+CIPSEND", okay+prompt)
		m.write("o!")
		if got, _ := receive(t, peer, 6); got != "hello!" {
			t.Errorf("the peer received %q", got)
		}
	})
}

func TestPassthroughOverFrames(t *testing.T) {
	with(t, setup{frames: true}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.do("AT+CIPSEND", okay+prompt)
		for _, frame := range []string{"x+++", "+++y", "++", "+", "+++"} {
			m.write(frame)
			time.Sleep(time.Millisecond)
		}
		if got, _ := receive(t, peer, 11); got != "x++++++y+++" {
			t.Errorf("the peer received %q", got)
		}
		m.do("AT+CIPMUX?", "+CIPMUX:0\r\n"+okay)
	})
}

func TestPassthroughIsRefused(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		m.do("AT+CIPSEND", failed)
		m.do("AT+CIPRECVMODE=1", okay)
		m.connect()
		m.do("AT+CIPSEND", failed)
		m.do("AT+CIPCLOSE", "+CIP:DISCONNECTED\r\n"+okay)
		m.do("AT+CIPRECVMODE=0", okay)
		m.do("AT+CIPMUX=1", okay)
		m.do("AT+CIPSEND", failed)
	})
}

// A connection that ends is opened again, the interval after its end and after
// each attempt that failed.
func TestPassthroughConnectsAgain(t *testing.T) {
	for state, want := range map[int]string{0: "", 4: "+CIP:DISCONNECTED\r\n+CIP:CONNECTED\r\n"} {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			with(t, setup{}, func(t *testing.T, m *module) {
				m.do("AT+CIPRECONNINTV?", "+CIPRECONNINTV:1\r\n"+okay)
				m.do("AT+CIPRECONNINTV=0", failed)
				m.do("AT+CIPRECONNINTV=36001", failed)
				m.do("AT+CIPRECONNINTV=20", okay)
				m.do(fmt.Sprintf("AT+SYSMSG=%d", state), okay)
				peer := m.connect()
				m.quiet(time.Second)
				m.do("AT+CIPSEND", okay+prompt)
				closed := time.Now()
				peer.Close()
				time.Sleep(time.Second)
				m.write("lost")
				time.Sleep(4 * time.Second)
				l := m.listen()
				defer l.Close()
				peer = m.accept(l)
				same(t, "the next connection", time.Since(closed), 6*time.Second+air)
				m.expect(want)
				peer.Write([]byte("back"))
				m.expect("back")
				m.write("again")
				if got, _ := receive(t, peer, 5); got != "again" {
					t.Errorf("the peer received %q", got)
				}
				m.write("+++")
				m.quiet(100 * time.Millisecond)
				peer.Close()
				m.expect("+CIP:DISCONNECTED\r\n")
				m.quiet(time.Minute)
			})
		})
	}
}

// AT+SAVETRANSLINK is in flash whatever AT+SYSSTORE says.
func TestPassthroughOnPowerUp(t *testing.T) {
	var online atomic.Bool
	with(t, setup{Options: inet.Options{Online: online.Load}}, func(t *testing.T, m *module) {
		for _, line := range []string{
			`AT+SAVETRANSLINK=1`, `AT+SAVETRANSLINK=1,"10.0.0.9"`, `AT+SAVETRANSLINK=1,"",5001`, `AT+SAVETRANSLINK=2`,
			`AT+SAVETRANSLINK=1,"10.0.0.9",65536`, `AT+SAVETRANSLINK=1,"10.0.0.9",5001,"ICMP"`,
			`AT+SAVETRANSLINK=1,"10.0.0.9",5001,"TCP",7201`, `AT+SAVETRANSLINK=1,"10.0.0.9",5001,"UDP",65536`,
			`AT+SAVETRANSLINK=0,"10.0.0.9",5001`,
		} {
			m.do(line, failed)
		}
		m.core.Store = false
		m.do(`AT+SAVETRANSLINK=1,"10.0.0.9",5001,"TCP",60`, okay)
		l := m.listen()
		defer l.Close()
		m.do("AT+RST", okay+"\r\nready\r\n"+prompt)
		m.write("before")
		time.Sleep(3 * time.Second)
		online.Store(true)
		peer := m.accept(l)
		m.write("hello")
		if got, _ := receive(t, peer, 5); got != "hello" {
			t.Errorf("the peer received %q", got)
		}
		peer.Write([]byte("world"))
		m.expect("world")
		time.Sleep(50 * time.Millisecond)
		m.write("+++")
		m.quiet(time.Second)
		m.do("AT+SAVETRANSLINK=0", okay)
		m.do("AT+RST", okay+"\r\nready\r\n")
		m.do("AT+CIPMUX?", "+CIPMUX:0\r\n"+okay)
	})
}

func TestExpandedSend(t *testing.T) {
	for _, spi := range []bool{false, true} {
		for _, c := range []struct {
			length    int
			data, get string
		}{
			{5, "hello", "hello"},
			{100, `hello\0`, "hello"},
			{100, `a\\0b\c\0`, `a\0bc`},
			{3, `\a\b\c`, "abc"},
			{2, `\\\\`, `\\`},
			{100, `\0`, ""},
		} {
			with(t, setup{frames: spi}, func(t *testing.T, m *module) {
				peer := m.connect()
				m.do(fmt.Sprintf("AT+CIPSENDEX=%d", c.length), okay+prompt)
				m.write(c.data)
				m.expect(fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", len(c.get)))
				if got, _ := receive(t, peer, len(c.get)); got != c.get {
					t.Errorf("for %q the peer received %q, want %q", c.data, got, c.get)
				}
				m.do("AT+CIPMUX?", "+CIPMUX:0\r\n"+okay)
			})
		}
	}
	with(t, setup{}, func(t *testing.T, m *module) {
		m.do("AT+CIPSENDEX=5", failed)
		m.connect()
		m.do("AT+CIPSENDEX=0", failed)
		m.do("AT+CIPSENDEX=6145", failed)
	})
	with(t, setup{Quirks: core.ManualQuirks()}, func(t *testing.T, m *module) {
		m.connect()
		m.do("AT+CIPSENDEX=8193", failed)
		m.do("AT+CIPSENDEX=8192", okay+prompt)
		m.write(`\0`)
		m.expect("\r\nSEND OK\r\n")
	})
}
