package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"st67bench/scenarios"
	"st67bench/transport/spi"
)

// A hook has hookTime to end, and the supply stays off for offTime, which is
// far above the module's 1 ms (datasheet DS14784).
const (
	hookTime = 30 * time.Second
	offTime  = 200 * time.Millisecond
)

// resetBy is the rig's own way to reset the module behind a link; nil for AT+RST.
func resetBy(rig *scenarios.Rig, link *opened) func(context.Context) error {
	if l, isSPI := link.link.(*spi.Link); isSPI && rig.Reset == "en" {
		return l.Reset
	}
	if rig.Reset != "power" {
		return nil
	}
	return func(ctx context.Context) error {
		if err := runHook(ctx, rig.Hooks.Power, "state", "off"); err != nil {
			return err
		}
		time.Sleep(offTime)
		return runHook(ctx, rig.Hooks.Power, "state", "on")
	}
}

// runHook runs a hook with its argument put in.
func runHook(ctx context.Context, hook, name, value string) error {
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	var args []string
	for _, f := range strings.Fields(hook) {
		args = append(args, strings.ReplaceAll(f, "{"+name+"}", value))
	}
	if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
		// The command may hold secrets from the environment, so it is named by its argument only.
		return fmt.Errorf("the hook for %s=%s failed: %w: %s", name, value, err, first(strings.TrimSpace(string(out))))
	}
	return nil
}
