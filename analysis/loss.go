package analysis

import (
	"maps"
	"slices"

	"st67bench/results"
)

// WithFractions is a run whose losses are fractions of what was sent, so that runs of different lengths can stand in one
// series. A repeat that sent nothing lost no fraction of it, and has none.
func WithFractions(run *results.Run) *results.Run {
	out := *run
	out.Results = slices.Clone(run.Results)
	for i, r := range out.Results {
		metrics := maps.Clone(r.Metrics)
		if lost, ok := metrics["loss"]; ok {
			sent, known := metrics["sent"]
			if !known {
				sent = metrics["received"] + lost
			}
			delete(metrics, "loss")
			if sent > 0 {
				metrics["loss"] = lost / sent
			}
		}
		if lost, ok := metrics["datagrams_lost"]; ok && metrics["datagrams"]+lost > 0 {
			metrics["datagram_loss"] = lost / (metrics["datagrams"] + lost)
		}
		out.Results[i].Metrics = metrics
	}
	return &out
}
