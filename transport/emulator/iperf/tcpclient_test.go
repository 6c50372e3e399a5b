package iperf

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

// reception is what the peer of an upload has got.
type reception struct {
	payload     []byte
	first, last time.Time // when the first and the last byte came
	ended       time.Time
	err         error
}

// receive takes all that conn brings.
func receive(conn net.Conn) *reception {
	got := new(reception)
	p := make([]byte, 4096)
	for {
		n, err := conn.Read(p)
		now := time.Now()
		if err != nil {
			got.ended, got.err = now, err
			return got
		}
		if got.first.IsZero() {
			got.first = now
		}
		got.payload, got.last = append(got.payload, p[:n]...), now
	}
}

// accept is the peer's end of the next upload.
func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// At 20 Mbit/s a segment of 1460 bytes has 584 µs of air, the header 24 µs. With
// 1 ms of latency the header is acknowledged at 2.024 ms; 48 segments are queued
// then, and one with the acknowledgement of each, the k-th at 4.024 ms + 584k µs.
// Up to 2 s those are 48 + 3417; the next, at 2000.136 ms, ends the test.
func TestUploadHasTheRateOfTheRadio(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		l := b.listen()
		start := time.Now()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9",2`)
		got := receive(accept(t, l))
		const segments = 48 + 3417
		if len(got.payload) != 60+1460*segments {
			t.Errorf("the peer got %d bytes, want %d", len(got.payload), 60+1460*segments)
		}
		if !bytes.Equal(got.payload[:60], make([]byte, 60)) || !bytes.Equal(got.payload[60:], repeat("0123456789", 1460*segments)) {
			t.Error("the payload is not 60 zeros and digits")
		}
		connected := 2 * latency
		if d := got.first.Sub(start) - connected; d != 24*time.Microsecond+latency {
			t.Errorf("the header came after %v", d)
		}
		if d, want := got.last.Sub(got.first), 2*latency+segments*584*time.Microsecond; d != want || got.ended != got.last {
			t.Errorf("the payload took %v, want %v; the end came at %v", d, want, got.ended.Sub(got.last))
		}
		b.said(rssiLine, rules, rowHead,
			"[  0]  0.0- 1.0 sec  2.44 MByte  20.5 Mbits/sec\n",
			"[  0]  0.0- 2.0 sec  4.82 MByte  20.2 Mbits/sec\n")
		b.quiet(time.Second)
	})
}

// What the radio has not taken when the time is over is lost with a reset.
func TestUploadEndsWithAReset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{quirks: []string{"iperf-reset"}})
		l := b.listen()
		start := time.Now()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9",2`)
		got := receive(accept(t, l))
		// The last segment that the radio has taken by 2000.136 ms after connecting
		// ends at 2.024 + 3421 x 0.584 = 1999.888 ms.
		if n := 60 + 1460*3421; len(got.payload) != n {
			t.Errorf("the peer got %d bytes, want %d", len(got.payload), n)
		}
		if d := got.ended.Sub(start) - 2*latency; d != 2000136*time.Microsecond+latency {
			t.Errorf("the connection ended after %v", d)
		}
		b.said(rssiLine, rules, rowHead,
			"[  0]  0.0- 1.0 sec  2.44 MByte  20.5 Mbits/sec\n",
			"[  0]  0.0- 2.0 sec  4.82 MByte  20.2 Mbits/sec\n")
	})
}

func TestUploadFollowsTheAcknowledgements(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{rate: 200e6})
		l := b.listen()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9",1`)
		got := receive(accept(t, l))
		// 48 segments in 2.0584 ms (one on the air, there and back) where the radio
		// alone would carry 35.2.
		if want := 200e6 / 8.0; float64(len(got.payload)) < 0.98*want || float64(len(got.payload)) > 1.02*want {
			t.Errorf("%d bytes in 1 s at 200 Mbit/s", len(got.payload))
		}
		b2 := open(t, setup{rate: 2e9})
		l = b2.listen()
		b2.ok(`AT+IPERF="TX","TCP","192.168.1.9",1`)
		got = receive(accept(t, l))
		// 48 segments in the 2 ms to the acknowledgement of the first and its air
		// time of 5.84 µs.
		if n, want := float64(len(got.payload)), 48*1460/2.00584e-3; n < 0.99*want || n > 1.01*want {
			t.Errorf("%v bytes in 1 s with 2 ms of round trip, want %v", n, want)
		}
	})
}

func TestUploadThatFailsToConnect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		time.Sleep(time.Second)
		b.said(rssiLine, "Abort TCP (error -14)\n")
		b.online = false
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		b.said(rssiLine, noPCB)
		b.ok(`AT+IPERF="TX","TCP","192.168.300.9"`)
		b.ok(`AT+IPERF="TX","TCP","example.org"`)
		b.said("invalid IP address 192\ninvalid IP address example\n")
		b.ok("AT+IPERFSTOP")
		b.said("havn't start iperf \r\n")
	})
}

// A server that does not answer is given up after 21 s.
func TestUploadToAServerThatIsFull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		b.listen()
		for range 16 { // the backlog of memnet
			if c, err := b.net.Dial(t.Context(), "tcp", peer); err == nil {
				defer c.Close()
			}
		}
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		time.Sleep(20 * time.Second)
		b.said(rssiLine)
		b.refused(`AT+IPERF="TX","TCP","192.168.1.9"`)
		time.Sleep(2 * time.Second)
		b.said("Abort TCP (error -13)\n")
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		b.ok("AT+IPERFSTOP")
		b.said(rssiLine, closeLine)
	})
}

func TestUploadIsStopped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{quirks: []string{"iperf-on-at"}})
		l := b.listen()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9",1000,5001`)
		conn := accept(t, l)
		go receive(conn)
		text := rssiLine + rules + rowHead + "[  0]  0.0- 1.0 sec  2.44 MByte  20.5 Mbits/sec\n"
		b.expect(text)
		b.refused(`AT+IPERF="RX","UDP"`)
		time.Sleep(200 * time.Millisecond)
		b.do("AT+IPERFSTOP", "[  0]  0.0- 1.2 sec  2.92 MByte  20.4 Mbits/sec\n\r\nOK\r\n")
		b.said(text, "[  0]  0.0- 1.2 sec  2.92 MByte  20.4 Mbits/sec\n", closeLine)
		b.ok(`AT+IPERF="RX","TCP"`)
	})
}

// Nothing else tells that a peer does not read: rows of nothing come with the
// polls, and after ten of those without an acknowledgement the module gives up.
func TestUploadToAPeerThatStalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		l := b.listen()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9",60`)
		conn := accept(t, l)
		time.Sleep(9 * time.Second)
		if b.refused(`AT+IPERF="RX","TCP"`); t.Failed() {
			return
		}
		time.Sleep(2 * time.Second)
		b.ok(`AT+IPERF="RX","TCP"`)
		got := receive(conn)
		if n := len(got.payload); n != 60+1460*92 || got.err != io.EOF {
			t.Errorf("the peer reads %d bytes, then %v", n, got.err)
		}
		synctest.Wait()
		b.logged()
	})
}

func TestUploadEndsWithItsPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		l := b.listen()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		conn := accept(t, l)
		time.Sleep(500 * time.Millisecond)
		conn.Close()
		time.Sleep(100 * time.Millisecond)
		// 44 segments are in the peer's 64 KB and 48 wait.
		b.said(rssiLine, rules, rowHead, "[  0]  0.0- 0.5 sec   131 KByte  2.15 Mbits/sec\n")
		b.ok(`AT+IPERF="RX","TCP"`)
	})
}

// During an outage nothing is acknowledged; the first poll, 250 ms after connecting,
// fills the window, and rows and end come with those that follow.
func TestUploadThroughAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{outages: []core.Outage{{After: boot, For: 3 * time.Second}}})
		l := b.listen()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9",2`)
		got := receive(accept(t, l))
		b.said(rssiLine, rules, rowHead,
			"[  0]  0.0- 1.3 sec  67.0 KByte   439 Kbits/sec\n",
			"[  0]  0.0- 2.3 sec  67.0 KByte   244 Kbits/sec\n")
		if len(got.payload) != 60+47*1460 || got.first.Before(b.start.Add(boot+3*time.Second)) {
			t.Errorf("%d bytes came after %v", len(got.payload), got.first.Sub(b.start))
		}
	})
}

func TestUploadEndsWithTheAssociation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		l := b.listen()
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		done := make(chan *reception)
		conn := accept(t, l)
		go func() { done <- receive(conn) }()
		time.Sleep(500 * time.Millisecond)
		b.f.Down(time.Now())
		<-done
		b.said(rssiLine, rules, abortedText, rowHead, "[  0]  0.0- 0.5 sec  1.24 MByte  20.9 Mbits/sec\n")
		b.ok(`AT+IPERF="TX","TCP","192.168.1.9"`)
		conn = accept(t, l)
		go func() { done <- receive(conn) }()
		time.Sleep(500 * time.Millisecond)
		b.f.Boot(time.Now())
		<-done
		b.said(rssiLine, rules)
	})
}
