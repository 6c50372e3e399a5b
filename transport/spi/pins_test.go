package spi

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// servePins puts the slave behind the pin-level protocol on c, as documented.
func servePins(c io.ReadWriteCloser, s *slave) {
	records := make(chan []byte, 100)
	ended := make(chan struct{})
	defer close(ended)
	send := func(b ...byte) {
		select {
		case records <- b:
		case <-ended:
		}
	}
	go func() {
		for {
			select {
			case b := <-records:
				c.Write(b)
			case <-ended:
				return
			}
		}
	}()
	s.onReady = func(high bool) {
		if high {
			send('R', 1)
		} else {
			send('R', 0)
		}
	}
	send('R', 0)
	for {
		var head [2]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		switch head[0] {
		case 'E':
			s.SetEnable(head[1] == 1)
		case 'C':
			s.SetCS(head[1] == 1)
		case 'X':
			var high [1]byte
			io.ReadFull(c, high[:])
			n := int(binary.LittleEndian.Uint16([]byte{head[1], high[0]}))
			tx, rx := make([]byte, n), make([]byte, n)
			io.ReadFull(c, tx)
			s.Transfer(tx, rx)
			send(append([]byte{'X', byte(n), byte(n >> 8)}, rx...)...)
		}
	}
}

func TestPinLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, module := net.Pipe()
		s := newSlave()
		go servePins(module, s)
		l, err := OpenStream(host, Options{Max: 4096})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		conform(t, l, s)
		if l.Conditions()["host"] != "bridge" || len(l.Warnings()) != 1 {
			t.Errorf("%v %v", l.Conditions(), l.Warnings())
		}
		for _, p := range s.problems {
			t.Error(p)
		}
	})
}

// TestPinLevelSocket opens the link by its URL's target, on a real socket.
func TestPinLevelSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no unix sockets here: ", err)
	}
	defer listener.Close()
	s := newSlave()
	served := make(chan struct{})
	go func() {
		defer close(served)
		if c, err := listener.Accept(); err == nil {
			servePins(c, s)
			c.Close()
		}
	}()
	l, err := Open(Config{Device: "unix:" + path, Speed: 20_000_000})
	if err != nil {
		t.Fatal(err)
	}
	conform(t, l, s)
	if got := l.String(); got != "spi:unix:"+path+"?speed=20MHz" {
		t.Error(got)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-served
	if _, err := Open(Config{Device: "unix:" + path + "-not"}); err == nil || !strings.Contains(err.Error(), "st67bench emulate") {
		t.Errorf("no socket: %v", err)
	}
}

// conform boots, exchanges streams both ways and resets.
func conform(t *testing.T, l *Link, s *slave) {
	t.Helper()
	expect(t, l, ready)
	var got []byte
	s.mu.Lock()
	s.onFrame = func(p []byte) { got = append(got, p...); s.send(bytes.Clone(p)) }
	s.mu.Unlock()
	want := make([]byte, 100_000)
	for i := range want {
		want[i] = byte(i * 7)
	}
	go l.Write(want)
	expect(t, l, string(want))
	if !bytes.Equal(got, want) {
		t.Errorf("the module got %d bytes", len(got))
	}
	if err := l.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	expect(t, l, ready)
	if c := l.Counters(); c["edges_lost"] != 0 || c["header_errors"] != 0 {
		t.Error(c)
	}
}

// TestPinLevelFaults: a peer that closes, breaks the protocol or says nothing
// ends the link with an error that says so.
func TestPinLevelFaults(t *testing.T) {
	for name, c := range map[string]struct {
		peer func(c net.Conn)
		want string
	}{
		"closes":      {func(c net.Conn) { c.Close() }, "closed it"},
		"record":      {func(c net.Conn) { c.Write([]byte("?")) }, "0x3f begins no record"},
		"level":       {func(c net.Conn) { c.Write([]byte("R\x02")) }, "level 0x02"},
		"unasked":     {func(c net.Conn) { c.Write([]byte("X\x01\x00\x00")) }, "0 were clocked"},
		"wrong size":  {func(c net.Conn) { c.Write([]byte("R\x01")); time.Sleep(time.Second); c.Write([]byte("X\x01\x00\x00")) }, "8 were clocked"},
		"no answer":   {func(c net.Conn) { c.Write([]byte("R\x01")) }, "no answer to a pin-level transfer"},
		"half record": {func(c net.Conn) { c.Write([]byte("R")); c.Close() }, "closed it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				host, module := net.Pipe()
				go io.Copy(io.Discard, module)
				l, err := OpenStream(host, Options{})
				if err != nil {
					t.Fatal(err)
				}
				go c.peer(module)
				if _, err := l.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v; want %s", err, c.want)
				}
				if name == "closes" {
					if _, err := l.Write([]byte("x")); !errors.Is(err, io.EOF) {
						t.Errorf("write: %v", err)
					}
				}
				l.Close()
				module.Close()
			})
		})
	}
}

// TestPinLevelStuckPeer: a peer that reads nothing makes opening fail, and does
// not hold up Close when it stops answering later.
func TestPinLevelStuckPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, module := net.Pipe()
		defer module.Close()
		if _, err := OpenStream(host, Options{}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		host, module := net.Pipe()
		defer module.Close()
		go func() {
			io.ReadFull(module, make([]byte, 8)) // CS and CHIP_EN, twice
			module.Write([]byte("R\x01"))
		}()
		l, err := OpenStream(host, Options{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		start := time.Now()
		l.Close()
		if d := time.Since(start); d > time.Second/2 {
			t.Errorf("Close took %v", d)
		}
	})
}
