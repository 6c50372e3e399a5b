package st67

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lastLimit is how long the answer to a command is waited for with which the module may fall silent.
const lastLimit = time.Second

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
// until Boot or Reset, which wait for the timer where there is no hardware reset.
func (m *Module) Hibernate(ctx context.Context, depth int, timer time.Duration) error {
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

// CanReset says whether the rig has a hardware reset, which reaches also a module that hears nothing.
func (m *Module) CanReset() bool { return m.o.Reset != nil }

// outlast waits for the end of the hibernation's timer.
func (m *Module) outlast(ctx context.Context) error {
	if m.hibernation.until.IsZero() {
		return errors.New("the module hibernates without a timer, and this rig has no hardware reset (reset: en or power in the rig file); switch its supply off and on")
	}
	wait := time.Until(m.hibernation.until)
	if by, bounded := ctx.Deadline(); bounded && by.Before(m.hibernation.until) {
		return fmt.Errorf("the module hibernates for another %v, until its timer ends", wait.Round(time.Second))
	}
	return sleep(ctx, wait)
}

// restarter is a restart without the rig's help: AT+RST, or for a module that hibernates the end of its timer.
func (m *Module) restarter(ctx context.Context) (func(context.Context) error, error) {
	if m.Hibernating() {
		return m.outlast, nil
	}
	m.hibernation = nil
	return m.askRestart, m.leaveModes(ctx)
}
