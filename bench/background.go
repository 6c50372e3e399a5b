package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// background are the settings under which any workload runs: power save, and what Bluetooth does meanwhile. They hold
// from after its connections were opened to before they are closed.
type background struct {
	scenarios.Workload
	asleep, agreed, bluetooth bool
	neighbour                 func() error // closes the partner of Bluetooth
}

// begin sets them. The module's own error code is a refusal of this level.
func (b *background) begin(ctx context.Context, r *Rig) error {
	if err := b.ble(ctx, r); err != nil {
		return refused(err)
	}
	return refused(b.powerSave(ctx, r.Module))
}

// end undoes them in reverse order.
func (b *background) end(ctx context.Context, r *Rig) error {
	var errs []error
	if b.agreed {
		errs = append(errs, r.Module.TWTOff(ctx))
	}
	if b.DTIM > 0 {
		errs = append(errs, r.Module.DTIM(ctx, 1)) // what there is after a restart
	}
	if b.asleep {
		errs = append(errs, r.Module.PowerSave(ctx, false))
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
	if !b.asleep || !st67.DialogBroken(err) {
		return err
	}
	return fmt.Errorf("%w; the module was in standby: the SPI link wakes it by CS (manual 7.1.2), another line may not", err)
}

// powerSave sets the wake interval before the module may sleep, and TWT after: an agreement needs standby.
func (b *background) powerSave(ctx context.Context, m *st67.Module) error {
	if b.DTIM > 0 {
		if err := m.DTIM(ctx, b.DTIM); err != nil {
			return err
		}
	}
	if b.Power != "standby" {
		return nil
	}
	b.asleep = true
	if err := m.PowerSave(ctx, true); err != nil {
		return err
	}
	exponent, duration, mantissa, on := twt(b.TWT)
	if !on {
		return nil
	}
	b.agreed = true
	return m.TWT(ctx, exponent, duration, mantissa)
}

// twt reads EXPONENT:DURATION:MANTISSA; on is false for "off".
func twt(text string) (exponent, duration, mantissa int, on bool) {
	f := strings.Split(text, ":")
	if len(f) != 3 {
		return 0, 0, 0, false
	}
	exponent, _ = strconv.Atoi(f[0]) // the scenario's form was checked
	duration, _ = strconv.Atoi(f[1])
	mantissa, _ = strconv.Atoi(f[2])
	return exponent, duration, mantissa, true
}

// ble makes Bluetooth do what the case wants.
func (b *background) ble(ctx context.Context, r *Rig) error {
	m := r.Module
	b.bluetooth = b.BLE != "" && b.BLE != "off"
	switch b.BLE {
	case "advertising":
		if err := m.BLERole(ctx, st67.BLEServer); err != nil {
			return err
		}
		return m.BLEAdvertise(ctx, true)
	case "scanning":
		if err := m.BLERole(ctx, st67.BLEClient); err != nil {
			return err
		}
		return m.BLEScan(ctx, true)
	case "connected":
		_, closeIt, err := pair(ctx, r)
		b.neighbour = closeIt
		return err
	}
	return nil
}

// pair makes the module a Bluetooth server and connects the rig's neighbour to it. What is opened is to be closed after an
// error too; closeIt is nil when nothing was.
func pair(ctx context.Context, r *Rig) (other *st67.Module, closeIt func() error, err error) {
	if r.Neighbour == nil {
		return nil, nil, fmt.Errorf("%w connect by Bluetooth: it has no second module (neighbour: in the rig file)", ErrCannot)
	}
	if err := r.Module.BLERole(ctx, st67.BLEServer); err != nil {
		return nil, nil, err
	}
	address, err := r.Module.BLEAddress(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := r.Module.BLEAdvertise(ctx, true); err != nil {
		return nil, nil, err
	}
	other, closeIt, err = r.Neighbour(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("the second module: %w", err)
	}
	if err := other.BLERole(ctx, st67.BLEClient); err != nil {
		return other, closeIt, fmt.Errorf("the second module: %w", err)
	}
	if err := other.BLEConnect(ctx, address); err != nil {
		return other, closeIt, fmt.Errorf("the second module: %w", err)
	}
	return other, closeIt, r.Module.BLEAccept(ctx)
}
