package iperf

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestParameters(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		for _, line := range []string{
			`AT+IPERF`, `AT+IPERF?`, `AT+IPERF="TX"`, `AT+IPERF="TX","TCP"`, `AT+IPERF="TX","TCP",,10`,
			`AT+IPERF="XX","TCP","1.2.3.4"`, `AT+IPERF="tx","TCP","1.2.3.4"`, `AT+IPERF="TX","SCTP","1.2.3.4"`,
			`AT+IPERF="TX","ICP","1.2.3.4"`, `AT+IPERF=TX,"TCP","1.2.3.4"`, `AT+IPERF="TX","TCP",1`,
			`AT+IPERF="TX","TCP","1.2.3.4",-1`, `AT+IPERF="TX","TCP","1.2.3.4",214748365`,
			`AT+IPERF="TX","TCP","1.2.3.4","10"`, `AT+IPERF="TX","TCP","1.2.3.4",10,0`,
			`AT+IPERF="TX","TCP","1.2.3.4",10,65536`, `AT+IPERF="TX","TCP","1.2.3.4",10,5001,1`,
			`AT+IPERF="RX","TCP","` + strings.Repeat("1", 32) + `"`, `AT+IPERFSTOP=1`, `AT+IPERFSTOP?`,
		} {
			b.refused(line)
		}
		for _, line := range []string{
			`AT+IPERF="RX","TCP"`, `AT+IPERF="RX","UDP"`, `AT+IPERF="RX","TCP","1.2.3.4"`, `AT+IPERF="RX","UDP",,5`,
			`AT+IPERF="TX","TCP","192.168.1.2",1000`, `AT+IPERF="TX","TCP","192.168.1.2",1000,5001`,
			`AT+IPERF="TX","UDP","192.168.1.2",214748364,65535`, `AT+IPERF="TX","UDP","..."`,
		} {
			b.ok(line)
			b.ok("AT+IPERFSTOP")
			time.Sleep(4 * time.Second) // the end of a UDP test is said ten times
		}
	})
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]string{
		"192.168.1.2": "192.168.1.2", "0.0.0.0": "0.0.0.0", "...": "0.0.0.0", "1..2.": "1.0.2.0", "007.1.1.255": "7.1.1.255",
		"": "", "1.2.3": "", "1.2.3.4.5": "", "1.2.3.256": "", "1.2.3.x": "", "1.2.3.-1": "", "1.2.3.4 -t 9": "",
		"99999999999999999999.1.1.1": "", "fe80::1": "",
	} {
		got, ok := parseAddress(s)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q is read as %v, %v", s, got, ok)
		}
	}
}

// A host that starts and stops tests in any order, with peers that come and go,
// gets an answer to each command, and leaves nothing behind.
func TestHostileHost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{loss: 0.05})
		rng := rand.New(rand.NewPCG(1, 2))
		l := b.listen()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					io.CopyN(io.Discard, conn, 100_000)
					conn.Close()
				}()
			}
		}()
		pick := func(s ...string) string { return s[rng.IntN(len(s))] }
		before := runtime.NumGoroutine()
		for range 3000 {
			line := fmt.Sprintf("AT+IPERF=%s,%s,%s,%s,%s", pick(`"TX"`, `"RX"`, `"TX"`, `1`), pick(`"TCP"`, `"UDP"`, `"XXX"`),
				pick(`"192.168.1.9"`, `"192.168.1.10"`, `""`), pick("0", "1", "1000", "-1", ""), pick("5001", "7", ""))
			b.answered(pick(line, line, "AT+IPERFSTOP"))
			switch rng.IntN(8) {
			case 0:
				b.f.Down(time.Now())
			case 1:
				b.stranger(rng).Close()
			case 2:
				if conn, err := b.net.Dial(t.Context(), "tcp", module+":5001"); err == nil {
					conn.Write(make([]byte, rng.IntN(3000)))
					if rng.IntN(2) == 0 {
						conn.Close()
					}
				}
			}
			time.Sleep(time.Duration(rng.IntN(3_000_000)))
		}
		b.answered("AT+IPERFSTOP")
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(b.f.live) > 1 || runtime.NumGoroutine() > before+8 {
			t.Errorf("%d tests are live, %d goroutines, %d before", len(b.f.live), runtime.NumGoroutine(), before)
		}
	})
}

// stranger is a socket that has sent something to the module's server.
func (b *bench) stranger(rng *rand.Rand) io.Closer {
	c, err := b.net.Dial(b.t.Context(), "udp", module+":5001")
	if err != nil {
		b.t.Fatal(err)
	}
	p := make([]byte, rng.IntN(2000))
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	c.Write(p)
	return c
}

// answered writes a line and waits for OK or ERROR.
func (b *bench) answered(line string) {
	b.t.Helper()
	io.WriteString(b.host, line+"\r\n")
	b.host.SetReadDeadline(time.Now().Add(time.Second))
	p, n := make([]byte, 64), 0
	for {
		k, err := b.host.Read(p[n:])
		if n += k; err != nil {
			b.t.Fatalf("%s is answered with %q: %v", line, p[:n], err)
		}
		if s := string(p[:n]); s == "\r\nOK\r\n" || s == "\r\nERROR\r\n" {
			return
		}
	}
}

// A segment or datagram costs no allocation in any direction.
func TestTrafficDoesNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	for _, line := range []string{`"TX","TCP","192.168.1.9",5`, `"TX","UDP","192.168.1.9",5`, `"RX","TCP"`, `"RX","UDP"`} {
		bubble(t, func(t *testing.T) {
			b := open(t, setup{})
			var before, after runtime.MemStats
			b.traffic(t, line, 200*time.Millisecond)
			runtime.ReadMemStats(&before)
			time.Sleep(3 * time.Second) // 5000 segments
			runtime.ReadMemStats(&after)
			if n := after.Mallocs - before.Mallocs; n > 1000 {
				t.Errorf("%s: %d allocations in 3 s", line, n)
			}
			b.ok("AT+IPERFSTOP")
			time.Sleep(time.Second) // the peer has ended
		})
	}
}

// traffic starts a test and a peer for it, and lets it run for d.
func (b *bench) traffic(t *testing.T, line string, d time.Duration) {
	sink := make([]byte, 2000)
	switch {
	case strings.HasPrefix(line, `"TX","TCP"`):
		l := b.listen()
		b.ok("AT+IPERF=" + line)
		conn := accept(t, l)
		go func() {
			for err := error(nil); err == nil; _, err = conn.Read(sink) {
			}
		}()
	case strings.HasPrefix(line, `"TX","UDP"`):
		c := b.socket()
		b.ok("AT+IPERF=" + line)
		go func() {
			for err := error(nil); err == nil; _, _, err = c.ReadFromUDPAddrPort(sink) {
			}
		}()
	case line == `"RX","TCP"`:
		b.ok("AT+IPERF=" + line)
		conn := b.dial()
		go func() {
			for err := error(nil); err == nil; _, err = conn.Write(sink[:1460]) {
			}
		}()
	default:
		b.ok("AT+IPERF=" + line)
		c := b.socket()
		go b.shoot(c, count(0, 4000)...)
	}
	time.Sleep(d)
}
