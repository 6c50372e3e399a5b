package at

import (
	"context"
	"time"
)

// SetWake gives what wakes a module that sleeps and that the stream itself does not wake: it runs before each write that
// comes after a silence of 10 ms, in which the module may have fallen asleep. nil ends that.
func (s *Session) SetWake(wake func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rouse = wake
}

// sleeper is what has to be run before a write; nil for nothing. s.mu is held.
func (s *Session) sleeper() func(ctx context.Context) error {
	if s.rouse == nil || time.Since(s.last) < apart || time.Since(s.wrote) < apart {
		return nil
	}
	return s.rouse
}
