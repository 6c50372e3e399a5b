package st67

import (
	"context"
	"time"
)

// sendLimit is how long one send may take in all: the 6 s and 5 s that ST's host
// driver waits for OK and the prompt, the payload at 9600 baud, and a blocking
// send over a bad radio link.
const sendLimit = 30 * time.Second

// limit gives sends their time limit without a new context for each: the one
// that was derived last is used again while the caller's context is the same.
type limit struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	parent <-chan struct{} // Done of the caller's context
}

// start returns a context that ends with the caller's or after sendLimit.
func (l *limit) start(parent context.Context) context.Context {
	if l.ctx != nil && l.parent == parent.Done() && l.ctx.Err() == nil {
		l.timer.Reset(sendLimit)
		return l.ctx
	}
	l.release()
	ctx, cancel := context.WithCancelCause(parent)
	l.ctx, l.cancel, l.parent = ctx, cancel, parent.Done()
	l.timer = time.AfterFunc(sendLimit, func() { cancel(context.DeadlineExceeded) })
	return l.ctx
}

// stop ends the time that start began.
func (l *limit) stop() { l.timer.Stop() }

// release gives up the derived context.
func (l *limit) release() {
	if l.ctx != nil {
		l.timer.Stop()
		l.cancel(nil)
		l.ctx = nil
	}
}
