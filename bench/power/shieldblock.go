package power

import "st67bench/results/trace"

// event notes something at the present index.
func (s *shieldStream) event(kind trace.EventKind, value float64, text string) {
	s.block.Events = append(s.block.Events, trace.Event{Index: s.block.End(), T: s.at.Sub(s.since), Kind: kind, Value: value, Text: text})
}

// gap leaves samples out at the present index.
func (s *shieldStream) gap(samples int64, text string) {
	s.hand(len(s.block.Amps))
	s.block.Index += samples
	for i := range s.block.Events {
		s.block.Events[i].Index = s.block.Index
	}
	s.event(trace.Gap, float64(samples), text)
}

// flush emits the block that is being filled, but for the samples that may still be taken back.
func (s *shieldStream) flush() { s.hand(len(s.block.Amps) - shieldDoubt) }

// finish emits what is left, events without samples too.
func (s *shieldStream) finish() error {
	s.hand(len(s.block.Amps))
	if s.err == nil && len(s.block.Events) > 0 {
		s.err = s.emit(trace.Block{Index: s.block.Index, Time: s.at, Events: s.block.Events})
	}
	return s.err
}

// hand emits the first n samples with their events, and keeps the others: those of the next sample belong to its block.
func (s *shieldStream) hand(n int) {
	if n <= 0 || s.err != nil {
		return
	}
	events := 0
	for events < len(s.block.Events) && s.block.Events[events].Index < s.block.Index+int64(n) {
		events++
	}
	s.err = s.emit(trace.Block{Index: s.block.Index, Time: s.at, Amps: s.block.Amps[:n], Events: s.block.Events[:events]})
	s.block.Index += int64(n)
	s.block.Amps = s.block.Amps[:copy(s.block.Amps, s.block.Amps[n:])]
	s.block.Events = s.block.Events[:copy(s.block.Events, s.block.Events[events:])]
}
