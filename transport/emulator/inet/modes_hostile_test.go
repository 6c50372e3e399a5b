package inet_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

// nonsense is a random line of the commands of the data modes and of names and
// time, or random data.
func nonsense(r *rand.Rand) string {
	names := []string{
		"CIPSENDL", "CIPSENDLCFG", "CIPSENDEX", "CIPSEND", "CIPDOMAIN", "CIPDNS", "CIPSNTPCFG", "CIPSNTPTIME", "CIPSNTPINTV",
		"CIPEVT", "PING", "CIPRECONNINTV", "SAVETRANSLINK", "CIPCLOSE", "CIPMUX", "CIPV6", "CIPSTART",
	}
	values := []string{
		"", "0", "1", "2", "5", "7", "100", "1500", "5001", "65535", "2147483647", "-1", `"10.0.0.9"`, `"both.test"`, `"::1"`,
		`"TCP"`, `"UDP"`, `"SSLv6"`, `""`, `"\"`, `"` + strings.Repeat("x", 130) + `"`, "x",
	}
	if r.IntN(3) == 0 {
		return []string{`\0`, "+++", payload(r.IntN(9000)), "\r\n", `\\\`}[r.IntN(5)]
	}
	line := "AT+" + names[r.IntN(len(names))]
	switch r.IntN(6) {
	case 0:
		return line + "?\r\n"
	case 1:
		return line + "\r\n"
	}
	for i := range r.IntN(6) {
		line += "=,,,,,"[i:i+1] + values[r.IntN(len(values))]
	}
	return line + "\r\n"
}

// Whatever a host sends, it can leave every mode by +++ and be answered.
func TestHostileHost(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			m := open(t, setup{Options: world(), frames: seed%2 == 1})
			r := rand.New(rand.NewPCG(seed, 1))
			l := m.listen()
			defer l.Close()
			go func() {
				for {
					peer, err := l.Accept()
					if err != nil {
						return
					}
					go func() { defer peer.Close(); _, _ = io.CopyN(io.Discard, peer, 50_000) }()
				}
			}()
			said := make(chan string, 1)
			go func() {
				var tail []byte
				p := make([]byte, 8192)
				for {
					n, err := m.Read(p)
					if tail = append(tail, p[:n]...); len(tail) > 64 {
						tail = tail[len(tail)-64:]
					}
					if err != nil {
						said <- string(tail)
						return
					}
				}
			}()
			for range 5000 {
				m.write(nonsense(r))
				time.Sleep(time.Duration(r.IntN(3)) * 15 * time.Millisecond)
			}
			time.Sleep(24 * time.Hour) // the longest PING
			for range 2 {
				m.write(strings.Repeat("x", 9000)) // a CIPSENDEX ends, and a line
				time.Sleep(time.Second)
				m.write("+++")
				time.Sleep(time.Second)
				m.write("\r\n")
				time.Sleep(time.Second)
			}
			m.write("AT+CIPSENDLCFG?\r\n")
			time.Sleep(time.Second)
			m.Close()
			if got := <-said; !strings.HasSuffix(got, okay) || !strings.Contains(got, "+CIPSENDLCFG:") {
				t.Errorf("seed %d: at last the module said %q", seed, got)
			}
		})
	}
}

// BenchmarkLongSend is CIPSENDL on a line and a radio that take no time.
func BenchmarkLongSend(b *testing.B) {
	const n = 1 << 20
	m := open(b, setup{unpaced: true, Quirks: core.DefaultQuirks(core.V2_0_106)})
	m.expect("\r\nready\r\n")
	m.do("AT+CIPSENDLCFG=65535,2920", okay)
	peer := m.connect()
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	data := []byte(payload(n))
	line := fmt.Sprintf("AT+CIPSENDL=%d\r\n", n)
	final := []byte("\r\nSEND OK\r\n")
	p := make([]byte, 8192)
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		m.write(line)
		m.expect(okay + prompt)
		if _, err := m.Write(data); err != nil {
			b.Fatal(err)
		}
		for tail := []byte(nil); !strings.HasSuffix(string(tail), string(final)); {
			k, err := m.Read(p)
			if err != nil {
				b.Fatal(err)
			}
			tail = append(tail, p[:k]...)
		}
	}
}
