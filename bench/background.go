package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// background are the settings under which any workload runs: power save, and what Bluetooth does meanwhile. They hold
// from after its connections were opened to before they are closed.
type background struct {
	scenarios.Workload
	asleep, spaced, agreed, hibernates, bluetooth bool

	neighbour func() error // closes the partner of Bluetooth
}

// begin sets them, and lets what follows from them pass. The module's own error code is a refusal of this level.
func (b *background) begin(ctx context.Context, r *Rig) error {
	if err := b.ble(ctx, r); err != nil {
		return refused(err)
	}
	if err := b.powerSave(ctx, r); err != nil {
		return refused(err)
	}
	return b.settle(ctx, r)
}

// end undoes them in reverse order.
func (b *background) end(ctx context.Context, r *Rig) error {
	var errs []error
	if b.agreed {
		errs = append(errs, r.Module.TWTOff(ctx))
	}
	if b.spaced {
		errs = append(errs, r.Module.DTIMOff(ctx))
	}
	if b.asleep {
		errs = append(errs, r.Module.Awake(ctx))
	}
	if b.hibernates {
		errs = append(errs, b.wake(ctx, r))
	}
	if b.bluetooth {
		errs = append(errs, r.Module.BLEOff(ctx))
	}
	if b.neighbour != nil {
		errs = append(errs, b.neighbour())
	}
	return errors.Join(errs...)
}

// explain adds to the error of a dialog that broke off what a module that sleeps may have to do with it.
func (b *background) explain(err error) error {
	if !b.asleep || !st67.DialogBroken(err) || st67.Restarted(err) {
		return err
	}
	return fmt.Errorf("%w; the module was in standby: the SPI link wakes it by CS (manual 7.1.2), another line may not", err)
}

// powerSave sets the wake interval before the module may sleep, and TWT after: an agreement needs standby.
func (b *background) powerSave(ctx context.Context, r *Rig) error {
	if b.DTIM > 0 {
		b.spaced = true
		err := r.Module.WakeEvery(ctx, b.DTIM, r.AP.DTIM)
		if impossible := (*st67.BeaconError)(nil); errors.As(err, &impossible) {
			return fmt.Errorf("%w %w", ErrCannot, err)
		}
		if err != nil {
			return err
		}
	}
	switch b.Power {
	case "hibernate":
		return b.hibernate(ctx, r)
	case "standby":
		if err := b.ask(ctx, r); err != nil {
			return err
		}
		b.asleep = true
		if err := r.Module.Standby(ctx, b.Broadcast == "on"); err != nil {
			return err
		}
	}
	t, on := b.Agreement()
	if !on {
		return nil
	}
	return b.agree(ctx, r, t)
}

// ask lets the module tell the DTIM of its access point.
func (b *background) ask(ctx context.Context, r *Rig) error {
	if b.Radio == "off" {
		return nil
	}
	dtim, known, err := r.Module.APDTIM(ctx)
	if known {
		r.AP.DTIM = dtim
	}
	return err
}

// say records what is known of the access point that a sleeping module wakes for.
func (b *background) say(r *Rig, rec *Recorder) {
	if !b.asleep || b.Radio == "off" {
		return
	}
	if r.AP.DTIM > 0 {
		rec.Condition("ap_dtim", strconv.Itoa(r.AP.DTIM))
	}
	if r.AP.Beacon > 0 {
		rec.Condition("beacon", seconds(r.AP.Beacon))
	}
}

// setups are the set-up types of TWT by their words.
var setups = map[string]st67.TWTSetup{"": st67.AnySetup, "request": st67.Request, "suggest": st67.Suggest, "demand": st67.Demand}

// agree asks for an agreement, where the module or the rig file says that the access point has such.
func (b *background) agree(ctx context.Context, r *Rig, t scenarios.TWT) error {
	yes, known, err := r.Module.TWTSupported(ctx)
	switch {
	case err != nil:
		return err
	case known && !yes:
		return fmt.Errorf("%w agree on target wake times: its access point has no TWT (AT+GET_TWT_SUPPORTED?)", ErrCannot)
	case !known && !r.AP.TWT:
		return fmt.Errorf("%w agree on target wake times: this firmware does not tell whether the access point has TWT; ap: {twt: true} in the rig file says so", ErrCannot)
	}
	b.agreed = true
	err = r.Module.TWT(ctx, st67.TWT{Setup: setups[t.Setup], Exponent: t.Exponent, Duration: t.Duration, Mantissa: t.Mantissa})
	if errors.Is(err, st67.ErrNoTWT) {
		return fmt.Errorf("%w agree on target wake times: %w", ErrCannot, err)
	}
	return err
}

// verify asks whether an agreement still holds when the workload has ended.
func (b *background) verify(ctx context.Context, r *Rig) error {
	if !b.agreed {
		return nil
	}
	list, known, err := r.Module.Agreements(ctx)
	if err == nil && known && len(list) == 0 {
		err = errors.New("the TWT agreement has ended meanwhile: the access point took it back, or the module lost its network")
	}
	return err
}

const (
	// joinRest is how long after an association its own traffic goes on: leases, ARP, router advertisements.
	joinRest = 10 * time.Second
	// wakeMargin is how long after a repeat the timer ends a hibernation that nothing else can end.
	wakeMargin = 2 * time.Second
	// deepest is the depth of hibernation at which the 32 kHz oscillator stands, and the timer with it.
	deepest = 2
)

// settle waits for what follows from the settings, where the workload has that not count: for Settle, and until the
// association is old enough.
func (b *background) settle(ctx context.Context, r *Rig) error {
	wait := b.Settle
	if wait > 0 && b.Radio != "off" && !b.hibernates {
		start := r.Module.Start()
		joined := start.Join
		for _, later := range []time.Time{start.Associated, start.Address} {
			if later.After(joined) {
				joined = later
			}
		}
		wait = max(wait, joinRest-time.Since(joined))
	}
	return sleep(ctx, wait)
}

// hibernate switches the module off, with its timer armed where the rig has nothing else to wake it.
func (b *background) hibernate(ctx context.Context, r *Rig) error {
	depth, err := strconv.Atoi(b.Depth)
	if err != nil {
		return fmt.Errorf("depth %q: %w", b.Depth, err)
	}
	timer := time.Duration(0)
	if !r.Module.CanEndHibernation() {
		if depth == deepest {
			return fmt.Errorf("%w wake a module from hibernation of depth %d, in which its timer stands: reset: en or power in the rig file, or wake with pin 16", ErrCannot, deepest)
		}
		timer = b.Settle + b.IdleTime(r.AP) + wakeMargin
	}
	b.hibernates = true
	return r.Module.Hibernate(ctx, depth, timer)
}

// returnTime bounds how long a module may take from the end of hibernation, or from no network, to its network.
const returnTime = time.Minute

// wake ends a hibernation and joins again, also when ctx has no time for it. A repeat that was stopped waits for the timer.
func (b *background) wake(ctx context.Context, r *Rig) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), returnTime+r.Module.HibernatesFor())
	defer cancel()
	if err := r.Module.Boot(ctx); err != nil {
		return fmt.Errorf("wake the module from hibernation: %w", err)
	}
	return nil
}

// sleep waits, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
