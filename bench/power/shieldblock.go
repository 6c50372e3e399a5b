package power

import (
	"time"

	"st67bench/results/trace"
)

// event notes something at the present index.
func (s *shieldStream) event(kind trace.EventKind, value float64, text string) {
	s.block.Events = append(s.block.Events, trace.Event{Index: s.block.End(), T: s.at.Sub(s.since), Kind: kind, Value: value, Text: text})
}

// gap leaves samples out at the present index.
func (s *shieldStream) gap(samples int64, text string) {
	s.hand(s.block.End())
	s.block.Index += samples
	for i := range s.block.Events {
		s.block.Events[i].Index = s.block.Index
	}
	s.event(trace.Gap, float64(samples), text)
}

// flush emits what came with the feeds before, without the samples that may still be taken back.
func (s *shieldStream) flush() {
	sure := max(s.trusted, s.block.End()-shieldDoubt)
	if sure-s.block.Index < shieldDoubt {
		return // not worth it yet
	}
	to := s.block.Index
	for i := 0; i < len(s.fed) && s.fed[i].end <= sure; i++ {
		to = s.fed[i].end
	}
	s.hand(to)
}

// finish emits what is left, events without samples too.
func (s *shieldStream) finish() error {
	s.hand(s.block.End())
	if s.err == nil && len(s.block.Events) > 0 {
		s.err = s.emit(trace.Block{Index: s.block.Index, Time: s.at, Events: s.block.Events})
	}
	return s.err
}

// hand emits the samples before an index with their events, and keeps the others: those of the next sample are of its block.
func (s *shieldStream) hand(to int64) {
	n := int(to - s.block.Index)
	if n <= 0 || s.err != nil {
		return
	}
	events := 0
	for events < len(s.block.Events) && s.block.Events[events].Index < to {
		events++
	}
	s.err = s.emit(trace.Block{Index: s.block.Index, Time: s.came(to), Amps: s.block.Amps[:n], Events: s.block.Events[:events]})
	s.block.Index = to
	s.block.Amps = s.block.Amps[:copy(s.block.Amps, s.block.Amps[n:])]
	s.block.Events = s.block.Events[:copy(s.block.Events, s.block.Events[events:])]
}

// came is when the samples before an index had come. What is said of those before it is forgotten.
func (s *shieldStream) came(index int64) time.Time {
	i := 0
	for i < len(s.fed) && s.fed[i].end < index {
		i++
	}
	s.fed = s.fed[:copy(s.fed, s.fed[i:])]
	if len(s.fed) == 0 {
		return s.at
	}
	return s.fed[0].at
}
