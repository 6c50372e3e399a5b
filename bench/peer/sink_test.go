package peer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

func dial(t testing.TB, k Sink) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", k.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

func send(t testing.TB, c net.Conn, p []byte) {
	t.Helper()
	if _, err := c.Write(p); err != nil {
		t.Fatal(err)
	}
}

// bounded is a context that ends a test that hangs.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestSinkOverLoopback(t *testing.T) {
	for _, size := range []int{16, 1460, 6144} {
		s := Stream{ID: 1, Seed: 9, Block: size}
		k := open(t, nil, s)
		c := dial(t, k)
		const blocks = 500
		total := int64(blocks * size)
		before := time.Now()
		for n := range int64(blocks) {
			send(t, c, bytesOf(s, n*int64(size), int64(size)))
		}
		if err := k.Wait(bounded(t), total); err != nil {
			t.Fatal(err)
		}
		r := k.Report()
		if r.Bytes != total || r.Good != total || r.Lost+r.Duplicate+r.Reordered+r.Corrupt+r.Foreign != 0 || r.FirstBad != -1 {
			t.Errorf("%+v", r)
		}
		if r.Blocks != blocks || r.FirstBlock < int64(size) || r.FirstBlock > total || r.LastBlock != total || !r.Connected || r.Closed || r.Err != "" {
			t.Errorf("%+v", r)
		}
		times := make([]time.Time, 2*blocks)
		n, first, last := k.Arrived(0, times), times[0], times[blocks-1]
		if n != blocks || !first.Equal(r.First) || !last.Equal(r.Last) || first.Before(before) || first.After(last) {
			t.Errorf("%d arrivals, from %v to %v, report %+v", n, first, last, r)
		}
		k.Forget(10)
		if n := k.Arrived(9, times[:2]); n != 2 || !times[0].IsZero() || times[1].IsZero() {
			t.Errorf("after Forget(10), blocks 9 and 10 are at %v", times[:2])
		}
		if n := k.Arrived(blocks, times); n != 0 {
			t.Errorf("%d blocks that were never sent", n)
		}
		_ = c.Close()
		if err := k.Wait(bounded(t), total+1); !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "ended after") {
			t.Errorf("after the end: %v", err)
		}
		if r := k.Report(); !r.Closed || r.Reset || r.Err != "" {
			t.Errorf("after FIN: %+v", r)
		}
	}
}

// A reset after data is a normal end, but it is said; without data it is an error.
func TestReset(t *testing.T) {
	s := Stream{Seed: 9, Block: 100}
	for _, n := range []int64{0, 250} {
		k := open(t, nil, s)
		c := dial(t, k)
		send(t, c, bytesOf(s, 0, n))
		if err := k.Wait(bounded(t), n); err != nil {
			t.Fatal(err)
		}
		_ = c.SetLinger(0)
		_ = c.Close()
		if err := k.Wait(bounded(t), 1000); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after RST: %v", err)
		}
		r := k.Report()
		if !r.Closed || !r.Reset || r.Good != n || (r.Err == "") != (n > 0) {
			t.Errorf("RST after %d bytes: %+v", n, r)
		}
	}
}

func TestSecondConnectionIsRefused(t *testing.T) {
	s := Stream{Seed: 9, Block: 100}
	k := open(t, nil, s)
	c := dial(t, k)
	send(t, c, bytesOf(s, 0, 100))
	if err := k.Wait(bounded(t), 100); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		other, err := net.Dial("tcp", k.Addr().String())
		if errors.Is(err, syscall.ECONNRESET) {
			continue // refused before the dial had returned
		}
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		_ = other.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := other.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second connection reads: %v", err)
		}
	}
	send(t, c, bytesOf(s, 100, 100))
	if err := k.Wait(bounded(t), 200); err != nil {
		t.Fatal(err)
	}
	if r := k.Report(); r.Good != 200 || r.FirstBad != -1 || !strings.Contains(r.Err, "refused 2 more") {
		t.Errorf("%+v", r)
	}
}

func TestNobodyConnects(t *testing.T) {
	k := open(t, nil, Stream{Block: 100})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	err := k.Wait(ctx, 1)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Wait: %v", err)
	}
	for _, part := range []string{k.Addr().String(), "firewall", "client isolation"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if r := k.Report(); r.Connected || r.Closed || r.Err != "" || r.FirstBad != -1 {
		t.Errorf("%+v", r)
	}
	dial(t, k)
	if err := k.Wait(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait with a context that has ended: %v", err)
	}
}

// Close ends every Wait, with and without a connection, and can be called again.
func TestCloseUnblocks(t *testing.T) {
	for _, connected := range []bool{false, true} {
		k := open(t, nil, Stream{Block: 100})
		if connected {
			dial(t, k)
		}
		done := make(chan error)
		for range 3 {
			go func() { done <- k.Wait(bounded(t), 1) }()
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		for range 3 {
			if err := <-done; !errors.Is(err, net.ErrClosed) {
				t.Errorf("Wait after Close: %v", err)
			}
		}
		if err := k.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if r := k.Report(); r.Err != "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestSinkErrors(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	failing := func(string, string) (net.Listener, error) { return nil, syscall.EADDRNOTAVAIL }
	for name, c := range map[string]struct {
		ctx    context.Context
		listen Listen
		host   netip.Addr
		block  int
		want   string
	}{
		"no block":   {t.Context(), nil, localhost, 0, "0 bytes; allowed are 1 to 65536"},
		"no host":    {t.Context(), nil, netip.Addr{}, 100, "no address to listen on"},
		"ended":      {ended, nil, localhost, 100, "canceled"},
		"not ours":   {t.Context(), failing, localhost, 100, "cannot listen on 127.0.0.1"},
		"no address": {t.Context(), func(string, string) (net.Listener, error) { return nameless{}, nil }, localhost, 100, "nowhere"},
	} {
		if k, err := Local(Network{Listen: c.listen}, c.host).Sink(c.ctx, Stream{Block: c.block}, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if kind := Local(Network{}, localhost).Kind(); kind != "in-process" {
		t.Errorf("kind %q", kind)
	}
}

// nameless is a listening socket whose address is no IP address.
type nameless struct{ net.Listener }

func (nameless) Addr() net.Addr { return &net.UnixAddr{Name: "nowhere"} }
func (nameless) Close() error   { return nil }
