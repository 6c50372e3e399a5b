package meter

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// steady is a source whose current is what a function of time says, while the supply is on.
type steady struct {
	amps func(t time.Duration) float64 // since the start

	mu    sync.Mutex
	start time.Time
	list  []bool
	off   bool
}

func constant(amps float64) *steady {
	return &steady{amps: func(time.Duration) float64 { return amps }}
}

func (s *steady) Current(dst []float32, from time.Time, rate float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range dst {
		dst[i] = float32(s.amps(from.Sub(s.start) + time.Duration(math.Round(float64(i)/rate*1e9))))
		if s.off {
			dst[i] = 0
		}
	}
	return nil
}

func (s *steady) Supply(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off, s.list = !on, append(s.list, on)
}

func (s *steady) Supplied() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.off
}

// switched is how the supply was switched.
func (s *steady) switched() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.list)
}

// begin is when the time of amps begins.
func (s *steady) begin(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start = at
}

// host is the other end of a meter in memory; to be used in a bubble.
type host struct {
	t *testing.T
	net.Conn
	m     *Meter
	ended chan error
}

// plug makes a meter and connects a host to it. The test ends it with unplug.
func plug(t *testing.T, c Config) *host {
	t.Helper()
	if s, ok := c.Source.(*steady); ok {
		s.begin(time.Now())
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return reconnect(t, m)
}

func reconnect(t *testing.T, m *Meter) *host {
	a, b := net.Pipe()
	h := &host{t: t, Conn: a, m: m, ended: make(chan error, 1)}
	go func() { h.ended <- m.Serve(context.Background(), b) }()
	return h
}

// unplug closes the host's end, and is what Serve returned.
func (h *host) unplug() error {
	h.Close()
	return <-h.ended
}

func (h *host) write(p string) {
	h.t.Helper()
	if _, err := io.WriteString(h, p); err != nil {
		h.t.Fatalf("%q: %v", p, err)
	}
}

// read reads n bytes.
func (h *host) read(n int) []byte {
	h.t.Helper()
	p := make([]byte, n)
	h.SetReadDeadline(time.Now().Add(time.Minute))
	if k, err := io.ReadFull(h, p); err != nil {
		h.t.Fatalf("%d of %d bytes, %q: %v", k, n, p[:min(k, 200)], err)
	}
	return p
}

// hear is all that comes within d.
func (h *host) hear(d time.Duration) []byte {
	h.t.Helper()
	h.SetReadDeadline(time.Now().Add(d))
	all, _ := io.ReadAll(h)
	return all
}

// do writes a line and expects an answer.
func (h *host) do(line, want string) {
	h.t.Helper()
	h.write(line)
	if got := string(h.read(len(want))); got != want {
		h.t.Fatalf("%q is answered with %q, want %q", line, got, want)
	}
}
