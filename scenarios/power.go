package scenarios

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// serviceUnit is what the duration of a TWT service period counts (manual 7.1.7).
const serviceUnit = 256 * time.Microsecond

// beaconInterval is what access points have unless they are told otherwise: 100 time units (IEEE 802.11-2020, 9.4.1.3).
const beaconInterval = 102400 * time.Microsecond

// TWT is an agreement on target wake times, as the field twt asks for it.
type TWT struct {
	Exponent, Duration, Mantissa int
	Setup                        string // "request", "suggest", "demand"; "" when the file does not say
}

// Interval is from one service period to the next: mantissa x 2^exponent us.
func (t TWT) Interval() time.Duration {
	return time.Duration(t.Mantissa) << t.Exponent * time.Microsecond
}

// ServicePeriod is how long the access point serves the module each time, nominally: duration x 256 us. The module is awake
// for longer.
func (t TWT) ServicePeriod() time.Duration { return time.Duration(t.Duration) * serviceUnit }

// Agreement is what the field twt asks for; on is false for "off".
func (w Workload) Agreement() (t TWT, on bool) {
	f := strings.Split(w.TWT, ":")
	if len(f) < 3 {
		return TWT{}, false
	}
	t.Exponent, _ = strconv.Atoi(f[0]) // the form was checked
	t.Duration, _ = strconv.Atoi(f[1])
	t.Mantissa, _ = strconv.Atoi(f[2])
	if len(f) > 3 {
		t.Setup = f[3]
	}
	return t, true
}

// WakeInterval is the time from one wake of the module to the next that the case asks for: of service periods when twt is
// true, else of beacons; 0 when it asks for none, because the module does not sleep, hibernates, or has no access point. ap
// is what is known of that: by default a DTIM of 1 and beacons every 102.4 ms.
func (w Workload) WakeInterval(ap AP) (interval time.Duration, twt bool) {
	if w.Power != "standby" || w.Radio == "off" {
		return 0, false
	}
	if t, on := w.Agreement(); on {
		return t.Interval(), true
	}
	beacons := cmp.Or(w.DTIM, ap.DTIM, 1)
	return time.Duration(beacons) * cmp.Or(ap.Beacon, beaconInterval), false
}

// ServicePeriod is that of the agreement which the case asks for; 0 without one.
func (w Workload) ServicePeriod() time.Duration {
	t, _ := w.Agreement()
	return t.ServicePeriod()
}

// Asleep says whether the module may sleep, so that its current has a floor.
func (w Workload) Asleep() bool { return w.Power == "standby" || w.Power == "hibernate" }

// IdleTime is how long a repeat of kind idle lasts: its duration, or its number of wake intervals if that is less.
func (w Workload) IdleTime(ap AP) time.Duration {
	interval, _ := w.WakeInterval(ap)
	wakes := time.Duration(w.Sends) * interval
	if w.Duration == 0 || wakes > 0 && wakes < w.Duration {
		return wakes
	}
	return w.Duration
}

// ClockSources are the sources of the 32 kHz clock that the module of this rig has, as the field clock names them. An
// emulated module has all.
func (r *Rig) ClockSources() []string {
	switch {
	case r.LSE == "crystal" || r.LSE == "external":
		return []string{"rc", r.LSE}
	case r.Module.Scheme == "emulated" && r.LSE == "":
		return []string{"rc", "crystal", "external"}
	}
	return []string{"rc"}
}

// Silent says whether the radio stays off, so that the module draws no more than its processor does.
func (w Workload) Silent() bool {
	return w.Kind == "idle" && (w.Radio == "off" || w.Power == "hibernate")
}
