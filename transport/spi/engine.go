package spi

import (
	"errors"
	"sync/atomic"
	"time"
)

// Limits of waits within a transaction.
const (
	recheckFrame = time.Millisecond      // how often RDY's level is read while a frame waits for it
	recheckIdle  = 10 * time.Millisecond // and while nothing is to be done
	probeTime    = 20 * time.Millisecond // how long an unanswered CS is watched after it fell
	offTime      = 5 * time.Millisecond  // CHIP_EN low; the data sheet asks for 1 ms
)

// counters are the totals of a link.
type counters struct {
	transactions, out, in, stalls, headerErrors, edgesLost, otherFrames, hostBegan, moduleBegan atomic.Uint64
}

// frame is what one transaction brought from the module.
type frame struct {
	valid   bool // its header and its length made sense
	header       // only when valid
	payload []byte
}

// engine runs transactions, one after the other. It belongs to one goroutine.
type engine struct {
	bus   Bus
	lines Lines
	max   int // bytes of one transfer
	ready watcher
	count *counters
	log   *series

	inFrame, idle, probe patience

	cs, enable bool
	unclean    bool // CS fell before RDY did
	tx, rx     []byte
	zero       []byte // what goes out while only the module sends
	bad        func(head []byte)
}

func newEngine(bus Bus, lines Lines, max int, timeout time.Duration) *engine {
	e := &engine{
		bus: bus, lines: lines, max: max,
		count: new(counters), log: new(series),
		inFrame: patience{limit: timeout, recheck: recheckFrame},
		idle:    patience{recheck: recheckIdle},
		probe:   patience{limit: probeTime, recheck: recheckFrame},
		tx:      make([]byte, headerSize+MaxPayload),
		rx:      make([]byte, headerSize+MaxPayload),
		zero:    make([]byte, headerSize+MaxPayload),
	}
	e.ready = watcher{lines: lines, lost: &e.count.edgesLost, pulse: func(rose, fell time.Time) {
		e.log.add(rdyHigh, fell, fell.Sub(rose))
	}}
	return e
}

// start puts CS and CHIP_EN where a module runs, also after low.
func (e *engine) start() error {
	if err := e.setCS(false); err != nil {
		return err
	}
	if err := e.ready.drain(); err != nil {
		return err
	}
	return e.setEnable(true)
}

// load makes p the next frame to send and returns its length.
func (e *engine) load(p []byte) int {
	putHeader(e.tx, len(p))
	copy(e.tx[headerSize:], p)
	for i := len(p); i < padded(len(p)); i++ {
		e.tx[headerSize+i] = padding
	}
	return len(p)
}

// exchange runs one transaction: CS up, RDY up, the loaded frame of n bytes of
// payload out and the module's header in, RDY down, the rest of the module's
// frame in, CS down. The returned frame is valid until the next call.
func (e *engine) exchange(n int) (frame, error) {
	if err := e.open(); err != nil {
		return frame{}, err
	}
	size := headerSize + padded(n)
	if err := e.bus.Transfer(e.tx[:size], e.rx[:size]); err != nil {
		return frame{}, err
	}
	e.count.transactions.Add(1)
	if err := e.await(false, "the module to take the header"); err != nil {
		return frame{}, err
	}
	f, err := e.receive(size)
	if err != nil {
		return frame{}, err
	}
	return f, e.setCS(false)
}

// open raises CS and waits for RDY, and records how long both sides took.
func (e *engine) open() error {
	if e.unclean {
		if err := e.await(false, "the module to end the last transaction"); err != nil {
			return err
		}
		e.unclean = false
	}
	called := e.ready.high // the module asks for this one
	raised := time.Now()
	if err := e.setCS(true); err != nil {
		return err
	}
	if err := e.await(true, "the module to be ready for a header"); err != nil {
		return err
	}
	if rose := e.ready.rose; !rose.IsZero() {
		now := time.Now()
		if !called && !rose.Before(raised) {
			e.log.add(wakeLatency, now, rose.Sub(raised))
		}
		e.log.add(hostReaction, now, now.Sub(rose))
	}
	return nil
}

// receive clocks what of the module's frame did not come with the first size
// bytes, and judges it.
func (e *engine) receive(size int) (frame, error) {
	h, ok := parseHeader(e.rx)
	if !ok {
		e.reject()
		return frame{}, nil
	}
	end := headerSize + padded(h.length)
	for size < end {
		n := min(end-size, e.max)
		if err := e.bus.Transfer(e.zero[:n], e.rx[size:size+n]); err != nil {
			return frame{}, err
		}
		size += n
	}
	if overlong(e.rx[headerSize:end]) {
		e.reject()
		return frame{}, nil
	}
	if h.stall {
		e.count.stalls.Add(1)
	}
	return frame{valid: true, header: h, payload: e.rx[headerSize : headerSize+h.length]}, nil
}

// reject keeps what was no header before it counts it: who sees the count asks for it.
func (e *engine) reject() {
	e.bad(e.rx[:headerSize])
	e.count.headerErrors.Add(1)
}

// await waits for RDY within a transaction. When it does not come, CS falls, so
// that the next transaction can begin.
func (e *engine) await(want bool, purpose string) error {
	ok, err := e.ready.await(want, &e.inFrame)
	if ok {
		return nil
	}
	late := &LineError{Purpose: purpose, Waited: e.inFrame.limit, RDY: !want, CS: e.cs, Enable: e.enable}
	e.unclean = !want
	if down := e.setCS(false); err == nil {
		err = down
	}
	if err != nil {
		return err
	}
	if want {
		late.AfterCS, err = e.ready.await(true, &e.probe)
	}
	if err != nil {
		return err
	}
	return late
}

// off switches the module off for long enough; setEnable switches it on again.
func (e *engine) off() error {
	if err := e.setCS(false); err != nil {
		return err
	}
	if err := e.setEnable(false); err != nil {
		return err
	}
	time.Sleep(offTime)
	e.unclean = false
	return e.ready.drain()
}

// low takes every wire to 0 V. The zero byte is for MOSI, which stays where the last bit left it; nobody takes it while CS
// is low.
func (e *engine) low() error {
	if err := e.setCS(false); err != nil {
		return err
	}
	if err := e.bus.Transfer(e.zero[:1], e.rx[:1]); err != nil {
		return err
	}
	e.unclean = false
	if err := e.setEnable(false); !errors.Is(err, errNoEnable) {
		return err
	}
	return nil // then it falls with the supply
}

func (e *engine) setCS(active bool) error {
	e.cs = active
	return e.lines.SetCS(active)
}

func (e *engine) setEnable(on bool) error {
	e.enable = on
	return e.lines.SetEnable(on)
}
