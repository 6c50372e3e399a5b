package at

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestErrorTexts(t *testing.T) {
	long := ProtocolError{
		Command: "AT+GMR", Want: "final code", Seen: []byte("x\r\n"), Total: 1000, Waited: 12345678 * time.Nanosecond, Err: context.DeadlineExceeded,
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{&CommandError{Command: "AT+X", Final: "ERROR"}, "the module answered ERROR to AT+X"},
		{&CommandError{Command: "AT+X", Final: "ERROR", Code: 0x01070000}, "the module answered ERROR with code 0x01070000 to AT+X"},
		{&long, `no final code within 12.3 ms after AT+GMR; 1000 bytes seen, the last: "x\r\n"`},
		{
			&ProtocolError{Command: "AT", Want: "final code", Seen: []byte("\r"), Total: 1, Waited: 1500 * time.Millisecond, Err: ErrReset},
			`no final code after AT: the module restarted after 1.5 s; 1 byte seen: "\r"`,
		},
		{&ProtocolError{Command: "AT", Want: "final code", Waited: 130 * time.Second, Err: io.EOF}, "no final code after AT: EOF after 130 s; no byte seen"},
		{&ProtocolError{Command: "AT", Err: io.EOF}, "AT was not sent: EOF"},
	} {
		if c.err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
	if !errors.Is(&long, context.DeadlineExceeded) {
		t.Error("the reason does not match")
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 5 * time.Second: "5 s", 5000123 * time.Microsecond: "5 s", 1234 * time.Millisecond: "1.23 s",
		999 * time.Microsecond: "999 µs", 20 * time.Millisecond: "20 ms", 3600 * time.Second: "3600 s", 512345 * time.Microsecond: "512 ms",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

// A secret shows in no error: whole, as commands quote it, cut off at either end, or within a longer one.
func TestMask(t *testing.T) {
	var m masks
	for _, s := range []string{"", "hunter2", `pa"ss,wo\rd`, "hunter2 and more", "hunter2"} {
		m.add(s)
	}
	for _, c := range []struct {
		in   string
		cut  bool
		want string
	}{
		{"AT+CWJAP=\"net\",\"hunter2\"\r\n", false, "AT+CWJAP=\"net\",\"***\"\r\n"},
		{`AT+CWJAP="net","pa\"ss\,wo\\rd"`, false, `AT+CWJAP="net","***"`},
		{`AT+CWJAP="net","pa\"ss,wo\\rd"`, false, `AT+CWJAP="net","***"`},
		{"hunter2 and more, hunter2", false, "***, ***"},
		{`AT+CWJAP="net","hunt`, false, `AT+CWJAP="net","***`},
		{`nter2","x"`, true, `***","x"`},
		{`nter2","x"`, false, `nter2","x"`}, // nothing was cut off, so it is no part of the secret
		{"OK", true, "OK"},
	} {
		if got := string(m.hide([]byte(c.in), c.cut)); got != c.want {
			t.Errorf("%q, cut %v, is shown as %q, want %q", c.in, c.cut, got, c.want)
		}
	}
}

// The dialog that carries the password, with its echo, cut off after every byte.
func TestMaskInErrors(t *testing.T) {
	const password = `s3cret,"pass`
	line := `AT+CWJAP="net","s3cret\,\"pass"`
	reply := line + "\r\n" + strings.Repeat("x", seenMax-20) + "\r\n\r\nERROR\r\n"
	for n := range len(reply) + 1 {
		script := newScript(step{line + "\r\n", one(reply[:n])})
		s := New(script, testGrammar())
		s.Mask(password)
		script.last = true
		_, err := s.Command(t.Context(), []byte(line))
		s.Close()
		if err == nil {
			t.Fatalf("cut at %d: no error", n)
		}
		for _, part := range []string{"s3cr", "cret", "pass"} {
			if strings.Contains(err.Error(), part) {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
	}
}
