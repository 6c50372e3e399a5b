package st67

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"st67bench/transport/at"
)

// quick is a stream that answers sends at once and without allocating.
type quick struct {
	replies chan []byte
	prompt  []byte
	done    []byte
	other   atomic.Pointer[func(line []byte) []byte] // answers other lines; nil: nothing
}

func (q *quick) Write(p []byte) (int, error) {
	switch other := q.other.Load(); {
	case bytes.HasPrefix(p, []byte("AT+CIPSEND=")):
		q.replies <- q.prompt
	case other != nil:
		q.replies <- (*other)(p)
	default:
		q.replies <- q.done
	}
	return len(p), nil
}

func (q *quick) Read(p []byte) (int, error) {
	reply, open := <-q.replies
	if !open {
		return 0, os.ErrClosed
	}
	return copy(p, reply), nil
}

func (q *quick) Close() error {
	close(q.replies)
	return nil
}

// openQuick opens a module whose sends of n bytes are answered by a quick stream.
func openQuick(tb testing.TB, n int) *Module {
	return openAnswering(tb, fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", n))
}

// openAnswering opens a module that answers everything but the line of a send with this text, at once.
func openAnswering(tb testing.TB, answer string) *Module {
	q := &quick{replies: make(chan []byte, 4), prompt: []byte("\r\nOK\r\n\r\n>"), done: []byte(answer)}
	f := newFake(nil)
	other := func(line []byte) []byte {
		_, reply := f.find(string(bytes.TrimRight(line, "\r\n")))
		return []byte(reply)
	}
	q.other.Store(&other)
	s := at.New(q, Grammar())
	tb.Cleanup(func() { _ = s.Close() })
	m, err := Open(tb.Context(), s, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	q.other.Store(nil)
	return m
}

func TestSendDoesNotAllocate(t *testing.T) {
	payload := make([]byte, 2920)
	m := openQuick(t, len(payload))
	ctx := t.Context()
	send := func() {
		if _, err := m.Send(ctx, 4, payload, SendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	send()
	if n := testing.AllocsPerRun(500, send); n != 0 {
		t.Errorf("%v allocations per send", n)
	}
}

// BenchmarkSend is the harness's own time for one send, with no line and no module in it.
func BenchmarkSend(b *testing.B) {
	payload := make([]byte, 2920)
	m := openQuick(b, len(payload))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Send(b.Context(), 4, payload, SendOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestRoundTripDoesNotAllocate(t *testing.T) {
	ctx := t.Context()
	m := openAnswering(t, ok)
	if n := testing.AllocsPerRun(500, func() {
		if _, err := m.RoundTrip(ctx, []byte("AT")); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per round trip", n)
	}
	p := openAnswering(t, ok+"+PING:2ms\r\n").Pinger(netip.MustParseAddr("10.0.0.1"), 64)
	defer p.Close()
	if n := testing.AllocsPerRun(500, func() {
		if e, err := p.Once(ctx); err != nil || e.Trip != 2*time.Millisecond {
			t.Fatal(e, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per ping", n)
	}
}

// TestPinger: every form of an answer, by firmware and by manual.
func TestPinger(t *testing.T) {
	for answer, want := range map[string]struct {
		trip     time.Duration
		answered bool
		refused  bool
	}{
		ok + "+PING:12ms\r\n":                             {12 * time.Millisecond, true, false},
		ok + "+PING:0ms\r\n":                              {0, true, false},
		ok + "+PING:TIMEOUT\r\n":                          {0, false, false},
		"+PING:7\r\n" + ok:                                {7 * time.Millisecond, true, false},
		"+PING:TIMEOUT\r\n" + fail:                        {0, false, false},
		"+PING:TIMEOUT\r\nERR CODE:0x010f0000\r\n" + fail: {0, false, false},
		"ERR CODE:0x01070000\r\n" + fail:                  {0, false, true},
	} {
		p := openAnswering(t, answer).Pinger(netip.MustParseAddr("10.0.0.1"), 64)
		e, err := p.Once(t.Context())
		p.Close()
		if e.Trip != want.trip || e.Answered != want.answered || (err != nil) != want.refused {
			t.Errorf("%q: %+v, %v", answer, e, err)
		}
		if _, is := Refusal(err); is != want.refused {
			t.Errorf("%q: %v is a refusal: %v", answer, err, is)
		}
	}
}
