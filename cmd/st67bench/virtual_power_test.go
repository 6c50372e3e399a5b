package main

import (
	"math"
	"testing"
	"time"

	"st67bench/analysis/energy"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator/core"
)

const (
	// virtualVolts is the supply of the meter that reads the emulated current.
	virtualVolts = 3.3
	// virtualBeacon is the access point's beacon interval, with a DTIM of 1.
	virtualBeacon = 102400 * time.Microsecond
	// serviceMore is how much longer than a TWT service period the module is awake: 12 ms of starting, 2 ms for the drift of its
	// clock, and 2.25 ms after it (ST's wiki on TWT).
	serviceMore = 16250 * time.Microsecond
	// sampleTime is that of the meter, 10 kS/s.
	sampleTime = 100 * time.Microsecond
)

// closedRun measures a scenario whose repeats hold the closed form of their kind.
func closedRun(t *testing.T, s *scenarios.Scenario) *results.Run {
	t.Helper()
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkClosedForm(t, s, run)
	return run
}

// checkIdle holds the figures of the current against the emulated module's own (transport/emulator/core/currents.go): awake 57 mA, in
// standby without an access point 90 µA, in hibernation 2.5 µA, and with wakes every T
//
//	I = I0 + q/T    I0 = 78.6 µA
//
// of beacons q = 74.8 µC, in T = dtim x 102.4 ms: 809.1, 322.1 and 151.6 µA at dtim 1, 3 and 10. Of TWT service periods SP, each is
// 38 mA over SP + 16.25 ms: q = (38 mA - 78.6 µA) x 49.018 ms = 1.8588 mC at SP = 32.768 ms, and 305.5 µA at T = 8.192 s. Figures are cut to whole
// wakes, so that these hold whatever the length of a repeat.
func checkIdle(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	near(t, r, "coverage", 1)
	near(t, r, "host_wakes", 0)
	within(t, r, "power", virtualVolts*r.Metrics["current"], 1e-5)
	c := core.Currents{}.WithDefaults()
	interval, twt := w.WakeInterval(scenarios.AP{})
	switch {
	case w.Power == "normal":
		within(t, r, "current", c.Idle, 1e-5)
	case w.Power == "hibernate":
		within(t, r, "current", c.Hibernate, 1e-5)
	case interval == 0:
		within(t, r, "current", c.Standby, 1e-5)
	default:
		checkWakes(t, r, w, interval, twt)
	}
}

// checkWakes are the figures of wakes. A keep-alive of MQTT is a packet each way, at most a start and 10 ms awake at each, and as much
// again for the acknowledgements.
func checkWakes(t *testing.T, r results.Result, w scenarios.Workload, interval time.Duration, twt bool) {
	t.Helper()
	c := core.Currents{}.WithDefaults()
	charge, awake := c.BeaconCharge, c.BeaconTime()
	if twt {
		awake = w.ServicePeriod() + serviceMore
		charge = (c.Beacon - c.Sleep) * awake.Seconds()
	}
	within(t, r, "current_floor", c.Sleep, 1e-3)
	within(t, r, "wake_interval", interval.Seconds(), 1e-6)
	within(t, r, "wake_beacons", interval.Seconds()/virtualBeacon.Seconds(), 1e-6)
	within(t, r, "wake_charge", charge, 1e-3)
	near(t, r, "wakes_skipped", 0)
	if d := math.Abs(r.Metrics["wake_time"] - awake.Seconds()); d > 2*sampleTime.Seconds() {
		t.Errorf("%s: awake for %v s at each wake, the closed form gives %v", r.Case, r.Metrics["wake_time"], awake)
	}
	mean := c.Sleep + charge/interval.Seconds()
	if w.Connected == "mqtt" {
		alive := float64(w.Duration/w.KeepAlive) + 1
		most := alive * 2 * c.Idle * (startTime + 10*time.Millisecond).Seconds() * 2
		between(t, r, "current", mean, mean+most/w.Duration.Seconds())
		between(t, r, "wakes_unscheduled", alive-1, 2*alive)
		return
	}
	within(t, r, "current", mean, 1e-4)
	near(t, r, "wakes_unscheduled", 0)
}

// checkDTIMSweep: the line over the cases finds the floor and the charge of a beacon, which is that of the wakes themselves.
func checkDTIMSweep(t *testing.T, s *scenarios.Scenario) {
	run := closedRun(t, s)
	fits := energy.WakeFits(run)
	if len(fits) != 1 {
		t.Fatalf("%d fits", len(fits))
	}
	c := core.Currents{}.WithDefaults()
	for what, pair := range map[string][2]float64{
		"floor": {fits[0].Base, c.Sleep}, "charge by the line": {fits[0].Slope, c.BeaconCharge}, "charge by the wakes": {fits[0].Direct, c.BeaconCharge},
	} {
		if math.Abs(pair[0]/pair[1]-1) > 1e-3 {
			t.Errorf("%s is %v, the closed form gives %v", what, pair[0], pair[1])
		}
	}
}

// checkTWTSweep: AT+TWT_PARAM=1,1,13,128,1000 is a service period of 32.768 ms every 8.192 s (manual 7.1.7.3), and the trace shows both.
func checkTWTSweep(t *testing.T, s *scenarios.Scenario) {
	run := closedRun(t, s)
	seen := 0
	for _, r := range run.Results {
		if r.Factors["twt"] != "13:128:1000" {
			continue
		}
		seen++
		within(t, r, "wake_interval", 8.192, 1e-6)
		period := r.Metrics["wake_time"] - serviceMore.Seconds()
		if math.Abs(period-0.032768) > 2*sampleTime.Seconds() {
			t.Errorf("a service period of %v s", period)
		}
	}
	if seen == 0 {
		t.Error("the manual's example is not in the scenario")
	}
}

// checkEnergyPerBit: a send of n bytes is in the air for A = 8 n / radio rate, where the module draws 290 mA (802.11ax) in place of 57 mA, so that
// a bit costs 3.3 V x 233 mA / 16 Mbit/s = 48.06 nJ above idle at every load, and the power is 3.3 V x 57 mA + R x 48.06 nJ/bit.
func checkEnergyPerBit(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	c := core.Currents{}.WithDefaults()
	each := virtualVolts * (c.TransmitAX - c.Idle) / virtualRadio
	for _, r := range lossless(t, run, err) {
		within(t, r, "energy_per_bit_net", each, 1e-3)
		within(t, r, "energy_per_bit", r.Metrics["energy"]/(8*r.Metrics["received"]), 1e-6)
	}
	fits := energy.LoadFits(run)
	if len(fits) != 1 {
		t.Fatalf("%d fits", len(fits))
	}
	if f := fits[0]; math.Abs(f.Base/(virtualVolts*c.Idle)-1) > 0.02 || math.Abs(f.Slope/each-1) > 0.02 {
		t.Errorf("P = %v W + R x %v J/bit, the closed form gives %v and %v", f.Base, f.Slope, virtualVolts*c.Idle, each)
	}
}

// checkWakeup: a command that finds the module asleep waits for its start of 4 ms. Its wake counts as one beside the schedule unless it
// begins within 5 ms of a beacon or the module is awake from the command before, which together is one in nine at random times: 3.3 standard
// deviations more of that are 0.05 %. A command costs the start at 38 mA, the answer at 57 mA and 10 ms more of that; less where it finds the
// module awake, and a beacon more where one falls into it.
func checkWakeup(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	awake := lineTime(len("AT\r\n")+len("\r\nOK\r\n")) + virtualLatency
	c := core.Currents{}.WithDefaults()
	cost := virtualVolts * (c.Wake*startTime.Seconds() + c.Idle*(awake+10*time.Millisecond).Seconds())
	for _, r := range run.Results {
		if r.Outcome != results.Pass {
			t.Fatalf("%s: %s %s", r.Case, r.Outcome, r.Err)
		}
		near(t, r, "wake_latency_p50", startTime.Seconds())
		near(t, r, "service_p50", (awake + startTime).Seconds())
		within(t, r, "wake_interval", virtualBeacon.Seconds(), 1e-6)
		between(t, r, "energy_per_event", 0.8*cost, 1.1*cost)
		n := r.Metrics["sends"]
		between(t, r, "wakes_unscheduled", n*8/9-3.3*math.Sqrt(n*8/81), n)
	}
}

// checkJoinEnergy: the emulated module draws its idle current from the reset on, and sends nothing of a join. There is nothing that a join is
// above: before it, the module had no association.
func checkJoinEnergy(t *testing.T, s *scenarios.Scenario) {
	run := closedRun(t, s)
	c := core.Currents{}.WithDefaults()
	for _, r := range run.Results {
		if above, there := r.Metrics["energy_per_event"]; there {
			t.Errorf("%s: a join costs %v J above a module that is associated and idle", r.Case, above)
		}
		if r.Factors["end"] == "ip" {
			within(t, r, "energy", virtualVolts*c.Idle*(r.Marks[1].T-r.Marks[0].T).Seconds(), 1e-3)
		}
	}
}

// checkLatencyCurrent: while requests come the floor is that of sleep and the wakes keep their interval. Each request keeps the module awake
// at 57 mA for 10 ms after it was sent, and as long after its answer unless the next one was late and goes out then: the mean current is above that of
// beacons alone by that at least. It is below by no more than the events' energy, which has the beacons in it for which the answers wait.
func checkLatencyCurrent(t *testing.T, s *scenarios.Scenario) {
	run := closedRun(t, s)
	c := core.Currents{}.WithDefaults()
	cases := map[string]scenarios.Workload{}
	for _, k := range s.Expand() {
		cases[k.Key] = k.Workload
	}
	for _, r := range run.Results {
		every, _ := cases[r.Case].WakeInterval(scenarios.AP{})
		within(t, r, "current_floor", c.Sleep, 1e-2)
		within(t, r, "wake_interval", every.Seconds(), 1e-4)
		length, n := (r.Marks[1].T - r.Marks[0].T).Seconds(), r.Metrics["sends"]
		beacons := c.Sleep + c.BeaconCharge/every.Seconds()
		tails := (2*n - r.Metrics["late"]) * c.Idle * 0.010
		events := n * r.Metrics["energy_per_event"] / virtualVolts
		between(t, r, "current", beacons+tails/length, beacons+events/length)
	}
}

// checkLatencyModes: a module that stays awake draws at least its idle current, one in standby at least what its beacons cost and
// less than a twentieth of that.
func checkLatencyModes(t *testing.T, s *scenarios.Scenario) {
	run := closedRun(t, s)
	c := core.Currents{}.WithDefaults()
	for _, r := range run.Results {
		if r.Factors["pwr"] == "normal" {
			between(t, r, "current", c.Idle, 1.01*c.Idle)
			continue
		}
		within(t, r, "current_floor", c.Sleep, 1e-2)
		between(t, r, "current", c.Sleep+c.BeaconCharge/0.1024, c.Idle/20)
	}
}

// checkLatencyPeriods: the module sleeps between its service periods, which come every mantissa x 2^exponent us.
func checkLatencyPeriods(t *testing.T, s *scenarios.Scenario) {
	run := closedRun(t, s)
	c := core.Currents{}.WithDefaults()
	for _, r := range run.Results {
		within(t, r, "current_floor", c.Sleep, 1e-2)
		within(t, r, "wake_interval", map[string]float64{"8:32:512": 512 * 256e-6, "10:32:512": 512 * 1024e-6}[r.Factors["twt"]], 1e-4)
		within(t, r, "service_period", 32*256e-6, 1e-9)
	}
}
