// Package power is the emulated module's low-power commands (manual chapter 7).
//
// # Concepts
//
// AT+PWR says what the module may do while nothing is to be done: nothing (0, it
// stays awake), hibernate (1) or standby (2). In standby it sleeps a little after
// each exchange and is woken by its host (by CS over SPI, by a command on a serial
// line), by a timer, and when it has an access point by some of its beacons:
// those of each n-th DTIM. A TWT agreement takes the place of the beacons.
//
// The settings are the radio's, which delays what comes in and goes out, and
// writes the times down on the module's timeline. What lives here is the commands,
// and the wake-up timer.
package power

import (
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// Family is the low-power commands.
type Family struct {
	m    *core.Machine
	busy sync.WaitGroup

	// Of the AT task.
	clock   int // source of the 32 kHz clock
	cleared time.Time
	timers  [timerModes]time.Duration // armed and not yet running
	standby bool                      // the host has asked for it

	timer, setups alarm
}

// alarm is what waits for its instant.
type alarm struct {
	mu      sync.Mutex
	stop    chan struct{}
	waiting int
}

// New returns the family.
func New(m *core.Machine) *Family {
	return &Family{m: m}
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+PWR", Set: f.setPower, Min: 1, Max: 2},
		{Name: "+SLWKIO", Set: wakePin, Min: 2, Max: 2},
		{Name: "+DEWKIO", Set: noWakePin, Min: 1, Max: 1},
		{Name: "+SLWKTIMER", Set: f.setTimer, Min: 2, Max: 2},
		{Name: "+SLWKDTIM", Set: f.setDTIM, Min: 1, Max: 1},
		{Name: "+SLCLDTIM", Execute: taken},
		{Name: "+TWT_PARAM", Set: f.setTWT, Min: 5, Max: 5},
		{Name: "+TWT_SLEEP", Execute: taken},
		{Name: "+TWT_TEARDOWN", Set: f.endTWT, Min: 2, Max: 3},
		{Name: "+TWT_STATUS", Query: f.twt},
		{Name: "+SET_CLOCK", Set: f.setClock, Min: 1, Max: 1},
		{Name: "+GET_CLOCK", Execute: f.getClock},
		{Name: "+GET_AP_DTIM", Query: f.apDTIM, Since: core.V2_0_97},
		{Name: "+GET_TWT_SUPPORTED", Query: f.twtSupported, Since: core.V2_0_97},
		{Name: "+PWR_CLEAR", Execute: f.clearMean},
		{Name: "+PWR_GET", Execute: f.mean},
		{Name: "+LP_INTERVAL_GET", Execute: f.interval},
	}
}

// Boot implements core.Family: what a reset leaves is the clock's source.
func (f *Family) Boot(at time.Time) {
	f.timer.cancel()
	f.setups.cancel()
	f.timers, f.standby, f.cleared = [timerModes]time.Duration{}, false, at
	if f.clock = core.ClockRC; !f.m.Flash.Recall(clockKey, &f.clock) {
		f.clock = core.ClockRC
	}
	f.m.Radio.SetClock(at, f.clock)
}

// Close implements core.Family.
func (f *Family) Close() {
	f.timer.cancel()
	f.setups.cancel()
	f.busy.Wait()
}

// cancel ends what waits.
func (a *alarm) cancel() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop != nil {
		close(a.stop)
		a.stop, a.waiting = nil, 0
	}
}

// pending is how much waits.
func (a *alarm) pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.waiting
}

// later has do called at the instant at, unless the alarm is cancelled before.
func (f *Family) later(a *alarm, at time.Time, do func(at time.Time)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop == nil {
		a.stop = make(chan struct{})
	}
	stop := a.stop
	a.waiting++
	f.busy.Go(func() {
		if !f.m.Clock.Near(at, stop) {
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.stop == stop {
			a.waiting--
			do(at)
		}
	})
}

// taken is a command that the firmware answers without doing anything.
func taken(*core.Call) error { return nil }
