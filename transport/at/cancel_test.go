package at

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test in virtual time with a session on one end of a synchronous
// pipe, on which a write lasts until the other end has read it all.
func bubble(t *testing.T, do func(t *testing.T, s *Session, module net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		host, module := net.Pipe()
		s := New(host, testGrammar())
		defer module.Close()
		defer s.Close()
		do(t, s, module)
	})
}

// expect reads what the host writes and checks it.
func expect(t *testing.T, module net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(module, got); err != nil || string(got) != want {
		t.Errorf("the module got %q, %v, want %q", got, err, want)
	}
}

func say(t *testing.T, module net.Conn, reply string) {
	t.Helper()
	if _, err := io.WriteString(module, reply); err != nil {
		t.Error(err)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func broken(t *testing.T, err, cause error) *ProtocolError {
	t.Helper()
	var e *ProtocolError
	if !errors.As(err, &e) || !errors.Is(err, cause) {
		t.Fatalf("got %v, want a ProtocolError because of %v", err, cause)
	}
	return e
}

func TestNoPrompt(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		go func() {
			expect(t, module, "AT+CIPSEND=0,2920\r\n")
			say(t, module, "\r\nOK\r\n")
		}()
		_, err := s.Send(within(t, 5*time.Second), []byte("AT+CIPSEND=0,2920"), make([]byte, 2920), SendOptions{})
		want := `no ">" within 5 s after AT+CIPSEND=0,2920; 6 bytes seen: "\r\nOK\r\n"; the module may be waiting in data mode: st67bench at --reset`
		if e := broken(t, err, context.DeadlineExceeded); err.Error() != want || e.Waited != 5*time.Second {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// A reply that comes too late is nobody's, and the next command waits for it.
func TestLateReply(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		go func() {
			expect(t, module, "AT+X?\r\n")
			say(t, module, "+X:1\r\n")
			time.Sleep(1100 * time.Millisecond)
			say(t, module, "+CW:GOTIP\r\n+X:2\r\n\r\nOK\r\n")
			expect(t, module, "AT+Y?\r\n")
			say(t, module, "+Y:1\r\n\r\nOK\r\n")
		}()
		_, err := s.Command(within(t, time.Second), []byte("AT+X?"))
		broken(t, err, context.DeadlineExceeded)
		r, err := s.Command(t.Context(), []byte("AT+Y?"))
		if got := show(r, err); got != `["+Y:1"] final "OK"` {
			t.Error(got)
		}
		if e := <-s.Events(); string(e.Line) != "+CW:GOTIP" {
			t.Errorf("event %q", e.Line)
		}
	})
}

// The late answer to a send that was given up before the prompt is swallowed, prompt and all.
func TestLatePrompt(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		go func() {
			expect(t, module, sendLine)
			time.Sleep(1100 * time.Millisecond)
			say(t, module, "\r\nOK\r\n\r\n>")
			expect(t, module, "AT\r\n")
			say(t, module, "Recv 5 bytes\r\n\r\nSEND OK\r\n\r\nOK\r\n")
		}()
		_, err := s.Send(within(t, time.Second), []byte("AT+CIPSEND=0,5"), []byte("hello"), SendOptions{})
		if e := broken(t, err, context.DeadlineExceeded); !e.DataMode || e.Total != 0 {
			t.Error(err)
		}
		r, err := s.Command(t.Context(), []byte("AT"))
		if got := show(r, err); got != `["Recv 5 bytes"] final "OK"` {
			t.Error(got)
		}
	})
}

// The wait for a late reply is over after 200 ms of silence, counted from its
// last byte, and after 2 s when there is no silence.
func TestSettleLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // how often the module says something after the command was given up at 1 s
		until time.Duration
		sent  time.Duration // when the next command goes out
	}{
		{"silent", time.Second, 0, 1200 * time.Millisecond},
		{"ends", 150 * time.Millisecond, 1500 * time.Millisecond, 1700 * time.Millisecond},
		{"never silent", 150 * time.Millisecond, 2900 * time.Millisecond, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *Session, module net.Conn) {
				start := time.Now()
				go func() {
					expect(t, module, "AT+X\r\n")
					expect(t, module, "AT\r\n")
					say(t, module, "\r\nOK\r\n")
				}()
				done := make(chan struct{})
				go func() {
					defer close(done)
					for time.Sleep(c.every); time.Since(start) <= c.until; time.Sleep(c.every) {
						say(t, module, "+X:1\r\n")
					}
				}()
				defer func() { <-done }()
				_, err := s.Command(within(t, time.Second), []byte("AT+X"))
				broken(t, err, context.DeadlineExceeded)
				r, err := s.Command(t.Context(), []byte("AT"))
				if got := show(r, err); got != `[] final "OK"` || r.Sent.Sub(start) != c.sent {
					t.Errorf("%s, sent after %v, want %v", got, r.Sent.Sub(start), c.sent)
				}
			})
		})
	}
}

// A run of raw bytes that stopped in the middle does not eat the next reply.
func TestCutRawData(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		go func() {
			expect(t, module, "AT+CIPRECVDATA=0,99\r\n")
			say(t, module, "+CIPRECVDATA:99,only this")
			expect(t, module, "AT\r\n")
			say(t, module, "\r\nOK\r\n")
		}()
		_, err := s.Command(within(t, time.Second), []byte("AT+CIPRECVDATA=0,99"))
		if e := broken(t, err, context.DeadlineExceeded); string(e.Seen) != "+CIPRECVDATA:99,only this" {
			t.Error(err)
		}
		r, err := s.Command(t.Context(), []byte("AT"))
		if got := show(r, err); got != `[] final "OK"` {
			t.Error(got)
		}
	})
}

// Nothing is written with a context that has ended, nor while another call has the turn.
func TestUnsent(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		reason := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(reason)
		_, err := s.Command(ctx, []byte("AT+X"))
		if broken(t, err, reason); err.Error() != "AT+X was not sent: enough" {
			t.Error(err)
		}
		go func() {
			_, err := s.Command(within(t, time.Second), []byte("AT+Y"))
			broken(t, err, context.DeadlineExceeded)
		}()
		expect(t, module, "AT+Y\r\n")
		_, err = s.Command(within(t, time.Millisecond), []byte("AT+X"))
		broken(t, err, context.DeadlineExceeded)
		if _, err := s.Command(t.Context(), []byte("AT\r\nAT")); err == nil || !strings.Contains(err.Error(), "one line") {
			t.Error(err)
		}
		time.Sleep(2 * time.Second) // the other call ends
		s.Close()
		_, err = s.Command(t.Context(), []byte("AT"))
		broken(t, err, os.ErrClosed)
	})
}

// The end of the stream ends the call that waits.
func TestStreamEnds(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		go func() {
			expect(t, module, sendLine)
			say(t, module, "\r\nOK\r\n\r\n>")
			expect(t, module, "hello")
			say(t, module, "Re")
			module.Close()
		}()
		_, err := s.Send(t.Context(), []byte("AT+CIPSEND=0,5"), []byte("hello"), SendOptions{})
		if e := broken(t, err, io.EOF); !e.DataMode || e.Want != `"Recv 5 bytes"` || !errors.Is(s.Err(), io.EOF) {
			t.Errorf("%v; session: %v", err, s.Err())
		}
		if got := drain(s); got != `["Re"]` {
			t.Errorf("the bytes of the last line became %s", got)
		}
	})
}
