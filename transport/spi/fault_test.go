package spi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLostEdgesAndStalls: with every n-th edge of RDY lost and every m-th frame
// refused, 100000 frames pass in both directions without a byte lost or doubled,
// and the counters are what was injected.
func TestLostEdgesAndStalls(t *testing.T) {
	for _, c := range []struct {
		loseEdge, stallEach, stallMore int
		unseen                         bool
	}{
		{5, 7, 3, false},
		{3, 11, 0, true},
		{1, 13, 2, true}, // no edge ever comes: RDY's interrupt does not work
	} {
		t.Run(fmt.Sprintf("edge %d stall %d", c.loseEdge, c.stallEach), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlave()
				s.loseEdge, s.unseen, s.stallEach, s.stallMore = c.loseEdge, c.unseen, c.stallEach, c.stallMore
				exchangeStreams(t, s, 100_000)
			})
		})
	}
}

// exchangeStreams sends frames of random lengths both ways at once and compares
// each side's stream byte by byte.
func exchangeStreams(t *testing.T, s *slave, frames int) {
	random := rand.New(rand.NewPCG(67, 1))
	lengths := func() int { return 1 + random.IntN(300) }
	var got, sent hashed
	s.onFrame = func(p []byte) { got.add(p) }
	l := open(t, s)
	var reply, want hashed
	go func() {
		random := rand.New(rand.NewPCG(67, 2))
		buffer := make([]byte, 300)
		for range frames / 2 {
			p := buffer[:1+random.IntN(len(buffer))]
			want.fill(p)
			s.send(p)
			time.Sleep(time.Duration(random.IntN(50)) * time.Microsecond)
		}
	}()
	done := make(chan error)
	go func() {
		buffer := make([]byte, 300)
		for range frames / 2 {
			p := buffer[:lengths()]
			sent.fill(p)
			if _, err := l.Write(p); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	buffer := make([]byte, 1000)
	finished := false
	for !finished || reply.n < want.n {
		l.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := l.Read(buffer)
		reply.add(buffer[:n])
		if err != nil && finished {
			break
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			finished = true
		default:
		}
	}
	l.Close()
	if got.n != sent.n || got.bad >= 0 && got.bad < got.n {
		t.Errorf("to the module: %d of %d bytes, first wrong at %d", got.n, sent.n, got.bad)
	}
	if reply.n != want.n || reply.bad >= 0 && reply.bad < reply.n {
		t.Errorf("from the module: %d of %d bytes, first wrong at %d", reply.n, want.n, reply.bad)
	}
	c := l.Counters()
	if c["stalls"] != uint64(s.stalls) || c["bytes_out"] != uint64(sent.n) || c["header_errors"] != 0 {
		t.Errorf("counters %v; the slave stalled %d times and got %d bytes", c, s.stalls, got.n)
	}
	if lost := c["edges_lost"]; lost != uint64(s.lostEdges) {
		t.Errorf("%d edges counted as lost, %d were", lost, s.lostEdges)
	}
	t.Logf("%d transactions, %d edges lost, %d stalls, %d payloads refused", c["transactions"], s.lostEdges, s.stalls, s.refused)
}

// hashed is a stream whose byte at offset i is a fixed function of i.
type hashed struct{ n, bad int }

func at(i int) byte { return byte((uint32(i)*2654435761 + 12345) >> 13) }

func (h *hashed) fill(p []byte) {
	for i := range p {
		p[i] = at(h.n + i)
	}
	h.n += len(p)
}

func (h *hashed) add(p []byte) {
	if h.n == 0 {
		h.bad = -1
	}
	for i, b := range p {
		if b != at(h.n+i) && h.bad < 0 {
			h.bad = h.n + i
		}
	}
	h.n += len(p)
}

// TestCorruption: a changed header costs its own frame and no other, whatever
// was changed; neither filler nor header bytes come out as payload.
func TestCorruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const frames = 3000
		random := rand.New(rand.NewPCG(67, 3))
		s := newSlave()
		dropped, changed := 0, map[int]bool{}
		s.corrupt = func(nth int, f []byte) {
			if nth%10 != 5 {
				return
			}
			n := int(f[2]) | int(f[3])<<8
			switch nth % 40 {
			case 5: // one bit of the magic
				f[random.IntN(2)] ^= 1 << random.IntN(8)
				dropped++
			case 15: // a length that no frame has
				f[3] |= 0x80
				dropped++
			case 25: // a length that is too long by whole words: filler follows
				n += 4 * (1 + random.IntN(100))
				f[2], f[3] = byte(n), byte(n>>8)
				dropped++
			case 35: // the payload
				if n > 0 {
					f[8] ^= 0x20
					changed[nth] = true
				}
			}
		}
		l := open(t, s)
		var want bytes.Buffer
		for i := range frames {
			nth := i + 2 // the boot frame is the first
			line := fmt.Sprintf("<%d %s>\r\n", i, strings.Repeat("x", i%50))
			s.send([]byte(line))
			if kept := nth%10 != 5 || nth%40 == 35; !kept {
				continue
			}
			if nth%40 == 35 {
				line = string(line[0]^0x20) + line[1:]
			}
			want.WriteString(line)
		}
		expect(t, l, want.String())
		synctest.Wait()
		if c := l.Counters(); c["header_errors"] != uint64(dropped) || c["bytes_in"] != uint64(want.Len()+len(ready)) {
			t.Errorf("%v; %d headers were spoilt", c, dropped)
		}
		if len(changed) == 0 {
			t.Error("no payload was changed")
		}
	})
}

// TestLineErrors: each wait ends after 2 s and says which line was in which
// state, the diagnosis names the wire, and the link goes on when the fault has
// gone.
func TestLineErrors(t *testing.T) {
	for name, c := range map[string]struct {
		set       func(s *slave, on bool)
		text      string
		diagnosis string
	}{
		"silent": {func(s *slave, on bool) { s.silent = on },
			"RDY stayed low for 2s with CS high and CHIP_EN high", "RDY never rises"},
		"stuck": {func(s *slave, on bool) { s.stuck = on },
			"RDY stayed high for 2s with CS high and CHIP_EN high", "RDY is stuck"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlave()
				l := open(t, s)
				s.mu.Lock()
				c.set(s, true)
				s.mu.Unlock()
				start := time.Now()
				_, err := l.Write([]byte("AT\r\n"))
				var line *LineError
				if !errors.As(err, &line) || !strings.Contains(err.Error(), c.text) {
					t.Fatalf("%v; want %s", err, c.text)
				}
				if d := time.Since(start); d < 2*time.Second || d > 2100*time.Millisecond {
					t.Errorf("after %v", d)
				}
				if d := Diagnose(l.Fault()); !strings.Contains(d, c.diagnosis) {
					t.Errorf("diagnosis: %s", d)
				}
				s.mu.Lock()
				c.set(s, false)
				s.cs = false
				s.mu.Unlock()
				if err := l.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
				expect(t, l, ready)
				write(t, l, "AT\r\n")
				s.problems = nil // of the fault itself
			})
		})
	}
}

// TestInvertedCS: a module that takes CS low for active answers when CS falls.
func TestInvertedCS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		s.invert = true
		s.cs = true // electrically low is active
		l := open(t, s)
		s.mu.Lock()
		s.queue, s.state, s.cs = nil, configured, true
		s.setReady(false)
		s.mu.Unlock()
		time.Sleep(5 * time.Second)
		_, err := l.Write([]byte("AT\r\n"))
		if d := Diagnose(nil, err); !strings.Contains(d, "inverted") {
			t.Errorf("%v: %s", err, d)
		}
		l.Close()
		s.problems = nil
	})
}

// TestEndlessStall: a module that never takes a frame ends the write after 30 s.
func TestEndlessStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		s.stallEach, s.stallMore = 2, 0
		l := open(t, s)
		s.mu.Lock()
		s.stallEach, s.refuse = 0, 1<<30
		s.mu.Unlock()
		start := time.Now()
		n, err := l.Write([]byte("AT\r\n"))
		if n != 0 || err == nil || !strings.Contains(err.Error(), "rx_stall") {
			t.Errorf("%d, %v", n, err)
		}
		if d := time.Since(start); d < stallLimit || d > stallLimit+time.Second {
			t.Errorf("after %v", d)
		}
		if got := l.Counters()["transactions"]; got > 2*uint64(stallLimit/stallPause) {
			t.Errorf("%d transactions: the questions are not paced", got)
		}
	})
}

// failingBus breaks after the first transfers, as an adapter that is unplugged.
type failingBus struct {
	*slave
	left int
}

var errUnplugged = errors.New("no such device")

func (b *failingBus) Transfer(tx, rx []byte) error {
	if b.left--; b.left < 0 {
		return errUnplugged
	}
	return b.slave.Transfer(tx, rx)
}

func TestBusDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l, err := New(&failingBus{s, 2}, s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		expect(t, l, ready)
		ended := make(chan error, 1)
		go func() { _, err := io.ReadAll(l); ended <- err }()
		if _, err := l.Write([]byte("x")); !errors.Is(err, errUnplugged) {
			t.Errorf("write: %v", err)
		}
		if err := <-ended; !errors.Is(err, errUnplugged) {
			t.Errorf("read: %v", err)
		}
		if err := l.Reset(t.Context()); !errors.Is(err, errUnplugged) {
			t.Errorf("reset: %v", err)
		}
	})
}
