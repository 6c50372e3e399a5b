package spi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ready = "\r\nready\r\n"

// open opens a link to the slave and, unless it is silent, reads its boot frame.
func open(t testing.TB, s *slave) *Link {
	t.Helper()
	l, err := New(s, s, Options{Name: "spi:test", Speed: int(s.speed)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		for _, p := range s.problems {
			t.Error("slave: " + p)
		}
	})
	if !s.silent && !s.stuck && !s.invert {
		expect(t, l, ready)
	}
	return l
}

func expect(t testing.TB, l *Link, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(l, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func write(t testing.TB, l *Link, s string) {
	t.Helper()
	if n, err := l.Write([]byte(s)); n != len(s) || err != nil {
		t.Fatalf("write %q: %d, %v", s, n, err)
	}
}

// TestTraces holds the wire against the traces that were taken from ST's driver
// (module.md 1.4): boot, AT and the head of a CIPSEND.
func TestTraces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		var wire []string
		s.trace = func(mosi, miso []byte) { wire = append(wire, fmt.Sprintf("% X / % X", mosi, miso)) }
		s.onFrame = func(p []byte) {
			if string(p) == "AT\r\n" {
				s.send([]byte("\r\nOK\r\n"))
			}
		}
		l := open(t, s)
		write(t, l, "AT\r\n")
		expect(t, l, "\r\nOK\r\n")
		write(t, l, "AT+CIPSEND=0,2000\r\n")
		synctest.Wait()
		want := []string{
			"AA 55 00 00 00 00 00 00 / AA 55 09 00 00 00 00 00",
			"00 00 00 00 00 00 00 00 00 00 00 00 / 0D 0A 72 65 61 64 79 0D 0A 00 00 00",
			"AA 55 04 00 00 00 00 00 41 54 0D 0A / AA 55 00 00 00 00 00 00 DD CC BB AA",
			"AA 55 00 00 00 00 00 00 / AA 55 06 00 00 00 00 00",
			"00 00 00 00 00 00 00 00 / 0D 0A 4F 4B 0D 0A 00 00",
			"AA 55 13 00 00 00 00 00 41 54 2B 43 49 50 53 45 4E 44 3D 30 2C 32 30 30 30 0D 0A 88" +
				" / AA 55 00 00 00 00 00 00 DD CC BB AA DD CC BB AA DD CC BB AA DD CC BB AA DD CC BB AA",
		}
		if got := strings.Join(wire, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("wire:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// TestFullDuplex: a frame that waits in the module comes in while ours goes out,
// and only what is longer is clocked after it.
func TestFullDuplex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l := open(t, s)
		var sizes []int
		s.trace = func(mosi, _ []byte) { sizes = append(sizes, len(mosi)) }
		var got []byte
		s.onFrame = func(p []byte) { got = append(got, p...) }
		s.mu.Lock()
		s.queue = append(s.queue, moduleFrame(0, bytes.Repeat([]byte("m"), 6144)))
		s.mu.Unlock() // and no RDY of its own
		write(t, l, strings.Repeat("h", 1000))
		expect(t, l, strings.Repeat("m", 6144))
		if string(got) != strings.Repeat("h", 1000) {
			t.Errorf("the module got %d bytes", len(got))
		}
		if fmt.Sprint(sizes) != "[1008 4096 1048]" { // 8+1000, then 6144-1000 in transfers of at most 4096
			t.Errorf("transfers %v", sizes)
		}
	})
}

// TestSplit: one Write is one frame as long as it fits, then as few as possible.
func TestSplit(t *testing.T) {
	s := newSlave()
	var frames []int
	s.onFrame = func(p []byte) { frames = append(frames, len(p)) }
	l := open(t, s)
	for _, n := range []int{1, 4088, 4089, 8192} {
		write(t, l, strings.Repeat("x", n))
	}
	if n, err := l.Write(nil); n != 0 || err != nil {
		t.Errorf("empty write: %d, %v", n, err)
	}
	l.Close()
	if fmt.Sprint(frames) != "[1 4088 4088 1 4088 4088 16]" {
		t.Errorf("frames of %v", frames)
	}
	c := l.Counters()
	if c["bytes_out"] != 1+4088+4089+8192 || c["bytes_in"] != uint64(len(ready)) || c["transactions"] != 8 ||
		c["host_messages"] != 7 || c["module_messages"] != 1 {
		t.Errorf("counters %v", c)
	}
}

func TestTooShortTransfers(t *testing.T) {
	s := newSlave()
	s.max = 263
	if _, err := New(s, s, Options{}); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("a command of 256 bytes does not fit in 263: %v", err)
	}
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l := open(t, s)
		start := time.Now()
		l.SetReadDeadline(start.Add(time.Second))
		if _, err := l.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		l.SetReadDeadline(time.Time{})
		s.send([]byte("x"))
		expect(t, l, "x")

		s.mu.Lock()
		s.refuse = 1 << 30
		s.mu.Unlock()
		start = time.Now()
		l.SetWriteDeadline(start.Add(time.Second))
		if n, err := l.Write([]byte("refused")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("write: %d, %v after %v", n, err, time.Since(start))
		}
		l.SetWriteDeadline(time.Time{})
		s.mu.Lock()
		s.refuse = 0
		s.mu.Unlock()
		var got []byte
		s.onFrame = func(p []byte) { got = append(got, p...) }
		write(t, l, "taken")
		if string(got) != "taken" {
			t.Errorf("the module got %q; what was withdrawn must not come", got)
		}
	})
}

// TestClose: both directions are unblocked, whatever they wait for.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l := open(t, s)
		s.mu.Lock()
		s.silent = true
		s.mu.Unlock()
		ended := make(chan error, 2)
		go func() { _, err := l.Read(make([]byte, 1)); ended <- err }()
		go func() { _, err := l.Write([]byte("x")); ended <- err }()
		time.Sleep(time.Second)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-ended; !errors.Is(err, os.ErrClosed) {
				t.Error(err)
			}
		}
		if err := l.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
		if err := l.Reset(context.Background()); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Reset after Close: %v", err)
		}
		if l.SetReadDeadline(time.Now()) == nil || l.SetWriteDeadline(time.Now()) == nil {
			t.Error("deadlines of a closed link")
		}
	})
}

// TestBackPressure: with a reader that does not read, the link stops asking for
// frames before its buffer is full, and nothing is lost.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l := open(t, s)
		want := make([]byte, 0, 40*6000)
		for i := range 40 {
			want = append(want, bytes.Repeat([]byte{byte(i)}, 6000)...)
			s.send(want[len(want)-6000:])
		}
		time.Sleep(time.Second)
		if in := l.Counters()["bytes_in"]; in < bufferSize-2*MaxPayload || in > bufferSize+uint64(len(ready)) {
			t.Errorf("%d bytes were taken into a buffer of %d", in, bufferSize)
		}
		expect(t, l, string(want))
		var slow bool
		l.Drain(func(series string, _ time.Time, v float64) { slow = slow || series == "host_reaction" && v > 0 })
		if slow {
			t.Error("waiting for the reader was booked as host reaction")
		}
	})
}

// TestReset: CHIP_EN is low for at least 1 ms, what was there is gone, and the
// boot frame comes.
func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l := open(t, s)
		s.send([]byte("old"))
		synctest.Wait()
		start := time.Now()
		if err := l.Reset(context.Background()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < time.Millisecond {
			t.Errorf("CHIP_EN was low for %v", d)
		}
		expect(t, l, ready)

		s.mu.Lock()
		s.silent = true
		s.mu.Unlock()
		failed := make(chan error)
		go func() { _, err := l.Write([]byte("x")); failed <- err }()
		time.Sleep(time.Second)
		s.mu.Lock()
		s.silent = false
		s.mu.Unlock()
		if err := l.Reset(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; err == nil || !strings.Contains(err.Error(), "reset") {
			t.Errorf("write during a reset: %v", err)
		}
		expect(t, l, ready)
	})
}

// TestOtherFrames: what is not of type 0 never gets into the stream.
func TestOtherFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlave()
		l := open(t, s)
		var hci []byte
		if err := l.Register(3, func(f []byte) { hci = append(hci, f...) }); err != nil {
			t.Fatal(err)
		}
		if l.Register(0, func([]byte) {}) == nil {
			t.Error("type 0 was registered")
		}
		s.sendKind(1, []byte("net"))
		s.sendKind(3, []byte("event"))
		s.send([]byte("at"))
		expect(t, l, "at")
		if string(hci) != "event" || l.Counters()["other_frames"] != 2 {
			t.Errorf("%q, %v", hci, l.Counters())
		}
	})
}
