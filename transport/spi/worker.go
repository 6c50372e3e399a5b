package spi

import (
	"errors"
	"fmt"
	"time"
)

// Limits of a stall: the module had no room for a frame (rx_stall).
const (
	stallLimit = 30 * time.Second // then the write that waits fails
	stallPause = time.Millisecond // between questions, after the first
)

// errHalt ends a wait for RDY because of Close or Reset, errWork because there
// is something to do.
var (
	errHalt = errors.New("spi: halted")
	errWork = errors.New("spi: work")
)

// worker is the goroutine that owns bus and lines.
type worker struct {
	*Link
	engine  *engine
	stalled bool // the last header said rx_stall
	asked   int  // headers sent since then, to see whether it is over
	pause   patience
}

func newWorker(l *Link, e *engine) *worker {
	w := &worker{Link: l, engine: e}
	halt := func() error {
		if l.halt.Load() {
			return errHalt
		}
		return nil
	}
	e.inFrame.halt, e.probe.halt = halt, halt
	e.idle.halt = func() error { return errWork }
	w.pause = patience{limit: stallPause, recheck: stallPause, halt: halt}
	e.bad = w.keepHeader
	return w
}

// task is what the worker does next.
type task int

const (
	listen  task = iota // nothing to send: wait for the module
	send                // the next frame of a message
	ask                 // a bare header: is the stall over?
	reset               // the module, by CHIP_EN
	unpower             // the wires go low
	repower             // and come back
	stop
)

func (w *worker) run() {
	defer close(w.done)
	for {
		t, n, id := w.next()
		switch t {
		case stop:
			_ = w.engine.setCS(false) // the lines are given back whatever it says
			return
		case reset, unpower, repower:
			w.obey(t)
		default:
			if err := w.transact(t, n, id); err != nil {
				w.fail(err)
				return
			}
		}
	}
}

// next waits for room and says what to do; for send, the frame is loaded.
func (w *worker) next() (t task, n int, id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.unpowered && !w.closed && w.order == nil {
		w.room.Wait()
	}
	if w.in.free() < MaxPayload {
		w.waitRoom()
	}
	switch {
	case w.closed:
		return stop, 0, 0
	case w.order != nil:
		return w.order.task, 0, 0
	case len(w.out.left) == 0 || w.out.err != nil:
		return listen, 0, 0
	case w.stalled:
		return ask, 0, w.out.id
	}
	return send, w.engine.load(w.out.left[:min(len(w.out.left), w.payload)]), w.out.id
}

// waitRoom waits until the reader has made room. That the module waited for it
// is no reaction time of the host.
func (w *worker) waitRoom() {
	w.held = true
	for w.in.free() < MaxPayload && !w.closed && w.order == nil {
		w.room.Wait()
	}
	w.held = false
	_ = w.engine.ready.drain() // an error comes again in the next wait
}

// transact waits for the module, unless there is something to send, and runs one
// transaction. Its errors end the link.
func (w *worker) transact(t task, n int, id uint64) error {
	var err error
	switch {
	case t == listen:
		_, err = w.engine.ready.await(true, &w.engine.idle)
	case t == ask && w.asked > 0:
		_, err = w.engine.ready.await(true, &w.pause)
	}
	var f frame
	if err == nil {
		if t != send {
			w.engine.load(nil)
		}
		f, err = w.engine.exchange(n)
	}
	if err != nil {
		return w.judge(err, id)
	}
	switch {
	case t != listen:
		w.count.hostBegan.Add(1)
	case len(f.payload) > 0:
		w.count.moduleBegan.Add(1)
	}
	w.take(f)
	if t == send || t == ask {
		w.settle(f, n, id)
	}
	return nil
}

// judge says whether an error ends the link: a halt does not, nor does a wait
// for RDY, which ends the message that was tried.
func (w *worker) judge(err error, id uint64) error {
	if err == errWork || err == errHalt {
		return nil
	}
	var late *LineError
	if errors.As(err, &late) {
		w.failWrite(id, late)
		return nil
	}
	return err
}

// take hands a frame's payload to whom it belongs.
func (w *worker) take(f frame) {
	if !f.valid {
		return
	}
	w.stalled = f.stall
	if len(f.payload) == 0 {
		return
	}
	if f.kind != 0 {
		w.count.otherFrames.Add(1)
		w.mu.Lock()
		handle := w.handlers[f.kind]
		w.mu.Unlock()
		if handle != nil {
			handle(f.payload)
		}
		return
	}
	w.count.in.Add(uint64(len(f.payload)))
	w.mu.Lock()
	w.in.put(f.payload)
	w.readable.Signal()
	w.mu.Unlock()
}

// settle books a frame of n bytes of a message as sent, unless the module
// refused it. A header that made no sense may have said so: the frame counts as
// taken, since sending it twice would double its bytes.
func (w *worker) settle(f frame, n int, id uint64) {
	w.asked++
	if !w.stalled {
		w.asked = 0
	}
	refused := f.valid && f.stall
	if !refused {
		w.count.out.Add(uint64(n))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if id != w.out.id || !w.out.busy {
		return
	}
	if refused {
		w.stall()
		return
	}
	w.out.since = time.Time{}
	w.out.left = w.out.left[n:]
	w.out.sent += n
	if len(w.out.left) == 0 {
		w.writable.Broadcast()
	}
}

// stall ends a message that the module has refused for too long.
func (w *worker) stall() {
	now := time.Now()
	if w.out.since.IsZero() {
		w.out.since = now
	}
	if now.Sub(w.out.since) < stallLimit {
		return
	}
	w.out.err = fmt.Errorf("spi: the module refused a frame for %v (rx_stall, RDY answers): it is waiting for its host to read, or for the network", stallLimit)
	w.writable.Broadcast()
}

// failWrite ends the message that was tried, if any.
func (w *worker) failWrite(id uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lineError = err
	if id == w.out.id && w.out.busy {
		w.out.err = err
		w.writable.Broadcast()
	}
}

func (w *worker) keepHeader(head []byte) {
	w.mu.Lock()
	w.badHeader = append(w.badHeader[:0], head...)
	w.mu.Unlock()
}

// fail ends the link.
func (w *worker) fail(err error) {
	w.mu.Lock()
	w.broken = err
	w.wakeAll()
	w.mu.Unlock()
}
