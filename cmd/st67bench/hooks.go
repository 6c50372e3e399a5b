package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"st67bench/bench"
	"st67bench/bench/peer"
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
		if _, err := runHook(ctx, rig.Hooks.Power, "state", "off"); err != nil {
			return err
		}
		time.Sleep(offTime)
		_, err := runHook(ctx, rig.Hooks.Power, "state", "on")
		return err
	}
}

// runHook runs a hook with its argument put in, and returns the first line that it printed: what it says that is set now.
func runHook(ctx context.Context, hook, name, value string) (now string, err error) {
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	var args []string
	for _, f := range strings.Fields(hook) {
		args = append(args, strings.ReplaceAll(f, "{"+name+"}", value))
	}
	result, err := peer.Run(ctx, peer.ExecOptions{Path: args[0], Args: args[1:], Deadline: hookTime})
	if err != nil {
		// The command may hold secrets from the environment, so it is named by its argument only.
		return "", fmt.Errorf("the hook for %s=%s failed: %w: %s", name, value, err, first(strings.TrimSpace(result.Stderr+result.Stdout)))
	}
	return first(strings.TrimSpace(result.Stdout)), nil
}

// rigHooks are the rig file's hooks, and those of an emulated module where the file has none of that name.
type rigHooks struct{ s *session }

// Set runs the hook of that name.
func (h rigHooks) Set(ctx context.Context, name, value string) (now string, err error) {
	hooks := h.s.rig.Hooks
	command, argument := hooks.Set[name], "value"
	switch name {
	case "power":
		command, argument = hooks.Power, "state"
	case "flash":
		command, argument = hooks.Flash, "firmware"
	}
	if command == "" && name == "ap" && h.s.emulated() && (value == "on" || value == "off") {
		return value, h.s.emulator.AP(h.s.wifi.SSID, value == "on")
	}
	if command == "" {
		return "", fmt.Errorf("%w set %s: the rig file has no hook of that name", bench.ErrCannot, name)
	}
	return runHook(ctx, command, argument, value)
}
