package emulator

import (
	"bytes"
	"math"
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

// TestSupplyUnderEnable has the supply go while CHIP_EN is low: then nothing is drawn, where CHIP_EN alone leaves 0.2 uA, and
// CHIP_EN without supply switches nothing on.
func TestSupplyUnderEnable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Link: LinkSPI, Boot: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		s := m.SPI()
		mean := func() float64 {
			from := time.Now()
			time.Sleep(time.Second)
			q, err := m.Charge(from, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return q
		}
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(s.SetEnable(true))
		if q := mean(); q < 1e-3 {
			t.Errorf("a module that runs draws %g A", q)
		}
		must(s.SetEnable(false))
		if q := mean(); math.Abs(q-0.2e-6) > 1e-12 {
			t.Errorf("with CHIP_EN low it draws %g A, not 0.2 uA", q)
		}
		m.Supply(false)
		if q := mean(); q != 0 {
			t.Errorf("without supply it draws %g A", q)
		}
		must(s.SetEnable(true))
		if q := mean(); q != 0 {
			t.Errorf("CHIP_EN high without supply: %g A", q)
		}
		m.Supply(true)
		if q := mean(); q < 1e-3 {
			t.Errorf("after the supply came back it draws %g A", q)
		}
	})
}
