package st67

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/at"
)

// Lines about starts, network and links are kept with their instants, the latest 64 of them, and others are not.
func TestSeenKeepsTheLatest(t *testing.T) {
	s := &seen{end: make(chan struct{})}
	begin := time.Now()
	for i := range 100 {
		s.event(Event{fmt.Sprintf("+CIP:%d,CONNECTED", i%5), begin.Add(time.Duration(i) * time.Second)})
		s.event(Event{"+IPD:0,5", begin.Add(time.Duration(i) * time.Second)})
	}
	m := &Module{}
	m.seen.kept = s.kept
	if e, ok := m.Seen(begin, "+CIP:"); len(s.kept) != keptEvents || !ok || e.Time != begin.Add(36*time.Second) {
		t.Errorf("%d lines, the first of them at %v, %v", len(s.kept), e.Time.Sub(begin), ok)
	}
	if e, ok := m.Seen(begin.Add(50*time.Second), "+CIP:2,"); !ok || e.Time != begin.Add(52*time.Second) {
		t.Errorf("%v at %v", e.Line, e.Time.Sub(begin))
	}
	if _, ok := m.Seen(begin, "+IPD:"); ok {
		t.Error("a line about data is kept")
	}
}

// A wait ends with its line, with its context, and with a restart that nobody asked for.
func TestAwaitSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Module{}
		m.seen.end = make(chan struct{})
		begin := time.Now()
		time.AfterFunc(time.Second, func() { m.seen.event(Event{"+CW:GOTIP", time.Now()}) })
		if e, err := m.AwaitSeen(t.Context(), begin, "+CW:GOTIP"); err != nil || e.Time.Sub(begin) != time.Second {
			t.Errorf("%v, %v", e, err)
		}
		late := errors.New("late")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, late)
		defer cancel()
		if _, err := m.AwaitSeen(ctx, time.Now().Add(1), "+CW:GOTIP"); !errors.Is(err, late) {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { m.seen.event(Event{"ready", time.Now()}) })
		if _, err := m.AwaitSeen(t.Context(), time.Now().Add(1), "+CW:GOTIP"); !errors.Is(err, at.ErrReset) {
			t.Error(err)
		}
	})
}

// What may be better later is told from a dialog that is broken.
func TestGone(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&LinkError{Link: 1}, true}, {fmt.Errorf("it: %w", &JoinError{}), true}, {&at.CommandError{}, true},
		{&at.ProtocolError{}, false}, {errors.New("another"), false},
	} {
		if Gone(c.err) != c.want {
			t.Errorf("%v is taken for the wrong kind", c.err)
		}
	}
}
