package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"st67bench/bench/st67"
	"st67bench/transport/at"
)

// links is how many connections the module keeps (manual 4.1.7).
const links = 5

// console is a dialog with a module as it is: what is typed is all that is sent.
type console struct {
	ctx     context.Context
	link    *opened
	s       *at.Session
	out     *atPrinter
	timeout time.Duration

	inbound inbound
	data    chan received
	started chan struct{} // one token when `ready` came
	heard   chan struct{} // closed when no unsolicited code comes any more
	quiet   atomic.Bool   // what a reset stirs up is of no interest

	mu    sync.Mutex
	mode  st67.Mode
	plain bool // the data phase that began last ends in OK
}

// newConsole starts the dialog over a link, which it owns from now on.
func newConsole(ctx context.Context, link *opened, out *atPrinter, timeout time.Duration) *console {
	c := &console{
		ctx: ctx, link: link, out: out, timeout: timeout,
		data: make(chan received, 64), started: make(chan struct{}, 1), heard: make(chan struct{}),
	}
	c.inbound = inbound{ctx: ctx, out: c.data}
	c.s = at.New(link.conn, c.inbound.tap(c.mode.During("")))
	for i := range links {
		c.s.SetSink(i, c.inbound.take)
	}
	return c
}

// close ends the dialog and closes the link.
func (c *console) close(cancel context.CancelCauseFunc) error {
	cancel(os.ErrClosed)
	err := c.s.Close()
	<-c.heard
	return errors.Join(err, c.link.Close())
}

// listen prints what comes unasked, payload before what came after it. A link
// that ends by itself ends the console.
func (c *console) listen(cancel context.CancelCauseFunc) {
	defer close(c.heard)
	for {
		select {
		case r := <-c.data:
			c.out.received(r)
		case e, open := <-c.s.Events():
			for len(c.data) > 0 {
				c.out.received(<-c.data)
			}
			if !open {
				cancel(fmt.Errorf("the link has ended: %w", c.s.Err()))
				return
			}
			c.event(string(e.Line))
		}
	}
}

// event takes one unsolicited line.
func (c *console) event(line string) {
	c.mu.Lock()
	accepted := c.plain && line == "OK" // before the prompt: a part of the exchange
	c.mu.Unlock()
	isReady := line == "ready"
	if isReady {
		c.setMode(func(st67.Mode) st67.Mode { return st67.Mode{} })
	}
	if isReady || !accepted && !c.quiet.Load() {
		c.out.event(line)
	}
	if isReady {
		select {
		case c.started <- struct{}{}:
		default:
		}
	}
}

// setMode follows the module's settings: next makes the new mode of the one there is.
func (c *console) setMode(next func(st67.Mode) st67.Mode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mode = next(c.mode)
	c.s.SetGrammar(c.inbound.tap(c.mode.During("")))
}

// prepare sets the grammar for one command.
func (c *console) prepare(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, c.plain, _ = st67.DataPhase(line)
	c.s.SetGrammar(c.inbound.tap(c.mode.During(line)))
}

// exchange is one command and its reply.
func (c *console) exchange(s step) reply {
	c.prepare(s.line)
	ctx, cancel := context.WithTimeout(c.ctx, c.timeout)
	defer cancel()
	begin := time.Now()
	var r at.Response
	var err error
	if s.payload == nil {
		r, err = c.s.Command(ctx, []byte(s.line))
	} else {
		// Not every firmware says Recv: where it does, it is a line of the reply.
		r, err = c.s.Send(ctx, []byte(s.line), s.payload, at.SendOptions{NoRecv: true})
	}
	end := r.End
	if err != nil {
		r, end = at.Response{Sent: begin}, time.Now()
	}
	got := newReply(s.line, r, end, err)
	c.setMode(func(m st67.Mode) st67.Mode {
		if err != nil {
			return m
		}
		return m.After(s.line, got.Lines)
	})
	return got
}

// eventLag lets what came during an exchange be printed before its reply: an
// event may come out of the session a little after the call has returned.
const eventLag = time.Millisecond

// do sends one command and prints its reply. A command that restarts the module ends with `ready`.
func (c *console) do(s step) error {
	if s.line == escape {
		return c.escape()
	}
	restarts := st67.Restarts(s.line)
	if restarts {
		c.expectStart()
	}
	r := c.exchange(s)
	if restarts && errors.Is(r.err, at.ErrReset) {
		r.Final, r.Text, r.err = "ready", "", nil
	}
	_ = pause(c.ctx, eventLag)
	c.out.reply(r)
	if restarts && r.err == nil {
		return st67.AwaitReady(c.ctx, c.started)
	}
	return r.err
}

// expectStart forgets starts that were before.
func (c *console) expectStart() {
	select {
	case <-c.started:
	default:
	}
}

// escapePause is what the module wants after the escape: at least a second (manual 4.1.12.2).
const escapePause = 1100 * time.Millisecond

// escape leaves passthrough mode: three bytes in a message of their own.
func (c *console) escape() error {
	if err := c.link.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	_, err := c.link.conn.Write([]byte(escape))
	if err := errors.Join(err, c.link.conn.SetWriteDeadline(time.Time{})); err != nil {
		return fmt.Errorf("write +++: %w", err)
	}
	return pause(c.ctx, escapePause)
}

// start waits for an emulated module, which is switched on by now, and resets on demand.
func (c *console) start(reset bool, pull func(context.Context) error) error {
	if c.link.emulated() {
		if err := st67.AwaitReady(c.ctx, c.started); err != nil {
			return err
		}
	}
	if !reset {
		return nil
	}
	if err := c.reset(pull); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	return nil
}

// reset restarts the module by the rig's own reset or else by AT+RST, for which
// it has to listen again first.
func (c *console) reset(pull func(context.Context) error) error {
	c.quiet.Store(true)
	defer c.quiet.Store(false)
	if pull != nil {
		c.expectStart()
		if err := pull(c.ctx); err != nil {
			return err
		}
		return st67.AwaitReady(c.ctx, c.started)
	}
	err := st67.Resync(c.ctx, c.s)
	var silent *st67.SilentError
	if errors.As(err, &silent) {
		if err := c.escape(); err != nil {
			return err
		}
		err = st67.Resync(c.ctx, c.s)
	}
	if err != nil {
		return err
	}
	c.expectStart()
	if r := c.exchange(step{line: "AT+RST"}); r.err != nil && !errors.Is(r.err, at.ErrReset) {
		return r.err
	}
	return st67.AwaitReady(c.ctx, c.started)
}
