package at

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testGrammar is that of a module with CIPMUX=1 and CIPRECVMODE=0: heads of raw data as the firmware prints them.
func testGrammar() *Grammar {
	return &Grammar{
		OK:       []string{"OK"},
		Fail:     []string{"ERROR"},
		SendOK:   []string{"SEND OK"},
		SendFail: []string{"SEND FAIL", "SEND CANCELLED", "ERROR", "link is not valid"},
		Busy:     []string{"busy p..."},
		Code:     "ERR CODE:",
		Prompt:   '>',
		Events:   []string{"ready", "+CW:", "+CIP:", "+IPD:"},
		Bare:     []string{"+CIPDINFO:true", "+CIPDINFO:false"},
		Raw:      testRaw,
	}
}

func testRaw(head []byte) (n, link int, ok bool) {
	if head[len(head)-1] != ',' {
		return 0, 0, false
	}
	if arg, is := bytes.CutPrefix(head, []byte("+CIPRECVDATA:")); is {
		n, ok = number(arg[:len(arg)-1])
		return n, -1, ok
	}
	arg, is := bytes.CutPrefix(head, []byte("+IPD:"))
	if !is || bytes.Count(arg, []byte(",")) != 2 {
		return 0, 0, false
	}
	id, arg, _ := bytes.Cut(arg, []byte(","))
	link, known := number(id)
	n, ok = number(bytes.TrimSuffix(arg, []byte(",")))
	return n, link, ok && known
}

func number(p []byte) (int, bool) {
	n, err := strconv.Atoi(string(p))
	return n, err == nil && n >= 0
}

// step is one message from the host and what the module answers to it, in the
// chunks that the reads bring.
type step struct {
	want  string
	reply []string
}

// script plays the module: each Write must be the next step's message. It has no
// deadlines; a Read after the last chunk waits until Close or hangUp.
type script struct {
	mu     sync.Mutex
	steps  []step
	last   bool // hang up after the last step
	bad    error
	in     chan []byte
	rest   []byte
	closed chan struct{}
	once   sync.Once
}

func newScript(steps ...step) *script {
	s := &script{in: make(chan []byte, 4096), closed: make(chan struct{})}
	if len(steps) > 0 && steps[0].want == "" {
		s.say(steps[0].reply)
		steps = steps[1:]
	}
	s.steps = steps
	return s
}

func (s *script) say(chunks []string) {
	for _, c := range chunks {
		if c != "" {
			s.in <- []byte(c)
		}
	}
}

// hangUp ends the stream after the chunks that are on their way.
func (s *script) hangUp() { close(s.in) }

func (s *script) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		select {
		case c, ok := <-s.in:
			if !ok {
				return 0, io.EOF
			}
			s.rest = c
		case <-s.closed:
			return 0, os.ErrClosed
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 || s.steps[0].want != string(p) {
		s.bad = errors.Join(s.bad, fmt.Errorf("unexpected write %q", p))
		return len(p), nil
	}
	s.say(s.steps[0].reply)
	s.steps = s.steps[1:]
	if s.last && len(s.steps) == 0 {
		s.hangUp()
	}
	return len(p), nil
}

func (s *script) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// err says what went wrong in the dialog as a whole.
func (s *script) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) > 0 {
		return errors.Join(s.bad, fmt.Errorf("never written: %q", s.steps[0].want))
	}
	return s.bad
}

// show writes what a call gave, without its times.
func show(r Response, err error) string {
	var refused *CommandError
	var broken *ProtocolError
	switch {
	case errors.As(err, &refused):
		return fmt.Sprintf("refused %s %s %#x", refused.Command, refused.Final, refused.Code)
	case errors.As(err, &broken):
		return fmt.Sprintf("broken want %s, %v, %d seen %q, data mode %v", broken.Want, broken.Err, broken.Total, broken.Seen, broken.DataMode)
	case err != nil:
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q", r.Lines)
	if len(r.Data) > 0 {
		fmt.Fprintf(&b, " data %q", r.Data)
	}
	fmt.Fprintf(&b, " final %q", r.Final)
	return b.String()
}

// drain shows the events to the end of the session.
func drain(s *Session) string {
	var lines []string
	for e := range s.Events() {
		lines = append(lines, string(e.Line))
	}
	return fmt.Sprintf("%q", lines)
}

// collector is a Sink that keeps everything.
type collector struct{ bytes.Buffer }

func (c *collector) take(p []byte, _ time.Time) { c.Write(p) }
