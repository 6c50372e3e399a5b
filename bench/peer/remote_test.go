package peer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// logged is a log that tests can read.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serveRemote serves a remote peer on the loopback interface until the test ends.
func serveRemote(t testing.TB, o ServeOptions) (address string, key Key, log *logged) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key, log = NewKey(), &logged{}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ServeControl(ctx, ln, key, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String(), key, log
}

// dialRemote is a remote peer of its own for a test.
func dialRemote(t testing.TB, o ServeOptions) *Remote {
	t.Helper()
	address, key, _ := serveRemote(t, o)
	r, err := Dial(t.Context(), address, key, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

var (
	_ Peer      = (*Remote)(nil)
	_ Clocked   = (*Remote)(nil)
	_ IperfPeer = (*Remote)(nil)
	_ IperfPeer = local{}
)

// A remote sink counts and times what a local one does, in every protocol.
func TestRemoteSink(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	const block, blocks = 1000, 100
	for _, p := range protocols {
		s := Stream{ID: 3, Seed: 5, Block: block, Pattern: "final"}
		k, err := r.Sink(t.Context(), s, Options{Protocol: p.protocol, IPv6: p.v6})
		if err != nil {
			if p.v6 {
				t.Skip("no IPv6 here:", err)
			}
			t.Fatal(err)
		}
		if k.Addr().Addr().Is6() != p.v6 {
			t.Errorf("%v: the sink is at %s", p, k.Addr())
		}
		c := dialEnd(t, p.protocol, k.Addr().String())
		before := time.Now()
		for i := range int64(blocks) {
			payload := bytesOf(s, i*block, block)
			if i == 50 {
				payload[500] ^= 1
			}
			send(t, c, payload)
			if p.protocol == UDP {
				time.Sleep(50 * time.Microsecond)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := k.Wait(ctx, block*blocks); err != nil {
			t.Fatalf("%v: %v", p, err)
		}
		cancel()
		_, within := r.Clock()
		checkArrivals(t, k, blocks, before.Add(-within), time.Now().Add(within))
		c.Close()
		rep := k.Report()
		if rep.Corrupt != 1 || rep.Good != block*blocks-1 || rep.Blocks != blocks || rep.FirstBad != 50*block+500 || !rep.Connected {
			t.Errorf("%v: %+v", p, rep)
		}
		if _, ok := rep.Goodput(); !ok || rep.First.Before(before.Add(-within)) || rep.Last.Before(rep.First) {
			t.Errorf("%v: blocks came from %v to %v, after %v", p, rep.First, rep.Last, before)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if after := k.Report(); after.Good != rep.Good || after.Lost != 0 {
			t.Errorf("%v: closed, it reports %+v", p, after)
		}
	}
}

// checkArrivals wants the arrivals of n blocks, in order and within bounds.
func checkArrivals(t *testing.T, k Sink, n int, from, to time.Time) {
	t.Helper()
	at := make([]time.Time, n+10)
	if got := k.Arrived(0, at); got != n {
		t.Fatalf("%d of %d blocks have arrived", got, n)
	}
	last := from
	for i, a := range at[:n] {
		if a.Before(last) || a.After(to) {
			t.Errorf("block %d arrived at %v, not between %v and %v", i, a, last, to)
		}
		last = a
	}
	k.Forget(10)
	if k.Arrived(9, at[:2]); !at[0].IsZero() || at[1].IsZero() {
		t.Errorf("after Forget(10), blocks 9 and 10 arrived at %v and %v", at[0], at[1])
	}
}

// Without Wait, arrivals come by themselves; and a last byte that comes late is found at the next Wait.
func TestRemoteArrivals(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	const block = 500
	s := Stream{Seed: 5, Block: block}
	k, err := r.Sink(t.Context(), s, Options{Protocol: UDP})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	c := dialEnd(t, UDP, k.Addr().String())
	defer c.Close()
	for _, i := range []int64{0, 2, 3} {
		send(t, c, bytesOf(s, i*block, block))
	}
	at := make([]time.Time, 4)
	for end := time.Now().Add(10 * time.Second); k.Arrived(0, at) < 4; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 10 s, %v have arrived; %+v", at, k.Report())
		}
	}
	if at[0].IsZero() || !at[1].IsZero() || at[3].IsZero() {
		t.Errorf("arrived at %v", at)
	}
	send(t, c, bytesOf(s, block, block))
	if err := k.Wait(t.Context(), 4*block); err != nil {
		t.Fatal(err)
	}
	if k.Arrived(0, at) != 4 || at[1].Before(at[3]) {
		t.Errorf("block 1 arrived at %v, after block 3 at %v", at[1], at[3])
	}
}

// Wait of a remote sink ends with the same errors as that of a local one.
func TestRemoteWaitErrors(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	s := Stream{Seed: 1, Block: 100}
	sink := func() Sink {
		k, err := r.Sink(t.Context(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	why := errors.New("the case is over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, why)
	defer cancel()
	k := sink()
	if err := k.Wait(ctx, 1); !errors.Is(err, why) || !strings.Contains(err.Error(), "nobody ever connected to "+k.Addr().String()+": the case is over; check") {
		t.Errorf("nobody came: %v", err)
	}
	c := dialEnd(t, TCP, k.Addr().String())
	send(t, c, bytesOf(s, 0, 100))
	c.Close()
	if err := k.Wait(t.Context(), 101); !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "100 of 101 bytes") {
		t.Errorf("the module closed: %v", err)
	}
	k2 := sink()
	go func() {
		time.Sleep(50 * time.Millisecond)
		k2.Close()
	}()
	if err := k2.Wait(t.Context(), 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed while it is waited for: %v", err)
	}
	if err := k2.Wait(t.Context(), 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed before: %v", err)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if err := k.Wait(t.Context(), 100); err != nil {
		t.Errorf("all has arrived: %v", err)
	}
}

// A remote source sends its stream, says when, and can be stopped.
func TestRemoteSource(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	const block, blocks = 1000, 200
	for _, p := range protocols[:3] {
		s := Stream{ID: 2, Seed: 9, Block: block, Pattern: "ipd"}
		src, err := r.Source(t.Context(), s, SourceOptions{Options: Options{Protocol: p.protocol}, Total: block * blocks, Rate: 40e6})
		if err != nil {
			t.Fatal(err)
		}
		c := dialEnd(t, p.protocol, src.Addr().String())
		if p.protocol == UDP {
			send(t, c, []byte("x"))
		}
		before := time.Now()
		if err := src.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		check, buf, arrived := NewChecker(s), make([]byte, 1<<16), time.Time{}
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		for got := 0; got < block*blocks; {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatalf("%v after %d bytes: %v (%v)", p, got, err, src.Err())
			}
			arrived = time.Now()
			check.Feed(buf[:n], arrived)
			got += n
		}
		<-src.Done()
		check.Finish()
		if rep := check.Report(); rep.Good != block*blocks || src.Sent() != block*blocks || src.Err() != nil {
			t.Errorf("%v: %+v, sent %d: %v", p, rep, src.Sent(), src.Err())
		}
		_, within := r.Clock()
		first, last := src.SentAt(0), src.SentAt(blocks-1)
		if first.Before(before.Add(-within)) || last.Before(first) || last.After(arrived.Add(within)) || !src.SentAt(blocks).IsZero() {
			t.Errorf("%v: sent from %v to %v; began %v, arrived %v", p, first, last, before, arrived)
		}
		c.Close()
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		if src.Sent() != block*blocks {
			t.Errorf("%v: closed, it has sent %d", p, src.Sent())
		}
	}
}

// A module that does not read holds a remote source off, Stop ends it, and Close ends Done where nobody came.
func TestRemoteSourceStops(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	src, err := r.Source(t.Context(), Stream{Block: 1 << 16}, SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := dialEnd(t, TCP, src.Addr().String())
	defer c.Close()
	if err := src.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	untilHeldOff(src)
	src.Stop()
	if src.Blocked() < 100*time.Millisecond || src.Err() != nil || src.Sent() == 0 {
		t.Errorf("blocked for %v after %d bytes: %v", src.Blocked(), src.Sent(), src.Err())
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	none, err := r.Source(t.Context(), Stream{Block: 100}, SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := none.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody came, and Start says %v", err)
	}
	if err := none.Close(); err != nil {
		t.Error(err)
	}
	<-none.Done()
}

// An answer that came before the connection was lost is an answer, also for who looks late.
func TestLastAnswer(t *testing.T) {
	r := &Remote{lost: make(chan struct{}), err: io.EOF}
	close(r.lost)
	for range 100 {
		to := make(chan arrival, 1)
		to <- arrival{answer: answer{ID: 7}}
		if a, err := r.await(t.Context(), 7, to); err != nil || a.ID != 7 {
			t.Fatalf("%d, %v", a.ID, err)
		}
		if _, err := r.await(t.Context(), 7, to); err == nil {
			t.Fatal("an answer that never came")
		}
	}
}

// A remote echo answers, and knows when.
func TestRemoteEcho(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	s := Stream{ID: 1, Seed: 4, Block: 100}
	k, err := r.Echo(t.Context(), s, EchoOptions{Request: 40, Reply: 100})
	if err != nil {
		t.Fatal(err)
	}
	c := dialEnd(t, TCP, k.Addr().String())
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	_, within := r.Clock()
	for i := range int64(10) {
		began := time.Now()
		send(t, c, make([]byte, 40))
		if _, err := io.ReadFull(c, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		received, sent, ok := k.Instants(i)
		if !ok || received.Before(began.Add(-within)) || sent.Before(received) || time.Now().Add(within).Before(sent) {
			t.Errorf("request %d came at %v and was answered at %v, %v", i, received, sent, ok)
		}
	}
	if _, _, ok := k.Instants(10); ok || k.Requests() != 10 {
		t.Errorf("%d requests", k.Requests())
	}
	if err := k.Close(); err != nil || k.Requests() != 10 {
		t.Errorf("closed after %d requests: %v", k.Requests(), err)
	}
	if _, err := r.Echo(t.Context(), s, EchoOptions{}); err == nil || !strings.Contains(err.Error(), "allowed are 1 to") {
		t.Errorf("an echo of nothing: %v", err)
	}
}

// The remote peer dials a module that is the server.
func TestRemoteDials(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, _ := addrPort(l.Addr())
	s := Stream{Seed: 3, Block: 64}
	k, err := r.Sink(t.Context(), s, Options{Connect: to})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, bytesOf(s, 0, 640))
	if err := k.Wait(t.Context(), 640); err != nil || k.Report().Good != 640 || k.Addr() != to {
		t.Errorf("%+v, %v, at %s", k.Report(), err, k.Addr())
	}
}
