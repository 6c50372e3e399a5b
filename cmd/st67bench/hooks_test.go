package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench"
	"st67bench/bench/peer"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// script writes a program of the bench.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "att.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// hooksOf are the hooks of a rig file that has one for an attenuator.
func hooksOf(t *testing.T, command string) *rigHooks {
	t.Helper()
	rig, err := scenarios.ParseRig("rig.yaml", []byte("name: bench\nmodule: uart:/dev/null\nhooks: {set: {attenuation: '"+command+"'}}\n"),
		func(name string) (string, bool) { return "hunter2-secret", name == "ATT_KEY" })
	if err != nil {
		t.Fatal(err)
	}
	return newHooks(rig, &opened{})
}

// A hook is a program; its first line says what is set.
func TestHookCommand(t *testing.T) {
	skipWithoutPTY(t) // no /bin/sh elsewhere
	h := hooksOf(t, script(t, "echo $1 dB of $2\necho was 3\n")+" {value} ${ATT_KEY}")
	now, err := h.Set(t.Context(), "attenuation", "20")
	if err != nil || now != "20 dB of ***" {
		t.Errorf("%q, %v", now, err)
	}
	if _, err := h.Set(t.Context(), "attenuation", "40"); err != nil {
		t.Error(err)
	}
	if left := h.putBack(); left["attenuation"] != "put back to 3" {
		t.Errorf("at the end: %v", left)
	}
	if left := h.putBack(); len(left) != 0 {
		t.Errorf("once more: %v", left)
	}
}

// Each way in which a hook can fail is one sentence that says where and what to do, without secrets, within its deadline.
func TestHookFails(t *testing.T) {
	skipWithoutPTY(t)
	plain := script(t, "")
	if err := os.Chmod(plain, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ command, says string }{
		{script(t, "echo no attenuator with key $2 >&2\nexit 3\n") + " {value} ${ATT_KEY}",
			`hooks.set.attenuation: att.sh failed with exit code 3; it said "no attenuator with key ***"; run the command of the rig file by hand to see why`},
		{script(t, "exec sleep 60\n") + " {value}", "att.sh did not end within 300ms and was killed"},
		{script(t, "while :; do echo {value} {value} {value} {value} {value} {value}; done\n") + " {value}", "printed more than 1048576 bytes and was killed"},
		{"/nowhere/att.sh {value}", "hooks.set.attenuation: there is no program att.sh; a path begins at the folder that st67bench runs in"},
		{plain + " {value}", "hooks.set.attenuation: att.sh cannot be run; make it executable: chmod +x"},
	} {
		h := hooksOf(t, tt.command)
		h.deadline = 300 * time.Millisecond
		if strings.Contains(tt.says, "1048576") {
			h.deadline = 20 * time.Second // it is killed for what it prints
		}
		began := time.Now()
		_, err := h.Set(t.Context(), "attenuation", "20")
		if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", tt.command, err)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s took %v", tt.command, took)
		}
	}
	if _, err := hooksOf(t, plain+" {value}").Set(t.Context(), "fan", "on"); !errors.Is(err, bench.ErrCannot) {
		t.Errorf("a hook that the rig has not: %v", err)
	}
}

// A hook that may have changed something and does not say what was set before is left as it is, and that is said.
func TestHookLeft(t *testing.T) {
	skipWithoutPTY(t)
	h := hooksOf(t, script(t, "test $1 = 20\n")+" {value}")
	if _, err := h.Set(t.Context(), "attenuation", "40"); err == nil {
		t.Fatal("the hook did not fail")
	}
	if left := maps.Clone(h.putBack()); !strings.HasPrefix(left["attenuation"], "left at something that is not known: the hook does not say") {
		t.Errorf("after a failure: %v", left)
	}
	if _, err := h.Set(t.Context(), "attenuation", "20"); err != nil {
		t.Fatal(err)
	}
	if left := h.putBack(); !strings.HasPrefix(left["attenuation"], "left at 20: ") {
		t.Errorf("without `was`: %v", left)
	}
}

// bubbleSession opens an emulated module in memory and virtual time, joined.
func bubbleSession(t *testing.T, url string, use func(t *testing.T, s *session)) {
	t.Helper()
	rig, err := loadRig(url)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		cfg, err := emulator.Parse(rig.Module.Query)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Link, cfg.Dial, cfg.Listen, cfg.ListenPacket = rig.Module.Get("link"), net.Dial, net.Listen, net.ListenPacket
		m, err := emulator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		link, err := linkEmulated(m, cfg, rig.Module)
		if err != nil {
			t.Fatal(err)
		}
		link.emulator, link.network = m, peer.Network{Listen: net.Listen, ListenPacket: net.ListenPacket, Dial: net.Dial}
		s, err := openSession(t.Context(), link, rig, traceOptions{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.module.Join(t.Context(), s.wifi); err != nil {
			t.Fatal(err)
		}
		use(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// The emulated rig has every hook without an entry in a rig file; each tells what is set, and is put back.
func TestEmulatedHooks(t *testing.T) {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.name
	}
	if !slices.Equal(names, scenarios.EmulatedHooks) {
		t.Errorf("scenarios knows the emulated hooks %v, there are %v", scenarios.EmulatedHooks, names)
	}
	bubbleSession(t, "emulated?link=memory", func(t *testing.T, s *session) {
		want := map[string]string{}
		for _, tt := range []struct{ name, value, now, end string }{
			{"attenuation", "20", "20", "put back to 0"},
			{"rssi", "-70", "-70", "put back to -68"}, // behind the attenuator
			{"radio", "5000000", "5000000", "put back to 20000000"},
			{"loss", "0.01", "0.01", "put back to 0"},
			{"beacon", "200", "200", "put back to 100"},
			{"dtim", "3", "3", "put back to 1"},
			{"outage", "300ms", "300ms", "put back to 0s"},
			{"ap", "off", "off", "put back to on"},
			{"flash", "2.0.97", "2.0.97", "left at 2.0.97"},
			{"power", "off", "off", "put back to on"},
		} {
			want[tt.name] = tt.end
			if tt.name == "flash" { // which ends with a module that has joined
				if _, err := s.hooks.Set(t.Context(), "ap", "on"); err != nil {
					t.Fatal(err)
				}
			}
			now, err := s.hooks.Set(t.Context(), tt.name, tt.value)
			if err != nil || now != tt.now {
				t.Errorf("%s %s: %q, %v", tt.name, tt.value, now, err)
			}
			if _, err := s.hooks.Set(t.Context(), tt.name, "nonsense"); err == nil {
				t.Errorf("%s takes nonsense", tt.name)
			}
		}
		if left := s.hooks.putBack(); !maps.Equal(left, want) {
			t.Errorf("at the end %v, want %v", left, want)
		}
		if _, err := s.module.Command(t.Context(), "AT"); err != nil || !s.emulator.Supplied() {
			t.Errorf("after that: %v", err)
		}
	})
}

// Power counts as on when the module says `ready`.
func TestPowerHook(t *testing.T) {
	bubbleSession(t, "emulated?link=memory&boot=1s", func(t *testing.T, s *session) {
		s.Rig()
		for _, state := range []string{"on", "off", "off", "on"} {
			if now, err := s.hooks.Set(t.Context(), "power", state); err != nil || now != state {
				t.Fatalf("power %s: %q, %v", state, now, err)
			}
		}
		if in, err := s.module.InNetwork(t.Context()); err != nil || !in {
			t.Errorf("after the supply came back the module is in its network: %v, %v", in, err)
		}
		if _, err := s.hooks.Set(t.Context(), "power", "half"); err == nil {
			t.Error("power half is taken")
		}
	})
	bubbleSession(t, "emulated?link=memory&boot=6s", func(t *testing.T, s *session) {
		if _, err := s.hooks.Set(t.Context(), "power", "off"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.hooks.Set(t.Context(), "power", "on"); err == nil || !strings.Contains(err.Error(), "no `ready` within 4s") {
			t.Errorf("a module that does not come back: %v", err)
		}
		_ = s.Close() // `ready` came too late, and that is what it says
	})
}

// A flash hook that loads something else than was asked is found out.
func TestFlashHookIsChecked(t *testing.T) {
	skipWithoutPTY(t)
	for command, says := range map[string]string{
		"echo loaded 2.0.97 of $1":   "the module says that its firmware is 2.0.106: the hook loaded something else",
		"echo loaded 2.0.106 of $1":  "",
		"echo loaded":                "",
		"echo no programmer; exit 1": `no programmer`,
	} {
		rig, err := loadRig("emulated?link=memory")
		if err != nil {
			t.Fatal(err)
		}
		rig.Hooks.Flash = script(t, command) + " {firmware}"
		link, err := openLink(t.Context(), rig.Module)
		if err != nil {
			t.Fatal(err)
		}
		s, err := openSession(t.Context(), link, rig, traceOptions{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		now, err := s.hooks.Set(context.Background(), "flash", "image.bin")
		if says == "" && (err != nil || now != "2.0.106") || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %q, %v", command, now, err)
		}
		if _, err := s.module.Command(t.Context(), "AT"); err != nil { // the link is open again all the same
			t.Errorf("%s: afterwards %v", command, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
