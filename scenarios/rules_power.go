package scenarios

import (
	"fmt"
	"time"
)

// The parts of a target wake time have 8 and 16 bits in the TWT element (IEEE 802.11ax, 9.4.2.199).
const (
	maxServiceUnits = 255
	maxMantissa     = 65535
)

// leastWakes is how many wake intervals make a figure per wake: what the two ends cut off is then a tenth at the most.
const leastWakes = 10

// powerRules are those of power save and of the idle module.
var powerRules = []rule{
	func(w Workload) (string, string) {
		if w.Power == "hibernate" && w.Kind != "idle" {
			return "pwr", "a module that hibernates hears nothing and has no connections; kind idle measures it"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.TWT != "off" && w.TWT != "" && w.Power != "standby" {
			return "twt", "a target wake time needs pwr: standby (manual 7.1.7)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.DTIM > 0 && w.Power != "standby" {
			return "dtim", "SLWKDTIM has an effect with pwr: standby only (manual 7.1.5)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "join" && w.Power == "standby" {
			return "pwr", "a join begins with a reset, which ends power save"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Outage == "ap" && w.TWT != "off" {
			return "twt", "a target wake time ends with its association, so that nothing of it is left after the outage"
		}
		return "", ""
	},
	twtRanges,
	network,
	func(w Workload) (string, string) {
		if w.KeepAlive%time.Second != 0 {
			return "keepalive", "the module takes whole seconds (manual 4.1.10.3, 5.1.6)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "idle" && w.IdleTime(AP{}) == 0 {
			return "sends", "the module wakes at no interval here, so that there is nothing to count; give a duration"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if why := w.FewWakes(AP{}); why != "" {
			return "duration", why
		}
		return "", ""
	},
}

// FewWakes says why a repeat of kind idle is too short for a figure per wake, by what is known of the access point; "" when it is not.
func (w Workload) FewWakes(ap AP) string {
	interval, twt := w.WakeInterval(ap)
	if w.Kind != "idle" || w.Duration == 0 || w.IdleTime(ap) >= leastWakes*interval {
		return ""
	}
	what := "wakes for beacons"
	if twt {
		what = "service periods"
	}
	return fmt.Sprintf("%s has room for %d %s at one in %v; a figure per wake needs %d: duration: %s", shortTime(w.Duration),
		w.Duration/interval, what, interval, leastWakes, shortTime((leastWakes*interval).Truncate(time.Second)+time.Second))
}

// network: what needs an association has none while the module is off the air.
func network(w Workload) (string, string) {
	why := ""
	switch {
	case w.Radio == "off":
		why = "radio: off leaves the network"
	case w.Power == "hibernate":
		why = "a module that hibernates leaves the network"
	default:
		return "", ""
	}
	switch {
	case w.Connected != "none" && w.Connected != "":
		return "connected", why + ", so that it cannot be connected"
	case w.Address == "static":
		return "address", why + ", so that it has no address"
	case w.IPv6 == "on":
		return "ipv6", why + ", so that it has no address"
	case w.DTIM > 0 && w.Radio == "off":
		return "dtim", why + ", so that there are no beacons to wake for"
	case w.TWT != "off" && w.Radio == "off":
		return "twt", why + ", and with it its access point"
	case w.BLE != "off" && w.Power == "hibernate":
		return "ble", "a module that hibernates does nothing by Bluetooth"
	}
	return "", ""
}

// idlePower are settings that have no effect without what they belong to; they are mistakes when they have none in any case of the sweep.
var idlePower = []rule{
	func(w Workload) (string, string) {
		if w.Kind == "idle" && w.Connected == "none" {
			return "keepalive", "there is no connection to be kept alive; connected: tcp, tls or mqtt"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Broadcast == "on" && w.Power != "standby" {
			return "broadcast", "this is of standby alone (manual 7.1.1); pwr: standby"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "idle" && w.Power != "hibernate" {
			return "depth", "this is of hibernation alone; pwr: hibernate"
		}
		return "", ""
	},
}

// twtRanges are those of the parts of a target wake time; its service period has to fit into its interval.
func twtRanges(w Workload) (string, string) {
	t, on := w.Agreement()
	switch {
	case !on:
		return "", ""
	case t.Duration < 1 || t.Duration > maxServiceUnits:
		return "twt", fmt.Sprintf("a wake duration of %d is outside 1..%d", t.Duration, maxServiceUnits)
	case t.Mantissa < 1 || t.Mantissa > maxMantissa:
		return "twt", fmt.Sprintf("a mantissa of %d is outside 1..%d", t.Mantissa, maxMantissa)
	case t.ServicePeriod() >= t.Interval():
		return "twt", fmt.Sprintf("a service period of %v does not fit into a wake interval of %v: duration x 256 us, mantissa x 2^exponent us", t.ServicePeriod(), t.Interval())
	}
	return "", ""
}
