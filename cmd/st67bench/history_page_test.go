package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis/report/page"
)

// A history of a CSV file has a page where --html says, stdout names it, and a folder that is not there is told.
func TestHistoryPage(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("release,session,role,firmware,run,throughput\n")
	for i := range 10 {
		for boot := range 2 {
			fmt.Fprintf(&csv, "r%d,s%d,candidate,r%d,%d,%g\n", i, i, i, boot, 10+0.01*float64((7*i+3*boot)%5))
		}
	}
	file, html := write(t, "numbers.csv", csv.String()), filepath.Join(t.TempDir(), "history.html")
	var out, errOut bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, errOut: &errOut}
	f := historyFlags{csv: file, metrics: []string{"throughput:higher:3%"}, pages: pageFiles{html: html}}
	if err := a.history(nil, f); err != nil {
		t.Fatal(err)
	}
	if !page.HaveECharts() {
		if !strings.Contains(errOut.String(), "./st67bench history --html "+html) {
			t.Errorf("without ECharts stderr says %q", errOut.String())
		}
		return
	}
	text, err := os.ReadFile(html)
	if err != nil || !strings.Contains(string(text), "Throughput: no change in 10 releases") || strings.Contains(string(text), "mulated module") {
		t.Errorf("the page has %d bytes, %v", len(text), err)
	}
	if !strings.Contains(out.String(), "report    "+html+"\n") {
		t.Errorf("stdout does not name the page: %q", out.String())
	}
	f.pages.html = filepath.Join(t.TempDir(), "missing", "history.html")
	if err := a.history(nil, f); err == nil || !strings.Contains(err.Error(), "write the report") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
