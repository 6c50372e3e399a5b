package emulator

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// say is what the module says after a payload that it took.
func taken(n int) string { return fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", n) }

const prompt = "\r\nOK\r\n\r\n>"

// The closed form is written out here, from line rate, framing and latencies:
// 10 bits a byte at 2 Mbit/s are 5 µs, and a byte on the radio takes 400 ns.
func TestSendMeetsTheClosedForm(t *testing.T) {
	const byteTime, latency, air, radio = 5 * time.Microsecond, 250 * time.Microsecond, 400 * time.Nanosecond, time.Millisecond
	for _, build := range []string{BuildUART, BuildSPI} {
		for _, n := range []int{1, 64, 1024, 1460, 2920, 6144} {
			t.Run(fmt.Sprintf("%s/%d", build, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := open(t, Config{Build: build})
					defer r.close()
					peer := r.connect()
					defer peer.Close()
					r.quiet(time.Second)
					arrived := make(chan time.Time, 1)
					line, data := fmt.Sprintf("AT+CIPSEND=0,%d", n), payload(n)
					start := time.Now()
					r.do(line, prompt)
					asked := time.Since(start)
					wrote := time.Now()
					go func() {
						if got := receive(t, peer, n); got != data {
							t.Errorf("the peer received other bytes than were sent")
						}
						arrived <- time.Now()
					}()
					io.WriteString(r, data)
					recv := fmt.Sprintf("Recv %d bytes\r\n", n)
					r.expect(recv)
					seen := time.Since(wrote)
					r.expect("\r\nSEND OK\r\n")
					final := time.Since(wrote)
					atPeer := (<-arrived).Sub(wrote)

					bytes := time.Duration(n)
					wait := bytes * air
					if build == BuildSPI {
						wait = 0
					}
					check(t, "prompt", asked, time.Duration(len(line)+2+9)*byteTime+latency)
					check(t, "Recv", seen, (bytes+time.Duration(len(recv)))*byteTime+wait)
					check(t, "SEND OK", final, (bytes+time.Duration(len(recv)+11))*byteTime+wait)
					check(t, "arrival", atPeer, bytes*byteTime+bytes*air+radio)
					form := r.m.Truth().Send(len(line)+2, n)
					check(t, "Truth", form.Prompt+form.Final+form.Arrival, asked+final+atPeer)
				})
			})
		}
	}
}

func check(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got != want {
		t.Errorf("%s after %v, the closed form says %v", what, got, want)
	}
}

// At a rate whose byte time is no whole number of nanoseconds, a long run of
// sends drifts from the closed form by one rounding per step at most.
func TestRoundingsDoNotAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: 921600, RadioRate: 18.1e6})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		go io.Copy(io.Discard, peer)
		r.quiet(time.Second)
		const sends, n = 500, 100
		start := time.Now()
		for range sends {
			r.do("AT+CIPSEND=0,100", prompt)
			io.WriteString(r, payload(n))
			r.expect(taken(n))
		}
		one := float64(18+9+n+16+11)*10/921600 + 250e-6 + n*8/18.1e6
		if got := time.Since(start).Seconds(); math.Abs(got-sends*one) > 5e-9*sends {
			t.Errorf("%d sends took %.9f s, the closed form says %.9f s", sends, got, sends*one)
		}
	})
}

func TestSendLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		r.ok("AT+SYSLOG=1")
		for line, code := range map[string]string{
			"AT+CIPSEND=0,8192": "07", "AT+CIPSEND=0,6145": "07", "AT+CIPSEND=0,0": "07", "AT+CIPSEND=0,-5": "07",
			"AT+CIPSEND=0,99999999999999999999": "07", "AT+CIPSEND=5,10": "14", "AT+CIPSEND=-1,10": "14", "AT+CIPSEND=1,10": "0a",
			"AT+CIPSEND=0": "06", `AT+CIPSEND=0,10,"192.168.67.9",5001`: "10", `AT+CIPSEND=0,10,"192.168.67.9"`: "06", "AT+CIPSEND": "0c",
		} {
			r.do(line, "ERR CODE:0x01"+code+"0000\r\n\r\nERROR\r\n")
		}
		r.do("AT+CIPMUX=0", "ERR CODE:0x010b0000\r\n\r\nERROR\r\n")
	})
}

func TestQuirksOfSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Quirks: []string{"send-8192", "-recv-line", "-joined-prompt", "-status-prefix"}})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		r.do("AT+CIPSEND=0,8192", prompt)
		io.WriteString(r, payload(8192))
		r.expect("\r\nSEND OK\r\n")
		if got := receive(t, peer, 8192); got != payload(8192) {
			t.Error("the peer received other bytes than were sent")
		}
		r.do("AT+CIPSTATE?", "+CIPSTATE:0,\"TCP\",\"192.168.67.9\",5001,49153,0\r\n\r\nOK\r\n")
	})
}

func TestSingleConnectionMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		l, _ := r.net.Listen("tcp", peerAddress)
		defer l.Close()
		r.join()
		r.do(`AT+CIPSTART="TCP","192.168.67.9",5001`, "+CIP:CONNECTED\r\n\r\nOK\r\n")
		peer, _ := l.Accept()
		r.do("AT+CIPSEND=5", prompt)
		io.WriteString(r, "hello")
		r.expect(taken(5))
		io.WriteString(peer, "world!")
		r.expect("+IPD:6,world!\r\n")
		if got := receive(t, peer, 5); got != "hello" {
			t.Errorf("the peer received %q", got)
		}
		r.do("AT+CIPCLOSE", "+CIP:DISCONNECTED\r\n\r\nOK\r\n")
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after CIPCLOSE the peer's read gives %v", err)
		}
	})
}

// What was taken for sending arrives, although the connection was closed before
// it was off the air.
func TestCloseFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Build: BuildSPI, RadioLatency: time.Second})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		r.do("AT+CIPSEND=0,6000", prompt)
		io.WriteString(r, payload(6000))
		r.expect(taken(6000))
		r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
		got, err := io.ReadAll(peer)
		if string(got) != payload(6000) || err != nil {
			t.Errorf("the peer received %d bytes and %v", len(got), err)
		}
	})
}

func TestLossAndOutageCostTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outage := Outage{After: 10 * time.Second, For: time.Second, Every: 10 * time.Second}
		r := open(t, Config{Outages: []Outage{outage}})
		born := time.Now().Add(-500*time.Millisecond - 9*5*time.Microsecond)
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		go io.Copy(io.Discard, peer)
		for i := range 3 {
			time.Sleep(time.Until(born.Add(time.Duration(i+1)*10*time.Second + 500*time.Millisecond)))
			r.do("AT+CIPSEND=0,1000", prompt)
			io.WriteString(r, payload(1000))
			r.expect("Recv 1000 bytes\r\n")
			end := born.Add(time.Duration(i+1)*10*time.Second + time.Second + 400*time.Microsecond + 17*5*time.Microsecond)
			check(t, "Recv in an outage", time.Since(born), end.Sub(born))
			r.expect("\r\nSEND OK\r\n")
		}
	})
}

func TestLossIsTheSameForTheSameSeed(t *testing.T) {
	run := func(seed uint64) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Loss: 0.2, Seed: seed})
			defer r.close()
			peer := r.connect()
			defer peer.Close()
			go io.Copy(io.Discard, peer)
			start := time.Now()
			for range 200 {
				r.do("AT+CIPSEND=0,1460", prompt)
				io.WriteString(r, payload(1460))
				r.expect(taken(1460))
			}
			took = time.Since(start)
		})
		return took
	}
	a, b, c := run(1), run(1), run(2)
	if a != b || a == c {
		t.Errorf("seed 1 took %v and %v, seed 2 %v; want the first two equal", a, b, c)
	}
	// A frame takes 1/(1-0.2) times its air time on average; 200 frames give
	// that to about 4 %.
	truth := Truth{Build: BuildUART, Baud: DefaultBaud, CommandLatency: 250 * time.Microsecond, RadioRate: 20e6}
	s := truth.Send(len("AT+CIPSEND=0,1460\r\n"), 1460)
	extra := (a - 200*(s.Prompt+s.Final)).Seconds() / (200 * truth.AirTime(1460).Seconds())
	if extra < 0.15 || extra > 0.35 {
		t.Errorf("losses of 20 %% cost %.3f of the air time, want about 0.25", extra)
	}
}

func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{RadioLatency: 3500 * time.Microsecond, Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
		}})
		defer r.close()
		r.join()
		r.do(`AT+PING="192.168.67.1",64,3,500`, "\r\nOK\r\n"+strings.Repeat("+PING:7ms\r\n", 3))
		r.do(`AT+PING="example.org",1000,1`, "\r\nOK\r\n+PING:7ms\r\n")
		r.do(`AT+PING="192.168.67.1",64,2,5,6`, "\r\nOK\r\n"+strings.Repeat("+PING:TIMEOUT\r\n", 2))
		r.ok(`AT+PING="192.168.67.1",64,1000`)
		r.do(`AT+PING="192.168.67.1"`, "\r\nERROR\r\n+PING:7ms\r\n")
	})
}
