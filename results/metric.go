package results

import (
	"math"
	"slices"
)

// Metric is one row of the metric table: everything that any part of the tool
// needs to know about a measured quantity.
type Metric struct {
	Name   string
	Title  string  // for people: "goodput"
	Unit   string  // "bit/s", "s", "A", "C", "J", "J/bit", "W", "B", "" (a fraction) or "1" (a count)
	Better int     // +1 higher is better, -1 lower is better, 0 neither
	Margin float64 // default smallest difference that matters, as a fraction; 0 for none
}

// metrics is the table, in the order in which reports show it. "loss" to
// "foreign" count payload bytes at the receiver; a series of raw samples
// carries the name of its row: "send_latency" or "stage_recv".
var metrics = []Metric{
	{"goodput", "goodput", "bit/s", +1, 0.03},
	{"ceiling", "ceiling", "bit/s", 0, 0},
	{"efficiency", "efficiency (goodput / ceiling)", "", +1, 0},
	{"line_share", "share of the line rate", "", +1, 0},

	{"send_latency", "send latency", "s", -1, 0},
	{"send_latency_p50", "send latency p50", "s", -1, 0.05},
	{"send_latency_p90", "send latency p90", "s", -1, 0.10},
	{"send_latency_p99", "send latency p99", "s", -1, 0.10},

	{"throughput", "throughput", "bit/s", +1, 0.03},
	{"module_goodput", "goodput by the module's own count", "bit/s", 0, 0},
	{"network_ceiling", "network between host and peer", "bit/s", 0, 0},
	{"offered", "offered load", "bit/s", 0, 0},
	{"goodput_up", "goodput up", "bit/s", +1, 0.03},
	{"goodput_down", "goodput down", "bit/s", +1, 0.03},
	{"goodput_slope", "change of goodput in an hour, as a fraction", "", 0, 0},
	{"decay", "loss of goodput by the end of a repeat", "", -1, 0},
	{"decay_after", "when that loss began", "s", 0, 0},
	{"rate", "events", "1/s", +1, 0.03},
	{"fairness", "fairness", "", 1, 0.05},
	{"blocked", "source blocked", "", 0, 0},
	{"reads", "reads", "1", 0, 0},

	{"stage_command", "command", "s", -1, 0},
	{"stage_prompt", "prompt", "s", -1, 0},
	{"stage_payload", "payload", "s", -1, 0},
	{"stage_radio", "radio", "s", -1, 0},
	{"stage_recv", "Recv", "s", -1, 0},
	{"stage_final", "final result", "s", -1, 0},
	{"stage_peer", "peer", "s", -1, 0},
	{"stage_data", "data", "s", -1, 0},
	{"stage_wait", "wait", "s", 0, 0},
	{"stage_boot", "boot", "s", -1, 0},
	{"stage_setup", "set-up by the harness", "s", 0, 0},
	{"stage_associate", "association", "s", -1, 0},
	{"stage_address", "address", "s", -1, 0},
	{"stage_connect", "connection", "s", -1, 0},
	{"stage_close", "close", "s", -1, 0},
	{"stage_first_byte", "first byte at the peer", "s", -1, 0},
	{"stage_host", "host", "s", -1, 0},

	{"bound", "closed-form bound", "s", 0, 0},

	{"rtt", "round trip", "s", -1, 0},
	{"rtt_p50", "round trip p50", "s", -1, 0.05},
	{"rtt_p90", "round trip p90", "s", -1, 0.10},
	{"rtt_p99", "round trip p99", "s", -1, 0.10},

	{"service", "service time", "s", -1, 0},
	{"service_p50", "service time p50", "s", -1, 0.05},
	{"service_p90", "service time p90", "s", -1, 0.10},
	{"service_p99", "service time p99", "s", -1, 0.10},
	{"delay_up", "one-way delay up", "s", -1, 0},
	{"delay_up_p50", "one-way delay up p50", "s", -1, 0.05},
	{"delay_up_p90", "one-way delay up p90", "s", -1, 0.10},
	{"delay_up_p99", "one-way delay up p99", "s", -1, 0.10},
	{"delay_down", "one-way delay down", "s", -1, 0},
	{"delay_down_p50", "one-way delay down p50", "s", -1, 0.05},
	{"delay_down_p90", "one-way delay down p90", "s", -1, 0.10},
	{"delay_down_p99", "one-way delay down p99", "s", -1, 0.10},
	{"clock_uncertainty", "uncertainty of the peer's clock", "s", 0, 0},
	{"cancel_latency", "from +++ to SEND CANCELLED", "s", -1, 0.05},
	{"late", "events that began late", "1", -1, 0},
	{"dropped", "events that were dropped", "1", -1, 0},
	{"retries", "sends that were not taken and tried again", "1", -1, 0},
	{"jitter", "jitter (RFC 3550)", "s", -1, 0},

	{"duration", "time to the end", "s", -1, 0},
	{"duration_p50", "time to the end p50", "s", -1, 0.05},
	{"duration_p90", "time to the end p90", "s", -1, 0.10},
	{"duration_p99", "time to the end p99", "s", -1, 0.10},
	{"notice", "time until the module says that it is lost", "s", -1, 0.05},
	{"found", "access points found", "1", 0, 0},
	{"heap", "free heap", "B", +1, 0},
	{"heap_slope", "change of free heap with each event", "B", 0, 0},
	{"heap_hourly", "change of free heap in an hour", "B", 0, 0},

	{"wake_latency", "wake latency", "s", -1, 0},
	{"wake_latency_p50", "wake latency p50", "s", -1, 0.05},
	{"wake_latency_p90", "wake latency p90", "s", -1, 0.10},
	{"wake_latency_p99", "wake latency p99", "s", -1, 0.10},

	{"current", "current", "A", -1, 0.03},
	{"current_floor", "sleep floor", "A", -1, 0.03},
	{"current_peak", "peak current", "A", -1, 0.05},
	{"charge", "charge", "C", -1, 0.03},
	{"energy", "energy", "J", -1, 0.03},
	{"power", "power", "W", -1, 0.03},
	{"energy_per_bit", "energy per bit", "J/bit", -1, 0.03},
	{"energy_per_bit_net", "energy per bit above idle", "J/bit", -1, 0.03},
	{"energy_per_event", "energy per event", "J", -1, 0.03},
	{"tail", "from the end of an event to the floor", "s", -1, 0.05},
	{"coverage", "share of the time that was measured", "", +1, 0},
	{"wakes", "wakes", "1", 0, 0},
	{"wake_rate", "wakes in a second", "1/s", -1, 0.03},
	{"wake_duty", "share of the time awake", "", -1, 0.03},
	{"wake_rise", "from the call to wake to the rise of the current", "s", -1, 0.05},
	{"wake_charge", "charge per wake, above the floor", "C", -1, 0.03},
	{"wake_time", "time awake at each wake", "s", -1, 0.03},
	{"wake_interval", "wake interval", "s", 0, 0},
	{"service_period", "TWT service period, as agreed", "s", 0, 0},
	{"wake_beacons", "beacons per wake", "1", 0, 0},
	{"wake_jitter", "jitter of the wakes", "s", -1, 0},
	{"wakes_skipped", "wakes skipped", "1", -1, 0},
	{"wakes_unscheduled", "wakes beside the schedule", "1", -1, 0},
	{"beacons_missed", "beacons missed, of 1000 wakes", "1", -1, 0},
	{"share_off", "time off", "", 0, 0},
	{"share_sleep", "time asleep", "", 0, 0},
	{"share_idle", "time idle", "", 0, 0},
	{"share_receive", "time receiving", "", 0, 0},
	{"share_transmit", "time transmitting", "", 0, 0},
	{"charge_off", "charge while off", "C", 0, 0},
	{"charge_sleep", "charge asleep", "C", 0, 0},
	{"charge_idle", "charge while idle", "C", 0, 0},
	{"charge_receive", "charge while receiving", "C", 0, 0},
	{"charge_transmit", "charge while transmitting", "C", 0, 0},
	{"host_wakes", "messages that the module sent by itself", "1", -1, 0},
	{"alignment", "uncertainty of the trace's clock", "s", 0, 0},

	{"datagrams", "datagrams received", "1", 0, 0},
	{"datagrams_lost", "datagrams lost", "1", -1, 0},
	{"datagrams_reordered", "datagrams out of order", "1", -1, 0},
	{"datagrams_duplicate", "datagrams doubled", "1", -1, 0},
	{"datagram_loss", "datagrams lost, as a fraction", "", -1, 0},
	{"boundaries_lost", "datagrams without bounds", "1", 0, 0},

	{"loss", "bytes lost", "B", -1, 0},
	{"duplicate", "bytes doubled", "B", -1, 0},
	{"reordered", "bytes out of order", "B", -1, 0},
	{"corrupt", "bytes changed", "B", -1, 0},
	{"foreign", "bytes not of the stream", "B", -1, 0},

	{"sends", "sends", "1", 0, 0},
	{"sent", "payload sent", "B", 0, 0},
	{"module_sent", "payload sent by the module's own count", "B", 0, 0},
	{"received", "payload received", "B", 0, 0},
}

// Metrics returns the metric table in the order in which reports show it.
func Metrics() []Metric { return slices.Clone(metrics) }

// LookupMetric returns the row of the metric table with this name.
func LookupMetric(name string) (Metric, bool) {
	for _, m := range metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Format writes v, in the metric's unit, for people; see FormatQuantity.
func (m Metric) Format(v float64) string { return FormatQuantity(v, m.Unit) }

// Ratio says that values of the metric are compared by their ratio, on logarithms: rates, times, currents and energies. Counts
// and fractions are compared by their difference.
func (m Metric) Ratio() bool { return m.Unit != "B" && m.Unit != "" && m.Unit != "1" }

// Metered says that the metric is of a supply current, so that it takes a meter.
func (m Metric) Metered() bool {
	switch m.Unit {
	case "A", "C", "J", "W", "J/bit":
		return true
	}
	return false
}

// Combine is the value that the repeats of one boot have together: the geometric
// mean for rates, times, currents and energies, because firmwares are compared by
// ratios, which are differences of means of logarithms; and the arithmetic mean for
// counts, for fractions and for values that are not all positive. NaN for no values.
func (m Metric) Combine(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	values = slices.Sorted(slices.Values(values)) // sums of the same values in another order differ in their last bits
	geometric := m.Ratio()
	sum, logs, first := 0.0, 0.0, values[0]
	for _, v := range values {
		sum += v
		logs += math.Log(v / first) // relative to one of them: equal values combine to exactly that value
		geometric = geometric && v > 0
	}
	n := float64(len(values))
	if geometric {
		return first * math.Exp(logs/n)
	}
	return sum / n
}
