package spislave

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"st67bench/transport/emulator/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a slave with the test as its host and as its firmware. It belongs into
// a testing/synctest bubble.
type rig struct {
	*Slave
	t    *testing.T
	side *Side
	from time.Time
}

// newRig is a slave at 20 MHz that is off.
func newRig(t *testing.T, change func(*Options), faults ...string) *rig {
	t.Helper()
	var list []core.Fault
	for _, s := range faults {
		f, err := core.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	r := &rig{t: t, from: time.Now()}
	o := Options{
		Clock: core.NewClock(), Faults: core.NewFaults(list, 1), Speed: 20_000_000, High: 70 * time.Microsecond,
		On: func(side *Side) error {
			r.side = side
			return nil
		},
		Off: func() {},
	}
	if change != nil {
		change(&o)
	}
	r.Slave = New(o)
	return r
}

// on is a rig whose firmware runs.
func on(t *testing.T, change func(*Options), faults ...string) *rig {
	t.Helper()
	r := newRig(t, change, faults...)
	r.enable(true)
	r.side.Running(true)
	return r
}

func (r *rig) enable(high bool) {
	r.t.Helper()
	if err := r.SetEnable(high); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) cs(high bool) {
	r.t.Helper()
	if err := r.SetCS(high); err != nil {
		r.t.Fatal(err)
	}
}

// edge expects RDY's next edge, at an instant after the rig was made.
func (r *rig) edge(high bool, at time.Duration) {
	r.t.Helper()
	h, t, _, err := r.WaitEdge(time.Now().Add(time.Second))
	if err != nil || h != high || t.Sub(r.from) != at {
		r.t.Fatalf("RDY %t at %v (%v), want %t at %v", h, t.Sub(r.from), err, high, at)
	}
}

// still expects no edge within d.
func (r *rig) still(d time.Duration) {
	r.t.Helper()
	if h, t, _, err := r.WaitEdge(time.Now().Add(d)); !errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Fatalf("RDY %t at %v (%v), want none", h, t.Sub(r.from), err)
	}
}

// ready waits for a level of RDY.
func (r *rig) ready(high bool) {
	r.t.Helper()
	for {
		if level, err := r.Ready(); err != nil || level == high {
			return
		}
		if _, _, _, err := r.WaitEdge(time.Now().Add(time.Second)); err != nil {
			r.t.Fatalf("RDY does not become %t: %v", high, err)
		}
	}
}

// clock moves bytes, given and expected in hex.
func (r *rig) clock(mosi, miso string) {
	r.t.Helper()
	tx := unhex(r.t, mosi)
	rx := make([]byte, len(tx))
	if err := r.Transfer(tx, rx); err != nil {
		r.t.Fatal(err)
	}
	if want := unhex(r.t, miso); !bytes.Equal(rx, want) {
		r.t.Fatalf("MISO % x, want % x", rx, want)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// exchange is one transaction of a host that keeps to the rules; it returns what
// came in, header and padding included.
func (r *rig) exchange(mosi []byte) []byte {
	r.t.Helper()
	r.cs(true)
	r.ready(true)
	rx := make([]byte, len(mosi))
	if err := r.Transfer(mosi, rx); err != nil {
		r.t.Fatal(err)
	}
	r.ready(false)
	size := headerSize + (int(rx[2])|int(rx[3])<<8+3)/4*4
	if rest := size - len(rx); rest > 0 {
		more := make([]byte, rest)
		if err := r.Transfer(make([]byte, rest), more); err != nil {
			r.t.Fatal(err)
		}
		rx = append(rx, more...)
	}
	r.cs(false)
	return rx
}

// frame is a host's frame.
func frame(payload string) []byte {
	b := append([]byte{0xAA, 0x55, byte(len(payload)), byte(len(payload) >> 8), 0, 0, 0, 0}, payload...)
	for len(b)%4 != 0 {
		b = append(b, 0x88)
	}
	return b
}

// say gives the firmware's words to the link.
func (r *rig) say(text string) {
	r.t.Helper()
	if _, err := io.WriteString(r.side, text); err != nil {
		r.t.Fatal(err)
	}
}

// hear expects the next frame at the firmware.
func (r *rig) hear(want string) {
	r.t.Helper()
	p := make([]byte, MaxPayload)
	n, err := r.side.Read(p)
	if err != nil || string(p[:n]) != want {
		r.t.Fatalf("the firmware got %q (%v), want %q", p[:n], err, want)
	}
}
