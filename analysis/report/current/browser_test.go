package current

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
)

// everyKind is a page with a chart of each kind.
func everyKind(t *testing.T) ([]byte, []string) {
	t.Helper()
	p := &page.Page{Title: "current", Heading: "Current", Sections: []page.Section{{ID: "current", Title: "Current and energy"}}}
	var ids []string
	for _, from := range []struct {
		run reporttest.Traced
		ids string
	}{
		{dtimSweep(12), "charge fit-wakes battery wakes trace-1 trace-1-close"},
		{uploads(), "energy-per-bit fit-load"},
		{requests(), "latency-current energy-event trace-2 trace-2-close"},
		{wakeups(), "wakeup"},
	} {
		all := chartsOf(t, from.run)
		for _, id := range strings.Fields(from.ids) {
			if all[id] == nil {
				t.Fatalf("no chart %s of %s", id, from.run.Kind)
			}
			ids = append(ids, id)
			p.Sections[0].Parts = append(p.Sections[0].Parts, page.Part{Chart: all[id]})
		}
	}
	var html bytes.Buffer
	if err := page.Write(&html, p); err != nil {
		t.Fatal(err)
	}
	return html.Bytes(), ids
}

// TestInBrowser draws every kind of chart of this package, small and large, light and dark. With PICTURES set to a folder it
// leaves screenshots there to look at.
func TestInBrowser(t *testing.T) {
	reporttest.NeedECharts(t)
	html, ids := everyKind(t)
	b := reporttest.Open(t)
	for i, as := range []struct {
		width  int
		scheme string
	}{{360, "light"}, {1280, "dark"}, {360, "dark"}, {1280, "light"}} {
		b.Show(html, as.width, 800, as.scheme)
		for _, id := range ids {
			if i < 2 {
				b.CheckChart(id)
			}
		}
		// ECharts rounds the places of lines to two decimals unless told otherwise: 45 ms would be at 40 ms.
		if got := b.Eval(`(() => {
			const box = document.querySelector("[data-chart='trace-2-close']");
			const want = echarts.getInstanceByDom(box).convertToPixel({ xAxisIndex: 0 }, 0.045) + box.getBoundingClientRect().left;
			return [...box.querySelectorAll("svg path[stroke-dasharray]")].some((p) => Math.abs(p.getBoundingClientRect().left - want) < 1.5);
		})()`); got != "true" {
			t.Errorf("%v: the end of the request is not at 45 ms", as)
		}
		if got := b.Eval(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
			t.Errorf("%v: the page scrolls sideways", as)
		}
		if len(b.Console) > 0 {
			t.Errorf("%v: the console says: %.1000s", as, strings.Join(b.Console, "\n"))
		}
		if dir := os.Getenv("PICTURES"); dir != "" {
			b.Picture(filepath.Join(dir, fmt.Sprintf("current-%d-%s.png", as.width, as.scheme)))
		}
	}
}

// BenchmarkRun makes the charts of six traces of a million samples each.
func BenchmarkRun(b *testing.B) {
	f := dtimSweep(100)
	f.Levels = []string{"1", "2", "3", "4", "5", "6"}
	metrics := f.Metrics
	f.Metrics = func(level, repeat int) map[string]float64 { return metrics(level%3, repeat) }
	f.Amps = func(level int) []float32 { return beacons(float64(level+1), 100) }
	run := f.Run(b)
	s := reporttest.Summarize(b, run)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Run(s, run); err != nil {
			b.Fatal(err)
		}
	}
}
