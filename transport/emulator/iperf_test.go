package emulator

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// printed is a log port that is kept.
type printed struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// uploadText is what a 1-second upload at the default radio (20 Mbit/s, 1 ms)
// prints: 48 segments of 584 µs at 2.024 ms, and one with each acknowledgement.
const uploadText = "rssi: -48dB\r\n" +
	"------------------------------------------------------------\n" +
	"------------------------------------------------------------\n" +
	"[ ID] Interval       Transfer     Bandwidth\n" +
	"[  0]  0.0- 1.0 sec  2.44 MByte  20.5 Mbits/sec\n"

func TestIperfOnTheWholeModule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(printed)
		r := open(t, Config{Log: log, Quirks: []string{"iperf-on-at"}})
		defer r.close()
		l, err := r.net.Listen("tcp", peerAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r.join()
		r.ok(`AT+IPERF="TX","TCP","192.168.67.9",1`)
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		n, err := io.Copy(io.Discard, conn)
		// 48 + 1705 segments: the 1706th acknowledgement comes after the time.
		if n != 60+1460*(48+1705) || err != nil {
			t.Errorf("%d bytes came, then %v", n, err)
		}
		if d, least := time.Since(start), time.Duration(48+1705)*584*time.Microsecond; d < least || d > least+10*time.Millisecond {
			t.Errorf("they took %v", d)
		}
		r.expect(uploadText)
		if s := log.String(); s != uploadText {
			t.Errorf("the log has %q", s)
		}
		// Losing the association ends a test.
		r.ok(`AT+IPERF="TX","TCP","192.168.67.9",100`)
		if conn, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { io.WriteString(r, "AT+CWQAP\r\n") })
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if s := log.String(); !strings.Contains(s[len(uploadText):], "Abort TCP (error -13)\n") {
			t.Errorf("the log has %q", s)
		}
	})
}
