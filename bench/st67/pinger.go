package st67

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"st67bench/transport/at"
)

// pingAnswerLimit is how long after the end of its command an echo may be answered or given up: 1 s (manual 4.1.29.2), and
// as much again.
const pingAnswerLimit = 2 * time.Second

// Pinger has the module ping a host, one echo a command.
type Pinger struct {
	m       *Module
	host    netip.Addr
	size    int
	answers chan pingAnswer
	timer   *time.Timer
}

// pingAnswer is one `+PING:` line.
type pingAnswer struct {
	trip time.Duration
	ok   bool // no `+PING:TIMEOUT`
	t    time.Time
}

// Echo is one echo request and what became of it.
type Echo struct {
	Sent     time.Time     // before the write of the command
	First    time.Time     // the first byte of the command's answer
	End      time.Time     // the line with the time, or the final code when that came later
	Trip     time.Duration // by the module's own clock, in whole ms
	Answered bool          // false: the module gave it up, +PING:TIMEOUT
}

// Pinger starts to ping a host with echoes of size bytes, 1 to 65534. Close ends it.
func (m *Module) Pinger(host netip.Addr, size int) *Pinger {
	p := &Pinger{m: m, host: host.Unmap().WithZone(""), size: size, answers: make(chan pingAnswer, 1), timer: time.NewTimer(0)}
	m.s.Watch(pingHead, p.take)
	return p
}

// Close gives the answers back to the events.
func (p *Pinger) Close() { p.m.s.Watch(pingHead, nil) }

const pingHead = "+PING:"

// take takes `+PING:<n>ms`, `+PING:<n>` or `+PING:TIMEOUT`; of answers that nobody waits for the first is kept.
func (p *Pinger) take(line []byte, t time.Time) {
	ms, ok := count(bytes.TrimSuffix(bytes.TrimSpace(line[len(pingHead):]), []byte("ms")))
	select {
	case p.answers <- pingAnswer{time.Duration(ms) * time.Millisecond, ok, t}:
	default:
	}
}

// Once sends one echo request and waits until the module has the answer or gives it up. The firmware says OK at once and the
// time after it; by manual 4.1.29 the time comes first, and a time-out ends in ERROR. A refusal is an error, a time-out is not.
func (p *Pinger) Once(ctx context.Context) (Echo, error) {
	if err := p.m.usable(ctx); err != nil {
		return Echo{}, err
	}
	select { // one that came after it was given up
	case <-p.answers:
	default:
	}
	p.m.line = p.appendLine(p.m.line[:0])
	r, err := p.m.s.Command(p.m.limit.start(ctx), p.m.line)
	p.m.limit.stop()
	e := Echo{Sent: r.Sent, First: r.First, End: r.End}
	if err != nil {
		return e, p.timedOut(err)
	}
	return p.await(ctx, e)
}

// timedOut drops the error of a command that ended badly because its echo was not answered, as it does by the manual.
func (p *Pinger) timedOut(err error) error {
	err = p.m.noted(err)
	var refused *at.CommandError
	select {
	case a := <-p.answers:
		if !a.ok && errors.As(err, &refused) {
			return nil
		}
	default:
	}
	return err
}

// appendLine makes the command: one echo, and as its interval the 1 s for which it is waited anyway.
func (p *Pinger) appendLine(to []byte) []byte {
	to = append(to, `AT+PING="`...)
	to = p.host.AppendTo(to)
	to = append(to, `",`...)
	to = strconv.AppendInt(to, int64(p.size), 10)
	return append(to, ",1,1000"...)
}

func (p *Pinger) await(ctx context.Context, e Echo) (Echo, error) {
	p.timer.Reset(pingAnswerLimit)
	defer p.timer.Stop()
	select {
	case a := <-p.answers:
		e.Trip, e.Answered = a.trip, a.ok
		if a.t.After(e.End) {
			e.End = a.t
		}
		return e, nil
	case <-p.timer.C:
		return e, fmt.Errorf("no +PING: line within %v after the OK of an AT+PING", pingAnswerLimit)
	case <-ctx.Done():
		return e, context.Cause(ctx)
	}
}
