package iperf

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const tcpBanner = rssiLine + rule + "Server listening on TCP port 5001\nIP address : 127.67.0.2\n" + rule

// clientHeader is the first segment of a client, with these flags.
func clientHeader(flags uint32, n int) []byte {
	p := make([]byte, n)
	binary.BigEndian.PutUint32(p, flags)
	return p
}

// 4000 segments of 584 µs, from when the connection has been accepted. The time
// starts with the first; the k-th after it comes 584k µs later, so the rows end at
// 1713 and 3425 of them, with 1714 and 1712 more segments. The end comes with the
// last segment.
func TestDownloadHasTheRateOfTheRadio(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		b.ok(`AT+IPERF="RX","TCP"`)
		b.refused(`AT+IPERF="RX","TCP"`)
		c := b.dial()
		start := time.Now()
		for range 4000 {
			if _, err := c.Write(make([]byte, 1460)); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		b.said(tcpBanner, rowHead, "[  0]  0.0- 1.0 sec  2.39 MByte  20.0 Mbits/sec\n",
			"[  0]  1.0- 2.0 sec  2.38 MByte  20.0 Mbits/sec\n")
		time.Sleep(time.Until(start.Add(2*latency + 4000*584*time.Microsecond - time.Nanosecond)))
		b.said()
		time.Sleep(time.Nanosecond)
		// 5840000 bytes in 3999 segments' time of 2.335416 s.
		b.said("[  0]  0.0- 2.3 sec  5.57 MByte  20.0 Mbits/sec\n")
		b.ok(`AT+IPERF="RX","TCP",,1`)
	})
}

// The time has no effect on a server, and a client that sends nothing for 10 s is
// dropped while the server goes on.
func TestDownloadOutlivesItsTimeAndItsClients(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		b.ok(`AT+IPERF="RX","TCP",,1,5001`)
		time.Sleep(20 * time.Second)
		b.said(tcpBanner)
		silent := b.dial()
		if _, err := silent.Write(make([]byte, 1460)); err != nil {
			t.Fatal(err)
		}
		if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a silent client reads %v", err)
		}
		b.said(rowHead, "[  0]  0.0-10.0 sec  1.43 KByte  1.17 Kbits/sec\n")
		c := b.dial()
		if _, err := c.Write(make([]byte, 1460)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second / 2)
		c.Close()
		synctest.Wait()
		time.Sleep(time.Second)
		b.said(rowHead, "[  0]  0.0- 0.5 sec  1.43 KByte  23.4 Kbits/sec\n")
		b.refusedToConnect()
	})
}

// refusedToConnect fails when the module's server is still there.
func (b *bench) refusedToConnect() {
	b.t.Helper()
	if _, err := b.net.Dial(b.t.Context(), "tcp", module+":5001"); err == nil {
		b.t.Error("the server goes on")
	}
}

func TestSecondConnectionTakesTheFirstOnesPlace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		b.ok(`AT+IPERF="RX","TCP"`)
		first := b.dial()
		first.Write(make([]byte, 1460))
		time.Sleep(100 * time.Millisecond)
		second := b.dial()
		if _, err := first.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the first client reads %v", err)
		}
		second.Write(make([]byte, 2920))
		time.Sleep(100 * time.Millisecond)
		b.said(tcpBanner, rowHead, "[  0]  0.0- 0.1 sec  1.43 KByte   119 Kbits/sec\n")
		b.ok("AT+IPERFSTOP")
		if _, err := second.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the second client reads %v", err)
		}
		b.said(rowHead, "[  0]  0.0- 0.1 sec  2.85 KByte   237 Kbits/sec\n", closeLine)
		b.refusedToConnect()
	})
}

func TestFirstSegment(t *testing.T) {
	for _, c := range []struct {
		name  string
		first []byte
		says  string
		taken bool
	}{
		{"zeros", make([]byte, 1460), "", true},
		{"iperf 2.1", clientHeader(0x40010078, 1460), "TODO: Header extended\nExtended Client HDR => require an ACK back to the client", true},
		{"version 1", clientHeader(0x80000001, 24), "TODO: Header version 1 => Client requested parallel transmission test\n", true},
		{"digits", []byte(strings.Repeat("0123456789", 146)), "TODO: Timestamp Client header\n", false},
		{"extended and time stamps", clientHeader(0x50000000, 60), "TODO: Header extended\nExtended Client HDR => require an ACK back to the client", true},
		{"short extended header", clientHeader(0x40000000, 59), "TODO: Header extended\n", false},
		{"short header", make([]byte, 23), "", false},
		{"three bytes", make([]byte, 3), "TCP RX: too short packet (3 < 24)\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b := open(t, setup{})
				b.ok(`AT+IPERF="RX","TCP"`)
				conn := b.dial()
				conn.Write(c.first)
				time.Sleep(500 * time.Millisecond)
				if c.taken {
					b.said(tcpBanner, c.says)
				} else if log := b.logged(); !strings.HasPrefix(log, tcpBanner+c.says+rowHead+"[  0]  0.0- ") || !strings.HasSuffix(log, "sec  0.00 Byte  0.00 bit/sec\n") {
					t.Errorf("the log has %q", log)
				}
				conn.SetReadDeadline(time.Now().Add(time.Second))
				if _, err := conn.Read(make([]byte, 1)); (err == io.EOF) == c.taken {
					t.Errorf("the client reads %v", err)
				}
				b.refused(`AT+IPERF="RX","TCP"`)
				b.ok("AT+IPERFSTOP")
			})
		})
	}
}

func TestServersEndWithReset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		for _, kind := range []string{"TCP", "UDP"} {
			b.ok(`AT+IPERF="RX","` + kind + `"`)
			synctest.Wait()
			b.logged()
			b.f.Boot(time.Now())
			synctest.Wait()
			b.said()
			b.ok(`AT+IPERF="RX","` + kind + `"`) // the port is free
			b.refused(`AT+IPERF="RX","TCP"`)
			b.f.Down(time.Now())
			synctest.Wait()
			b.logged()
		}
		b.online = false
		b.ok(`AT+IPERF="RX","TCP"`)
		b.said(rssiLine, noPCB)
		b.online = true
		l, err := b.net.Listen("tcp", module+":7")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		b.ok(`AT+IPERF="RX","TCP","",5,7`)
		b.said(rssiLine, "NET_IPERF_AL: PCB CONFIG ERR tcp_bind failed\n")
	})
}
