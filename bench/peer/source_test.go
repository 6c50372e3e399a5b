package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A source to which nobody comes is done when it is closed.
func TestSourceThatNobodyComesTo(t *testing.T) {
	src, err := Local(Network{}, localhost).Source(t.Context(), Stream{Block: 100}, SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-src.Done():
	case <-bounded(t).Done():
		t.Fatal("closed, it is not done")
	}
	if src.Sent() != 0 || !errors.Is(src.Err(), net.ErrClosed) {
		t.Errorf("%d bytes, %v", src.Sent(), src.Err())
	}
}

// dialEnd connects to an end as the module does.
func dialEnd(t *testing.T, protocol, addr string) net.Conn {
	t.Helper()
	network := "tcp"
	if protocol == UDP {
		network = "udp"
	}
	c, err := net.Dial(network, addr)
	if err == nil && protocol == TLS {
		secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		if err = secure.Handshake(); err == nil {
			return secure
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var protocols = []struct {
	protocol string
	v6       bool
}{{TCP, false}, {UDP, false}, {TLS, false}, {TCP, true}, {UDP, true}, {TLS, true}}

// A source sends its stream whole, in every protocol and version of IP.
func TestSourceSendsTheStream(t *testing.T) {
	const block, blocks = 1000, 200
	for _, p := range protocols {
		s := Stream{ID: 2, Seed: 9, Block: block}
		o := SourceOptions{Options: Options{Protocol: p.protocol, IPv6: p.v6}, Total: block * blocks, Rate: 40e6}
		src, err := Local(Network{}, localhost).Source(t.Context(), s, o)
		if err != nil {
			if p.v6 {
				t.Skip("no IPv6 here:", err)
			}
			t.Fatal(err)
		}
		c := dialEnd(t, p.protocol, src.Addr().String())
		if p.protocol == UDP {
			send(t, c, []byte("x")) // tells where the module is
		}
		if err := src.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		check, buf := NewChecker(s), make([]byte, 1<<16)
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		for got := 0; got < block*blocks; {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatalf("%v after %d bytes: %v (%v)", p, got, err, src.Err())
			}
			check.Feed(buf[:n], time.Now())
			got += n
		}
		<-src.Done()
		check.Finish()
		if r := check.Report(); r.Good != block*blocks || r.Lost+r.Duplicate+r.Corrupt+r.Foreign != 0 || src.Sent() != block*blocks {
			t.Errorf("%v: %+v, sent %d", p, r, src.Sent())
		}
		if at := src.SentAt(blocks - 1); at.IsZero() || !src.SentAt(blocks).IsZero() {
			t.Errorf("%v: the last block was sent at %v", p, at)
		}
		c.Close()
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}

// In virtual time a paced source keeps its rate exactly, whatever the length of a block.
func TestSourceRateInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const block, rate = 1250, 10e6 // 1 ms a block
		m := newMemory()
		s := Stream{Seed: 1, Block: block}
		src, err := Local(Network{Listen: m.listen}, localhost).Source(t.Context(), s, SourceOptions{Rate: rate})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		c := m.dial()
		go io.Copy(io.Discard, c)
		start := time.Now()
		if err := src.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second - time.Microsecond)
		if got := src.Sent(); got != 1000*block {
			t.Errorf("%d bytes after a second, want %d", got, 1000*block)
		}
		if d := src.SentAt(700).Sub(start); d != 700*time.Millisecond {
			t.Errorf("block 700 was sent after %v", d)
		}
		src.Stop()
		if got := src.Sent(); got != 1000*block || src.Err() != nil {
			t.Errorf("stopped after %d bytes: %v", got, src.Err())
		}
	})
}

// A module that does not read holds the source off, and Stop ends it all the same.
func TestSourceIsHeldOff(t *testing.T) {
	src, err := Local(Network{}, localhost).Source(t.Context(), Stream{Block: 1 << 16}, SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
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
}

// untilHeldOff returns when a source has sent nothing for a while because nobody reads.
func untilHeldOff(src Source) {
	end := time.Now().Add(prompt)
	for sent := int64(0); (sent == 0 || sent != src.Sent()) && time.Now().Before(end); {
		sent = src.Sent()
		time.Sleep(300 * time.Millisecond)
	}
}

// An echo answers each request, and knows when.
func TestEcho(t *testing.T) {
	for _, p := range protocols {
		s := Stream{ID: 1, Seed: 4, Block: 100}
		k, err := Local(Network{}, localhost).Echo(t.Context(), s, EchoOptions{Options: Options{Protocol: p.protocol, IPv6: p.v6}, Request: 40, Reply: 100})
		if err != nil {
			t.Fatal(err)
		}
		c := dialEnd(t, p.protocol, k.Addr().String())
		c.SetDeadline(time.Now().Add(20 * time.Second))
		check := NewChecker(s)
		for i := range int64(10) {
			began := time.Now()
			send(t, c, make([]byte, 40))
			reply := make([]byte, 100)
			if _, err := io.ReadFull(c, reply); err != nil {
				t.Fatalf("%v: %v", p, err)
			}
			check.Feed(reply, time.Now())
			received, sent, ok := k.Instants(i)
			if !ok || received.Before(began) || sent.Before(received) || time.Now().Before(sent) {
				t.Errorf("%v: request %d came at %v and was answered at %v, %v", p, i, received, sent, ok)
			}
		}
		if r := check.Report(); r.Good != 1000 || r.Corrupt != 0 {
			t.Errorf("%v: the answers are %+v", p, r)
		}
		c.Close()
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Of UDP, what was lost, doubled and changed on the way is counted as it was, and so is what came late.
func TestSinkCountsDatagrams(t *testing.T) {
	const block = 500
	s := Stream{ID: 1, Seed: 7, Block: block}
	k, err := Local(Network{}, localhost).Sink(t.Context(), s, Options{Protocol: UDP})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	c := dialEnd(t, UDP, k.Addr().String())
	defer c.Close()
	datagram := func(i int64) []byte { return bytesOf(s, i*block, block) }
	for i := range int64(100) {
		p := datagram(i)
		switch i {
		case 10, 40, 41: // lost
			continue
		case 20: // changed
			p[100] ^= 1
		case 30: // late
			continue
		case 32:
			send(t, c, p)
			p = datagram(30)
		case 50: // twice
			send(t, c, p)
		}
		send(t, c, p)
		time.Sleep(50 * time.Microsecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := k.Wait(ctx, 98*block); err != nil {
		t.Fatal(err)
	}
	if r := k.Report(); r.Lost != 3*block || r.Reordered != block || r.Duplicate != block || r.Corrupt != 1 || r.Foreign != 0 || r.Datagrams != 98 {
		t.Errorf("%+v", r)
	}
}

// The peer reaches a module that is the server.
func TestEndsDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, _ := addrPort(l.Addr())
	s := Stream{Seed: 3, Block: 64}
	k, err := Local(Network{}, localhost).Sink(t.Context(), s, Options{Connect: to})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	send(t, c, bytesOf(s, 0, 640))
	c.Close()
	if err := k.Wait(t.Context(), 640); err != nil || k.Report().Good != 640 {
		t.Errorf("%+v, %v", k.Report(), err)
	}
	l.Close()
	if _, err := Local(Network{}, localhost).Sink(t.Context(), s, Options{Connect: to}); err == nil {
		t.Error("a module that does not listen is reached")
	}
}

// Blocks written at their own pace keep goodput near the rate: the closed form of a receiver's rate.
func TestSourceAndSinkAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := Stream{Seed: 1, Block: 1000}
		src, err := Local(Network{Listen: m.listen}, localhost).Source(t.Context(), s, SourceOptions{Rate: 8e6, Total: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		c := m.dial()
		check := NewChecker(s)
		if err := src.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		for got := 0; got < 100_000; {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			check.Feed(buf[:n], time.Now())
			got += n
		}
		if g, ok := check.Report().Goodput(); !ok || math.Abs(g/8e6-1) > 1e-9 {
			t.Errorf("goodput %v, %v", g, ok)
		}
	})
}
