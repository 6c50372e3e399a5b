package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
)

// verifier is a workload that can tell after its end whether it measured what it was meant to.
type verifier interface {
	Verify(ctx context.Context, r *Rig) error
}

// makers make the workload of each kind.
var makers = map[string]func(w scenarios.Workload, seed uint64) Workload{
	"at-roundtrip": func(w scenarios.Workload, seed uint64) Workload {
		return &roundtrip{latency: newLatency(w, seed, w.Length)}
	},
	"ping": func(w scenarios.Workload, seed uint64) Workload {
		return &ping{latency: newLatency(w, seed, loadBlock)}
	},
	"request-response": func(w scenarios.Workload, seed uint64) Workload {
		return &request{latency: newLatency(w, seed, loadBlock), stream: peer.Stream{Seed: seed}}
	},
	"ble-notify": func(w scenarios.Workload, seed uint64) Workload {
		return &notify{Workload: w, deliver: newDeliver(seed, w.Length, "delay_up")}
	},
	"mqtt":          func(w scenarios.Workload, seed uint64) Workload { return newMQTT(w, seed) },
	"iperf":         func(w scenarios.Workload, _ uint64) Workload { return &iperf{Workload: w} },
	"receive":       newReceive,
	"bidirectional": newBidirectional,
	"cipsend":       newCipsend,
	"cipsendl":      newCipsendl,
	"cipsendex":     newCipsend,
	"passthrough":   newPassthrough,
	"connect":       func(w scenarios.Workload, seed uint64) Workload { return &churn{Workload: w, seed: seed} },
	"join":          func(w scenarios.Workload, seed uint64) Workload { return &join{Workload: w, seed: seed} },
	"recover":       func(w scenarios.Workload, seed uint64) Workload { return &recovery{Workload: w, seed: seed} },
	"scan":          func(w scenarios.Workload, _ uint64) Workload { return &scan{Workload: w} },
	"idle":          newIdle,
	"soak":          func(w scenarios.Workload, seed uint64) Workload { return &soak{Workload: w, seed: seed} },
}

// NewWorkload makes the workload of a case. seed decides its payload bytes.
func NewWorkload(w scenarios.Workload, seed uint64) (Workload, error) {
	make := makers[w.Kind]
	if make == nil {
		return nil, fmt.Errorf("workload %q is not known to this version", w.Kind)
	}
	return make(w, seed), nil
}

// check holds the metrics of a case against the scenario's limits. A limit
// whose metric was not measured is not kept.
func check(limits []scenarios.Limit, c scenarios.Case, metrics map[string]float64) (results.Outcome, string) {
	var broken []string
	for _, l := range limits {
		if !l.Applies(c) {
			continue
		}
		v, ok := metrics[l.Metric]
		m, _ := results.LookupMetric(l.Metric)
		switch {
		case !ok:
			broken = append(broken, fmt.Sprintf("%s has a limit and was not measured", l.Metric))
		case l.Min != nil && v < *l.Min:
			broken = append(broken, fmt.Sprintf("%s %s is below the limit of %s",
				l.Metric, results.FormatQuantity(v, m.Unit), results.FormatQuantity(*l.Min, m.Unit)))
		case l.Max != nil && v > *l.Max:
			broken = append(broken, fmt.Sprintf("%s %s is above the limit of %s",
				l.Metric, results.FormatQuantity(v, m.Unit), results.FormatQuantity(*l.Max, m.Unit)))
		}
	}
	if len(broken) > 0 {
		return results.Fail, strings.Join(broken, "; ")
	}
	return results.Pass, ""
}

// named says whether any limit is about this case: a refusal of it is then a failure.
func named(limits []scenarios.Limit, c scenarios.Case) bool {
	return slices.ContainsFunc(limits, func(l scenarios.Limit) bool { return len(l.Where) > 0 && l.Applies(c) })
}

// errRefused marks a level that the module itself does not accept.
var errRefused = errors.New("refused")

// refusalText is the module's reason without the mark.
func refusalText(err error) string {
	return strings.TrimPrefix(err.Error(), errRefused.Error()+": ")
}
