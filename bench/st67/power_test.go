package st67

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// TestPowerEverywhere: each typed command of power save is taken by every release, the manual and both builds, and undone.
func TestPowerEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, _ *memnet.Network) {
		ctx := t.Context()
		for _, step := range []struct {
			what string
			err  error
		}{
			{"WakeAfter", m.WakeAfter(ctx, false, 5*time.Second)},
			{"WakeEvery", m.WakeEvery(ctx, 3, 0)},
			{"Standby", m.Standby(ctx, true)},
			{"TWT", m.TWT(ctx, TWT{Exponent: 13, Duration: 128, Mantissa: 1000})},
			{"TWTOff", m.TWTOff(ctx)},
			{"TWTOff, none there", m.TWTOff(ctx)},
			{"DTIMOff", m.DTIMOff(ctx)},
			{"Awake", m.Awake(ctx)},
			{"NotWokenBy, nothing there", m.NotWokenBy(ctx)},
		} {
			if step.err != nil {
				t.Errorf("%s: %v", step.what, step.err)
			}
		}
		if m.on != (running{}) {
			t.Errorf("left: %+v", m.on)
		}
	})
}

// TestTWTTimes: manual 7.1.7.3 has 1,1,13,128,1000 as a service period of 32.768 ms every 8.192 s.
func TestTWTTimes(t *testing.T) {
	a := TWT{Exponent: 13, Duration: 128, Mantissa: 1000}
	if a.Interval() != 8192*time.Millisecond || a.ServicePeriod() != 32768*time.Microsecond || a.line(1) != "AT+TWT_PARAM=1,1,13,128,1000" {
		t.Errorf("%v, %s", a, a.line(1))
	}
	if far := (TWT{Exponent: 31, Duration: 255, Mantissa: 65535}); far.Interval() != 65535<<31*time.Microsecond {
		t.Errorf("%v", far.Interval())
	}
}

// TestAgreements reads what the firmware writes, and what it might.
func TestAgreements(t *testing.T) {
	for answer, want := range map[string][]TWT{
		"+TWT:INACTIVE\r\n":                             nil,
		"+TWT:ACTIVE:0,1,UNANNOUNCED,13,128,1000\r\n":   {{Exponent: 13, Duration: 128, Mantissa: 1000}},
		"+TWT:ACTIVE:3,1, UNANNOUNCED, 10, 32, 512\r\n": {{Exponent: 10, Duration: 32, Mantissa: 512}},
		"+TWT:ACTIVE\r\n":                               {{}},
	} {
		opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
			f.set(func(f *fake) { f.answers["AT+TWT_STATUS?"] = answer + ok })
			if got, known, err := m.Agreements(t.Context()); err != nil || !known || !slices.Equal(got, want) {
				t.Errorf("%q: %v, %v, %v", answer, got, known, err)
			}
		})
	}
}

// TestTWTOtherTimes: an access point that agrees on other times than those that were asked for has not granted them; firmware
// without TWT_STATUS is believed, and one without TWT_PARAM has no TWT.
func TestTWTOtherTimes(t *testing.T) {
	const unknown = "ERR CODE:0x01090000\r\n" + fail
	for name, row := range map[string]struct{ param, status, want string }{
		"other times": {ok, "+TWT:ACTIVE:0,1,UNANNOUNCED,14,128,1000\r\n" + ok, "the access point has agreed on 32.768ms every 16.384s in place of 32.768ms every 8.192s"},
		"none":        {ok, "+TWT:INACTIVE\r\n" + ok, "no TWT agreement within 5s"},
		"no status":   {ok, unknown, ""},
		"no command":  {unknown, unknown, ErrNoTWT.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
				f.set(func(f *fake) {
					f.answers["AT+TWT_PARAM=1,1,13,128,1000"], f.answers["AT+TWT_STATUS?"], f.answers["AT+TWT_SLEEP"] = row.param, row.status, unknown
				})
				err := m.TWT(t.Context(), TWT{Exponent: 13, Duration: 128, Mantissa: 1000})
				if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestDTIMFactor: the command for every so many-th beacon, in both meanings.
func TestDTIMFactor(t *testing.T) {
	for _, row := range []struct {
		beacons, dtim int
		absolute      bool
		factor        int
		why           string
	}{
		{1, 1, false, 1, ""}, {10, 1, false, 10, ""}, {9, 3, false, 3, ""}, {3, 3, false, 1, ""}, {512, 2, false, 256, ""},
		{10, 3, false, 0, "possible are 3, 6, 9 and so on to 768"},
		{1, 2, false, 0, "possible are 2, 4, 6"},
		{257, 1, false, 0, "and so on to 256"},
		{10, 0, false, 0, "ap: {dtim: N}"},
		{10, 3, true, 10, ""}, {25, 0, true, 25, ""}, {26, 1, true, 0, "takes 1 to 25"},
	} {
		factor, why := dtimFactor(row.beacons, row.dtim, row.absolute)
		if factor != row.factor || row.why == "" && why != "" || !strings.Contains(why, row.why) {
			t.Errorf("%+v: %d %q", row, factor, why)
		}
	}
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 102: "102nd", 111: "111th"} {
		if got := ordinal(n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestSetClock: the module restarts with OK before and without, and joins again. The source that was found comes back.
func TestSetClock(t *testing.T) {
	for _, quirk := range []string{"clock-silent", "-clock-silent"} {
		t.Run(quirk, func(t *testing.T) {
			onEmulator(t, emulator.Config{Quirks: []string{quirk}}, func(t *testing.T, m *Module, _ *sink) {
				for _, source := range []int{ClockCrystal, ClockExternal, 0} {
					if err := m.SetClock(t.Context(), source); err != nil {
						t.Fatal(err)
					}
					want := max(source, ClockRC)
					if now, err := m.Clock(t.Context()); err != nil || now != want {
						t.Errorf("clock %d, %v, want %d", now, err, want)
					}
					if in, err := m.InNetwork(t.Context()); err != nil || !in {
						t.Errorf("not joined again: %v", err)
					}
				}
				starts := m.seen.countStarts()
				if err := m.SetClock(t.Context(), ClockRC); err != nil || m.seen.countStarts() != starts {
					t.Errorf("a source that it has already restarts it: %v", err)
				}
			})
		})
	}
}

// TestHibernate: with OK before and without. Nothing can be said to the module until its timer or a reset ends it, and Boot waits
// for that.
func TestHibernate(t *testing.T) {
	for _, quirk := range []string{"hibernate-silent", "-hibernate-silent"} {
		t.Run(quirk, func(t *testing.T) {
			onEmulator(t, emulator.Config{Quirks: []string{quirk}}, func(t *testing.T, m *Module, _ *sink) {
				begin := time.Now()
				if err := m.Hibernate(t.Context(), 0, time.Minute); err != nil {
					t.Fatal(err)
				}
				if _, err := m.Command(t.Context(), "AT"); !errors.Is(err, errHibernates) || !m.Hibernating() {
					t.Errorf("a command: %v", err)
				}
				if err := m.Boot(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(begin); d < time.Minute || d > time.Minute+5*time.Second || m.UnaskedReady() != 0 {
					t.Errorf("awake after %v, %d unasked starts", d, m.UnaskedReady())
				}
			})
		})
	}
}

// TestHibernateForGood: without timer and hardware reset nothing ends it, and the error says what to do. Restore does not wait for a
// timer that is farther away than its limit.
func TestHibernateForGood(t *testing.T) {
	onEmulator(t, emulator.Config{}, func(t *testing.T, m *Module, _ *sink) {
		if err := m.Hibernate(t.Context(), 2, 0); err != nil {
			t.Fatal(err)
		}
		if err := m.Boot(t.Context()); err == nil || !strings.Contains(err.Error(), "reset: en or power in the rig file") {
			t.Errorf("got %v", err)
		}
	})
	onEmulator(t, emulator.Config{}, func(t *testing.T, m *Module, _ *sink) {
		if err := m.Hibernate(t.Context(), 0, time.Hour); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := m.Restore(t.Context()); err == nil || !strings.Contains(err.Error(), "until its timer ends") || time.Since(begin) > restoreLimit {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

// TestFixedAddress: it stays the same one, and the lease comes back by Restore.
func TestFixedAddress(t *testing.T) {
	onEmulator(t, emulator.Config{}, func(t *testing.T, m *Module, _ *sink) {
		before := m.Address()
		if err := m.FixAddress(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s, err := m.place(t.Context()); err != nil || s.IP != before {
			t.Errorf("%v, %v, was %v", s.IP, err, before)
		}
		if value, _, err := m.query(t.Context(), "CWDHCP"); err != nil || value != "2" {
			t.Errorf("DHCP %s, %v", value, err)
		}
		if err := m.Restore(t.Context()); err != nil {
			t.Error(err)
		}
		if value, _, err := m.query(t.Context(), "CWDHCP"); err != nil || value != "3" {
			t.Errorf("DHCP %s, %v", value, err)
		}
	})
}

// TestKeepAlive: what it was is what puts it back.
func TestKeepAlive(t *testing.T) {
	onEmulator(t, emulator.Config{}, func(t *testing.T, m *Module, _ *sink) {
		for _, row := range [][2]int{{60, 0}, {7200, 60}, {0, 7200}} {
			if before, err := m.KeepAlive(t.Context(), 2); err != nil || before != row[1] {
				t.Errorf("it was %d, %v, want %d", before, err, row[1])
			}
			if err := m.SetKeepAlive(t.Context(), 2, row[0]); err != nil {
				t.Error(err)
			}
		}
	})
}
