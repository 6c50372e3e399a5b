package at

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A write that nobody takes ends with its context, to the nanosecond, and the
// session goes on.
func TestHeldOffCommand(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		start := time.Now()
		_, err := s.Command(within(t, 5*time.Second), []byte("AT+GMR"))
		want := "no room for the command within 5 s after AT+GMR; no byte seen"
		if broken(t, err, context.DeadlineExceeded); err.Error() != want || time.Since(start) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		go func() {
			expect(t, module, "AT\r\n")
			say(t, module, "\r\nOK\r\n")
		}()
		if r, err := s.Command(t.Context(), []byte("AT")); err != nil {
			t.Error(show(r, err))
		}
	})
}

// The half line that a cut write left in the module's buffer is ended first.
func TestHalfCommand(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		go func() {
			expect(t, module, "AT+")
			time.Sleep(6 * time.Second)
			expect(t, module, "\r\n")
			say(t, module, "\r\nERROR\r\n")
			expect(t, module, "AT\r\n")
			say(t, module, "\r\nOK\r\n")
		}()
		_, err := s.Send(within(t, 5*time.Second), []byte("AT+CIPSEND=0,5"), []byte("hello"), SendOptions{})
		if e := broken(t, err, context.DeadlineExceeded); e.DataMode {
			t.Error("a half command line starts no data phase")
		}
		r, err := s.Command(t.Context(), []byte("AT"))
		if got := show(r, err); got != `[] final "OK"` {
			t.Error(got)
		}
	})
}

func TestHeldOffPayload(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		payload := make([]byte, 3*maxRun)
		go func() {
			expect(t, module, sendLine)
			say(t, module, "\r\nOK\r\n\r\n>")
			expect(t, module, string(payload[:maxRun+100]))
		}()
		_, err := s.Send(within(t, 5*time.Second), []byte("AT+CIPSEND=0,5"), payload, SendOptions{})
		want := `no room for the payload (8292 of 24576 bytes written) within 5 s after AT+CIPSEND=0,5; 9 bytes seen: "\r\nOK\r\n\r\n>"; ` +
			"the module may be waiting in data mode: st67bench at --reset"
		if broken(t, err, context.DeadlineExceeded); err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// A cancelled context is looked at from the 20th millisecond of a write on, and
// its cause is the error.
func TestCancelHeldOffWrite(t *testing.T) {
	for _, after := range []time.Duration{5 * time.Millisecond, 3 * time.Second} {
		bubble(t, func(t *testing.T, s *Session, _ net.Conn) {
			start, reason := time.Now(), errors.New("link 0 was closed")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(after, func() { cancel(reason) })
			_, err := s.Command(ctx, []byte("AT"))
			if broken(t, err, reason); time.Since(start) != max(after, guardAfter) {
				t.Errorf("cancelled at %v, returned after %v", after, time.Since(start))
			}
		})
	}
}

// A refusal or a restart ends the writing of the rest, without any context.
func TestBadEndDuringPayload(t *testing.T) {
	for _, c := range []struct{ final, want string }{
		{"\r\nSEND FAIL\r\n", "refused AT+CIPSEND=0,5 SEND FAIL 0x0"},
		{"\r\nready\r\n", `broken want "Recv 24576 bytes", the module restarted, 18 seen "\r\nOK\r\n\r\n>\r\nready\r\n", data mode false`},
	} {
		for _, taken := range []int{maxRun / 2, maxRun} { // within a run, between two
			bubble(t, func(t *testing.T, s *Session, module net.Conn) {
				go func() {
					expect(t, module, sendLine)
					say(t, module, "\r\nOK\r\n\r\n>")
					expect(t, module, string(make([]byte, taken)))
					say(t, module, c.final)
					synctest.Wait()
					expect(t, module, "AT\r\n")
					say(t, module, "\r\nOK\r\n")
				}()
				r, err := s.Send(context.Background(), []byte("AT+CIPSEND=0,5"), make([]byte, 3*maxRun), SendOptions{})
				if got := show(r, err); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				if _, err := s.Command(context.Background(), []byte("AT")); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// bare hides the deadlines of a stream.
type bare struct{ io.ReadWriteCloser }

// Without a write deadline the stream is closed, which ends the session.
func TestHeldOffWithoutDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, module := net.Pipe()
		defer module.Close()
		s := New(bare{host}, testGrammar())
		defer s.Close()
		start := time.Now()
		_, err := s.Command(within(t, 5*time.Second), []byte("AT"))
		if broken(t, err, context.DeadlineExceeded); time.Since(start) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		for range s.Events() {
			t.Error("an event")
		}
		if s.Err() == nil {
			t.Error("the session goes on without its stream")
		}
	})
}

// Every instant is that of the read or write itself.
func TestInstants(t *testing.T) {
	bubble(t, func(t *testing.T, s *Session, module net.Conn) {
		start := time.Now()
		script := []struct {
			at   time.Duration // ms
			want string
			say  string
		}{
			{3, "AT+CIPSEND=0,5\r", ""},
			{4, "\n", ""},
			{5, "", "+CW:A\r\n"}, {10, "", "\r\n"}, {11, "", "OK\r"}, {12, "", "\n"}, {20, "", "\r\n"}, {21, "", ">"},
			{30, "hel", ""}, {31, "lo", ""},
			{40, "", "Recv 5"}, {41, "", " bytes\r\n"}, {50, "", "\r\nSEND OK"}, {51, "", "\r\n"},
		}
		go func() {
			for _, c := range script {
				time.Sleep(time.Until(start.Add(c.at * time.Millisecond)))
				if c.want != "" {
					expect(t, module, c.want)
				} else {
					say(t, module, c.say)
				}
			}
		}()
		r, err := s.Send(t.Context(), []byte("AT+CIPSEND=0,5"), []byte("hello"), SendOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			got  time.Time
			want time.Duration // ms
		}{
			{"Sent", r.Sent, 0}, {"First", r.First, 10}, {"Accepted", r.Accepted, 12}, {"Prompt", r.Prompt, 21},
			{"Payload", r.Payload, 21}, {"Written", r.Written, 31}, {"Recv", r.Recv, 41}, {"End", r.End, 51},
		} {
			if got := c.got.Sub(start); got != c.want*time.Millisecond {
				t.Errorf("%s at %v, want %d ms", c.name, got, c.want)
			}
		}
		if e := <-s.Events(); e.Time.Sub(start) != 5*time.Millisecond {
			t.Errorf("event at %v", e.Time.Sub(start))
		}
	})
}
