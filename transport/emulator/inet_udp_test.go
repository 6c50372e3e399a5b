package emulator

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// socket is a UDP socket of the network in memory.
func (r *rig) socket(address string) net.PacketConn {
	r.t.Helper()
	c, err := r.net.ListenPacket("udp", address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// datagram reads one datagram and its sender.
func datagram(t *testing.T, c net.PacketConn) (string, net.Addr) {
	t.Helper()
	p := make([]byte, 65536)
	c.SetReadDeadline(time.Now().Add(patience))
	n, from, err := c.ReadFrom(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n]), from
}

func (r *rig) sendAll(line, data string) {
	r.t.Helper()
	r.do(line, prompt)
	r.Write([]byte(data))
	r.expect(taken(len(data)))
}

func TestUDP(t *testing.T) {
	for _, build := range []string{BuildUART, BuildSPI} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Build: build})
			defer r.close()
			peer := r.socket("192.168.67.9:7000")
			r.join()
			r.ok("AT+CIPMUX=1", "AT+CIPDINFO=1")
			r.do(`AT+CIPSTART=2,"udp","192.168.67.9",7000,50123,0`, "+CIP:2,CONNECTED\r\n\r\nOK\r\n")
			r.do("AT+CIPSTATE?", "+CIPSTATUS:2,\"UDP\",\"192.168.67.9\",7000,50123,0\r\n\r\nOK\r\n")

			r.quiet(time.Second)
			line, data := "AT+CIPSEND=2,100", payload(100)
			r.do(line, prompt)
			wrote := time.Now()
			r.Write([]byte(data))
			got, from := datagram(t, peer)
			check(t, "arrival", time.Since(wrote), 100*5*time.Microsecond+100*400*time.Nanosecond+time.Millisecond)
			r.expect(taken(100))
			if got != data || from.String() != "192.168.67.9:50123" {
				t.Errorf("%q arrives from %v", got, from)
			}
			// A longer send is several datagrams.
			r.sendAll("AT+CIPSEND=2,3000", payload(3000))
			for _, n := range []int{1470, 1470, 60} {
				if got, _ := datagram(t, peer); len(got) != n {
					t.Errorf("a datagram has %d bytes, want %d", len(got), n)
				}
			}
			// One datagram is one +IPD, in the order in which they came.
			peer.WriteTo([]byte("one"), from)
			peer.WriteTo([]byte("three"), from)
			r.expect("+IPD:2,3,\"192.168.67.9\",7000,one\r\n+IPD:2,5,\"192.168.67.9\",7000,three\r\n")
			r.do("AT+CIPCLOSE=2", "+CIP:2,DISCONNECTED\r\n\r\nOK\r\n")
		})
	}
}

// A module takes datagrams of any sender; with mode 1 the first other sender, with
// mode 2 every other one becomes the remote end.
func TestUDPRemoteChanges(t *testing.T) {
	for mode, want := range map[int][3]int{0: {7000, 7000, 7000}, 1: {7000, 7001, 7001}, 2: {7000, 7001, 7002}} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{})
			defer r.close()
			r.join()
			r.ok("AT+CIPMUX=1", "AT+CIPDINFO=1")
			peers := []net.PacketConn{r.socket("10.0.0.1:7000"), r.socket("10.0.0.1:7001"), r.socket("10.0.0.1:7002")}
			r.do(fmt.Sprintf(`AT+CIPSTART=0,"UDP","10.0.0.1",7000,5555,%d`, mode), "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
			for i, p := range peers {
				p.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5555})
				r.expect(fmt.Sprintf("+IPD:0,1,\"10.0.0.1\",%d,x\r\n", want[i]))
				r.sendAll("AT+CIPSEND=0,2", "re")
				if got, _ := datagram(t, peers[want[i]-7000]); got != "re" {
					t.Errorf("mode %d: port %d gets %q", mode, want[i], got)
				}
			}
		})
	}
}

// A send with host and port opens a connection when there is none, and changes the
// remote end of one that there is.
func TestUDPSendNamesItsRemote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.join()
		r.ok("AT+CIPMUX=1")
		a, b := r.socket("10.0.0.1:7000"), r.socket("10.0.0.2:7000")
		r.do(`AT+CIPSEND=1,5,"10.0.0.1",7000`, "+CIP:1,CONNECTED\r\n"+prompt)
		r.Write([]byte("hello"))
		r.expect(taken(5))
		got, from := datagram(t, a)
		_, port, _ := net.SplitHostPort(from.String())
		if n, _ := strconv.Atoi(port); got != "hello" || n < 50000 || n > 59999 {
			t.Errorf("%q arrives from %v, want one of the firmware's ports", got, from)
		}
		r.sendAll(`AT+CIPSEND=1,3,"10.0.0.2",7000`, "abc")
		r.sendAll("AT+CIPSEND=1,3", "def")
		first, _ := datagram(t, b)
		second, _ := datagram(t, b)
		if first+second != "abcdef" {
			t.Errorf("the new remote end gets %q and %q", first, second)
		}
		r.do(`AT+CIPSEND=1,3,"10.0.0.2",0`, "\r\nERROR\r\n")
		r.do(`AT+CIPSEND=1,3,"",1`, "\r\nERROR\r\n")
	})
}

// In passive mode datagrams follow each other without bounds; the radio and a
// stack that is held up lose some.
func TestUDPPassiveAndLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		r.join()
		r.ok("AT+CIPMUX=1", "AT+CIPRECVMODE=1")
		peer := r.socket("10.0.0.1:7000")
		r.do(`AT+CIPSTART=0,"UDP","10.0.0.1",7000,5555`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
		to := &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5555}
		peer.WriteTo([]byte("abc"), to)
		peer.WriteTo([]byte("defg"), to)
		r.expect("+IPD:0,3\r\n+IPD:0,4\r\n")
		r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:7,abcdefg\r\n\r\nOK\r\n")
		const sent = 100
		for range sent {
			peer.WriteTo(make([]byte, 1470), to)
		}
		r.expect(strings.Repeat("+IPD:0,1470\r\n", 3))
		r.quiet(time.Second)
		// Three fit into the buffer; the stack holds up the fourth, and its mailbox 32.
		if got := r.drain(0); got != 36*1470 {
			t.Errorf("%d bytes are left of %d datagrams, want 36", got, sent)
		}
	})
}

// drain reads a passive connection until it is empty, and counts what it gave.
func (r *rig) drain(id int) (total int) {
	r.t.Helper()
	length := regexp.MustCompile(`\+CIPRECVDATA:(\d+),`)
	for {
		fmt.Fprintf(r, "AT+CIPRECVDATA=%d,1470\r\n", id)
		all := r.all(100 * time.Millisecond)
		m := length.FindSubmatch(all)
		if m == nil {
			r.t.Fatalf("the module said %q", all)
		}
		n, _ := strconv.Atoi(string(m[1]))
		if n == 0 {
			return total
		}
		total += n
	}
}

// all is what the module says within d.
func (r *rig) all(d time.Duration) []byte {
	r.SetReadDeadline(time.Now().Add(d))
	all, _ := io.ReadAll(r)
	return all
}

func TestUDPLossOnTheRadio(t *testing.T) {
	run := func(seed uint64) (arrived string) {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Loss: 0.2, Seed: seed, Baud: Unpaced})
			defer r.close()
			r.join()
			peer := r.socket("10.0.0.1:7000")
			r.do(`AT+CIPSTART="UDP","10.0.0.1",7000`, "+CIP:CONNECTED\r\n\r\nOK\r\n")
			const sends = 500
			got := 0
			for i := range sends {
				r.sendAll("AT+CIPSEND=3", fmt.Sprintf("%03d", i))
				time.Sleep(10 * time.Millisecond)
				peer.SetReadDeadline(time.Now().Add(time.Microsecond))
				p := make([]byte, 8)
				if n, _, err := peer.ReadFrom(p); err == nil {
					got++
					arrived += string(p[:n])
				}
			}
			// 500 of probability 0.8: 400, standard deviation 9.
			if got < 355 || got > 445 {
				t.Errorf("%d of %d datagrams arrive", got, sends)
			}
		})
		return arrived
	}
	if a, b, c := run(1), run(1), run(2); a != b || a == c {
		t.Error("losses do not follow from the seed")
	}
}
