package report

import (
	"slices"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/results"
)

// headsOf are the heads of the columns of a case with these medians.
func headsOf(metrics map[string]float64, withheld ...string) string {
	c := analysis.Case{Key: "x", Measured: 1, Outcome: results.Pass, Metrics: map[string]analysis.Stat{}, Withheld: map[string]analysis.Withheld{}}
	for name, v := range metrics {
		c.Metrics[name] = analysis.Stat{N: 1, Median: v, Min: v, Max: v}
	}
	for _, name := range withheld {
		c.Withheld[name] = analysis.Withheld{Needs: 368, Of: "send"}
	}
	var heads []string
	for _, col := range columnsOf(&analysis.Summary{Event: "send", Cases: []analysis.Case{c}}) {
		heads = append(heads, col.head)
	}
	return strings.Join(heads, ", ")
}

func TestColumns(t *testing.T) {
	upload := map[string]float64{"goodput": 1, "efficiency": 1, "line_share": 1, "send_latency_p50": 1, "loss": 0, "late": 0, "sweetness": 3}
	if got := headsOf(upload, "send_latency_p99"); got != "goodput, efficiency, line, send p50, p99" {
		t.Errorf("%s; trouble that there was none of, and what nobody knows, have no column", got)
	}
	upload["loss"], upload["late"], upload["jitter"], upload["fairness"] = 9, 4, 1, 1
	if got := headsOf(upload, "send_latency_p99"); got != "goodput, efficiency, line, late, send p50, fairness" {
		t.Errorf("%s; the six that matter most, in the order of the table", got)
	}
	if got := headsOf(map[string]float64{"rtt_p50": 1, "goodput": 1, "duration": 2, "duration_p50": 2, "loss": 3, "datagram_loss": 0.1}); got != "round trip p50, time p50, goodput, lost" {
		t.Errorf("%s; one column says what two would", got)
	}
	if got := headsOf(nil); got != "outcome" {
		t.Errorf("%s; a run without metrics has its outcomes", got)
	}
}

// Every column is a metric that has a row, or that another version may bring.
func TestColumnsAreDistinct(t *testing.T) {
	var seen []string
	for _, col := range columns {
		if slices.Contains(seen, col.metric) || col.head == "" {
			t.Errorf("%+v", col)
		}
		seen = append(seen, col.metric)
	}
}

func TestNetworkLine(t *testing.T) {
	for _, c := range []struct {
		peer    string
		network *analysis.Network
		want    string
	}{
		{"in-process", nil, ""},
		{"in-process", &analysis.Network{Note: "there is none"}, ""},
		{"remote", &analysis.Network{Note: "no iperf3 at the peer"}, "between harness and peer: not measured: no iperf3 at the peer"},
		{"remote", &analysis.Network{Up: 93.1e6, Down: 94e6}, "between harness and peer: 93.1 Mbit/s up, 94.0 Mbit/s down (iperf3)"},
		{"remote", &analysis.Network{Up: 93.1e6, Note: "down failed"}, "between harness and peer: 93.1 Mbit/s up (iperf3); down failed"},
	} {
		s := &analysis.Summary{Network: c.network, Identity: map[string]string{"peer": c.peer}}
		if got := networkLine(s); got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
}
