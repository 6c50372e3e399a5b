package mqtt

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

// pair is a wire with a radio of 20 Mbit/s and 1 ms, and the far end of its socket.
func pair() (w *wire, far net.Conn) {
	near, far := net.Pipe()
	w = newWire(near, &core.Radio{Rate: 20e6, Latency: time.Millisecond}, core.NewClock())
	go w.carry()
	return w, far
}

// 2500 bytes are 1 ms on the air; each piece comes 1 ms of latency later, which
// does not hold up the next.
func TestWireTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far := pair()
		start := time.Now()
		for range 2 {
			if _, err := w.Write(make([]byte, 2500)); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d != 0 || w.held() != 5000 {
			t.Errorf("writing took %v, %d bytes are held", d, w.held())
		}
		w.Close() // what is on its way still arrives
		p := make([]byte, 2500)
		for i, want := range []time.Duration{2 * time.Millisecond, 3 * time.Millisecond} {
			if _, err := io.ReadFull(far, p); err != nil || time.Since(start) != want {
				t.Errorf("piece %d came after %v (%v), want %v", i, time.Since(start), err, want)
			}
		}
		if n, err := far.Read(p); err != io.EOF {
			t.Errorf("after the end %d bytes, %v", n, err)
		}
		if _, err := w.Write(p); !errors.Is(err, net.ErrClosed) {
			t.Errorf("writing to a closed wire: %v", err)
		}
	})
}

func TestWireReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far := pair()
		defer w.cut()
		start := time.Now()
		go func() { _, _ = far.Write([]byte(strings.Repeat("x", 2500))) }()
		p := make([]byte, 1)
		for i := range 2500 {
			if n, err := w.Read(p); n != 1 || err != nil {
				t.Fatalf("byte %d: %d, %v", i, n, err)
			}
		}
		if d := time.Since(start); d != 2*time.Millisecond {
			t.Errorf("2500 bytes came after %v, want 2ms", d)
		}
	})
}

// A full wire holds its writer up until cut ends it, and drops what it holds.
func TestWireIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far := pair()
		if _, err := w.Write(make([]byte, wireSize)); err != nil {
			t.Fatal(err)
		}
		wrote := make(chan error)
		go func() {
			_, err := w.Write([]byte{1})
			wrote <- err
		}()
		synctest.Wait()
		select {
		case err := <-wrote:
			t.Fatalf("a full wire took a byte: %v", err)
		default:
		}
		w.cut()
		if err := <-wrote; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the writer got %v", err)
		}
		if n, err := far.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("the far end got %d bytes, %v", n, err)
		}
	})
}
