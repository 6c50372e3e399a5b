package bench

import (
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator"
)

// Nobody sends anything while a module sleeps: every byte would be a wake. What it says by itself is counted.
func TestNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		if err := r.Module.Standby(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		before := r.counters()
		time.Sleep(10 * time.Minute)
		if got := increase(before, r.counters()); got["host_messages"] != 0 || got["host_bytes"] != 0 || got["module_messages"] != 0 {
			t.Errorf("in ten minutes of sleep: %v", got)
		}
		if err := w.module.AP(emulator.DefaultSSID, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		got := increase(before, r.counters())
		if got["host_messages"] != 0 || got["module_messages"] == 0 || got["module_bytes"] == 0 {
			t.Errorf("after the access point has gone: %v", got)
		}
	})
}
