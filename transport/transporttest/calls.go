package transporttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// start runs do in a goroutine; the channel gives its error.
func start(do func() error) <-chan error {
	c := make(chan error, 1)
	go func() { c <- do() }()
	return c
}

// finish is the error of what start began. It fails the test when that does not
// end.
func finish(t *testing.T, what string, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		t.Fatalf("%s did not end within %v", what, patience)
		return nil
	}
}

// succeed is finish for what must not fail.
func succeed(t *testing.T, what string, c <-chan error) {
	t.Helper()
	if err := finish(t, what, c); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// pending fails the test when what start began has ended already.
func pending(t *testing.T, what string, c <-chan error) {
	t.Helper()
	select {
	case err := <-c:
		t.Fatalf("%s ended with %v, it should wait", what, err)
	case <-time.After(idle):
	}
}

// wantClosed checks the error of a call on a closed Conn.
func wantClosed(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
		t.Errorf("%s ended with %v, want an error that matches os.ErrClosed or net.ErrClosed", what, err)
	}
}

// wantDeadline checks the error of a call whose deadline passed.
func wantDeadline(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s ended with %v, want an error that matches os.ErrDeadlineExceeded", what, err)
	}
}

// send writes data in pieces of the sizes that size returns.
func send(w io.Writer, data []byte, size func() int) <-chan error {
	return start(func() error {
		for rest := data; len(rest) > 0; {
			piece := rest[:min(size(), len(rest))]
			n, err := w.Write(piece)
			if n != len(piece) || err != nil {
				return fmt.Errorf("the Write took %d of %d bytes, error %v", n, len(piece), err)
			}
			rest = rest[n:]
		}
		return nil
	})
}

// receive reads as many bytes as want has, with slices of the sizes that size
// returns, and compares.
func receive(r io.Reader, want []byte, size func() int) <-chan error {
	return start(func() error {
		got, buf := 0, make([]byte, 64<<10)
		for got < len(want) {
			n, err := r.Read(buf[:min(size(), len(buf), len(want)-got)])
			if d := differ(buf[:n], want[got:got+n]); d >= 0 {
				return fmt.Errorf("byte %d is %#02x, sent was %#02x (%s)", got+d, buf[d], want[got+d], around(buf[:n], d))
			}
			got += n
			if err != nil && got < len(want) {
				return fmt.Errorf("after %d of %d bytes: %w", got, len(want), err)
			}
			if n == 0 && err == nil {
				return fmt.Errorf("after %d bytes a Read returned 0 bytes and no error", got)
			}
		}
		return nil
	})
}

// differ is the index of the first difference; -1 when there is none.
func differ(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

func around(b []byte, at int) string {
	return fmt.Sprintf("received % x", b[at:min(at+8, len(b))])
}

// each returns the same size every time.
func each(n int) func() int { return func() int { return n } }

// upTo returns sizes from 1 to n in an order that is the same in every run.
func upTo(n int) func() int {
	r := rand.New(rand.NewPCG(67, uint64(n)))
	return func() int { return 1 + r.IntN(n) }
}

// noise is seeded random data.
func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// flood writes to w until the link takes nothing more, as one that CTS holds
// off, and returns the channel of the error that ends it. taken counts what the
// writes reported.
func flood(t *testing.T, w io.Writer, data []byte) (failed <-chan error, taken *atomic.Int64) {
	t.Helper()
	const most = 64 << 20
	taken = new(atomic.Int64)
	piece := 8 << 10
	failed = start(func() error {
		for {
			from := int(taken.Load()) % len(data)
			n, err := w.Write(data[from:min(from+piece, len(data))])
			taken.Add(int64(n))
			if err != nil {
				return err
			}
		}
	})
	last, since := int64(-1), time.Now()
	for time.Since(since) < idle {
		if n := taken.Load(); n != last {
			last, since = n, time.Now()
		}
		if last > most {
			t.Fatalf("the link took %d bytes that nobody read; declare what is never held off as not applicable", last)
		}
		time.Sleep(5 * time.Millisecond)
	}
	pending(t, "a Write that nobody reads", failed)
	return failed, taken
}
