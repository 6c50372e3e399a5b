package st67

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/at"
)

const (
	longCommand  = "AT+CIPSENDL="
	progressHead = "+CIPSENDL:"

	// LongMax is the longest CIPSENDL, in bytes (manual 4.1.13.2).
	LongMax = 1<<31 - 1

	longPart = 16 << 10 // bytes of one write of a CIPSENDL
)

// The escape out of a data mode. The module wants more than 20 ms of silence before and after it (manual 4.1.9); what
// was written before may still be in buffers on its way, so that the silence here is longer. The module says nothing to an
// escape that it took for data: after as long again it is tried once more.
const (
	escapeText  = "+++"
	escapeQuiet = 500 * time.Millisecond
	escapeTries = 3
)

// LongOptions vary a SendLong.
type LongOptions struct {
	To netip.AddrPort // over UDP: the remote end; the zero value is the link's own
	// Fill makes the payload from offset on, in order; nil sends zeros.
	Fill func(p []byte, offset int64)
	// Report is told each progress report: how many bytes went to the module's stack, how many came over its port. It runs on
	// the reader's goroutine and must not call the Module.
	Report func(sent, received int64, t time.Time)
	// CancelAfter ends the send by +++ after so many bytes; 0 sends all.
	CancelAfter int64
	// Patience is how long, once all was given, neither the end nor a report may come before the send is ended by +++: bytes
	// that were lost on the way to the module are waited for in vain. 0 waits until the time limit.
	Patience time.Duration
	// Alive grows as long as the send goes on, as what has arrived at the peer does: until it stops, no +++ is written, which must
	// not meet payload on the line. It is asked now and then once all was given; nil never grows.
	Alive func() int64
}

// LongResult is what a SendLong gave. The Response has no Recv.
type LongResult struct {
	Response
	Cancelled bool      // the module said SEND CANCELLED
	Short     bool      // and nobody had asked for it: not all that was given came to the module (LongOptions.Patience)
	Sent      int64     // the payload's length after SEND OK; else what the last report said
	Received  int64     // the same of what came over the module's port
	Given     int64     // how much was written to the link
	Escaped   time.Time // before the write of the last +++; zero without
}

// long is a SendLong under way.
type long struct {
	m     *Module
	ctx   context.Context
	link  int
	end   int64 // after so many bytes no more are given
	full  bool  // that is the whole payload
	given int64
	o     LongOptions
	tries int // of the escape

	short   bool      // nothing more comes
	mark    int64     // what has gone on, once all was given
	since   time.Time // it has been so; zero while payload is given
	escapes [escapeTries]time.Time

	mu             sync.Mutex
	sent, received int64 // by the last report
}

// SendLong sends n bytes, 1 to LongMax, over a link with one CIPSENDL (manual 4.1.13): the module takes them while it
// sends. It ends when for 30 s nothing more is taken, or by LongOptions.Patience. A link that is closed meanwhile is a *LinkError: the payload is
// cut off by +++.
func (m *Module) SendLong(ctx context.Context, link int, n int64, o LongOptions) (LongResult, error) {
	if n < 1 || n > LongMax || o.CancelAfter < 0 {
		return LongResult{}, fmt.Errorf("send %d bytes by AT+CIPSENDL, cancel after %d: allowed are 1 to %d bytes and 0 or more", n, o.CancelAfter, LongMax)
	}
	if err := m.sendable(ctx, link); err != nil {
		return LongResult{}, err
	}
	m.sendLine(longCommand, link, n, o.To)
	if m.part == nil {
		m.part = make([]byte, longPart)
	}
	l := &long{m: m, ctx: ctx, link: link, end: n, full: true, o: o}
	if o.CancelAfter > 0 && o.CancelAfter < n {
		l.end, l.full = o.CancelAfter, false
	}
	m.s.Watch(progressHead, l.report)
	defer m.s.Watch(progressHead, nil)
	r, err := m.s.SendParts(m.limit.start(ctx), m.line, l.next, SendOptions{})
	m.limit.stop()
	return l.result(r, n, err)
}

func (l *long) result(r Response, n int64, err error) (LongResult, error) {
	var refused *at.CommandError
	l.mu.Lock()
	out := LongResult{Response: r, Sent: l.sent, Received: l.received, Given: l.given}
	l.mu.Unlock()
	for _, t := range l.escapes[:l.tries] {
		if t.Before(r.End) { // a later one was no longer written
			out.Escaped = t
		}
	}
	switch out.Cancelled = errors.As(err, &refused) && refused.Final == "SEND CANCELLED"; {
	case err == nil:
		out.Sent, out.Received = n, n
		return out, nil
	case out.Cancelled && !l.lost():
		out.Short = l.short
		return out, nil
	case !errors.As(err, &refused):
		l.m.longCut = true
	}
	return out, l.m.sendFailed(l.link, err)
}

func (l *long) lost() bool { return l.m.seen.getLink(l.link).lost != "" }

// next gives the next part of the payload. A module whose link is lost takes payload to the end without a word: it is
// asked to stop.
func (l *long) next() []byte {
	l.m.limit.timer.Reset(sendLimit)
	left := l.end - l.given
	switch {
	case l.tries > 0:
		return l.again()
	case left == 0 && !l.full, left > 0 && l.lost():
		return l.escape(escapeQuiet)
	case left == 0 && l.o.Patience > 0:
		l.short = true // unless the end comes first
		return l.escape(max(l.o.Patience, escapeQuiet))
	case left == 0:
		return nil
	}
	p := l.m.part[:min(left, longPart)]
	if l.o.Fill != nil {
		l.o.Fill(p, l.given)
	}
	l.given += int64(len(p))
	return p
}

// escape gives +++ once nothing has gone on for so long, and nothing before: what was written may still be on its way.
func (l *long) escape(quiet time.Duration) []byte {
	now, mark := time.Now(), int64(0)
	if l.o.Alive != nil {
		mark = l.o.Alive()
	}
	l.mu.Lock()
	mark += l.sent + l.received
	l.mu.Unlock()
	if l.since.IsZero() || mark != l.mark {
		l.mark, l.since = mark, now
	}
	if now.Sub(l.since) < quiet {
		return l.m.part[:0]
	}
	return l.plus()
}

// again gives +++ once more, after the silence that it needs; nil when it was tried often enough.
func (l *long) again() []byte {
	if l.tries == escapeTries || sleep(l.ctx, escapeQuiet) != nil {
		return nil
	}
	return l.plus()
}

func (l *long) plus() []byte {
	l.escapes[l.tries] = time.Now()
	l.tries++
	return []byte(escapeText)
}

// report takes `+CIPSENDL:<sent>,<received>`.
func (l *long) report(line []byte, t time.Time) {
	first, second, _ := bytes.Cut(line[len(progressHead):], comma)
	sent, ok := count(first)
	received, also := count(second)
	if !ok || !also {
		return
	}
	l.mu.Lock()
	l.sent, l.received = int64(sent), int64(received)
	l.mu.Unlock()
	if l.o.Report != nil {
		l.o.Report(int64(sent), int64(received), t)
	}
}

// SendLongConfig sets after how many bytes CIPSENDL reports and how many it gives to the stack at once: 100 to 65535
// (1048576 by the manual) and 100 to 2920 bytes (CIPSENDLCFG, manual 4.1.14).
func (m *Module) SendLongConfig(ctx context.Context, report, transmit int) error {
	_, err := m.Command(ctx, "AT+CIPSENDLCFG="+strconv.Itoa(report)+","+strconv.Itoa(transmit))
	return err
}

// SendLongSizes is what SendLongConfig sets.
func (m *Module) SendLongSizes(ctx context.Context) (report, transmit int, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIPSENDLCFG?")
	if err != nil {
		return 0, 0, err
	}
	value, _ := answer(r.Lines, "CIPSENDLCFG")
	if f := fields(value); len(f) >= 2 {
		var second error
		report, err = strconv.Atoi(f[0])
		transmit, second = strconv.Atoi(f[1])
		if err == nil && second == nil {
			return report, transmit, nil
		}
	}
	return 0, 0, fmt.Errorf("the answer %q to AT+CIPSENDLCFG? has no two sizes", r.Lines)
}
