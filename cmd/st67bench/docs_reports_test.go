package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"st67bench/analysis/report/reporttest"
)

// docs/reports.md says of every chart what it is for: those of all workloads, by what an address has behind the #.
func TestDocReportsNameEveryChart(t *testing.T) {
	text := pages(t)[filepath.Join(root, "docs", "reports.md")]
	numbered := regexp.MustCompile(`-[0-9]+(-|$)`)
	boxes := regexp.MustCompile(`^latency-.*-(boxes|percentiles)$`) // further series have them as `latency` does
	for _, f := range reporttest.Families {
		for id := range strings.FieldsSeq(f.Charts) {
			if boxes.MatchString(id) {
				continue
			}
			id = strings.TrimSuffix(numbered.ReplaceAllString(id, "-1$1"), "-1")
			if !strings.Contains(text, "`"+id+"`") && !strings.Contains(text, "`"+id+"-1`") {
				t.Errorf("docs/reports.md: nothing is said of the chart %s (of %s)", id, f.Kind)
			}
		}
	}
}
