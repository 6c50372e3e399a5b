package bench

import (
	"context"
	"fmt"

	"st67bench/bench/st67"
)

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
