package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/reporttest"
	"st67bench/analysis/stats"
	"st67bench/analysis/tune"
	"st67bench/results"
)

// chartsOf are the charts of a run by their IDs.
func chartsOf(t testing.TB, run *results.Run) map[string]*chart.Chart {
	t.Helper()
	groups, err := Run(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*chart.Chart{}
	for _, g := range groups {
		for _, c := range g.Charts {
			if out[c.ID] != nil {
				t.Errorf("two charts are called %s", c.ID)
			}
			out[c.ID] = c
		}
	}
	return out
}

// Every chart says what it shows, of how much, from where, how to read it, and what it is for who cannot see it; its table is whole.
func TestEveryChartSaysWhatItIs(t *testing.T) {
	runs := []*results.Run{reporttest.Factors(t), reporttest.Run(t)}
	for _, f := range reporttest.Families {
		runs = append(runs, f.Run(t))
	}
	for _, run := range runs {
		for id, c := range chartsOf(t, run) {
			where := run.Scenario.Name + ", " + id
			if n := len([]rune(c.Title)); n == 0 || n > chart.MostTitle {
				t.Errorf("%s: a title of %d characters: %q", where, n, c.Title)
			}
			for _, name := range emptyNames(c.Option) {
				t.Errorf("%s: nothing is drawn of %q, which the legend has", where, name)
			}
			if b := c.Basis; b.Unit == "" || b.N == "" || b.Source == "" {
				t.Errorf("%s: %+v", where, b)
			}
			if !strings.HasSuffix(c.HowTo, ".") || !strings.HasPrefix(c.Alt, c.Title) || strings.ContainsAny(c.ID, "_ABC") {
				t.Errorf("%s: %q, %q", where, c.HowTo, c.Alt)
			}
			for _, row := range c.Table.Rows {
				if len(row) != len(c.Table.Head) {
					t.Errorf("%s: a row of %d cells under %d heads", where, len(row), len(c.Table.Head))
				}
			}
			if text := strings.Join(append(c.Basis.Lines(), c.Title, c.HowTo), " "); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "%!") {
				t.Errorf("%s: %s", where, text)
			}
		}
	}
}

// sweep has a case per level with this median of a metric.
func sweep(factor, metric string, levels []string, medians []float64) *analysis.Summary {
	s := &analysis.Summary{Factors: []string{factor}, Event: "send"}
	for i, l := range levels {
		s.Cases = append(s.Cases, analysis.Case{Key: factor + "=" + l, Measured: 7, Outcome: results.Pass, Factors: map[string]string{factor: l},
			Metrics: map[string]analysis.Stat{metric: {N: 7, Of: "repeats", Median: medians[i], Min: medians[i], Max: medians[i]}}})
	}
	return s
}

// What a title says is what the medians do.
func TestClaims(t *testing.T) {
	lengths := []string{"64", "512", "2920"}
	for _, one := range []struct {
		s    *analysis.Summary
		m    metricPlot
		want string
	}{
		{sweep("length", "goodput", lengths, []float64{5e5, 9e5, 1.4e6}), primaryPlot("goodput"), "Goodput rises with length: 500 kbit/s at 64 B to 1.40 Mbit/s at 2920 B"},
		{sweep("length", "goodput", lengths, []float64{1.4e6, 9e5, 5e5}), primaryPlot("goodput"), "Goodput falls with length: 1.40 Mbit/s at 64 B to 500 kbit/s at 2920 B"},
		{sweep("length", "goodput", lengths, []float64{5e5, 1.4e6, 9e5}), primaryPlot("goodput"), "Goodput is highest at length 512 B: 1.40 Mbit/s; lowest is 500 kbit/s at 64 B"},
		{sweep("length", "goodput", lengths, []float64{1e6, 1.01e6, 1.005e6}), primaryPlot("goodput"), "Goodput hardly depends on length: 1.00 Mbit/s to 1.01 Mbit/s"},
		{sweep("length", "rtt_p50", lengths, []float64{0.02, 0.01, 0.03}), primaryPlot("rtt_p50"), "Round trip p50 is lowest at length 512 B: 10.0 ms; highest is 30.0 ms at 2920 B"},
		{sweep("flow", "goodput", []string{"none", "rtscts"}, []float64{1e6, 2e6}), primaryPlot("goodput"), "Goodput is highest at flow rtscts: 2.00 Mbit/s; lowest at flow none: 1.00 Mbit/s"},
		{sweep("rate", "datagram_loss", []string{"1000000", "1400000", "2000000"}, []float64{0, 0, 0.27}), metricPlot{"lost", "share lost", []measure{{"datagram_loss", "lost"}}},
			"Loss begins above 1.40 Mbit/s offered: 27 % at 2.00 Mbit/s"},
		{sweep("rate", "datagram_loss", []string{"1000000", "1400000", "2000000"}, []float64{0, 0.1, 0.27}), metricPlot{"lost", "share lost", []measure{{"datagram_loss", "lost"}}},
			"Loss begins above 1.00 Mbit/s offered: 10 % at 1.40 Mbit/s; 27 % at 2.00 Mbit/s"},
		{sweep("rate", "datagram_loss", []string{"1000000", "2000000"}, []float64{0.1, 0.27}), metricPlot{"lost", "share lost", []measure{{"datagram_loss", "lost"}}},
			"From 10 % to 27 % of the datagrams are lost, least at rate 1.00 Mbit/s, most at rate 2.00 Mbit/s"},
	} {
		all, err := one.m.charts(one.s)
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		if all[0].Title != one.want {
			t.Errorf("%q, want %q", all[0].Title, one.want)
		}
	}
}

// 3 links x 3 waits x 3 flows over 4 lengths are 27 lines: three charts of nine lines by links, or by the first factor that does not do;
// with two flows there are 6 a chart. All share an axis.
func TestPanels(t *testing.T) {
	s := &analysis.Summary{Factors: []string{"links", "length", "flow", "wait"}, Event: "send"}
	for _, links := range []string{"1", "3"} {
		for _, length := range []string{"64", "512", "1460", "2920"} {
			for _, flow := range []string{"none", "rtscts", "xon"} {
				for _, wait := range []string{"final", "recv"} {
					f := map[string]string{"links": links, "length": length, "flow": flow, "wait": wait}
					s.Cases = append(s.Cases, analysis.Case{Key: links + length + flow + wait, Factors: f, Measured: 1, Metrics: map[string]analysis.Stat{"goodput": {N: 1, Median: float64(len(s.Cases)+1) * 1e4}}})
				}
			}
		}
	}
	all, err := primaryPlot("goodput").charts(s)
	if err != nil {
		t.Fatal(err)
	}
	if ids(all) != "goodput goodput-2" || !strings.HasPrefix(all[0].Title, "links 1: ") {
		t.Fatalf("%s, %q", ids(all), all[0].Title)
	}
	for _, c := range all {
		if n := len(c.Option["series"].([]any)); n > chart.PaletteLen {
			t.Errorf("%d lines", n)
		}
	}
}

// The quartiles, whiskers and outliers of R 4.2.2, boxplot.stats(x): of an odd number of values its hinges are the type 7 quartiles.
// And of an even number, quantile(y, type = 7) and the range of what is within 1.5 IQR of them.
func TestBoxAgainstR(t *testing.T) {
	x := []float64{1.2, 1.3, 1.1, 1.4, 1.25, 1.35, 1.28, 1.31, 9.5, 0.2, 1.33, 1.27, 1.22}
	b := boxOf(slices.Sorted(slices.Values(x)))
	if b.five != [5]float64{1.10, 1.22, 1.28, 1.33, 1.40} || !slices.Equal(b.outliers, []float64{0.2, 9.5}) {
		t.Errorf("%+v", b)
	}
	b = boxOf([]float64{2, 4, 4, 5, 7, 9, 10, 30})
	if b.five != [5]float64{2, 4, 6, 9.25, 10} || !slices.Equal(b.outliers, []float64{30}) {
		t.Errorf("%+v", b)
	}
	// A whisker never ends inside of its box: Q1 is 75 here, and the farthest value within 37.5 of it is 100.
	if b = boxOf([]float64{0, 100, 100, 100}); b.five != [5]float64{75, 75, 100, 100, 100} || !slices.Equal(b.outliers, []float64{0}) {
		t.Errorf("%+v", b)
	}
}

// A curve ends at the quantile that stats.Needs lets its values carry, and its points are R's quantile(z, type = 7) of (1:200)^2/1000:
// 10.1005 at 50 %, 32.4361 at 90 %, 36.11905 at 95 %.
func TestPercentileCurve(t *testing.T) {
	for _, q := range []float64{0.9, 0.99, 0.999} {
		n := stats.Needs(q)
		if few, enough := carried(n-1), carried(n); few >= 1/(1-q) || enough < 1/(1-q) {
			t.Errorf("%d values carry 1 in %g, one less 1 in %g; want %g between", n, enough, few, 1/(1-q))
		}
	}
	var z []float64
	for i := range 200 {
		z = append(z, float64((i+1)*(i+1))/1000)
	}
	for _, p := range percentileCurve(z) {
		x, v := height(p.Value, 0), height(p.Value, 1)
		for _, known := range []struct{ x, v float64 }{{2, 10.1005}, {10, 32.4361}, {20, 36.11905}} {
			if x <= known.x == (v > known.v*1.001) && math.Abs(x/known.x-1) > 0.01 {
				t.Errorf("1 in %g is %g; 1 in %g is %g", x, v, known.x, known.v)
			}
		}
	}
}

// Boots are marked between the repeats that they part; repeats are seen against their own case, so that levels do not matter.
func TestOrder(t *testing.T) {
	run := reporttest.Factors(t)
	c := chartsOf(t, run)["order"]
	series := c.Option["series"].([]any)[0].(map[string]any)
	lines := series["markLine"].(map[string]any)["data"].([]any)
	if len(lines) != 2 || lines[0].(map[string]any)["name"] != "boot 2" {
		t.Errorf("%v", lines)
	}
	if !strings.HasPrefix(c.Title, "No drift of goodput is seen over the run: ") || len(c.Table.Rows) != 9 {
		t.Errorf("%q, %d blocks", c.Title, len(c.Table.Rows))
	}
	for _, r := range run.Results { // 10 % from the first repeat to the last, which began 138.6 s later
		r.Metrics["goodput"] *= 1 - 0.1*float64(r.Seq-1)/float64(len(run.Results)-1)
	}
	if c := chartsOf(t, run)["order"]; !strings.HasPrefix(c.Title, "Goodput drifts over the run by -10 % [-1") {
		t.Errorf("%q", c.Title)
	}
}

// What is computed and hardly spreads is not told with more digits than mean something, and its axis does not magnify it.
func TestOrderOfWhatHoldsStill(t *testing.T) {
	run := reporttest.Factors(t)
	for i, r := range run.Results {
		r.Metrics["goodput"] = 1e6 * (1 + 1e-8*float64(i*i%7))
	}
	c := chartsOf(t, run)["order"]
	if want := "No drift of goodput is seen over the run: it is less than 0.01 %; 95 % within ±0.01 % of their case"; c.Title != want {
		t.Errorf("%q, want %q", c.Title, want)
	}
	y := c.Option["yAxis"].([]any)[0].(map[string]any)
	if y["min"] != -leastSpan || y["max"] != leastSpan {
		t.Errorf("the axis is from %v to %v", y["min"], y["max"])
	}
	if cell := c.Table.Rows[0][4]; cell != "0.00 %" && cell != "0 %" {
		t.Errorf("the table has %q", cell)
	}
}

// What was marked in a repeat stands in its course: what lasts as a shade, an instant as a line; start and end are the axis.
func TestMarks(t *testing.T) {
	c := chartsOf(t, reporttest.Factors(t))["course-goodput"]
	series := c.Option["series"].([]any)[0].(map[string]any)
	areas := series["markArea"].(map[string]any)["data"].([]any)
	lines := series["markLine"].(map[string]any)["data"].([]any)
	area := areas[0].([]any)
	if len(areas) != 1 || len(lines) != 1 || area[0].(map[string]any)["xAxis"] != 0.4 || area[1].(map[string]any)["xAxis"] != 0.6 || lines[0].(map[string]any)["xAxis"] != 0.65 {
		t.Errorf("%v, %v", areas, lines)
	}
	if !strings.Contains(c.Title, "it is 0 for a while") {
		t.Errorf("%q", c.Title)
	}
}

// emptyNames are the names in a legend of which no series has data.
func emptyNames(option map[string]any) (out []string) {
	legend, _ := option["legend"].(map[string]any)
	names, _ := legend["data"].([]any)
	for _, name := range names {
		if withIcon, ok := name.(map[string]any); ok {
			name = withIcon["name"]
		}
		if !slices.ContainsFunc(option["series"].([]any), func(one any) bool {
			series := one.(map[string]any)
			data, _ := series["data"].([]any)
			return series["name"] == name && len(data) > 0
		}) {
			out = append(out, name.(string))
		}
	}
	return out
}

// Cases on a front of three objectives need not trade the first for each of the others.
func TestTradeClaim(t *testing.T) {
	energy, _ := results.LookupMetric("energy_per_bit")
	goodput, _ := results.LookupMetric("goodput")
	of := func(y float64) traded {
		return traded{Member: tune.Member{Membership: 1, Metrics: map[string]float64{"goodput": 1e5 * y, "energy_per_bit": 2e-6}}}
	}
	for least, want := range map[float64]string{
		1e-6: "2 of 2 cases trade goodput for energy per bit: 6 times the one comes with 2 times the other",
		4e-6: "Goodput and energy per bit get better together in 2 of 2 cases: 6 times the one comes with 0.5 times the other",
	} {
		low, high := of(1), of(6)
		low.Metrics["energy_per_bit"] = least
		if got := (trade{x: goodput, y: energy, cases: []traded{low, high}}).claim(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
