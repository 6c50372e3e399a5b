package inet

import (
	"time"

	"st67bench/transport/emulator/core"
)

// open is the connections that there are.
func (f *Family) open() []*link {
	f.mu.Lock()
	defer f.mu.Unlock()
	var open []*link
	for _, l := range f.links {
		if l != nil {
			open = append(open, l)
		}
	}
	return open
}

// link returns the connection with this ID, nil when there is none.
func (f *Family) link(id int) *link {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[id]
}

// holder returns the connection with this ID, or the one that ended last when it
// was not read empty.
func (f *Family) holder(id int) *link {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.links[id]; l != nil {
		return l
	}
	return f.kept[id]
}

// freeID is the lowest ID that no connection has.
func (f *Family) freeID() (id int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, l := range f.links {
		if l == nil {
			return id, true
		}
	}
	return 0, false
}

// enter puts a connection into the table; false when its ID is taken or the
// module is switched off.
func (f *Family) enter(l *link) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil || f.links[l.id] != nil {
		return false
	}
	f.leaked += f.m.Faults.Leak()
	f.links[l.id] = l
	f.kept[l.id] = nil
	f.live[l] = true
	return true
}

// bring makes a connection that was dialled or accepted one of the module's, and
// says so at the instant at; when it cannot, it closes it and returns false.
func (f *Family) bring(at time.Time, l *link) bool {
	if !f.enter(l) {
		l.abort()
		return false
	}
	f.announce(at, l.connected())
	l.start()
	return true
}

// unlink takes l out of the table; false when it was out already. Whoever gets
// true reports the end of the connection.
func (f *Family) unlink(l *link) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.links[l.id] != l {
		return false
	}
	f.links[l.id] = nil
	if f.lost != nil && l.id == 0 {
		select {
		case f.lost <- struct{}{}:
		default:
		}
	}
	if f.m.Quirks.Has(core.ClosedData) {
		f.kept[l.id] = l
	}
	return true
}

// forget is called when l has sent its last byte.
func (f *Family) forget(l *link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.live, l)
}

// lose ends a connection at the instant at and says so, from outside the AT task.
func (f *Family) lose(at time.Time, l *link) {
	if f.unlink(l) {
		f.announce(at, l.event("DISCONNECTED"))
		l.end()
	}
}

// speaks says whether changes of connections are reported: not with CIPEVT=0, and
// in passthrough only with bit 2 of SYSMSG.
func (f *Family) speaks() bool {
	return f.events.Load() && (!f.raw.Load() || f.m.SysMsg.Load()&core.StateMessages != 0)
}

// announce says text at the instant at, if changes are reported.
func (f *Family) announce(at time.Time, text []byte) {
	if f.speaks() {
		f.m.Event(at, text)
	}
}
