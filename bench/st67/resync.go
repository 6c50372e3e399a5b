package st67

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"st67bench/transport/at"
)

// Resynchronisation: how often AT is tried and how long each may take. Together
// with the filler it is longer than the 4 s that a module needs from power-up.
const (
	attentionTries = 8
	attentionLimit = 500 * time.Millisecond // the session may wait 200 ms of it for the end of an earlier reply
	fillAfter      = 3                      // silent tries; 1 when a send was cut off in its data phase
	escapeAfter    = 5                      // silent tries
	settleTime     = 100 * time.Millisecond
)

// Filler is 5 lines of 2048 B with their CRLF: more than the 8192 B of the longest data phase (manual 4.1.12, 2.2.12,
// 2.2.15), and each fits into one transfer of an SPI link.
const (
	fillLines = 5
	fillLimit = 500 * time.Millisecond
)

var fillLine = strings.Repeat("x", 2046)

// SilentError says that a module did not answer AT, also after everything that could wake it.
type SilentError struct {
	Seen   []byte        // what came instead; empty for a silent line
	Waited time.Duration // over all tries
}

func (e *SilentError) Error() string {
	const spi = "ST's T01 images speak AT over SPI only"
	if len(e.Seen) == 0 {
		return fmt.Sprintf("no answer to AT within %v and not one byte seen: no power, wrong port or wiring, in passthrough mode (reset it), or no AT on this link (%s)",
			e.Waited.Round(time.Millisecond), spi)
	}
	return fmt.Sprintf("no answer to AT within %v, but %d bytes seen: %q: a wrong line rate, or a log instead of AT (%s)",
		e.Waited.Round(time.Millisecond), len(e.Seen), e.Seen, spi)
}

// resync sends AT until the module answers OK to it and to nothing else.
func (m *Module) resync(ctx context.Context) error {
	begin := time.Now()
	var seen []byte
	trouble, silent := m.dirty, 0
	if m.longCut {
		_ = m.sendEscape(ctx) // that it is not written shows below
	} else if m.dataMode {
		silent = fillAfter - 1
	}
	for range attentionTries {
		err := m.raw(ctx, attentionLimit, "AT")
		var protocol *at.ProtocolError
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("resynchronise: %w", context.Cause(ctx))
		case m.s.Err() != nil:
			return fmt.Errorf("resynchronise: %w", m.s.Err())
		case err == nil && !trouble:
			m.dirty, m.dataMode, m.longCut = false, false, false
			_ = m.seen.takeFailure() // what was cut off may have failed: said already
			return nil
		case err == nil:
			trouble = false // answers to what came before may be on their way: ask once more
			err = sleep(ctx, settleTime)
		case errors.As(err, &protocol) && !errors.Is(err, at.ErrReset):
			trouble = true
			if len(protocol.Seen) > 0 {
				seen = append(seen[:0], protocol.Seen...)
			}
			switch silent++; silent {
			case fillAfter:
				m.fill(ctx)
			case escapeAfter:
				_ = m.sendEscape(ctx)
			}
		default: // ERROR to a half line, busy, or a start
			trouble = true
			err = sleep(ctx, settleTime)
		}
		m.log.Debug("resynchronise", "answer", err)
	}
	return &SilentError{Seen: seen, Waited: time.Since(begin)}
}

// fill gives a module that counts payload what it waits for.
func (m *Module) fill(ctx context.Context) {
	var refused *at.CommandError
	for range fillLines {
		if err := m.raw(ctx, fillLimit, fillLine); err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return
		}
	}
}

// raw is a command as such, whatever state the module is in.
func (m *Module) raw(ctx context.Context, limit time.Duration, line string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m.line = append(m.line[:0], line...)
	_, err := m.s.Command(ctx, m.line)
	return err
}

// usable says why no command can be given now; a module that is in an unknown state is made to listen.
func (m *Module) usable(ctx context.Context) error {
	switch {
	case m.seen.hasRestarted():
		return errRestarted
	case m.hibernation != nil:
		return errHibernates
	case m.through != nil:
		return errThrough
	case m.dirty:
		return m.resync(ctx)
	}
	return nil
}

// exchange is one command to a module that listens. Its response is valid until the next one.
func (m *Module) exchange(ctx context.Context, limit time.Duration, line string) (at.Response, error) {
	if err := m.usable(ctx); err != nil {
		return at.Response{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m.line = append(m.line[:0], line...)
	r, err := m.s.Command(ctx, m.line)
	if err == nil {
		m.sent, m.ended = r.Sent, r.End
	}
	return r, m.noted(err)
}

// errRestarted is every command's answer between an unasked `ready` and the next Reset.
var errRestarted = fmt.Errorf("unasked ready, a probable brown-out: its settings are lost until a reset: %w", at.ErrReset)

// noted keeps that an exchange was cut off, and adds the error code in words.
func (m *Module) noted(err error) error {
	var refused *at.CommandError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		if refused.Code != 0 {
			return fmt.Errorf("%w: %s", err, codeWords(refused.Code))
		}
		return err
	default:
		var protocol *at.ProtocolError
		m.dirty = true
		m.dataMode = m.dataMode || errors.As(err, &protocol) && protocol.DataMode
		return err
	}
}

// DialogBroken says that the dialog was cut off, or the module restarted, so that only Boot makes it trustworthy again.
func DialogBroken(err error) bool {
	var protocol *at.ProtocolError
	var silent *SilentError
	return errors.As(err, &protocol) || errors.As(err, &silent) || errors.Is(err, at.ErrReset)
}

// Restarted says that the module started without having been asked to.
func Restarted(err error) bool { return errors.Is(err, at.ErrReset) }
