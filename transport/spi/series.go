package spi

import (
	"sync"
	"time"
)

// The series that a link records, in seconds.
const (
	wakeLatency = iota
	rdyHigh
	hostReaction
)

var seriesNames = [...]string{wakeLatency: "wake_latency", rdyHigh: "rdy_high", hostReaction: "host_reaction"}

// seriesLimit bounds what waits for Drain: what comes on top is dropped.
const seriesLimit = 1 << 16

type sample struct {
	kind  uint8
	at    time.Time
	value time.Duration
}

// series keeps samples until they are drained.
type series struct {
	mu      sync.Mutex
	samples []sample
	spare   []sample // what the last drain emptied
}

func (s *series) add(kind uint8, at time.Time, value time.Duration) {
	s.mu.Lock()
	if len(s.samples) < seriesLimit {
		s.samples = append(s.samples, sample{kind, at, value})
	}
	s.mu.Unlock()
}

// drain hands the samples over and forgets them.
func (s *series) drain(emit func(series string, t time.Time, v float64)) {
	s.mu.Lock()
	full := s.samples
	s.samples, s.spare = s.spare[:0], nil
	s.mu.Unlock()
	for _, x := range full {
		emit(seriesNames[x.kind], x.at, x.value.Seconds())
	}
	s.mu.Lock()
	s.spare = full[:0]
	s.mu.Unlock()
}
