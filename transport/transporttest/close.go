package transporttest

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func closeRead(t *testing.T, p Pair) {
	read := readOne(p)
	pending(t, "a Read", read)
	closed := start(p.Conn.Close)
	wantClosed(t, "the pending Read", finish(t, "a Read that was pending at Close", read))
	succeed(t, "Close", closed)
	wantClosed(t, "a later Read", finish(t, "a Read after Close", readOne(p)))
}

func closeWrite(t *testing.T, p Pair) {
	blocked, _ := flood(t, p.Conn, noise(9, 1<<20))
	closed := start(p.Conn.Close)
	wantClosed(t, "the blocked Write", finish(t, "a Write that was held off at Close", blocked))
	succeed(t, "Close", closed)
	later := start(func() error {
		_, err := p.Conn.Write([]byte("AT\r\n"))
		return err
	})
	wantClosed(t, "a later Write", finish(t, "a Write after Close", later))
}

func closeTwice(t *testing.T, p Pair) {
	succeed(t, "Close", start(p.Conn.Close))
	if err := finish(t, "a second Close", start(p.Conn.Close)); err != nil {
		wantClosed(t, "the second Close", err)
	}
}

// peerDeathRead lets the module's end go while a Read waits. Bytes that the
// module sent at the very end may still come; then the error must.
func peerDeathRead(t *testing.T, p Pair) {
	read := start(func() error {
		buf := make([]byte, 256)
		for {
			if _, err := p.Conn.Read(buf); err != nil {
				return err
			}
		}
	})
	pending(t, "a Read", read)
	if err := p.Far.Close(); err != nil {
		t.Fatal(err)
	}
	if err := finish(t, "a Read whose far end is gone", read); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a Read whose far end is gone ended with %v, there was no deadline", err)
	}
}

func peerDeathWrite(t *testing.T, p Pair) {
	if err := p.Far.Close(); err != nil {
		t.Fatal(err)
	}
	write := start(func() error {
		for {
			if _, err := p.Conn.Write([]byte("AT\r\n")); err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
	})
	if err := finish(t, "writing to a far end that is gone", write); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a Write whose far end is gone ended with %v, there was no deadline", err)
	}
}

func name(t *testing.T, p Pair, f Features) {
	before := p.Conn.String()
	if before == "" {
		t.Error("String is empty, it should be the link URL")
	}
	for _, secret := range f.Secrets {
		if strings.Contains(before, secret) {
			t.Errorf("String is %q, which shows a secret", before)
		}
	}
	succeed(t, "Close", start(p.Conn.Close))
	if after := p.Conn.String(); after != before {
		t.Errorf("String was %q, after Close it is %q", before, after)
	}
}
