package at

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// The whole over a real terminal line.
func TestPTY(t *testing.T) {
	p := openPTY(t)
	startModule(t, p)
	s := New(p.host, testGrammar())
	defer s.Close()
	var got collector
	s.SetSink(0, got.take)
	payload := []byte(strings.Repeat(nasty, 100))
	for range 20 {
		if _, err := s.Send(t.Context(), []byte("AT+CIPSEND=0,4800"), payload, SendOptions{}); err != nil {
			t.Fatal(err)
		}
		r, err := s.Command(t.Context(), []byte("AT+CIPRECVDATA=0,4800"))
		if err != nil || !bytes.Equal(r.Data, payload) {
			t.Fatalf("%d bytes, %v", len(r.Data), err)
		}
		got.Reset()
		if _, err := s.Command(t.Context(), []byte("AT+IPD=7,4800")); err != nil || got.String() != strings.Repeat(string(payload), 7) {
			t.Fatalf("%d bytes, %v", got.Len(), err)
		}
	}
}

// A PTY whose other end takes nothing holds a write off: the context ends it, then Close does.
func TestPTYHeldOff(t *testing.T) {
	p := openPTY(t)
	s := New(p.host, testGrammar())
	defer s.Close()
	go func() { // the module asks for the payload, and reads no more
		if _, err := p.module.Read(make([]byte, 100)); err != nil {
			t.Error(err)
		}
		p.module.WriteString("\r\nOK\r\n\r\n>")
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := s.Send(ctx, []byte("AT+CIPSEND=0,1000000"), make([]byte, 1000000), SendOptions{})
	if e := broken(t, err, context.DeadlineExceeded); !e.DataMode || !strings.Contains(err.Error(), "no room for the payload") {
		t.Error(err)
	}
	closed := time.AfterFunc(300*time.Millisecond, func() { s.Close() })
	defer closed.Stop()
	_, err = s.Send(t.Context(), []byte("AT+CIPSEND=0,1000000"), make([]byte, 1000000), SendOptions{})
	if !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}
