package emulator

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

// TestSupply takes the supply away in the middle of a life and gives it back: in between nothing is said and nothing drawn.
func TestSupply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Link: LinkMemory, Boot: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		conn, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		heard := func(wait time.Duration) []byte {
			var all []byte
			buf := make([]byte, 256)
			_ = conn.SetReadDeadline(time.Now().Add(wait))
			for {
				n, err := conn.Read(buf)
				all = append(all, buf[:n]...)
				if err != nil {
					return all
				}
			}
		}
		if got := heard(time.Second); !bytes.Contains(got, []byte("ready")) {
			t.Fatalf("after the start: %q", got)
		}
		off := time.Now()
		m.Supply(false)
		m.Supply(false) // again changes nothing
		_, _ = conn.Write([]byte("AT\r\n"))
		if got := heard(3 * time.Second); len(got) > 0 {
			t.Errorf("without supply it says %q", got)
		}
		if q, err := m.Charge(off, time.Now()); err != nil || q != 0 {
			t.Errorf("without supply it drew %g C, %v", q, err)
		}
		m.Supply(true)
		begin := time.Now()
		if got := heard(time.Second); !bytes.Contains(got, []byte("ready")) {
			t.Errorf("after the supply came back: %q", got)
		}
		if q, _ := m.Charge(begin, time.Now()); q <= 0 {
			t.Errorf("with supply it drew %g C", q)
		}
		_, _ = conn.Write([]byte("AT\r\n"))
		if got := heard(time.Second); !bytes.Contains(got, []byte("OK")) {
			t.Errorf("AT: %q", got)
		}
	})
}
