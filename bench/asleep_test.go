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

// awake checks that the module is as it was found: it does not sleep, and has no agreement.
func awake(t *testing.T, w *wire) {
	t.Helper()
	lines := w.sent()
	if last := slices.Index(lines, "AT+PWR=0"); !slices.Contains(lines, "AT+PWR=2") || last < slices.Index(lines, "AT+PWR=2") {
		t.Errorf("power save was not ended: %q", lines)
	}
}

// downlink is the closed form of the way back of a reply of 64 B but for the wait: in the air, over the radio, and as +IPD
// with its CRLF on the line of 2 Mbaud.
func downlink(m *emulator.Module) float64 {
	truth := m.Truth()
	return (truth.AirTime(64) + truth.RadioLatency + truth.LineTime(len("+IPD:0,64,")+64+len("\r\n"))).Seconds()
}

// TestDTIM: requests at random times, answered after 50 ms, when the module sleeps. The answer waits for the next beacon of
// those that the module wakes for, which are T = 102.4 ms x DTIM apart, for the end of that wake (q/(I - I0) by the emulator's
// currents) and for the start of 4 ms. As the answers are written at random times, that wait is uniform over (0, T] beside the
// constant: mean T/2, standard deviation T/sqrt(12). Of n independent waits the mean is within 2.58 T/sqrt(12 n) of
// T/2 in 99 % of all cases, and their distribution within 1.63/sqrt(n) of the uniform one.
func TestDTIM(t *testing.T) {
	for _, dtim := range []string{"1", "3", "10"} {
		t.Run(dtim, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{})
				factor := map[string]float64{"1": 1, "3": 3, "10": 10}[dtim]
				interval := factor * 0.1024
				// Far enough apart that no event waits for the one before: then it would begin at a beacon.
				every := time.Duration(math.Round(interval*30)) * time.Second
				res, values := series(t.Context(), t, r, "kind: request-response, power: standby, dtim: "+dtim+
					", delay: 50ms, schedule: poisson, every: "+every.String()+", sends: 400")
				if res.Outcome != results.Pass {
					t.Fatalf("%s %s", res.Outcome, res.Err)
				}
				currents := core.Currents{}.WithDefaults()
				constant := downlink(w.module) + (currents.BeaconTime() + 4*ms).Seconds()
				uniform(t, values["delay_down"], constant, interval, 0)
			})
		})
	}
}

// uniform holds delays against a wait of 0 with the probability none, else uniform over (0, most], beside a constant.
func uniform(t *testing.T, delays []float64, constant, most, none float64) {
	t.Helper()
	n := float64(len(delays))
	waits := slices.Clone(delays)
	for i := range waits {
		if waits[i] -= constant; waits[i] < -1e-6 || waits[i] > most+1e-6 {
			t.Fatalf("a wait of %v s is outside 0 to %v", waits[i], most)
		}
	}
	mean, _ := interval(waits, 1)
	want := (1 - none) * most / 2
	deviation := math.Sqrt((1-none)*most*most/3 - want*want)
	if math.Abs(mean-want) > 2.58*deviation/math.Sqrt(n) {
		t.Errorf("the mean wait of %v is %v s, the closed form gives %v ± %v", n, mean, want, deviation/math.Sqrt(n))
	}
	if d := distance(waits, func(x float64) float64 { return min(none+(1-none)*max(x, 0)/most, 1) }); none == 0 && d > 1.63/math.Sqrt(n) {
		t.Errorf("the waits are %v from uniform", d)
	}
}

// TestTWT: with an agreement of a service period of 8.192 ms every T = 131.072 ms the module listens from its start on for
// SP + 2.25 ms. An answer that comes in that time goes through; one that comes in the rest R of the interval waits for the
// next service period: uniform over (0, R], with the probability R/T.
func TestTWT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		res, values := series(t.Context(), t, r,
			`kind: request-response, power: standby, twt: "8:32:512", delay: 50ms, schedule: poisson, every: 4s, sends: 400`)
		if res.Outcome != results.Pass {
			t.Fatalf("%s %s", res.Outcome, res.Err)
		}
		const period, open = 0.131072, 0.008192 + 0.00225
		uniform(t, values["delay_down"], downlink(w.module), period-open, open/period)
		awake(t, w)
		if !slices.Contains(w.sent(), "AT+TWT_TEARDOWN=0,1") {
			t.Error("the agreement was not ended")
		}
	})
}

// TestTWTRefused: an access point without TWT skips the case, when firmware or rig file say so, and makes an error when the rig
// file says otherwise and no agreement comes. Either leaves the module awake.
func TestTWTRefused(t *testing.T) {
	for name, row := range map[string]struct {
		profile string
		ap      bool // the rig file says that it has TWT
		want    results.Outcome
		why     string
	}{
		"told":     {"t01-2.0.106", true, results.Skipped, "its access point has no TWT (AT+GET_TWT_SUPPORTED?)"},
		"not told": {"t01-2.0.75", false, results.Skipped, "ap: {twt: true} in the rig file"},
		"promised": {"t01-2.0.75", true, results.Error, "access point has no TWT"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{NoTWT: true, Profile: row.profile})
				r.AP.TWT = row.ap
				res := once(t, r, `kind: request-response, pwr: standby, twt: "8:32:512", sends: 10`)
				if res.Outcome != row.want || !strings.Contains(res.Err, row.why) {
					t.Errorf("%s %s", res.Outcome, res.Err)
				}
				awake(t, w)
			})
		})
	}
}

// TestPowerUndone: power save and DTIM are put back after a run that was stopped and after one that failed.
func TestPowerUndone(t *testing.T) {
	const workload = "kind: request-response, power: standby, dtim: 10, schedule: fixed, every: 100ms, duration: 20s"
	for name, end := range map[string]func(w *wire, cancel context.CancelCauseFunc){
		"stopped": func(_ *wire, cancel context.CancelCauseFunc) { cancel(errors.New("Ctrl-C")) },
		"failed":  func(w *wire, _ context.CancelCauseFunc) { _ = w.module.AP(emulator.DefaultSSID, false) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{})
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				go func() {
					time.Sleep(10 * time.Second)
					end(w, cancel)
				}()
				res, _ := outcomeOf(ctx, t, r, workload)
				if res.Outcome == results.Pass {
					t.Error("it passed")
				}
				awake(t, w)
				if lines := w.sent(); slices.Index(lines, "AT+SLWKDTIM=1") < slices.Index(lines, "AT+SLWKDTIM=10") {
					t.Errorf("SLWKDTIM was not put back: %q", lines)
				}
			})
		})
	}
}

// TestDeaf: a module that sleeps and that its line cannot wake ends as an error in bounded time, and does not hang the run.
func TestDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		w.deafAfter = "AT+PWR=2"
		began := time.Now()
		j := &memory{samples: map[int]*kept{}}
		_ = runner(t, r, j, "name: deaf\nworkload: {kind: at-roundtrip, power: standby, sends: 10}\nrepeats: {min: 1, max: 1}\n").Run(t.Context()) // the reset after it fails, too
		if len(j.results) != 1 {
			t.Fatalf("%d results", len(j.results))
		}
		res := j.results[0]
		if res.Outcome != results.Error || !strings.Contains(res.Err, "standby") || !strings.Contains(res.Err, "AT") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
		if d := time.Since(began); d > 3*time.Minute {
			t.Errorf("it took %v", d)
		}
	})
}

// TestRestartAsleep: a module in standby that starts by itself is not taken for one that its line cannot wake.
func TestRestartAsleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{Faults: []string{"crash@25s"}})
		res := once(t, r, "kind: idle, pwr: standby, duration: 30s")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "unasked ready") || strings.Contains(res.Err, "another line") {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
	})
}
