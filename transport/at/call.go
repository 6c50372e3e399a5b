package at

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

const (
	maxRun     = 8192                   // bytes of payload in one Write: what the manual lets one CIPSEND carry (4.1.12)
	drainQuiet = 200 * time.Millisecond // without a byte for so long, an abandoned reply comes no more
	drainMax   = 2 * time.Second        // how long a call waits for an abandoned reply in all
	partPause  = 50 * time.Millisecond  // after an empty part of a payload
)

// call is what is known of the exchange on the side that writes. It belongs to
// whoever has the turn.
type call struct {
	sent, payload, written time.Time // of the Response
	left                   time.Time // when the call was given up
	partial                bool      // only a part of the command line was written
	guard                  guard
}

func (c *call) init(s *Session) { c.guard.init(s) }

// Command sends a line, without CRLF, and takes its reply up to the final code. A
// bad one is a CommandError, whose Response is there too; no proper reply is a ProtocolError.
//
// A context that serves many calls costs them nothing; a new one for each call
// costs what making it costs.
func (s *Session) Command(ctx context.Context, line []byte) (Response, error) {
	return s.talk(ctx, line, payload{}, SendOptions{})
}

// Send sends a line, without CRLF, that asks for a data phase, waits for the
// prompt, writes the payload and takes the acknowledgements. It ends at the
// final code of the data phase, or at "Recv n bytes" when asked to. The line
// says how long the payload is: they must agree. Errors are those of Command.
func (s *Session) Send(ctx context.Context, line, p []byte, o SendOptions) (Response, error) {
	return s.talk(ctx, line, payload{whole: p, follows: true}, o)
}

// SendParts is Send of a payload that next gives in parts, each of which is one Write, until it gives nil. An empty part
// writes nothing: next is asked again after 50 ms. next may wait; what it gave is not used after its next call. The exchange
// may end before the last part: then next is not called again.
func (s *Session) SendParts(ctx context.Context, line []byte, next func() []byte, o SendOptions) (Response, error) {
	o.NoRecv = true
	return s.talk(ctx, line, payload{next: next, follows: true}, o)
}

// Passthrough sends a line, without CRLF, that opens passthrough, and returns at its prompt. From then on every byte
// goes to tap, on the reader's goroutine, until EndPassthrough; WriteRaw sends.
func (s *Session) Passthrough(ctx context.Context, line []byte, tap func(p []byte, t time.Time)) (Response, error) {
	return s.talk(ctx, line, payload{tap: tap, follows: true}, SendOptions{NoRecv: true})
}

// WriteRaw writes p in passthrough, as one Write, with the instants directly before and after.
func (s *Session) WriteRaw(ctx context.Context, p []byte) (from, to time.Time, err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return from, to, context.Cause(ctx)
	}
	defer func() { <-s.turn }()
	_, err = s.write(ctx, p, &from, &to)
	return from, to, err
}

// EndPassthrough makes the session read lines again.
func (s *Session) EndPassthrough() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tap = nil
	s.fresh()
}

// payload is what follows the prompt: nothing of a command, bytes, parts, or passthrough.
type payload struct {
	follows bool
	whole   []byte
	next    func() []byte
	tap     func(p []byte, t time.Time)
}

func (s *Session) talk(ctx context.Context, line []byte, p payload, o SendOptions) (Response, error) {
	if bytes.IndexByte(line, '\n') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return Response{}, errLines
	}
	if ctx.Err() != nil {
		return Response{}, s.unsent(line, context.Cause(ctx))
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return Response{}, s.unsent(line, context.Cause(ctx))
	}
	defer func() { <-s.turn }()
	if err := s.settle(ctx); err != nil {
		return Response{}, s.unsent(line, err)
	}
	if err := s.begin(line, p, o); err != nil {
		return Response{}, s.unsent(line, err)
	}
	if want, err := s.exchange(ctx, p); err != nil {
		return Response{}, s.leave(want, err)
	}
	return s.result()
}

// begin makes the exchange the one whose reply the reader takes.
func (s *Session) begin(line []byte, p payload, o SendOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.call.sent, s.call.payload, s.call.written = time.Time{}, time.Time{}, time.Time{}
	s.call.partial = false
	s.x.begin(line, p.follows, len(p.whole), o)
	s.x.tap = p.tap
	s.stale = len(s.line) > 0
	s.began = time.Time{}
	if s.raw > 0 && s.link == ofReply {
		s.link = nobody
	}
	select {
	case <-s.wake:
	default:
	}
	return nil
}

// exchange writes what is to be written and waits for the end of the exchange,
// whatever it is. An error means that the end was not seen.
func (s *Session) exchange(ctx context.Context, p payload) (want string, err error) {
	var end time.Time
	n, err := s.write(ctx, s.x.cmd, &s.call.sent, &end)
	if err != nil {
		s.call.partial = n > 0
		return "room for the command", err
	}
	if s.x.send {
		if err := s.wait(ctx, true); err != nil {
			return "", err
		}
		if p.next != nil {
			if n, err := s.writeParts(ctx, p.next); err != nil {
				return fmt.Sprintf("room for the payload (%d bytes written)", n), err
			}
		} else if n, err := s.writePayload(ctx, p.whole); err != nil {
			return roomFor(n, len(p.whole)), err
		}
	}
	return "", s.wait(ctx, false)
}

// writePayload writes the payload, unless the exchange has ended before or ends
// before the last run.
func (s *Session) writePayload(ctx context.Context, payload []byte) (n int, err error) {
	c := &s.call
	var from time.Time
	for n < len(payload) && !s.reached(false) {
		k, err := s.write(ctx, payload[n:min(n+maxRun, len(payload))], &from, &c.written)
		if n == 0 {
			c.payload = from
		}
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// writeParts writes what next gives, until it gives nil or the exchange has ended.
func (s *Session) writeParts(ctx context.Context, next func() []byte) (n int, err error) {
	c := &s.call
	var from time.Time
	for !s.reached(false) {
		p := next()
		if p == nil || s.reached(false) { // next may have waited
			break
		}
		if len(p) == 0 {
			if err := s.pause(ctx, partPause); err != nil {
				return n, err
			}
			continue
		}
		k, err := s.write(ctx, p, &from, &c.written)
		if n == 0 {
			c.payload = from
		}
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// pause returns after a time, or as soon as something has become of the exchange.
func (s *Session) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.wake:
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// wait returns when the exchange has ended, or the prompt was seen.
func (s *Session) wait(ctx context.Context, prompt bool) error {
	for !s.reached(prompt) {
		select {
		case <-s.wake:
		case <-ctx.Done():
			if s.reached(prompt) {
				return nil
			}
			return context.Cause(ctx)
		}
	}
	return nil
}

// reached says whether the exchange has ended, or the prompt was seen.
func (s *Session) reached(prompt bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.x.active || prompt && s.x.prompted()
}

// result makes what the caller gets of an exchange that has ended.
func (s *Session) result() (Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &s.x
	if x.err != nil {
		return Response{}, s.failure(x.want(), x.err)
	}
	r := x.response()
	r.Sent, r.Payload, r.Written = s.call.sent, s.call.payload, s.call.written
	if x.refused {
		return r, &CommandError{Command: s.hidden(x.cmd), Final: string(x.final), Code: x.code}
	}
	return r, nil
}

// leave gives the exchange up because of err. When it ended badly in the
// meantime, which also ends a write, that is the better answer.
func (s *Session) leave(want string, err error) error {
	s.mu.Lock()
	ended := !s.x.active && s.err == nil && (s.x.refused || s.x.err != nil)
	if ended {
		s.mu.Unlock()
		_, err = s.result()
		return err
	}
	defer s.mu.Unlock()
	s.x.left = true
	s.call.left = time.Now()
	if want == "" {
		want = s.x.want()
	}
	return s.failure(want, err)
}

// settle waits for the end of the reply to a call that was given up.
func (s *Session) settle(ctx context.Context) error {
	if s.reached(false) {
		return nil
	}
	if s.call.partial {
		var from time.Time
		if _, err := s.write(ctx, crlf, &from, &s.call.left); err != nil {
			return err
		}
		s.call.partial = false
	}
	limit := time.Now().Add(drainMax)
	for {
		rest := s.unsettled(limit)
		if rest <= 0 {
			return nil
		}
		select {
		case <-s.wake:
		case <-time.After(rest):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// unsettled returns how long the next call has to wait at most; with 0 the
// exchange that was given up is forgotten, and so is a run of raw bytes that
// stopped in the middle.
func (s *Session) unsettled(limit time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.x.active {
		return 0
	}
	now := time.Now()
	since := s.call.left
	if s.last.After(since) {
		since = s.last
	}
	quiet := drainQuiet - now.Sub(since)
	rest := min(quiet, limit.Sub(now))
	if rest > 0 {
		return rest
	}
	s.x.active = false
	s.owed = 0
	if quiet <= 0 {
		s.raw, s.gap = 0, false
	}
	return 0
}
