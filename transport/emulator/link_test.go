package emulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

func TestMemoryLinkComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		if _, err := r.m.Open(); !errors.Is(err, core.ErrBusy) {
			t.Errorf("a second host gets %v", err)
		}
		r.ok("AT+SYSLOG=1")
		failed := make(chan error)
		go func() {
			_, err := r.conn.Read(make([]byte, 1))
			failed <- err
		}()
		synctest.Wait()
		r.conn.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close ends a pending read with %v", err)
		}
		conn, err := r.m.Open()
		if err != nil {
			t.Fatal(err)
		}
		host{t, conn}.do("AT+SYSLOG?", "+SYSLOG:1\r\n\r\nOK\r\n")
		r.m.Close()
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a host of a module that is switched off reads %v", err)
		}
		if _, err := r.m.Open(); err == nil {
			t.Error("a closed module can be opened")
		}
		conn.Close()
	})
}

func TestMemoryLinkDescribesItself(t *testing.T) {
	m, err := New(Config{Link: LinkMemory, Baud: 921600})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	conn, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if id := conn.Identity(); id["link"] != "memory" || id["baud"] != "921600" || id["flow"] != "none" {
		t.Errorf("identity %v", id)
	}
	// 100 bytes of 10 bits at 921600 bit/s.
	if d, ok := conn.LineTime([]int{40, 50}, []int{10}); !ok || d != 1085069*time.Nanosecond {
		t.Errorf("line time %v, %v", d, ok)
	}
	if s := conn.String(); !strings.HasPrefix(s, "emulated?baud=921600&build=uart") {
		t.Errorf("it calls itself %s", s)
	}
}

// A host that does not keep to the protocol gets errors and stays alive.
func TestHostileHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		peer := r.connect()
		go io.Copy(io.Discard, peer)
		go io.Copy(r, io.LimitReader(zeros{}, 1<<20)) // an endless line
		time.Sleep(10 * time.Second)
		r.do("", "\r\nERROR\r\n")
		r.ok("AT")
		r.do("AT+CIPSEND=0,2147483648", "\r\nERROR\r\n")
		r.do("AT+CIPSEND=99999999999999999999999999,5", "\r\nERROR\r\n")
		r.do("AT\r\nAT\r\nAT\r\nAT", "\r\nbusy p...\r\n\r\nOK\r\n")
		r.ok("AT")
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Random bytes and random commands, seeded: the module answers a life sign at the end.
func TestRandomHost(t *testing.T) {
	words := []string{"AT", "at", "E1", "+CIPSEND", "+CIPSTART", "+CWJAP", "+CIPMUX", "+RST", "+EFUSE-R", "+CIPRECVDATA", "+PING",
		"+CIPRECVBUF", "+CWMODE", "=", "?", ",", "0", "1", "-1", "5", "2147483648", `"TCP"`, `"`, `\`, `"a"`, "\r\n", "\n", "\r", "\x00"}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		rng := rand.New(rand.NewPCG(67, 1))
		go io.Copy(io.Discard, r)
		for range 20000 {
			io.WriteString(r, words[rng.IntN(len(words))])
			if rng.IntN(4) == 0 {
				io.WriteString(r, "\r\n")
				time.Sleep(time.Duration(rng.IntN(2000)) * time.Microsecond)
			}
		}
		time.Sleep(time.Hour)
	})
}

func TestTCP(t *testing.T) {
	peers, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peers.Close()
	m, err := New(Config{Link: LinkTCP, Boot: None})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- m.Serve(ctx, l) }()
	conn := dial(t, l.Addr())
	realDialog(t, conn, peers)
	second := dial(t, l.Addr())
	second.SetReadDeadline(time.Now().Add(patience))
	if _, err := second.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a second client reads %v, want to be disconnected", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve ends with %v", err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the client reads %v after the end", err)
	}
}

func dial(t *testing.T, a net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// realDialog joins and sends to a real socket.
func realDialog(t *testing.T, conn line, peers net.Listener) {
	t.Helper()
	h := host{t, conn}
	h.restart()
	h.ok("AT", "AT+CWMODE=1,0", "AT+CIPMUX=1")
	h.do(`AT+CWJAP="st67bench","emulated-air"`, "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
	_, port, _ := net.SplitHostPort(peers.Addr().String())
	h.do(`AT+CIPSTART=0,"TCP","127.0.0.1",`+port, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
	peer, err := peers.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	for _, n := range []int{1, 1460, 6144} {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i * 7)
		}
		h.do("AT+CIPSEND=0,"+strconv.Itoa(n), prompt)
		h.Write(data)
		h.expect(taken(n))
		if got := receive(t, peer, n); !bytes.Equal([]byte(got), data) {
			t.Errorf("a send of %d bytes arrives as other bytes", n)
		}
	}
	h.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
}
