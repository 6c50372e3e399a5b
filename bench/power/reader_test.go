package power

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// count makes n bytes that count up, so that each place in them is told from its neighbours.
func count(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8)
	}
	return b
}

func TestReaderGivesBytesWithTheirInstants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		r := newReader(near)
		begin := time.Now()
		go func() {
			defer far.Close()
			for i := range 3 {
				time.Sleep(time.Second)
				far.Write([]byte{byte(i)})
			}
		}()
		time.Sleep(time.Minute) // nobody takes them, and still each has its own instant
		for i := range 3 {
			c, err := r.next(t.Context())
			if err != nil || !bytes.Equal(c.data, []byte{byte(i)}) || c.time.Sub(begin) != time.Duration(i+1)*time.Second || c.lost != 0 {
				t.Errorf("chunk %d: % x at %v, %d lost, %v", i, c.data, c.time.Sub(begin), c.lost, err)
			}
		}
		if _, err := r.next(t.Context()); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
		r.close()
	})
}

// Whatever the sizes of writes and of the ring, and whenever the other side comes: what is taken and what is told to be lost
// are together what was written, in its order.
func TestReaderAccountsForEveryByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 300).Draw(t, "size")
		reads := rapid.IntRange(2, 20).Draw(t, "reads")
		writes := rapid.SliceOfN(rapid.IntRange(1, 200), 1, 40).Draw(t, "writes")
		late := rapid.SliceOfN(rapid.IntRange(0, 10), len(writes), len(writes)).Draw(t, "late")
		total := 0
		for _, n := range writes {
			total += n
		}
		all := count(total)

		near, far := net.Pipe()
		r := newReaderSize(near, size, reads)
		defer r.close()
		go func() {
			rest := all
			for i, n := range writes {
				far.Write(rest[:n])
				rest = rest[n:]
				if late[i] == 0 {
					time.Sleep(20 * time.Microsecond)
				}
			}
			far.Close()
		}()
		at := 0
		for i := 0; ; i++ {
			if i < len(late) && late[i] > 5 {
				time.Sleep(time.Duration(late[i]) * time.Microsecond)
			}
			c, err := r.next(context.Background())
			if err != nil {
				if err != io.EOF || at != total {
					t.Fatalf("%v after %d of %d bytes", err, at, total)
				}
				return
			}
			at += c.lost
			if at+len(c.data) > total || !bytes.Equal(c.data, all[at:at+len(c.data)]) {
				t.Fatalf("chunk of %d bytes after %d is not what was written", len(c.data), at)
			}
			at += len(c.data)
		}
	})
}

func TestReaderTellsWhatItDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		r := newReaderSize(near, 1000, 100)
		far.Write(count(1200)) // the ring takes 1000
		c, err := r.next(t.Context())
		if err != nil || len(c.data) != 1000 || c.lost != 0 {
			t.Fatalf("%d bytes, %d lost, %v", len(c.data), c.lost, err)
		}
		far.Write(count(100)) // the chunk is in use until the next one is asked for: there is no room
		synctest.Wait()
		next := make(chan chunk)
		go func() {
			c, err := r.next(t.Context())
			if err != nil {
				t.Error(err)
			}
			next <- c
		}()
		synctest.Wait()
		far.Write(count(400)) // this read had begun without room, and has it now
		if c := <-next; c.lost != 300 || !bytes.Equal(c.data, count(400)) {
			t.Errorf("%d bytes after %d lost ones, want 400 after 300", len(c.data), c.lost)
		}

		far.Write(count(700))
		far.Close()
		if c, err := r.next(t.Context()); err != nil || len(c.data) != 600 || c.lost != 0 {
			t.Errorf("%d bytes after %d lost ones, %v; want 600", len(c.data), c.lost, err)
		}
		if c, err := r.next(t.Context()); err != nil || len(c.data) != 0 || c.lost != 100 {
			t.Errorf("%d bytes after %d lost ones, %v; want a loss of 100 alone", len(c.data), c.lost, err)
		}
		if _, err := r.next(t.Context()); err != io.EOF {
			t.Errorf("at last: %v", err)
		}
		r.close()
	})
}

func TestReaderEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		r := newReader(near)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a silent line: %v", err)
		}
		r.close()
		if _, err := r.next(t.Context()); !errors.Is(err, os.ErrClosed) {
			t.Errorf("after close: %v", err)
		}
		// The line is the caller's again, without a deadline.
		go far.Write([]byte("x"))
		if n, err := near.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("the line afterwards: %d, %v", n, err)
		}
	})
}

// idle is a line that returns from Read with nothing, as some serial drivers do when the device is gone.
type idle struct{ net.Conn }

func (idle) Read([]byte) (int, error)          { return 0, nil }
func (idle) SetReadDeadline(t time.Time) error { return nil }

func TestReaderDoesNotSpin(t *testing.T) {
	r := newReader(idle{})
	defer r.close()
	if _, err := r.next(t.Context()); err != io.ErrNoProgress {
		t.Errorf("%v", err)
	}
}

func TestReaderDoesNotAllocate(t *testing.T) {
	near, far := net.Pipe()
	r := newReader(near)
	defer r.close()
	p := count(64)
	if n := testing.AllocsPerRun(1000, func() {
		far.Write(p)
		r.next(t.Context())
	}); n > 0 {
		t.Errorf("%v allocations a chunk", n)
	}
	far.Close()
}
