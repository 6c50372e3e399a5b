package compare

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"st67bench/results"
)

// lossMargin is that of losses, absolute: 0.1 percentage points.
const lossMargin = 0.001

// FromTable is Row.MarginFrom of the margins that nobody changed.
const FromTable = "the metric table"

// margin is the smallest worsening that matters and where it comes from.
type margin struct {
	value float64
	from  string
}

// marginOf is that of a metric in a scenario: of the table, over it the scenario's, over that those of the options. 0 for a metric that is
// not gated.
func marginOf(m results.Metric, name string, scenario map[string]float64, o Options) margin {
	out := margin{m.Margin, FromTable}
	if isLoss(m.Name) {
		out.value = lossMargin
	}
	if v, ok := scenario[m.Name]; ok {
		out = margin{v, "the scenario"}
	}
	for _, set := range o.Margins {
		v, ok := set.Of[m.Name]
		if ok && (set.Scenario == "" || set.Scenario == name) && (!set.Least || v > out.value) {
			out = margin{v, set.From}
		}
	}
	if m.Better == 0 {
		out.value = 0
	}
	return out
}

// scenarioMargins are those that the scenario of a run names.
func scenarioMargins(run *results.Run) map[string]float64 {
	var s struct{ Margins map[string]float64 }
	text, err := json.Marshal(run.Scenario.Parsed)
	if err != nil || json.Unmarshal(text, &s) != nil {
		return nil // a scenario that is not ours
	}
	return s.Margins
}

// raised is the margin where the harness's own floor is higher: a difference that is smaller than what the harness itself adds
// to an exchange is none.
func (m margin) raised(metric results.Metric, runs []*results.Run, value float64) margin {
	if metric.Unit != "s" || value <= 0 {
		return m
	}
	name := "floor_p50"
	for _, suffix := range []string{"_p90", "_p99"} {
		if strings.HasSuffix(metric.Name, suffix) {
			name = "floor" + suffix
		}
	}
	floor := 0.0
	for _, run := range runs {
		v, _ := strconv.ParseFloat(run.Conditions[name], 64) // 0 where it was not measured
		floor = max(floor, v)
	}
	if share := floor / (value + floor); share > m.value { // -ln(1-share) = ln((value+floor)/value)
		return margin{share, fmt.Sprintf("the harness's own floor, %s", results.FormatQuantity(floor, "s"))}
	}
	return m
}
