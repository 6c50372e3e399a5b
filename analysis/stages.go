package analysis

import (
	"slices"

	"st67bench/results"
)

// stageMetrics are the stages of a send, or of a read, in the order of the exchange. "host"
// is what no other stage accounts for: time in which neither the line nor the
// module was waited for.
var stageMetrics = []struct{ name, metric string }{
	{"command", "stage_command"},
	{"prompt", "stage_prompt"},
	{"payload", "stage_payload"},
	{"radio", "stage_radio"},
	{"Recv", "stage_recv"},
	{"final", "stage_final"},
	{"data", "stage_data"},
	{"wait", "stage_wait"},
	{"host", "stage_host"},
}

// stages splits the send of a case into the median of each stage over the
// repeats. A repeat that does not carry its host time has it as send latency
// less the other stages. nil when no repeat has stages.
func stages(repeats []results.Result) []Share {
	parts := make([][]float64, len(stageMetrics))
	for _, r := range repeats {
		rest, timed := r.Metrics["send_latency_p50"]
		known := false
		for i, stage := range stageMetrics {
			v, ok := r.Metrics[stage.metric]
			if stage.name == "host" && !ok && known && timed {
				v, ok = max(rest, 0), true
			}
			if !ok {
				continue
			}
			known = true
			rest -= v
			parts[i] = append(parts[i], v)
		}
	}
	return shares(parts)
}

// shares turns the values per stage into medians and fractions of their sum.
func shares(parts [][]float64) []Share {
	var out []Share
	total := 0.0
	for i, values := range parts {
		if len(values) == 0 {
			continue
		}
		v := Quantile(slices.Sorted(slices.Values(values)), 0.5)
		total += v
		out = append(out, Share{Name: stageMetrics[i].name, Seconds: v})
	}
	if total <= 0 {
		return nil
	}
	for i := range out {
		out[i].Fraction = out[i].Seconds / total
	}
	return out
}

// Thresholds of Largest: what is named covers two thirds of a send, and the
// host's share is named from 5 % on, because it is the part that is not the
// module's fault.
const (
	coverLargest = 2.0 / 3
	nameHost     = 0.05
)

// Largest returns the largest stages of a send, which together take two thirds
// of it, in the order of the exchange; host time is among them from 5 % on.
func (c Case) Largest() []Share {
	bySize := slices.Clone(c.Stages)
	slices.SortStableFunc(bySize, func(a, b Share) int {
		switch {
		case a.Fraction > b.Fraction:
			return -1
		case a.Fraction < b.Fraction:
			return 1
		}
		return 0
	})
	named := map[string]bool{}
	covered := 0.0
	for _, s := range bySize {
		if covered < coverLargest || (s.Name == "host" && s.Fraction >= nameHost) {
			named[s.Name] = true
			covered += s.Fraction
		}
	}
	return slices.DeleteFunc(slices.Clone(c.Stages), func(s Share) bool { return !named[s.Name] })
}

// stage returns the fraction of a send that the named stage takes.
func (c Case) stage(name string) float64 {
	for _, s := range c.Stages {
		if s.Name == name {
			return s.Fraction
		}
	}
	return 0
}
