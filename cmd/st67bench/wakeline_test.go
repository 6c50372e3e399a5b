package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/scenarios"
)

// wakeOf is the wake-up line of a rig file.
func wakeOf(t *testing.T, wake string) (*wakeLine, error) {
	t.Helper()
	rig, err := scenarios.ParseRig("rig.yaml", []byte("name: bench\nmodule: uart:/dev/null\nwake: '"+wake+"'\n"),
		func(string) (string, bool) { return "hunter2-secret", true })
	if err != nil {
		t.Fatal(err)
	}
	return openWake(rig)
}

func TestWakeHook(t *testing.T) {
	skipWithoutPTY(t) // no /bin/sh elsewhere
	ran := filepath.Join(t.TempDir(), "ran")
	l, err := wakeOf(t, "hook:"+script(t, "echo $1 > $2\n")+" high "+ran+"?pin=16")
	if err != nil {
		t.Fatal(err)
	}
	if o := l.options(); o.Pin != 16 || o.Pulse == nil {
		t.Errorf("options %+v", o)
	}
	if err := l.pulse(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(ran); string(text) != "high\n" {
		t.Errorf("the hook left %q, %v", text, err)
	}
	l, err = wakeOf(t, "hook:"+script(t, "echo no pin with $1 >&2\nexit 1\n")+" ${KEY}")
	if err != nil {
		t.Fatal(err)
	}
	err = l.pulse(t.Context())
	if err == nil || !strings.Contains(err.Error(), "wake: ") || !strings.Contains(err.Error(), "no pin with ***") {
		t.Errorf("a hook that fails: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A line that is not there is an error that says which chips are.
func TestWakeLineMissing(t *testing.T) {
	if _, err := wakeOf(t, "no-such-chip/GPIO26"); err == nil || !strings.Contains(err.Error(), "wake: ") {
		t.Errorf("%v", err)
	}
}
