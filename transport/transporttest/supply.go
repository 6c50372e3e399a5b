package transporttest

import (
	"errors"
	"testing"

	"st67bench/transport"
)

// supply is a module that goes off, comes on again, and is off when the link is closed.
func supply(t *testing.T, p Pair) {
	w, ok := p.Conn.(transport.Wired)
	if !ok {
		t.Skip("this link drives no wire of the module")
	}
	hold(t, "Repower of wires that are up", w.Repower)
	both(t, p, noise(10, 1000), each(1000), each(256))
	read := readOne(p)
	hold(t, "Unpower", w.Unpower)
	hold(t, "a second Unpower", w.Unpower)
	refused := start(func() error {
		n, err := p.Conn.Write([]byte("AT\r\n"))
		if n != 0 {
			t.Errorf("a Write without supply took %d bytes", n)
		}
		return err
	})
	if err := finish(t, "a Write without supply", refused); !errors.Is(err, transport.ErrUnpowered) {
		t.Errorf("a Write without supply gave %v, want transport.ErrUnpowered", err)
	}
	pending(t, "a Read without supply", read)
	hold(t, "Repower", w.Repower)
	far := p.Far
	if p.Anew != nil {
		far = p.Anew(t)
	}
	if _, err := far.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	succeed(t, "the Read that waited without supply", read)
	both(t, Pair{Conn: p.Conn, Far: far}, noise(10, 1000), each(1000), each(256))

	read = readOne(p)
	hold(t, "Unpower", w.Unpower)
	succeed(t, "Close without supply", start(p.Conn.Close))
	wantClosed(t, "the Read that waited", finish(t, "a Read that was pending at Close", read))
}

// hold runs Unpower or Repower. A link says what it cannot take low, and works all the same.
func hold(t *testing.T, what string, do func() error) {
	t.Helper()
	if err := finish(t, what, start(do)); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("%s: %v", what, err)
	}
}
