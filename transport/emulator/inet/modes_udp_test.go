package inet_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"st67bench/transport/emulator/inet"
)

// socket is a UDP peer.
func (m *module) socket(at string) net.PacketConn {
	m.t.Helper()
	c, err := m.net.ListenPacket("udp", at)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { c.Close() })
	return c
}

// datagram is the next one that a peer receives, and who sent it.
func datagram(t *testing.T, c net.PacketConn) (string, net.Addr) {
	t.Helper()
	p := make([]byte, 4096)
	c.SetReadDeadline(time.Now().Add(time.Minute))
	n, from, err := c.ReadFrom(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n]), from
}

// CIPSENDL and CIPSENDEX take a remote end, of a UDP connection that is there or
// that they open; not of TCP.
func TestSendsToARemoteEnd(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		one, two := m.socket("10.0.0.9:7"), m.socket("10.0.0.8:9")
		m.do(`AT+CIPSENDL=200,"10.0.0.9",7`, "+CIP:CONNECTED\r\n"+okay+prompt)
		m.write(payload(200))
		m.expect("\r\nSEND OK\r\n")
		if got, _ := datagram(t, one); got != payload(200) {
			t.Errorf("the peer received %q", got)
		}
		m.do(`AT+CIPSENDEX=100,"10.0.0.8",9`, okay+prompt)
		m.write(`two\0`)
		m.expect("Recv 3 bytes\r\n\r\nSEND OK\r\n")
		if got, _ := datagram(t, two); got != "two" {
			t.Errorf("the peer received %q", got)
		}
		for _, line := range []string{`AT+CIPSENDL=9,"10.0.0.8"`, `AT+CIPSENDL=9,"10.0.0.8",0`, `AT+CIPSENDEX=9,"",7`} {
			m.do(line, failed)
		}
		m.do("AT+CIPCLOSE", "+CIP:DISCONNECTED\r\n"+okay)
		m.connect()
		m.do(`AT+CIPSENDL=9,"10.0.0.8",9`, failed)
	})
}

// In UDP passthrough each block is a datagram, or several of 1470 bytes.
func TestPassthroughOfDatagrams(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		peer := m.socket("10.0.0.9:7")
		m.do(`AT+CIPSTART="UDP","10.0.0.9",7,1005,1`, "+CIP:CONNECTED\r\n"+okay)
		m.do("AT+CIPSEND", failed)
		m.do("AT+CIPCLOSE", "+CIP:DISCONNECTED\r\n"+okay)
		m.do(`AT+CIPSTART="UDP","10.0.0.9",7,1005,0`, "+CIP:CONNECTED\r\n"+okay)
		m.do("AT+CIPSEND", okay+prompt)
		for _, want := range []string{"hello", "world"} {
			m.write(want)
			got, from := datagram(t, peer)
			if got != want {
				t.Errorf("the peer received %q, want %q", got, want)
			}
			if _, err := peer.WriteTo([]byte(got+"!"), from); err != nil {
				t.Fatal(err)
			}
			m.expect(want + "!")
		}
		m.write(payload(2920))
		for _, want := range []string{payload(2920)[:1470], payload(2920)[1470:2920]} {
			if got, _ := datagram(t, peer); got != want {
				t.Errorf("the peer received %d bytes, want %d", len(got), len(want))
			}
		}
		time.Sleep(50 * time.Millisecond)
		m.write("+++")
		time.Sleep(time.Second)
		m.do("AT+CIPMUX?", "+CIPMUX:0\r\n"+okay)
	})
}

// answer is the response of a DNS server that knows every name as 192.0.2.53
// (RFC 1035 4.1): the question's name by a pointer, type A, class IN.
func answer(question []byte) []byte {
	p := append([]byte(nil), question[:12]...)
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5
	p = append(p, question[12:end]...)
	binary.BigEndian.PutUint16(p[2:], 0x8180)
	clear(p[6:12])
	if binary.BigEndian.Uint16(question[end-4:]) == 1 {
		p[7] = 1
		p = append(p, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 53)
	}
	return p
}

// A server of AT+CIPDNS that is on this machine is asked; others are not there.
func TestNamesFromAServerOfThisMachine(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("no UDP socket on loopback: %v", err)
	}
	defer server.Close()
	go func() {
		p := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(p)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(answer(p[:n]), from)
		}
	}()
	asked := make(chan string, 16)
	o := inet.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		asked <- address
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	m := open(t, setup{Options: o})
	m.expect("\r\nready\r\n")
	m.do(`AT+CIPDOMAIN="st67.example"`, failed)
	m.do(`AT+CIPDNS=1,"9.9.9.9","127.0.0.1"`, okay)
	m.do(`AT+CIPDOMAIN="st67.example"`, "+CIPDOMAIN:\"192.0.2.53\"\r\n"+okay)
	if got, want := <-asked, netip.MustParseAddrPort("127.0.0.1:53").String(); got != want {
		t.Errorf("the server asked was %s, want %s", got, want)
	}
}
