package memnet

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// A connection that was accepted is whole, though the listener is closed at once.
func TestAcceptOneAndClose(t *testing.T) {
	for range 2000 {
		n := New()
		l, err := n.Listen("tcp", "10.0.0.1:5001")
		if err != nil {
			t.Fatal(err)
		}
		accepted := make(chan net.Conn, 1)
		go func() {
			c, err := l.Accept()
			l.Close()
			if err != nil {
				c = nil
			}
			accepted <- c
		}()
		c, err := n.Dial(t.Context(), "tcp", "10.0.0.1:5001")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if other := <-accepted; other != nil {
			other.Close()
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pairs makes a connection each way; the real one shows that the tests ask for
// what TCP does.
var pairs = map[string]func(t *testing.T) (dialled, accepted net.Conn){
	"memnet": func(t *testing.T) (net.Conn, net.Conn) {
		n := New()
		return pair(t, n.Listen, n.Dial)
	},
	"tcp": func(t *testing.T) (net.Conn, net.Conn) {
		return pair(t, net.Listen, new(net.Dialer).DialContext)
	},
}

func pair(t *testing.T, listen func(network, address string) (net.Listener, error),
	dial func(ctx context.Context, network, address string) (net.Conn, error)) (net.Conn, net.Conn) {
	t.Helper()
	l, err := listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := dial(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if a.RemoteAddr().String() != l.Addr().String() || a.LocalAddr().String() != b.RemoteAddr().String() {
		t.Errorf("the ends call themselves %v -> %v and %v -> %v", a.LocalAddr(), a.RemoteAddr(), b.LocalAddr(), b.RemoteAddr())
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func each(t *testing.T, test func(t *testing.T, a, b net.Conn)) {
	for name, open := range pairs {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, a, b)
		})
	}
}

func TestBytesArriveInOrderBothWays(t *testing.T) {
	each(t, func(t *testing.T, a, b net.Conn) {
		data := strings.Repeat("0123456789abcdef\x00\xff", 1<<16) // more than the buffers hold
		got := make(chan string, 2)
		for _, end := range []net.Conn{a, b} {
			go func() {
				io.WriteString(end, data)
				end.(interface{ CloseWrite() error }).CloseWrite()
			}()
			go func() {
				all, err := io.ReadAll(end)
				if err != nil {
					t.Error(err)
				}
				got <- string(all)
			}()
		}
		for range 2 {
			if all := <-got; all != data {
				t.Errorf("%d bytes arrived, or others than were sent", len(all))
			}
		}
	})
}

func TestHalfClose(t *testing.T) {
	each(t, func(t *testing.T, a, b net.Conn) {
		io.WriteString(a, "last")
		a.(interface{ CloseWrite() error }).CloseWrite()
		if all, err := io.ReadAll(b); string(all) != "last" || err != nil {
			t.Errorf("read %q, %v", all, err)
		}
		if _, err := io.WriteString(a, "more"); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a write after CloseWrite gives %v", err)
		}
		io.WriteString(b, "reply")
		p := make([]byte, 5)
		if _, err := io.ReadFull(a, p); string(p) != "reply" || err != nil {
			t.Errorf("the other direction gives %q, %v", p, err)
		}
	})
}

func TestClose(t *testing.T) {
	each(t, func(t *testing.T, a, b net.Conn) {
		failed := make(chan error, 2)
		go func() {
			_, err := a.Read(make([]byte, 1))
			failed <- err
		}()
		go func() {
			for {
				if _, err := a.Write(make([]byte, 1<<16)); err != nil {
					failed <- err
					return
				}
			}
		}()
		time.Sleep(50 * time.Millisecond)
		a.Close()
		for range 2 {
			if err := <-failed; !errors.Is(err, net.ErrClosed) {
				t.Errorf("Close ends a call with %v", err)
			}
		}
		if a.Close() == nil {
			t.Error("a second Close gives no error")
		}
		if _, err := io.Copy(io.Discard, b); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the other end reads %v", err)
		}
		for err := error(nil); ; _, err = b.Write([]byte("x")) {
			if err != nil {
				if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the other end writes: %v", err)
				}
				break
			}
		}
	})
}

func TestDeadlines(t *testing.T) {
	each(t, func(t *testing.T, a, b net.Conn) {
		soon := func() time.Time { return time.Now().Add(20 * time.Millisecond) }
		a.SetReadDeadline(soon())
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a read ends with %v", err)
		}
		a.SetReadDeadline(time.Time{})
		io.WriteString(b, "x")
		if _, err := a.Read(make([]byte, 1)); err != nil {
			t.Errorf("without deadline a read gives %v", err)
		}
		a.SetDeadline(soon())
		for err := error(nil); err == nil; {
			if _, err = a.Write(make([]byte, 1<<16)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a write ends with %v", err)
			}
		}
		// A deadline in the past ends a read that waits already.
		a.SetDeadline(time.Time{})
		go func() {
			time.Sleep(20 * time.Millisecond)
			a.SetReadDeadline(time.Now().Add(-time.Second))
		}()
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a read that waits ends with %v", err)
		}
	})
}

func TestNetwork(t *testing.T) {
	ctx, n := context.Background(), New()
	if _, err := n.Dial(ctx, "tcp", "10.0.0.1:80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a port without listener: %v", err)
	}
	l, err := n.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Listen("tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port that is taken: %v", err)
	}
	if _, err := n.Dial(ctx, "unix", "10.0.0.1:80"); err == nil {
		t.Error("another network is dialled")
	}
	if _, err := n.Dial(ctx, "tcp", "example.org:80"); err == nil {
		t.Error("a name is dialled")
	}
	waiting, err := n.Dial(ctx, "tcp", "10.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
	if _, err := waiting.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a connection that nobody accepted reads %v", err)
	}
	if _, err := n.Dial(ctx, "tcp", "10.0.0.1:80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a port that was freed: %v", err)
	}
}

func TestFullBacklogWaitsForTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		l, _ := n.Listen("tcp", "127.0.0.1:80")
		defer l.Close()
		for range backlog {
			if _, err := n.Dial(t.Context(), "tcp", "127.0.0.1:80"); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := n.Dial(ctx, "tcp", "127.0.0.1:80"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// In a bubble a wait takes exactly its time and a transfer none.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe("test", 16)
		defer b.Close()
		start := time.Now()
		go func() {
			time.Sleep(time.Minute)
			io.WriteString(a, strings.Repeat("x", 100))
			a.Close()
		}()
		all, err := io.ReadAll(b)
		if len(all) != 100 || err != nil || time.Since(start) != time.Minute {
			t.Errorf("%d bytes, %v, after %v", len(all), err, time.Since(start))
		}
		b.SetReadDeadline(time.Now().Add(time.Hour))
	})
}

// A connection that was accepted stands, though its listener was closed before the one who dialled looked; one that was not is
// refused.
func TestListenerClosedAfterAccept(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		l, err := New().Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		near, far := Pipe("pipe", 0)
		o := &offered{conn: far}
		l.(*listener).queue <- o
		if accepted {
			if _, err := l.Accept(); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		err = l.(*listener).queued(o)
		_, written := near.Write([]byte("x"))
		if stands := err == nil && written == nil; stands != accepted {
			t.Errorf("accepted %v: dial gives %v, write %v", accepted, err, written)
		}
		near.Close()
		far.Close()
	}
}
