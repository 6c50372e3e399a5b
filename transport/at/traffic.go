package at

import "time"

// Traffic is what has passed on a session's stream since New.
type Traffic struct {
	HostMessages, HostBytes     uint64 // writes, and what the stream took of them
	ModuleMessages, ModuleBytes uint64 // runs of bytes with at least apart between one and the next
}

// apart is how long a stream is silent between two messages of the module: a host that sleeps is woken by each.
const apart = 10 * time.Millisecond

// Traffic is what has passed so far.
func (s *Session) Traffic() Traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.traffic
}

// wrote counts a write; s.mu is held.
func (t *Traffic) wrote(n int) {
	if n > 0 {
		t.HostMessages++
		t.HostBytes += uint64(n)
	}
}

// read counts what came after a silence; s.mu is held.
func (t *Traffic) read(n int, silence time.Duration) {
	if silence >= apart {
		t.ModuleMessages++
	}
	t.ModuleBytes += uint64(n)
}
