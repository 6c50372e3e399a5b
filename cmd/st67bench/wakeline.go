package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
	"st67bench/transport/spi"
)

// wakePulse is how long the wake-up pin is high. The module is active 4 ms after it was woken, by the timeline that ST
// publishes with its driver; the pin is low again before it may sleep.
const wakePulse = 5 * time.Millisecond

// wakeLine drives the module's wake-up pin.
type wakeLine struct {
	wake scenarios.Wake
	rig  *scenarios.Rig
	pin  *spi.Pin // nil for a hook
}

// openWake takes the rig's line; nil when it names none.
func openWake(rig *scenarios.Rig) (*wakeLine, error) {
	if rig.Wake == nil {
		return nil, nil
	}
	l := &wakeLine{wake: *rig.Wake, rig: rig}
	if l.wake.Line == "" {
		return l, nil
	}
	var err error
	if l.pin, err = spi.OpenPin(l.wake.Line); err != nil {
		return nil, fmt.Errorf("wake: %w", err)
	}
	return l, nil
}

// pulse wakes the module.
func (l *wakeLine) pulse(ctx context.Context) error {
	if l.pin == nil {
		return l.hook(ctx)
	}
	if err := l.pin.Set(true); err != nil {
		return err
	}
	time.Sleep(wakePulse)
	return l.pin.Set(false)
}

// hook runs the rig's command.
func (l *wakeLine) hook(ctx context.Context) error {
	args := strings.Fields(l.wake.Hook)
	if err := startable(args[0]); err != nil {
		return fmt.Errorf("wake: %s", l.rig.Hide(err.Error()))
	}
	if _, err := peer.Run(ctx, peer.ExecOptions{Path: args[0], Args: args[1:], Deadline: hookTime}); err != nil {
		return fmt.Errorf("wake: %s; run the command of the rig file by hand to see why", l.rig.Hide(strings.TrimPrefix(err.Error(), "peer: ")))
	}
	return nil
}

// options are how the module wakes; the zero value without a line.
func (l *wakeLine) options() st67.Wake {
	if l == nil {
		return st67.Wake{}
	}
	return st67.Wake{Pin: l.wake.Pin(), Pulse: l.pulse}
}

func (l *wakeLine) Close() error {
	if l == nil || l.pin == nil {
		return nil
	}
	return l.pin.Close()
}
