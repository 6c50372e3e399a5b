package report

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

// million is a run of 10^6 samples: 10 cases of 10 repeats of 10 000 sends.
func million(t testing.TB) *results.Run {
	t.Helper()
	run := results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true,
		Identity: map[string]string{"module": "ST67W611M1", "firmware": "2.0.106", "link": "uart", "baud": "2000000"},
		Scenario: results.Document{Name: "cipsend-size", Title: "How does upload goodput depend on the CIPSEND length?", Text: "name: cipsend-size\n"},
		Factors:  []string{"length"},
	}
	for _, n := range reporttest.Lengths {
		level := strconv.Itoa(n)
		run.Cases = append(run.Cases, results.CaseInfo{Key: "length=" + level, Factors: map[string]string{"length": level}})
	}
	w, err := results.Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(67, 6))
	for seq := range 100 {
		c := run.Cases[seq%10]
		r := results.Result{Seq: seq + 1, Boot: 1, Block: seq/10 + 1, Repeat: seq/10 + 1, Case: c.Key, Factors: c.Factors, Outcome: results.Pass}
		samples, err := w.Samples(r.Seq)
		if err != nil {
			t.Fatal(err)
		}
		now, base := 0.0, 1e-3+float64(reporttest.Lengths[seq%10])*5e-6
		for range 10_000 {
			latency := base + 1e-4*rng.ExpFloat64()
			samples.Add(results.Sample{Series: "send_latency", T: time.Duration(now * 1e9), V: latency})
			now += latency
		}
		if r.Samples, err = samples.Close(); err != nil {
			t.Fatal(err)
		}
		goodput := 8 * float64(reporttest.Lengths[seq%10]) * 10_000 / now
		r.Metrics = map[string]float64{"goodput": goodput, "sends": 10_000, "send_latency_p50": base + 0.7e-4, "send_latency_p99": base + 4.6e-4}
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := results.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// BenchmarkMillionSamples makes the page of a run of 10^6 samples. It is to take less than 2 s and 150 MiB,
// and the page is to be smaller than 3 MB.
func BenchmarkMillionSamples(b *testing.B) {
	reporttest.NeedECharts(b)
	run := million(b)
	s := reporttest.Summarize(b, run)
	runtime.GC()
	var size int
	peak := peakHeap(func() {
		for b.Loop() {
			p, err := RunPage(s, run)
			if err != nil {
				b.Fatal(err)
			}
			var text bytes.Buffer
			if err := page.Write(&text, p); err != nil {
				b.Fatal(err)
			}
			size = text.Len()
		}
	})
	b.ReportMetric(float64(peak)/(1<<20), "MiB-heap")
	b.ReportMetric(float64(size)/1e6, "MB-page")
}

// peakHeap is the most that the heap held while do ran, in bytes, looked at every millisecond.
func peakHeap(do func()) (peak uint64) {
	done, stopped := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		most := uint64(0)
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-done:
				stopped <- most
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	return <-stopped
}

// BenchmarkFirstChart opens that page in Chromium. Its first chart is to be seen within 1 s of page time; as machines
// differ, the ratio to a page with nothing but two points says more.
func BenchmarkFirstChart(b *testing.B) {
	reporttest.NeedECharts(b)
	run := million(b)
	full, err := RunPage(reporttest.Summarize(b, run), run)
	if err != nil {
		b.Fatal(err)
	}
	empty := &page.Page{Title: "empty", Sections: []page.Section{{ID: "charts", Title: "Charts", Parts: []page.Part{{Chart: &chart.Chart{
		ID: "empty", Title: "empty", Alt: "empty", Palette: chart.Distinct, Height: 300,
		Option: map[string]any{"xAxis": []any{map[string]any{"type": "value"}}, "yAxis": []any{map[string]any{"type": "value"}}, "series": []any{map[string]any{"type": "line", "data": []any{[]any{0, 0}, []any{1, 1}}}}},
	}}}}}}
	tab := reporttest.Open(b)
	tab.Window(1280, 800, "light")
	var ms [2]float64
	for b.Loop() {
		for i, p := range []*page.Page{full, empty} {
			var text bytes.Buffer
			if err := page.Write(&text, p); err != nil {
				b.Fatal(err)
			}
			tab.Load(text.Bytes())
			tab.Wait(`performance.getEntriesByType("mark").length > 0`)
			at, err := strconv.ParseFloat(tab.Eval(`performance.getEntriesByType("mark")[0].startTime`), 64)
			if err != nil {
				b.Fatal(err)
			}
			ms[i] += at
		}
	}
	b.ReportMetric(ms[0]/float64(b.N), "ms-first-chart")
	b.ReportMetric(ms[1]/float64(b.N), "ms-empty-page")
	b.ReportMetric(ms[0]/ms[1], "ratio")
}
