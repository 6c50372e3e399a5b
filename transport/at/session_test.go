package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Nobody takes events, and everything else goes on; later they are all there, in order.
func TestSlowConsumer(t *testing.T) {
	const rounds, each = 100, 200
	var steps []step
	for i := range rounds {
		var events bytes.Buffer
		for k := range each {
			fmt.Fprintf(&events, "+CW:%d\r\n", i*each+k)
		}
		steps = append(steps, step{"AT\r\n", one(events.String() + "\r\nOK\r\n")})
	}
	script := newScript(steps...)
	s := New(script, testGrammar())
	defer s.Close()
	for range rounds {
		if r, err := s.Command(t.Context(), []byte("AT")); err != nil || len(r.Lines) > 0 {
			t.Fatal(show(r, err))
		}
	}
	script.hangUp()
	n := 0
	for e := range s.Events() {
		if want := fmt.Sprintf("+CW:%d", n); string(e.Line) != want {
			t.Fatalf("event %d is %q", n, e.Line)
		}
		n++
	}
	if n != rounds*each {
		t.Errorf("%d events, want %d", n, rounds*each)
	}
}

// Close leaves nothing behind, also with events that nobody took and twice.
func TestCloseDropsEvents(t *testing.T) {
	script := newScript(step{"", one(string(bytes.Repeat([]byte("+CW:X\r\n"), 1000)))})
	s := New(script, testGrammar())
	<-s.Events()
	for range 2 {
		if err := s.Close(); err != nil || !errors.Is(s.Err(), os.ErrClosed) {
			t.Error(err, s.Err())
		}
	}
}

// Close ends the call that is being served.
func TestCloseEndsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(newScript(step{"AT\r\n", nil}), testGrammar())
		time.AfterFunc(time.Second, func() { s.Close() })
		_, err := s.Command(t.Context(), []byte("AT"))
		if e := broken(t, err, os.ErrClosed); e.Waited != time.Second {
			t.Error(err)
		}
	})
}

// plain is a stream without any other method.
type plain struct{ io.ReadWriter }

func TestPlainStream(t *testing.T) {
	script := newScript(step{"AT\r\n", one("\r\nOK\r\n")})
	s := New(plain{script}, testGrammar())
	if _, err := s.Command(t.Context(), []byte("AT")); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil || !errors.Is(s.Err(), os.ErrClosed) {
		t.Error(err, s.Err())
	}
	script.hangUp() // only this ends its Read
	<-s.done
}

// nothing returns neither bytes nor an error.
type nothing struct{ io.Writer }

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestEmptyReads(t *testing.T) {
	s := New(nothing{io.Discard}, testGrammar())
	defer s.Close()
	for range s.Events() {
	}
	if !errors.Is(s.Err(), io.ErrNoProgress) {
		t.Error(s.Err())
	}
}

// Two goroutines may call at the same time: the exchanges do not mix.
func TestCallsTakeTurns(t *testing.T) {
	var steps []step
	for range 200 {
		steps = append(steps, step{"AT\r\n", []string{"\r\nO", "K\r\n"}})
	}
	script := newScript(steps...)
	s := New(script, testGrammar())
	defer s.Close()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 100 {
				if _, err := s.Command(context.Background(), []byte("AT")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := script.err(); err != nil {
		t.Error(err)
	}
}

// A grammar takes effect at the next line, not within one.
func TestSetGrammar(t *testing.T) {
	s := newSession(plain{}, testGrammar())
	var got collector
	s.SetSink(0, got.take)
	passive := testGrammar()
	passive.Raw = nil
	now := time.Now()
	s.feed([]byte("+IPD:0,4"), now)
	s.SetGrammar(passive)
	s.feed([]byte(",data\r\n+IPD:0,4,"), now)
	s.SetGrammar(testGrammar())
	s.feed([]byte("text\r\n+IPD:0,2,OK"), now)
	s.end(io.EOF)
	go s.events.run()
	if events := drain(s); got.String() != "dataOK" || events != `["+IPD:0,4,text"]` {
		t.Errorf("sink %q, events %s", got.String(), events)
	}
}

// When SetSink returns, the sink before does not run any more.
func TestSetSink(t *testing.T) {
	s := newSession(plain{}, testGrammar())
	var first, second collector
	now := time.Now()
	s.SetSink(3, first.take)
	s.feed([]byte("+IPD:3,5,ab"), now)
	s.SetSink(3, second.take)
	s.feed([]byte("c"), now)
	s.SetSink(3, nil)
	s.feed([]byte("de\r\n+IPD:3,2,fg\r\n"), now)
	s.end(io.EOF)
	go s.events.run()
	if events := drain(s); first.String() != "ab" || second.String() != "c" || events != `["+IPD:3,2,"]` {
		t.Errorf("sinks %q and %q, events %s", first.String(), second.String(), events)
	}
}

// Neither a line nor a reply without end takes memory without end, and no byte of a line is lost.
func TestEndless(t *testing.T) {
	s := newSession(plain{}, testGrammar())
	s.feed(bytes.Repeat([]byte{'x'}, 2*maxLine+1), time.Now())
	s.end(io.EOF)
	go s.events.run()
	for _, want := range []int{maxLine, maxLine, 1} {
		if e := <-s.Events(); len(e.Line) != want {
			t.Errorf("a line of %d, want %d", len(e.Line), want)
		}
	}

	s = newSession(plain{}, testGrammar())
	if err := s.begin([]byte("AT"), payload{}, SendOptions{}); err != nil {
		t.Fatal(err)
	}
	s.feed([]byte("+CIPRECVDATA:2000000000,"), time.Now())
	for range maxReply>>20 + 10 {
		s.feed(make([]byte, 1<<20), time.Now())
	}
	_, err := s.result()
	if e := broken(t, err, errTooLong); len(e.Seen) != seenMax || len(s.x.data) > maxReply+1<<20 {
		t.Errorf("%d bytes kept: %v", len(s.x.data), err)
	}
}
