package scenarios

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// upsetting are commands beside the interrupting ones that change what the harness relies on.
var upsetting = []string{"CIPMUX", "CIPRECVMODE", "CIPDINFO", "CIPEVT", "CWEVT", "SYSLOG", "SYSMSG", "SYSSTORE", "PWR", "SET_CLOCK", "CWQAP", "CWJAP", "CWMODE"}

// medianEvents is how many events make a median.
const medianEvents = 6

// leastSends is how many sends make a rate.
const leastSends = 20

// idleRules are fields that do nothing; they are mistakes when they do so in every case of the sweep.
var idleRules = []rule{
	func(w Workload) (string, string) {
		if w.Mode == "active" {
			return "read", "in active mode the module gives data unasked; only mode passive reads"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Every > 0 && w.Poll != "timer" && w.Schedule != "fixed" && w.Schedule != "poisson" {
			return "every", "nothing goes by time here, each event comes after the last; poll: timer has it, or schedule: fixed"
		}
		return "", ""
	},
}

// senseRules are combinations that the module would take one by one, but that measure nothing, or not what they say.
var senseRules = []rule{
	func(w Workload) (string, string) {
		if command, yes := Destructive(w.Line); yes {
			return "line", fmt.Sprintf("AT+%s is destructive and refused in scenarios", command)
		}
		if command := commandName(w.Line); slices.Contains(upsetting, command) || slices.Contains(interrupting, command) {
			return "line", fmt.Sprintf("AT+%s waits for data, restarts the module or changes what the harness relies on", command)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		least := leastSends * 8 * maxDatagram / max(w.Duration.Seconds(), 1)
		if w.Kind == "iperf" && w.Protocol == "udp" && w.Rate > 0 && w.Rate < least {
			return "rate", fmt.Sprintf("iperf sends datagrams of %d B: at %.0f bit/s fewer than %d of them fit into the duration; at least %.0f bit/s", maxDatagram, w.Rate, leastSends, math.Ceil(least))
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		n := int64(medianEvents)
		if (w.Schedule == "fixed" || w.Schedule == "poisson") && w.Duration > 0 && w.Every > w.Duration/time.Duration(n) {
			return "every", fmt.Sprintf("a repeat of %s has room for %d events at one in %s; a median needs %d", shortTime(w.Duration), w.Duration/w.Every, shortTime(w.Every), n)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Mode == "active" && w.Buffer > 0 {
			return "buffer", "the receive buffer is of mode passive (manual 4.1.6); in active mode data goes to the host at once"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "cipsendl" && w.Report > w.Length {
			return "report", fmt.Sprintf("a report every %d B never comes: the length is %d B", w.Report, w.Length)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "soak" && w.Total > 0 && w.Total < leastSends*int64(w.Length) {
			return "total", fmt.Sprintf("%d B are fewer than %d sends of %d B: too short to be a rate", w.Total, leastSends, w.Length)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "join" && w.BLE != "off" {
			return "ble", "a join begins with a reset, which ends what Bluetooth does"
		}
		return "", ""
	},
}
