package st67

import (
	"bytes"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

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
	q := &quick{replies: make(chan []byte, 4), prompt: []byte("\r\nOK\r\n\r\n>")}
	q.done = fmt.Appendf(nil, "Recv %d bytes\r\n\r\nSEND OK\r\n", n)
	f := newFake(nil)
	answer := func(line []byte) []byte {
		_, reply := f.find(string(bytes.TrimRight(line, "\r\n")))
		return []byte(reply)
	}
	q.other.Store(&answer)
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
