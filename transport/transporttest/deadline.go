package transporttest

import (
	"testing"
	"time"
)

// soon is a deadline that passes while a call waits.
func soon() time.Time { return time.Now().Add(30 * time.Millisecond) }

// readOne starts a Read that should wait.
func readOne(p Pair) <-chan error {
	return start(func() error {
		_, err := p.Conn.Read(make([]byte, 1))
		return err
	})
}

// set moves a deadline, which must succeed on an open Conn.
func set(t *testing.T, deadline func(time.Time) error, at time.Time) {
	t.Helper()
	if err := deadline(at); err != nil {
		t.Fatalf("setting a deadline: %v", err)
	}
}

func readDeadline(t *testing.T, p Pair) {
	set(t, p.Conn.SetReadDeadline, soon())
	wantDeadline(t, "a Read", finish(t, "a Read with a deadline", readOne(p)))
	wantDeadline(t, "a Read after its deadline", finish(t, "a Read after its deadline", readOne(p)))

	set(t, p.Conn.SetReadDeadline, time.Time{})
	waiting := readOne(p)
	pending(t, "a Read without a deadline", waiting)
	set(t, p.Conn.SetReadDeadline, soon())
	wantDeadline(t, "a waiting Read", finish(t, "a Read that got a deadline while it waited", waiting))

	set(t, p.Conn.SetReadDeadline, time.Now().Add(time.Hour))
	carries(t, p)
}

// carries exchanges a command and its answer, which must come whole.
func carries(t *testing.T, p Pair) {
	t.Helper()
	command, answer := []byte("AT\r\n"), []byte("\r\nOK\r\n")
	sent := send(p.Conn, command, each(len(command)))
	succeed(t, "reading a command after a deadline was moved", receive(p.Far, command, each(1)))
	succeed(t, "writing a command after a deadline was moved", sent)
	sent = send(p.Far, answer, each(len(answer)))
	succeed(t, "reading the answer after a deadline was moved", receive(p.Conn, answer, each(1)))
	succeed(t, "writing the answer", sent)
}

func writeDeadline(t *testing.T, p Pair) {
	blocked, _ := flood(t, p.Conn, noise(6, 1<<20))
	set(t, p.Conn.SetWriteDeadline, soon())
	wantDeadline(t, "a Write", finish(t, "a Write that got a deadline while it was held off", blocked))
	again := start(func() error {
		_, err := p.Conn.Write([]byte("AT\r\n"))
		return err
	})
	wantDeadline(t, "a Write after its deadline", finish(t, "a Write after its deadline", again))
}

// partialWrite ends a Write in its middle and checks the count that it gave,
// byte by byte, and that the stream goes on behind it. A quarter of the data is
// 0xFF, which network links escape, so that the cut may fall into an escape.
func partialWrite(t *testing.T, p Pair) {
	data := noise(7, 1<<20)
	for i := range data {
		if data[i]&3 == 0 {
			data[i] = 0xFF
		}
	}
	blocked, taken := flood(t, p.Conn, data)
	set(t, p.Conn.SetWriteDeadline, past)
	wantDeadline(t, "a Write", finish(t, "a Write that is held off", blocked))
	set(t, p.Conn.SetWriteDeadline, time.Time{})

	n := int(taken.Load())
	want := make([]byte, 0, n+1000)
	for len(want) < n {
		want = append(want, data[:min(len(data), n-len(want))]...)
	}
	more := noise(8, 1000)
	got := receive(p.Far, append(want, more...), each(4096))
	succeed(t, "writing on", send(p.Conn, more, each(len(more))))
	succeed(t, "what Write said it took, and what followed", got)
}

// past is a deadline that ends a call at once.
var past = time.Unix(1, 0)

func cancelRead(t *testing.T, p Pair) {
	read := readOne(p)
	pending(t, "a Read", read)
	set(t, p.Conn.SetReadDeadline, past)
	wantDeadline(t, "the cancelled Read", finish(t, "a cancelled Read", read))
	set(t, p.Conn.SetReadDeadline, time.Time{})
	carries(t, p)
}

// cancelWrite cancels before the Write begins; partialWrite does it later.
func cancelWrite(t *testing.T, p Pair) {
	set(t, p.Conn.SetWriteDeadline, past)
	taken := make(chan int, 1)
	write := start(func() error {
		n, err := p.Conn.Write([]byte("AT\r\n"))
		taken <- n
		return err
	})
	wantDeadline(t, "a cancelled Write", finish(t, "a cancelled Write", write))
	if n := <-taken; n != 0 {
		t.Errorf("a Write that was cancelled before it began took %d bytes", n)
	}
	set(t, p.Conn.SetWriteDeadline, time.Time{})
	carries(t, p)
}
