package st67

import (
	"context"
	"errors"
	"strings"
	"time"

	"st67bench/transport/at"
)

// Event is an unsolicited line, without CRLF, and the instant of the read that brought it, before it was parsed.
type Event struct {
	Line string
	Time time.Time
}

// keptEvents is how many lines about starts, network and links are kept: more than a join or a loss of the network with
// all its links says.
const keptEvents = 64

// keep adds a line to the latest ones, if it is about starts, network or links. mu is held.
func (s *seen) keep(e Event) {
	if e.Line != "ready" && !strings.HasPrefix(e.Line, "+CW:") && !strings.HasPrefix(e.Line, "+CIP:") {
		return
	}
	if len(s.kept) == keptEvents {
		s.kept = s.kept[:copy(s.kept, s.kept[1:])]
	}
	s.kept = append(s.kept, e)
}

// first is the first line with the prefix that came at since or later. mu is held.
func (s *seen) first(since time.Time, prefix string) (Event, bool) {
	for _, e := range s.kept {
		if !e.Time.Before(since) && strings.HasPrefix(e.Line, prefix) {
			return e, true
		}
	}
	return Event{}, false
}

// Seen is the first unsolicited line with this prefix that came at since or later; found is false when there was none.
// Lines that begin with "ready", "+CW:" or "+CIP:" are kept, the latest 64 of them.
func (m *Module) Seen(since time.Time, prefix string) (e Event, found bool) {
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	return m.seen.first(since, prefix)
}

// AwaitSeen waits until Seen finds the line.
func (m *Module) AwaitSeen(ctx context.Context, since time.Time, prefix string) (Event, error) {
	var e Event
	err := m.seen.await(ctx, func() (found bool) {
		e, found = m.seen.first(since, prefix)
		return found
	})
	return e, err
}

// Start has the instants of the latest Reset and Join; the zero Time for what did not happen since.
type Start struct {
	Reset      time.Time // before AT+RST was written, or before Options.Reset was called
	Ready      time.Time // the read that brought `ready`
	Join       time.Time // before AT+CWJAP was written
	Associated time.Time // the read that brought +CW:CONNECTED
	Address    time.Time // the read that brought +CW:GOTIP
}

// Start returns the instants of the latest Reset and Join.
func (m *Module) Start() Start {
	s := Start{Reset: m.resetAt, Join: m.joinAt}
	for _, e := range []struct {
		since  time.Time
		prefix string
		to     *time.Time
	}{{s.Reset, "ready", &s.Ready}, {s.Join, "+CW:CONNECTED", &s.Associated}, {s.Join, "+CW:GOTIP", &s.Address}} {
		if found, ok := m.Seen(e.since, e.prefix); ok && !e.since.IsZero() {
			*e.to = found.Time
		}
	}
	return s
}

// Latest are the instants of the latest command that got its final code: before it was written, and the read that brought
// the code's last byte.
func (m *Module) Latest() (sent, end time.Time) { return m.sent, m.ended }

// Rejoins asks whether the module by itself comes back to a network that it has lost, and after how long it tries
// (CWRECONNCFG, manual 3.1.6); 0 when it does not, or does not tell.
func (m *Module) Rejoins(ctx context.Context) (every time.Duration, err error) {
	value, known, err := m.query(ctx, "CWRECONNCFG")
	if err != nil || !known {
		return 0, err
	}
	s, _ := count([]byte(fields(value)[0]))
	return time.Duration(s) * time.Second, nil
}

// Gone says whether err is the end or the refusal of a link, or of the network under it: to try again later may help.
func Gone(err error) bool {
	var link *LinkError
	var join *JoinError
	var refused *at.CommandError
	return errors.As(err, &link) || errors.As(err, &join) || errors.As(err, &refused)
}
