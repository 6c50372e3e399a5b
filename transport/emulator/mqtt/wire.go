package mqtt

import (
	"net"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// wireSize bounds what is on its way to the broker, in bytes: the send buffer of
// the module's TCP stack (48 segments).
const wireSize = 48 * 1460

// chunkSize is the most bytes that one read of the socket gives.
const chunkSize = 4608

// farewell is how long a socket that does not take what it is sent last may hold
// up its end.
const farewell = 5 * time.Second

// wire is a connection with the radio before it. What is written is taken at once
// while there is room, and goes to the socket when the radio has carried it.
// Close lets it arrive before the socket is closed; cut does not.
type wire struct {
	net.Conn
	radio *core.Radio
	clock core.Clock
	gone  chan struct{} // closed by cut
	once  sync.Once

	chunk [chunkSize]byte // of the reader
	in    []byte          // what is left of it

	mu    sync.Mutex
	cond  sync.Cond
	queue []flight
	bytes int
	ended bool // by Close or cut, or by a socket that takes no more
}

// flight is bytes that reach the socket at an instant.
type flight struct {
	p  []byte
	at time.Time
}

func newWire(conn net.Conn, radio *core.Radio, clock core.Clock) *wire {
	w := &wire{Conn: conn, radio: radio, clock: clock, gone: make(chan struct{})}
	w.cond.L = &w.mu
	return w
}

// Read implements net.Conn: what the socket gives comes when the radio has
// carried it.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.in) == 0 {
		n, err := w.Conn.Read(w.chunk[:])
		if w.over() {
			return 0, net.ErrClosed
		}
		if n == 0 {
			return 0, err
		}
		at := w.radio.Down(w.clock.Now(), n).Add(w.radio.Latency)
		w.clock.Near(at, w.gone)
		w.in = w.chunk[:n]
	}
	n := copy(p, w.in)
	w.in = w.in[n:]
	return n, nil
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.ended && w.bytes > 0 && w.bytes+len(p) > wireSize {
		w.cond.Wait()
	}
	if w.ended {
		return 0, net.ErrClosed
	}
	at := w.radio.Up(w.clock.Now(), len(p)).Add(w.radio.Latency)
	w.queue = append(w.queue, flight{append([]byte(nil), p...), at})
	w.bytes += len(p)
	w.cond.Broadcast()
	return len(p), nil
}

// carry gives the socket what was written until the wire has ended, and closes it.
func (w *wire) carry() {
	for {
		next, ok := w.next()
		if !ok || !w.clock.Sleep(next.at, w.gone) {
			break
		}
		if _, err := w.Conn.Write(next.p); err != nil {
			break
		}
		w.done(len(next.p))
	}
	w.cut()
}

// next waits for a flight; ok is false when the wire has ended and none is left.
func (w *wire) next() (f flight, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) == 0 && !w.ended {
		w.cond.Wait()
	}
	if len(w.queue) == 0 {
		return f, false
	}
	f = w.queue[0]
	w.queue = w.queue[1:]
	return f, true
}

// done frees the room of a flight that has arrived.
func (w *wire) done(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes -= n
	w.cond.Broadcast()
}

// held is how many bytes are on their way to the broker.
func (w *wire) held() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}

func (w *wire) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// Close implements net.Conn. It does not wait for what is on its way.
func (w *wire) Close() error {
	w.mu.Lock()
	w.ended = true
	w.cond.Broadcast()
	w.mu.Unlock()
	now := time.Now()
	_ = w.Conn.SetReadDeadline(now)
	return w.Conn.SetWriteDeadline(now.Add(farewell))
}

// cut closes the socket at once.
func (w *wire) cut() {
	w.mu.Lock()
	w.ended, w.queue = true, nil
	w.cond.Broadcast()
	w.mu.Unlock()
	w.once.Do(func() { close(w.gone) })
	w.Conn.Close()
}

// SetDeadline implements net.Conn; writing has none, for it waits only for room.
func (w *wire) SetDeadline(t time.Time) error { return w.Conn.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn; writing waits only for room, which cut
// ends.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
