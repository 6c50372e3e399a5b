package main

import (
	"context"
	"errors"
	"fmt"

	"st67bench/transport"
)

// supply switches the module's supply by switchIt, which a meter or a hook gives. Before it goes off the wires to the
// module go low, so that nothing feeds it; after it came on they are taken back, and it counts as on when the module has
// said `ready` and is set up again, in no network.
func (s *session) supply(ctx context.Context, on bool, switchIt func(ctx context.Context, on bool) error) error {
	change := func(ctx context.Context) error { return s.hooks.switched(ctx, on, switchIt) }
	switch {
	case s.module == nil:
		return change(ctx)
	case on:
		return s.module.ResetBy(ctx, change)
	}
	err := change(ctx)
	if err != nil { // CHIP_EN was low all the same
		err = errors.Join(err, s.module.Reset(context.WithoutCancel(ctx)))
	}
	return err
}

// switched switches the supply, with the wires low while it is off. It waits for nothing.
func (h *rigHooks) switched(ctx context.Context, on bool, switchIt func(ctx context.Context, on bool) error) error {
	if !on {
		if err := h.unpower(); err != nil {
			return err
		}
	}
	err := switchIt(ctx, on)
	if err == nil {
		h.offSupply = !on
	}
	if h.offSupply { // also where it did not come on
		return err
	}
	if back := transport.Repower(h.wires()); back != nil {
		err = errors.Join(err, fmt.Errorf("take the module's wires back: %w", back))
	}
	return err
}

// unpower takes the module's wires low. What the link cannot take low is said once; an emulated module has no wires.
func (h *rigHooks) unpower() error {
	err := transport.Unpower(h.wires())
	switch {
	case err == nil || h.module != nil && errors.Is(err, errors.ErrUnsupported):
		return nil
	case !errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("take the module's wires low before its supply goes off: %w", err)
	case !h.told && h.s != nil:
		h.told = true
		h.s.logger.Warn("a wire that stays high feeds a module whose supply is off (docs/rig.md): " + err.Error())
	}
	return nil
}

// wires is the open link.
func (h *rigHooks) wires() transport.Conn {
	if h.s != nil {
		return h.s.traced
	}
	return h.link.conn
}
