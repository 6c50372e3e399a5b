package core

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a host's stream over net.Pipe.
type pipe struct{ net.Conn }

func (pipe) Rate() int { return Unpaced }

// probe is a family with one command that answers its parameters.
type probe struct{}

func (probe) Boot(time.Time) {}
func (probe) Close()         {}
func (probe) Commands() []Command {
	return []Command{
		{Name: "", Execute: func(*Call) error { return nil }},
		{Name: "+RAW", Min: 1, Max: 1, Set: func(c *Call) error {
			n := c.Args.Int(0, 1, PayloadSize)
			if err := c.Args.Err(); err != nil {
				return err
			}
			c.Collect(int(n))
			return nil
		}, Data: func(c *Call, p []byte) error {
			c.Line("+RAW:%d", len(p))
			return nil
		}},
	}
}

// dialog feeds text to a machine in virtual time and returns what it says.
func dialog(t *testing.T, text []byte) (said string) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMachine(Options{Clock: NewClock(), Radio: &Radio{}, Faults: NewFaults(nil, 0), Latency: time.Millisecond, Quirks: NewSwitches(DefaultQuirks(V2_0_106))})
		m.Add(probe{})
		host, module := net.Pipe()
		if err := m.Attach(pipe{module}); err != nil {
			t.Fatal(err)
		}
		go m.Receive(pipe{module})
		out := make(chan string)
		go func() {
			b, _ := io.ReadAll(host)
			out <- string(b)
		}()
		time.Sleep(time.Second)
		for _, part := range strings.SplitAfter(string(text), "\n") {
			io.WriteString(host, part)
			time.Sleep(time.Second)
		}
		m.Close()
		host.Close()
		said = <-out
	})
	return said
}

// FuzzReader feeds lines of any kind, one a second: each is answered once, and the
// machine ends when it is told to.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"AT\r\n", "\n\n", "AT" + strings.Repeat("x", 300) + "\r\n", "AT+RAW=5\r\nabc\r\nAT\r\n", "AT+RAW=9999\r\n", "\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		said, ok := strings.CutPrefix(dialog(t, text), "\r\nready\r\n")
		if !ok {
			t.Fatalf("no ready in %q", said)
		}
		answers := strings.Count(said, "\r\nOK\r\n") + strings.Count(said, "\r\nERROR\r\n")
		if lines := strings.Count(string(text), "\n"); answers > lines || lines > 0 && answers == 0 && !strings.Contains(strings.ToUpper(string(text)), "AT+RAW") {
			t.Errorf("%d answers to %d lines: %q", answers, lines, said)
		}
	})
}

func TestReaderLimits(t *testing.T) {
	fits := "AT" + strings.Repeat("x", lineSize-4) + "\r\n"
	for text, want := range map[string]string{
		"AT\r\n": "\r\nOK\r\n", "AT\n": "\r\nERROR\r\n", "\r\n": "\r\nERROR\r\n",
		fits + "AT\r\n":        "\r\nERROR\r\n\r\nOK\r\n",
		"x" + fits + "AT\r\n":  "\r\nERROR\r\n\r\nOK\r\n",
		"AT+RAW=3\r\nabc":      "+RAW:3\r\n\r\nOK\r\n",
		"AT+RAW=3\r\nabcdef\n": "\r\nbusy p...\r\n+RAW:3\r\n\r\nOK\r\n",
	} {
		if got := strings.TrimPrefix(dialog(t, []byte(text)), "\r\nready\r\n"); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}
