package report

import (
	"cmp"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// column is a metric of the table of cases.
type column struct {
	metric, head string // % in the head is the event
	interval     bool   // with half the interval's width
	// rank says what goes first when not all fit: the higher.
	rank int
	// trouble is shown only where some case has it.
	trouble bool
	// instead is a metric beside which this one says nothing more.
	instead string
}

// mostColumns is how many metrics fit beside the factors and the note.
const mostColumns = 6

// columns is the table of them, in the order in which they stand. What a run is
// about comes first, and its quantiles, bound and shares next to it.
var columns = []column{
	{metric: "current", head: "current", interval: true, rank: 1},
	{metric: "current_floor", head: "floor", rank: 1},
	{metric: "wake_interval", head: "wakes every", rank: 1},
	{metric: "wake_charge", head: "charge per wake", rank: 1},
	{metric: "wake_time", head: "awake", rank: 3},
	{metric: "service_period", head: "service", rank: 3},
	{metric: "energy", head: "energy", interval: true, rank: 4, instead: "wake_charge"},
	{metric: "energy_per_event", head: "energy per %", interval: true},
	{metric: "energy_per_bit", head: "energy per bit", interval: true},
	{metric: "energy_per_bit_net", head: "above idle", rank: 1},
	{metric: "wake_latency_p50", head: "wake p50", interval: true},
	{metric: "rtt_p50", head: "round trip p50", interval: true},
	{metric: "rtt_p99", head: "p99", rank: 1},
	{metric: "service_p50", head: "service p50", rank: 3},
	{metric: "bound", head: "bound", rank: 2},
	{metric: "duration_p50", head: "time p50", interval: true},
	{metric: "duration_p99", head: "p99", rank: 1},
	{metric: "duration", head: "time", interval: true, instead: "duration_p50"},
	{metric: "cancel_latency", head: "cancel", interval: true},
	{metric: "rate", head: "rate", interval: true, rank: 1},
	{metric: "goodput", head: "goodput", interval: true},
	{metric: "throughput", head: "throughput", interval: true, rank: 1},
	{metric: "offered", head: "offered", rank: 3},
	{metric: "goodput_up", head: "up", rank: 1},
	{metric: "goodput_down", head: "down", rank: 1},
	{metric: "module_goodput", head: "by the module", rank: 2},
	{metric: "efficiency", head: "efficiency", rank: 1},
	{metric: "line_share", head: "line", rank: 2},
	{metric: "datagram_loss", head: "lost", rank: 1, trouble: true},
	{metric: "loss", head: "lost", rank: 3, trouble: true, instead: "datagram_loss"},
	{metric: "late", head: "late", rank: 2, trouble: true},
	{metric: "dropped", head: "dropped", rank: 2, trouble: true},
	{metric: "retries", head: "retries", rank: 3, trouble: true},
	{metric: "boundaries_lost", head: "boundaries lost", rank: 2, trouble: true},
	{metric: "send_latency_p50", head: "% p50", rank: 2},
	{metric: "send_latency_p99", head: "p99", rank: 3},
	{metric: "delay_up_p50", head: "up p50", rank: 2},
	{metric: "delay_down_p50", head: "down p50", rank: 2},
	{metric: "jitter", head: "jitter", rank: 3},
	{metric: "fairness", head: "fairness", rank: 2},
	{metric: "blocked", head: "blocked", rank: 2},
	{metric: "notice", head: "notice", rank: 2},
	{metric: "found", head: "found", rank: 2},
	{metric: "decay", head: "decay", rank: 1, trouble: true},
	{metric: "heap", head: "heap", rank: 4},
	{metric: "heap_slope", head: "heap/%", rank: 1},
	{metric: "heap_hourly", head: "heap/h", rank: 1},
}

// columnsOf are the columns that this run fills, at most mostColumns. When nothing
// was measured there is one, which has the outcomes.
func columnsOf(s *analysis.Summary) []column {
	var found []column
	for _, col := range columns {
		if analysis.Shows(s.Cases, col.metric) && (!col.trouble || chart.Some(s, col.metric)) && !analysis.Shows(s.Cases, col.instead) {
			col.head = strings.ReplaceAll(col.head, "%", s.Event)
			found = append(found, col)
		}
	}
	if len(found) == 0 {
		return []column{{head: "outcome"}}
	}
	kept := found
	if len(found) > mostColumns {
		byRank := slices.Clone(found)
		slices.SortStableFunc(byRank, func(a, b column) int { return cmp.Compare(a.rank, b.rank) })
		kept = byRank[:mostColumns]
	}
	return slices.DeleteFunc(found, func(c column) bool { return !slices.Contains(kept, c) })
}
