package st67

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lastLimit is how long the answer to a command is waited for with which the module may fall silent.
const lastLimit = time.Second

// noticeable is a wait that a user wants to be told of: longer than a repeat has between its end and that of its timer.
const noticeable = 5 * time.Second

// hibernation is one that Hibernate began.
type hibernation struct {
	starts int       // before it
	until  time.Time // when its timer ends it; zero: it has none
}

// errHibernates is every command's answer until the module is woken.
var errHibernates = errors.New("the module hibernates and hears nothing; only a reset or its timer ends that")

// Hibernate switches the module off but for what wakes it (PWR=1, which the manual lacks and ST's host driver sends): depth
// 0 to 2, of which the last stops the 32 kHz oscillator, and with it the timer. Nothing is left of connections,
// association and settings. The timer, when it is not 0, ends it by itself. OK may come or not. Every command is an error
// until Boot or Reset: by hardware, by the wake-up pin, or when the timer has run out.
func (m *Module) Hibernate(ctx context.Context, depth int, timer time.Duration) error {
	if m.pinEnds() {
		if err := m.WakeBy(ctx, hibernationPin); err != nil {
			return err
		}
	}
	if timer > 0 {
		if err := m.WakeAfter(ctx, true, timer); err != nil {
			return err
		}
	}
	h := &hibernation{starts: m.seen.countStarts()}
	m.seen.expectReady(true)
	if err := m.last(ctx, fmt.Sprintf("AT+PWR=1,%d", depth)); err != nil {
		m.seen.expectReady(false)
		return err
	}
	if timer > 0 {
		h.until = time.Now().Add(timer)
	}
	m.hibernation = h
	return nil
}

// Hibernating says whether the module has said nothing of a start since Hibernate.
func (m *Module) Hibernating() bool {
	return m.hibernation != nil && m.seen.countStarts() == m.hibernation.starts
}

// hibernationPin is the only pin that ends hibernation (ST's host driver).
const hibernationPin = 16

// pinEnds says whether the host has a line to that pin.
func (m *Module) pinEnds() bool { return m.o.Wake.Pulse != nil && m.o.Wake.Pin == hibernationPin }

// CanEndHibernation says whether the rig has a hardware reset, or a line to the wake-up pin, so that no timer is needed.
func (m *Module) CanEndHibernation() bool { return m.o.Reset != nil || m.pinEnds() }

// HibernatesFor is how long the module's timer runs on, 0 without one: until then only a reset by hardware or its pin wakes it.
func (m *Module) HibernatesFor() time.Duration {
	if !m.Hibernating() || m.hibernation.until.IsZero() {
		return 0
	}
	return max(0, time.Until(m.hibernation.until))
}

// outlast waits for the end of the hibernation's timer.
func (m *Module) outlast(ctx context.Context) error {
	if m.hibernation.until.IsZero() {
		return errors.New("the module hibernates without a timer, and this rig has neither a hardware reset (reset: en or power in the rig file) nor a line to GPIO16 (wake); switch its supply off and on")
	}
	wait := time.Until(m.hibernation.until)
	if by, bounded := ctx.Deadline(); bounded && by.Before(m.hibernation.until) {
		return fmt.Errorf("the module hibernates for another %v, until its timer ends", wait.Round(time.Second))
	}
	if wait > noticeable {
		m.log.Warn("waiting until the module's timer ends its hibernation", "in", wait.Round(time.Second))
	}
	return sleep(ctx, wait)
}

// restarter is a restart without a hardware reset: AT+RST, or for a module that hibernates its wake-up pin or the end of its timer.
func (m *Module) restarter(ctx context.Context) (func(context.Context) error, error) {
	switch {
	case m.Hibernating() && m.pinEnds():
		return m.o.Wake.Pulse, nil
	case m.Hibernating():
		return m.outlast, nil
	}
	m.hibernation = nil
	return m.askRestart, m.leaveModes(ctx)
}
