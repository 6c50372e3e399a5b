package spi

import (
	"context"

	"st67bench/transport"
)

// order is one change of the module's wires that somebody waits for.
type order struct {
	task   task
	answer chan error
}

// Reset switches the module off for 5 ms by CHIP_EN and on again. It returns
// when CHIP_EN is high; what was received before is gone, a Write that was under
// way fails, and the module's "ready" comes as the first bytes that Read gives.
// When ctx ends first, the reset may still happen.
func (l *Link) Reset(ctx context.Context) error { return l.do(ctx, reset) }

// Unpower takes CS, CLK, MOSI and CHIP_EN to 0 V, before the module's supply goes off; BOOT is there already. CLK rests at
// 0 V in SPI mode 0, and MOSI stays where the last bit left it, which is that of a zero byte that nobody takes: a
// controller that lets MOSI rise while it rests keeps it high. A CHIP_EN that the rig does not name is the board's, which
// ties it to the supply.
func (l *Link) Unpower() error { return l.do(context.Background(), unpower) }

// Repower takes CHIP_EN up, so that the module starts.
func (l *Link) Repower() error { return l.do(context.Background(), repower) }

// do hands an order to the worker. When ctx ends first, it may still be carried out.
func (l *Link) do(ctx context.Context, t task) error {
	l.ordering.Lock()
	defer l.ordering.Unlock()
	o := &order{task: t, answer: make(chan error, 1)}
	l.mu.Lock()
	if err := l.ended(); err != nil {
		l.mu.Unlock()
		return err
	}
	l.order = o
	l.halt.Store(true)
	l.room.Broadcast()
	l.mu.Unlock()
	l.lines.Interrupt()
	select {
	case err := <-o.answer:
		return err
	case <-l.done:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.ended()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// obey carries out an order on the wires and answers it.
func (w *worker) obey(t task) {
	w.mu.Lock()
	o := w.order
	w.order = nil
	w.halt.Store(w.closed)
	unpowered := w.unpowered
	w.mu.Unlock()
	var err error
	switch {
	case t == unpower && !unpowered:
		err = w.unpower()
	case t == repower && unpowered:
		err = w.repower()
	case t == reset && unpowered:
		err = transport.ErrUnpowered
	case t == reset:
		err = w.restart()
	}
	o.answer <- err
}

// restart switches the module off and on by CHIP_EN. What the module said before is forgotten while it is off.
func (w *worker) restart() error {
	if err := w.engine.off(); err != nil {
		return err
	}
	w.mu.Lock()
	w.in.from = w.in.to
	w.forget(errReset)
	w.mu.Unlock()
	return w.engine.setEnable(true)
}

// unpower ends a message that waits, and begins no transaction from now on.
func (w *worker) unpower() error {
	w.mu.Lock()
	w.unpowered = true
	w.forget(transport.ErrUnpowered)
	w.mu.Unlock()
	return w.engine.low()
}

func (w *worker) repower() error {
	if err := w.engine.start(); err != nil {
		return err
	}
	w.mu.Lock()
	w.unpowered = false
	w.mu.Unlock()
	return nil
}

// forget ends what a module that goes off was told; mu is held.
func (w *worker) forget(why error) {
	w.stalled, w.asked = false, 0
	if w.out.busy {
		w.out.err = why
		w.writable.Broadcast()
	}
}
