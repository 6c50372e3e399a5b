package st67

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"st67bench/transport/at"
)

// maxLinks is how many connections the module keeps: link IDs 0 to 4 (manual 4.1.7).
const maxLinks = 5

// linkState is what the events say about one link.
type linkState struct {
	up   bool
	lost string // what ended a link that was up without being asked to: the event's line
}

// seen is what is kept from the unsolicited codes.
type seen struct {
	mu        sync.Mutex
	links     [maxLinks]linkState
	last      string
	count     int     // unsolicited lines so far
	kept      []Event // the latest lines about starts, network and links
	asked     bool    // a `ready` is due: nothing was up before it
	restarted bool    // the module restarted by itself and was not set up since
	starts    int     // every `ready`
	unasked   int
	failed    string // the bad end of a send that had ended at Recv
	watch     *watch
	changed   chan struct{} // closed at the next event; nil while nobody waits for one

	dialling [maxLinks]bool // Connect opens this link: it is no client of the server
	accepted []int          // links that clients of the server opened, not yet given to Accept
	clients  [maxLinks]bool // links that clients of the server opened
	serving  bool
	guest    string // the latest station of the SoftAP that got an address: `"mac","ip"`
	broker   bool   // the MQTT broker is connected
	ble      bluetooth
	end      chan struct{} // closed when no event comes any more
}

// watch collects the events with one prefix, in order.
type watch struct {
	prefix string
	owner  *seen
	lines  []string
	more   chan struct{} // one token when lines grew
}

// take feeds the events of a session until it ends.
func (s *seen) take(events <-chan at.Event) {
	defer close(s.end)
	for e := range events {
		s.event(Event{string(e.Line), e.Time})
	}
}

// event keeps what one unsolicited line says.
func (s *seen) event(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := e.Line
	s.last = line
	s.count++
	s.keep(e)
	switch {
	case line == "ready":
		s.ready()
	case line == "SEND FAIL":
		s.failed = line
	case strings.HasPrefix(line, "+CIP:"):
		s.link(line)
	case strings.HasPrefix(line, guestHead):
		s.guest = strings.TrimPrefix(line, guestHead)
	case strings.HasPrefix(line, "+MQTT:CONNECTED"), strings.HasPrefix(line, "+MQTT:DISCONNECTED"):
		s.broker = strings.HasPrefix(line, "+MQTT:CONNECTED")
	case strings.HasPrefix(line, "+BLE"):
		s.ble.event(line)
	}
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	if s.watch != nil && strings.HasPrefix(line, s.watch.prefix) {
		s.watch.lines = append(s.watch.lines, line)
		select {
		case s.watch.more <- struct{}{}:
		default:
		}
	}
}

// ready ends every link. One that was asked for is the answer to a reset.
func (s *seen) ready() {
	for i := range s.links {
		if s.links[i].up && !s.asked {
			s.links[i].lost = "an unasked ready: the module restarted"
		}
		s.links[i].up = false
	}
	s.accepted, s.clients, s.serving, s.guest, s.broker, s.ble = nil, [maxLinks]bool{}, false, "", false, bluetooth{}
	s.starts++
	if !s.asked {
		s.unasked++
		s.restarted = true
	}
}

// link follows `+CIP:<id>,CONNECTED` and `+CIP:<id>,DISCONNECTED`; without an ID it is link 0 (manual 1.1.2).
func (s *seen) link(line string) {
	first, what, found := strings.Cut(strings.TrimPrefix(line, "+CIP:"), ",")
	id := 0
	if found {
		var err error
		if id, err = strconv.Atoi(first); err != nil || id < 0 || id >= maxLinks {
			return
		}
	} else {
		what = first
	}
	switch l := &s.links[id]; what {
	case "CONNECTED":
		*l = linkState{up: true}
		if s.clients[id] = s.serving && !s.dialling[id]; s.clients[id] {
			s.accepted = append(s.accepted, id)
		}
	case "DISCONNECTED":
		if l.up {
			*l = linkState{lost: line}
		}
	}
}

// setLink overrides what the events say: before a connection, and after a close that was asked for.
func (s *seen) setLink(id int, up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[id] = linkState{up: up}
}

// dial says that Connect begins or ends to open a link.
func (s *seen) dial(id int, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialling[id] = on
	if on {
		s.links[id] = linkState{}
	}
}

// isUp is for await: mu is held.
func (s *seen) isUp(id int) bool { return id >= 0 && id < maxLinks && s.links[id].up }

// await waits until the events have made ready true; mu is held while it is called. A restart that nobody asked for, the
// end of the session, and that of ctx end the wait.
func (s *seen) await(ctx context.Context, ready func() bool) error {
	for {
		s.mu.Lock()
		done, restarted := ready(), s.restarted
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		switch {
		case done:
			return nil
		case restarted:
			return errRestarted
		}
		select {
		case <-changed:
		case <-s.end:
			return errEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

var errEnded = errors.New("the session has ended")

// soon gives the event of what has just happened the time to come.
func (m *Module) soon(ready func(s *seen) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	_ = m.seen.await(ctx, func() bool { return ready(&m.seen) })
}

// unlessGone is err, or names the peer that is gone when that is why: up says whether there is a connection to it.
func (m *Module) unlessGone(peer string, err error, up func(s *seen) bool) error {
	var refused *at.CommandError
	if !errors.As(err, &refused) {
		return err
	}
	if refused.Final != sendFail { // a connection that has ended is told of soon
		m.soon(func(s *seen) bool { return !up(s) })
	}
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	if !up(&m.seen) {
		return &PeerError{Peer: peer, What: "not connected", Err: err}
	}
	return err
}

// getLink is the state of a link; one that cannot exist was never up.
func (s *seen) getLink(id int) linkState {
	if id < 0 || id >= maxLinks {
		return linkState{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.links[id]
}

// takeFailure returns the bad end of a send that had ended at Recv, once.
func (s *seen) takeFailure() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := s.failed
	s.failed = ""
	return line
}

// expectReady says whether a `ready` is due from now on.
func (s *seen) expectReady(due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = due
	s.restarted = false
}

// hasRestarted says whether the module restarted by itself and was not set up since.
func (s *seen) hasRestarted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarted
}

// countStarts is how often the module said `ready`.
func (s *seen) countStarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.starts
}

// listen collects the events with this prefix from now on; one watch at a time.
func (s *seen) listen(prefix string) *watch {
	w := &watch{prefix: prefix, owner: s, more: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = w
	return w
}

// stop ends the watch.
func (w *watch) stop() {
	w.owner.mu.Lock()
	defer w.owner.mu.Unlock()
	if w.owner.watch == w {
		w.owner.watch = nil
	}
}

// next waits for the next event of the watch.
func (w *watch) next(ctx context.Context) (string, error) {
	for {
		w.owner.mu.Lock()
		if len(w.lines) > 0 {
			line := w.lines[0]
			w.lines = w.lines[1:]
			w.owner.mu.Unlock()
			return line, nil
		}
		w.owner.mu.Unlock()
		select {
		case <-w.more:
		case <-w.owner.end:
			return "", fmt.Errorf("the session ended while waiting for %s", w.prefix)
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// LastEvent is the latest unsolicited line, without CRLF; empty when there was none.
func (m *Module) LastEvent() string {
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	return m.seen.last
}

// Unsolicited is how many lines the module has written by itself since Open.
func (m *Module) Unsolicited() int {
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	return m.seen.count
}

// UnaskedReady is how often the module restarted by itself since Open: a probable brown-out of its supply.
func (m *Module) UnaskedReady() int {
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	return m.seen.unasked
}

// LinkUp says whether link 0..4 is connected, as far as the events tell.
func (m *Module) LinkUp(link int) bool {
	return m.seen.getLink(link).up
}
