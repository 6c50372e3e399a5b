package bench

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/core"
)

// idleFor runs an idle workload and gives its result and the instants of its marks.
func idleFor(t *testing.T, r *Rig, workload string) (res results.Result, start, end time.Time) {
	t.Helper()
	began := time.Now() // runner's Start
	res = once(t, r, "kind: idle, "+workload)
	for _, m := range res.Marks {
		switch m.Name {
		case "start":
			start = began.Add(m.T)
		case "end":
			end = began.Add(m.T)
		}
	}
	return res, start, end
}

// TestIdleCurrent: while it runs the host writes nothing, so that the mean current of the emulated module is that of its state alone:
// with wakes every T, I0 + q/T, of beacons q = 74.8 µC, of a TWT agreement the current of a wake less that of sleep over SP + 12 +
// 2 + 2.25 ms (transport/emulator/core/currents.go, twt.go). A count of wakes that is not whole adds a wake at the most.
func TestIdleCurrent(t *testing.T) {
	c := core.Currents{}.WithDefaults()
	beacons := func(n float64) (mean, charge float64) { return c.Sleep + c.BeaconCharge/(n*0.1024), c.BeaconCharge }
	plain := func(amps float64) func() (float64, float64) {
		return func() (float64, float64) { return amps, 0 }
	}
	every := func(n float64) func() (float64, float64) {
		return func() (float64, float64) { return beacons(n) }
	}
	service := func() (mean, charge float64) {
		q := (c.Beacon - c.Sleep) * (0.032768 + 0.01625)
		return c.Sleep + q/8.192, q
	}
	for workload, want := range map[string]func() (mean, charge float64){
		"duration: 5s":           plain(c.Idle),
		"pwr: standby":           every(1),
		"pwr: standby, dtim: 3":  every(3),
		"pwr: standby, dtim: 10": every(10),
		"pwr: standby, dtim: 10, sends: 20, duration: 1h":      every(10),
		"pwr: standby, twt: '13:128:1000', duration: 82s":      service,
		"pwr: standby, radio: 'off'":                           plain(c.Standby),
		"radio: 'off', duration: 5s":                           plain(c.Idle),
		"pwr: hibernate":                                       plain(c.Hibernate),
		"pwr: hibernate, radio: 'off', depth: 1, duration: 5s": plain(c.Hibernate),
		"pwr: standby, connected: tcp, keepalive: 60s":         every(1),
		"pwr: standby, connected: tls":                         every(1),
		"pwr: standby, address: static":                        every(1),
		"pwr: standby, broadcast: 'on', ipv6: 'on'":            every(1),
	} {
		t.Run(workload, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{})
				res, start, end := idleFor(t, r, workload)
				if res.Outcome != results.Pass {
					t.Fatalf("%s %s", res.Outcome, res.Err)
				}
				if lines := w.between(start, end); len(lines) > 0 {
					t.Errorf("the host wrote %q meanwhile", lines)
				}
				if res.Metrics["host_wakes"] != 0 {
					t.Errorf("%v host wakes", res.Metrics["host_wakes"])
				}
				charge, err := w.module.Charge(start, end)
				if err != nil {
					t.Fatal(err)
				}
				mean, wake := want()
				length := end.Sub(start).Seconds()
				if math.Abs(charge-mean*length) > wake+1e-9*length {
					t.Errorf("mean current %v A, the closed form gives %v", charge/length, mean)
				}
				if in, err := r.Module.InNetwork(t.Context()); err != nil || !in {
					t.Errorf("the module was left without its network: %v", err)
				}
				if err := r.Module.Restore(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestIdleSettles: what counts begins after the time to settle, and 10 s after the association at the earliest.
func TestIdleSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		associated := r.Module.Start().Address
		_, start, _ := idleFor(t, r, "pwr: standby, duration: 2s")
		if wait := start.Sub(associated); wait != 10*time.Second {
			t.Errorf("it began %v after the association", wait)
		}
		_, start, _ = idleFor(t, r, "pwr: standby, duration: 2s, settle: 3s")
		slept := w.times[slices.Index(w.whole, "AT+PWR=2")+1:]
		i := slices.IndexFunc(slept, func(at time.Time) bool { return at.After(start) })
		if wait := start.Sub(slept[i-1]); wait < 3*time.Second || wait > 3*time.Second+10*ms {
			t.Errorf("it began %v after the last command", wait)
		}
	})
}

// TestWantedBeacons: dtim is the number of beacons from one wake to the next whatever the access point's DTIM and the firmware:
// what cannot be had is skipped, with what can.
func TestWantedBeacons(t *testing.T) {
	for name, row := range map[string]struct {
		profile     string
		dtim, known int // of the access point, and by the rig file
		want        string
		line, why   string // the command, or why it is skipped
	}{
		"factor":        {"t01-2.0.106", 3, 0, "9", "AT+SLWKDTIM=3", ""},
		"not multiple":  {"t01-2.0.106", 3, 3, "10", "", "wake for every 10th beacon: the module wakes for DTIM beacons, and the access point's DTIM is 3; possible are 3, 6, 9 and so on"},
		"module knows":  {"t01-2.0.106", 2, 1, "2", "AT+SLWKDTIM=1", ""},
		"absolute":      {"t01-2.0.75", 3, 0, "10", "AT+SLWKDTIM=10", ""},
		"above absolut": {"t01-2.0.75", 1, 1, "26", "", "this firmware (before 2.0.97) takes 1 to 25"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{Profile: row.profile, DTIM: row.dtim})
				r.AP.DTIM = row.known
				res, start, end := idleFor(t, r, "pwr: standby, dtim: "+row.want)
				lines := w.sent()
				if row.why != "" {
					if res.Outcome != results.Skipped || !strings.Contains(res.Err, row.why) {
						t.Errorf("%s %s", res.Outcome, res.Err)
					}
				} else {
					if res.Outcome != results.Pass || !slices.Contains(lines, row.line) {
						t.Errorf("%s %s: %q", res.Outcome, res.Err, lines)
					}
					wakesEvery(t, w, start, end, row.want)
				}
				if last := lines[max(slices.Index(lines, "AT+SLCLDTIM")-1, 0)]; last != "AT+SLWKDTIM=1" {
					t.Errorf("DTIM was not put back: %q", lines)
				}
			})
		})
	}
}

// wakesEvery holds the module's own timeline against the beacons between two wakes.
func wakesEvery(t *testing.T, w *wire, start, end time.Time, beacons string) {
	t.Helper()
	states, err := w.module.States(start, end)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]time.Duration{"2": 2, "9": 9, "10": 10}[beacons]
	var last time.Time
	wakes := 0
	for p := range states {
		if p.State != core.StateBeacon {
			continue
		}
		if !last.IsZero() && p.From.Sub(last) != n*102400*time.Microsecond {
			t.Errorf("a wake after %v", p.From.Sub(last))
		}
		last = p.From
		wakes++
	}
	if wakes < 10 {
		t.Errorf("%d wakes", wakes)
	}
}

// TestSetupTypes: each type is sent by the number that the firmware has for it.
func TestSetupTypes(t *testing.T) {
	for quirk, numbers := range map[string][3]string{"": {"0", "1", "2"}, "twt-wiki": {"1", "2", "3"}} {
		for i, word := range []string{"request", "suggest", "demand"} {
			synctest.Test(t, func(t *testing.T) {
				cfg := emulator.Config{}
				if quirk != "" {
					cfg.Quirks = []string{quirk}
				}
				r, w := rig(t, cfg)
				res := once(t, r, "kind: idle, pwr: standby, twt: '10:32:1000:"+word+"', duration: 11s")
				if res.Outcome != results.Pass {
					t.Fatalf("%s: %s %s", word, res.Outcome, res.Err)
				}
				var last string
				for _, line := range w.sent() {
					if strings.HasPrefix(line, "AT+TWT_PARAM=") {
						last = line
					}
				}
				if want := "AT+TWT_PARAM=" + numbers[i] + ",1,10,32,1000"; last != want && i+1 < 3 {
					t.Errorf("%s %s: %s, want %s", quirk, word, last, want)
				}
				awake(t, w)
			})
		}
	}
}

// TestClock: another source of the 32 kHz clock restarts the module, and Restore puts the first one back. A source that the rig
// does not have is skipped.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		if res := once(t, r, "kind: idle, pwr: standby, clock: crystal"); res.Outcome != results.Skipped || !strings.Contains(res.Err, "lse: crystal") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
		r.Clocks = []string{"crystal"}
		if res := once(t, r, "kind: idle, pwr: standby, clock: 2"); res.Outcome != results.Pass {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
		if source, err := r.Module.Clock(t.Context()); err != nil || source != 2 {
			t.Errorf("clock %d, %v", source, err)
		}
		if err := r.Module.Restore(t.Context()); err != nil {
			t.Error(err)
		}
		if source, err := r.Module.Clock(t.Context()); err != nil || source != 1 || w.sent()[len(w.sent())-1] != "AT+GET_CLOCK" {
			t.Errorf("clock %d, %v", source, err)
		}
	})
}

// TestIdleUndone: whatever a repeat that was stopped or failed had changed is undone, by its own end or by Restore.
func TestIdleUndone(t *testing.T) {
	for _, workload := range []string{
		"pwr: standby, dtim: 10", "pwr: standby, twt: '10:32:1000'", "pwr: hibernate", "pwr: hibernate, duration: 10m", "radio: 'off'", "address: static, pwr: standby",
		"connected: tcp, keepalive: 10s", "pwr: standby, clock: crystal",
	} {
		for how, end := range map[string]func(w *wire, cancel context.CancelCauseFunc){
			"stopped": func(_ *wire, cancel context.CancelCauseFunc) { cancel(errors.New("Ctrl-C")) },
			"failed":  func(w *wire, _ context.CancelCauseFunc) { _ = w.module.Deauth(8) },
		} {
			t.Run(workload+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r, w := rig(t, emulator.Config{})
					r.Clocks = []string{"crystal"}
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					go func() {
						time.Sleep(25 * time.Second)
						end(w, cancel)
					}()
					res, _ := outcomeOf(ctx, t, r, "kind: idle, "+workload)
					if how == "stopped" && res.Outcome != results.Aborted {
						t.Errorf("%s %s", res.Outcome, res.Err)
					}
					if err := r.Module.Restore(t.Context()); err != nil {
						t.Error(err)
					}
					untouched(t, r, w)
				})
			})
		}
	}
}

// untouched asks the module for what cannot be undone by a restart alone, and its timeline for the rest.
func untouched(t *testing.T, r *Rig, w *wire) {
	t.Helper()
	for line, want := range map[string]string{
		"AT+CWDHCP?": "+CWDHCP:3", "AT+GET_CLOCK": "+GET_CLOCK:1", "AT+TWT_STATUS?": "+TWT:INACTIVE",
		"AT+CWMODE?":    "+CWMODE:0", // as it was found
		"AT+CIPTCPOPT?": "+CIPTCPOPT:0,-1,0,0,0",
	} {
		if lines, err := r.Module.Command(t.Context(), line); err != nil || len(lines) == 0 || lines[0] != want {
			t.Errorf("%s: %q, %v", line, lines, err)
		}
	}
	from := time.Now()
	time.Sleep(time.Second)
	states, err := w.module.States(from.Add(100*ms), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for p := range states {
		if p.State != core.StateIdle {
			t.Errorf("the module was left in %v", p.State)
			return
		}
	}
}

// TestHibernationWoken: a module that starts in the middle makes an error.
func TestHibernationWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		go func() {
			time.Sleep(10 * time.Second)
			w.module.RaisePin()
		}()
		res := once(t, r, "kind: idle, pwr: hibernate")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "something woke it") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
		if in, err := r.Module.InNetwork(t.Context()); err != nil || !in {
			t.Errorf("the module was left without its network: %v", err)
		}
	})
}

// TestDeepHibernation: the timer stands at depth 2, so that it needs a hardware reset, which then ends it.
func TestDeepHibernation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		if res := once(t, r, "kind: idle, pwr: hibernate, depth: 2"); res.Outcome != results.Skipped || !strings.Contains(res.Err, "reset: en or power") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
	})
}

// reconnecting runs an idle workload on a module that comes back to its network by itself, which it loses after 20 s.
func reconnecting(t *testing.T, workload string) results.Result {
	t.Helper()
	r, w := rig(t, emulator.Config{})
	go func() {
		time.Sleep(20 * time.Second)
		_ = w.module.Deauth(8)
	}()
	j := &memory{samples: map[int]*kept{}}
	run := runner(t, r, j, "name: one\nsetup: ['AT+CWRECONNCFG=1,0']\nworkload: {kind: idle, "+workload+"}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
	if err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	awake(t, w)
	return j.results[0]
}

// TestHostWakes: lines that the module writes by itself are counted: +CW:DISCONNECTED and +CW:ERROR of the loss, +CW:CONNECTING,
// +CW:CONNECTED and +CW:GOTIP of the return.
func TestHostWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res := reconnecting(t, "pwr: standby")
		if res.Outcome != results.Pass || res.Metrics["host_wakes"] != 5 {
			t.Errorf("%s %s, %v host wakes", res.Outcome, res.Err, res.Metrics["host_wakes"])
		}
	})
}

// TestTWTEnds: an agreement ends with its association. That the module has another one by the end does not hide it.
func TestTWTEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res := reconnecting(t, "pwr: standby, twt: '10:32:1000'")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "the TWT agreement has ended meanwhile") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
	})
}

// TestIdleWithoutNetwork: a rig without a network, such as one whose meter does not carry the radio, measures what needs none, and is not
// joined.
func TestIdleWithoutNetwork(t *testing.T) {
	for _, workload := range []string{"pwr: hibernate", "pwr: hibernate, radio: 'off'", "pwr: standby, radio: 'off', clock: crystal"} {
		t.Run(workload, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{}, noNetwork)
				r.Clocks = []string{"crystal"}
				if res := once(t, r, "kind: idle, "+workload); res.Outcome != results.Pass {
					t.Errorf("%s %s", res.Outcome, res.Err)
				}
				if err := r.Module.Restore(t.Context()); err != nil {
					t.Error(err)
				}
				if slices.ContainsFunc(w.sent(), func(line string) bool { return strings.HasPrefix(line, "AT+CWJAP=") }) {
					t.Error("it was joined")
				}
			})
		})
	}
}

// TestFewWakes: 1.1 s have room for 10 beacons of 102.4 ms, and for 3 wakes when the access point's DTIM is 3, which only the module knows.
func TestFewWakes(t *testing.T) {
	for dtim, want := range map[int]string{1: "", 3: "1100ms has room for 3 wakes for beacons at one in 307.2ms; a figure per wake needs 10"} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{DTIM: dtim})
			res := once(t, r, "kind: idle, pwr: standby, duration: 1100ms")
			if note := res.Conditions["wakes_note"]; res.Outcome != results.Pass || (note == "") != (want == "") || !strings.HasPrefix(note, want) {
				t.Errorf("DTIM %d: %s %s, note %q", dtim, res.Outcome, res.Err, note)
			}
		})
	}
}

// TestCutOff: a run that is stopped directly after any command of power save is sent, and at moments of the second after that,
// leaves nothing of it, although the command works later: a restart with another clock, a hibernation, an agreement.
func TestCutOff(t *testing.T) {
	for _, row := range []struct{ line, workload string }{
		{"AT+SET_CLOCK=2", "clock: crystal"},
		{"AT+SLWKTIMER", "pwr: hibernate"},
		{"AT+PWR=1", "pwr: hibernate"},
		{"AT+SLWKIO", "pwr: standby"},
		{"AT+PWR=2", "pwr: standby"},
		{"AT+SLWKDTIM=10", "pwr: standby, dtim: 10"},
		{"AT+TWT_PARAM", "pwr: standby, twt: '10:32:1000'"},
		{"AT+TWT_STATUS?", "pwr: standby, twt: '10:32:1000'"},
		{"AT+TWT_SLEEP", "pwr: standby, twt: '10:32:1000'"},
		{"AT+TWT_PARAM", "pwr: standby, twt: '10:32:1000:request'"},
		{"AT+TWT_PARAM", "pwr: standby, dtim: 10, twt: '10:32:1000'"},
		{"AT+SLWKIO", "pwr: standby, broadcast: 'on'"},
		{"AT+CIPTCPOPT=0", "connected: tcp, keepalive: 10s"},
		{"AT+CIPSTA=", "address: static"},
		{"AT+CWMODE=0", "radio: 'off'"},
	} {
		for _, after := range []time.Duration{0, ms / 2, 10 * ms, 200 * ms, 400 * ms, 700 * ms, 990 * ms} {
			t.Run(row.line+"/"+after.String(), func(t *testing.T) { cutOff(t, row.workload, row.line, after) })
		}
	}
}

// cutOff stops a run so long after it has sent a line that begins so.
func cutOff(t *testing.T, workload, line string, after time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		r.Clocks = []string{"crystal"}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		go func() {
			for !slices.ContainsFunc(w.sent(), func(l string) bool { return strings.HasPrefix(l, line) }) {
				time.Sleep(ms / 10)
			}
			time.Sleep(after)
			cancel(errors.New("Ctrl-C"))
		}()
		if res, _ := outcomeOf(ctx, t, r, "kind: idle, "+workload); res.Outcome != results.Aborted {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
		if err := r.Module.Restore(t.Context()); err != nil {
			t.Error(err)
		}
		untouched(t, r, w)
		if lines := w.sent(); last(lines, "AT+DEWKIO") < last(lines, "AT+SLWKIO") {
			t.Errorf("the wake-up pin was left: %q", lines)
		}
	})
}

// last is where the last line is that begins so; -1 for nowhere.
func last(lines []string, prefix string) int {
	for i, l := range slices.Backward(lines) {
		if strings.HasPrefix(l, prefix) {
			return i
		}
	}
	return -1
}
