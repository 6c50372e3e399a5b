package bench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/transport/at"
	"st67bench/transport/emulator"
)

// A rig that could not wake the module again is not let put it to sleep, and says what to wire; without standby it runs.
func TestDeafRig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		r.Deaf = true
		res := once(t, r, "kind: at-roundtrip, power: standby, sends: 10")
		if res.Outcome != results.Skipped || !strings.Contains(res.Err, "wake: CHIP/LINE?pin=28") || !strings.Contains(res.Err, "SPI") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
		if slices.Contains(w.sent(), "AT+PWR=2") {
			t.Error("it was put to sleep all the same")
		}
		if res := once(t, r, "kind: at-roundtrip, sends: 10"); res.Outcome != results.Pass {
			t.Errorf("without standby: %s %s", res.Outcome, res.Err)
		}
	})
}

// A module with a wake-up line is told of its pin, woken before what comes after a silence, and no more once it is awake.
func TestWakeLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := emulator.New(emulator.Config{Link: emulator.LinkMemory})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		conn, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		w := &wire{Conn: conn, module: m}
		s := at.New(w, st67.Grammar())
		defer s.Close()
		pulses := 0
		module, err := st67.Open(t.Context(), s, st67.Options{Wake: st67.Wake{Pin: 16, Pulse: func(context.Context) error { pulses++; return nil }}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(want int, when string) {
			t.Helper()
			time.Sleep(time.Second)
			if _, err := module.Command(t.Context(), "AT"); err != nil {
				t.Fatal(err)
			}
			if pulses != want {
				t.Errorf("%s: %d pulses, want %d", when, pulses, want)
			}
		}
		ask(0, "awake")
		if err := module.Standby(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		ask(1, "asleep")
		ask(2, "asleep again")
		time.Sleep(time.Second)
		if err := module.Awake(t.Context()); err != nil { // woken for this, too
			t.Fatal(err)
		}
		ask(3, "awake again")
		lines := w.sent()
		if io, sleep := slices.Index(lines, "AT+SLWKIO=16,0"), slices.Index(lines, "AT+PWR=2"); io < 0 || sleep < io {
			t.Errorf("the pin is a wake-up before the module sleeps: %q", lines)
		}
	})
}
