package analysis

import "slices"

// events are what one exchange of a workload is called. A kind that is not here, as
// one of a later version, is named by what was measured; see eventOf.
var events = map[string]string{
	"cipsend": "send", "cipsendl": "send", "cipsendex": "send", "passthrough": "send", "bidirectional": "send", "soak": "send",
	"receive": "read", "at-roundtrip": "command", "ping": "ping", "request-response": "request",
	"join": "join", "connect": "connection", "recover": "outage", "scan": "scan", "mqtt": "publication", "ble-notify": "notification", "idle": "wake",
}

// eventOf is the noun for one exchange of the run.
func eventOf(kind string, cases []Case) string {
	if kind == "receive" && !Shows(cases, "stage_command") {
		return "piece" // the module gives it unasked
	}
	if noun := events[kind]; noun != "" {
		return noun
	}
	for _, f := range []struct{ metric, noun string }{{"send_latency_p50", "send"}, {"reads", "read"}, {"sends", "send"}} {
		if Shows(cases, f.metric) {
			return f.noun
		}
	}
	return "exchange"
}

// Shows says whether any of the cases has this metric, or would if its repeats
// could carry it.
func Shows(cases []Case, metric string) bool {
	for _, c := range cases {
		_, shown := c.Metrics[metric]
		_, withheld := c.Withheld[metric]
		if shown || withheld {
			return true
		}
	}
	return false
}

// primaries are the metrics that a run can be about, the first that it has is it:
// where latency is measured under load, the load's goodput is beside the point, as
// is that of messages which are counted.
var primaries = []string{"rtt_p50", "duration_p50", "duration", "rate", "goodput", "throughput", "send_latency_p50"}

// metered are those of a run that needed a current meter, by the kind of its workload: what its current says is the point.
var metered = map[string][]string{
	"idle": {"current"}, "join": {"energy"}, "at-roundtrip": {"wake_latency_p50"},
	"cipsend": {"energy_per_bit"}, "cipsendl": {"energy_per_bit"}, "receive": {"energy_per_bit"},
}

// Primary is the metric that the run is about; empty when nothing was measured.
func (s *Summary) Primary() string {
	return PrimaryOf(s.Workload, s.Needs, func(metric string) bool {
		return slices.ContainsFunc(s.Cases, func(c Case) bool { _, ok := c.Metrics[metric]; return ok })
	})
}

// PrimaryOf is the metric that a workload of this kind is about when its scenario has these needs: the first that was measured.
func PrimaryOf(kind string, needs []string, measured func(metric string) bool) string {
	first := primaries
	if slices.Contains(needs, "meter") {
		first = slices.Concat(metered[kind], primaries, []string{"current"})
	}
	if i := slices.IndexFunc(first, measured); i >= 0 {
		return first[i]
	}
	return ""
}

// Bound is the metric that holds the closed-form limit of another: the ceiling of
// a goodput, the least time of an exchange. Empty when there is none.
func Bound(metric string) string {
	switch metric {
	case "goodput":
		return "ceiling"
	case "rtt_p50", "duration_p50", "duration", "send_latency_p50":
		return "bound"
	}
	return ""
}

// median is that of a metric of the case.
func (c Case) median(metric string) (float64, bool) {
	st, ok := c.Metrics[metric]
	return st.Median, ok
}

// extremes are the cases with the lowest and the highest median of a metric, the
// first of equals; nil when no case has it.
func extremes(cases []Case, metric string) (low, high *Case) {
	for i := range cases {
		v, ok := cases[i].median(metric)
		if !ok {
			continue
		}
		if low == nil || v < low.Metrics[metric].Median {
			low = &cases[i]
		}
		if high == nil || v > high.Metrics[metric].Median {
			high = &cases[i]
		}
	}
	return low, high
}
