package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/metrics.md lists every metric, from the table that everything uses.
func TestMetricsAreDocumented(t *testing.T) {
	var out strings.Builder
	out.WriteString(`# Metrics

Made from the metric table of the package ` + "`results`" + `. These names stand in ` + "`limits`, `margins` and `until`" + ` of a scenario, behind ` + "`--margin` and `--metric`" + `, in exports and in all
JSON. What exactly a metric is of a workload stands on its page in [workloads](workloads); figures of the current are on [energy.md](energy.md), losses on [statistics.md](statistics.md#losses-and-other-counts).

*Better* says in which direction a change is for the better; a metric without it is never judged. *Margin* is the smallest worsening that matters unless a scenario or
` + "`--margin`" + ` says otherwise: a fraction of the value, of losses the difference of the fractions lost. A metric without a margin is judged only where one is given.

| metric | what it is | unit | better | margin |
|---|---|---|---|---|
`)
	for _, m := range metrics {
		unit := map[string]string{"": "fraction", "1": "count"}[m.Unit]
		if unit == "" {
			unit = m.Unit
		}
		margin := "-"
		if m.Margin > 0 {
			margin = fmt.Sprintf("%g %%", m.Margin*100)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Title, unit, map[int]string{1: "higher", -1: "lower", 0: "-"}[m.Better], margin)
	}
	path := filepath.Join("..", "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != out.String() {
		t.Errorf("docs/metrics.md is not what the table makes (%v); go test ./results -run TestMetricsAreDocumented -update", err)
	}
}
