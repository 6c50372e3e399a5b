package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/results"
)

// spiRun is syntheticRun over a link that is ten times as fast, so that goodput
// and ceiling are ten times those of the other, and the shares are the same.
func spiRun(t testing.TB) *results.Run {
	t.Helper()
	run := writeRun(t, results.Run{
		Start: time.Date(2026, 11, 22, 19, 15, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67,
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "spi", "speed": "20000000", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-52", "channel": "6", "spi_driver": "spi-bcm2835"},
		Scenario:   results.Document{Name: "cipsend-size", Title: "How does upload goodput depend on the CIPSEND length?", Text: "name: cipsend-size\n"},
		Rig:        results.Document{Name: "bench-b", Text: "module: spi:/dev/spidev0.0\n"},
		Factors:    []string{"length"},
	})
	for _, r := range run.Results {
		for name := range r.Metrics {
			switch {
			case name == "goodput" || name == "ceiling":
				r.Metrics[name] *= 10
			case strings.HasPrefix(name, "stage_") || strings.HasPrefix(name, "send_latency"):
				r.Metrics[name] /= 10
			}
		}
	}
	return run
}

func sidesOf(t testing.TB, runs ...*results.Run) *Sides {
	t.Helper()
	var all []*analysis.Summary
	for _, run := range runs {
		all = append(all, summarize(t, run))
	}
	v, err := NewSides(all)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func renderSides(t testing.TB, v *Sides) []byte {
	t.Helper()
	var b bytes.Buffer
	err := v.HTML(&b)
	if errors.Is(err, ErrNoECharts) {
		err = v.writePage(&b, "none")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSidesText(t *testing.T) {
	uart, spi := syntheticRun(t), spiRun(t)
	var b bytes.Buffer
	if err := sidesOf(t, uart, spi).Text(&b, 0); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"run       uart 2000000 baud (emulated), " + uart.ID + "\nrig       EMULATED MODULE", "\nrun       spi 20 MHz, " + spi.ID + "\nrig       bench-b: spi",
		"\nuart 2000000 baud (emulated), " + uart.ID + ": highest goodput 1.54 Mbit/s at length 6144, 97 % of its ceiling of 1.59 Mbit/s\n" +
			"spi 20 MHz, " + spi.ID + ": highest goodput 15.4 Mbit/s at length 6144, 97 % of its ceiling of 15.9 Mbit/s\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "length  goodput"); n != 2 {
		t.Errorf("%d tables, want one per run", n)
	}
}

func TestSidesJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sidesOf(t, syntheticRun(t), spiRun(t)).JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Schema   int
		Emulated bool
		Identity map[string]string
		Cases    []json.RawMessage
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Schema != 1 || !got[0].Emulated || got[1].Emulated || got[1].Identity["link"] != "spi" || len(got[1].Cases) != 10 {
		t.Errorf("%+v", got)
	}
}

func TestSidesPage(t *testing.T) {
	uart, spi := syntheticRun(t), spiRun(t)
	page := html.UnescapeString(string(renderSides(t, sidesOf(t, uart, spi))))
	for _, want := range []string{
		"<title>Emulated module: 2 runs side by side", "EMULATED MODULE: the figures of " + uart.ID + " are the emulator's",
		"spi 20 MHz: highest goodput 15.4 Mbit/s", "Goodput against length (emulated module in part)", "Where the time of an exchange goes: uart 2000000 baud (emulated), ",
		"Where the time of an exchange goes: spi 20 MHz", "Cases (emulated module in part)</h2>", "<td>6144</td><td>1.54 Mbit/s ±", "<td>97 %</td><td>15.4 Mbit/s ±", "<td>REFUSED</td><td></td><td>REFUSED</td>",
		`<th scope="row">link</th><td><strong>uart</strong></td><td><strong>spi</strong></td>`, `<th scope="row">firmware</th><td>2.0.106</td><td>2.0.106</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// Each run has a line, intervals and a dashed ceiling of one name, which is what gives them one colour.
func TestSidesChart(t *testing.T) {
	v := sidesOf(t, syntheticRun(t), spiRun(t))
	c, err := v.primaryChart()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, s := range c.option["series"].([]any) {
		series := s.(map[string]any)
		count[fmt.Sprint(series["type"], " ", series["name"])]++
	}
	for _, r := range v.runs {
		if count["line "+r.label()] != 2 || count["custom "+r.label()] != 1 {
			t.Errorf("%s: series %v", r.label(), count)
		}
	}
	if y := c.option["yAxis"].([]any)[0].(map[string]any)["type"]; y != "log" {
		t.Errorf("y axis %v of runs that are ten times apart", y)
	}
	if len(c.table.Rows) != 20 {
		t.Errorf("%d rows of data, want 10 per run", len(c.table.Rows))
	}
	twice := sidesOf(t, syntheticRun(t), syntheticRun(t))
	c, err = twice.primaryChart()
	if err != nil {
		t.Fatal(err)
	}
	if y := c.option["yAxis"].([]any)[0].(map[string]any)["type"]; y != "value" {
		t.Errorf("y axis %v of equal runs", y)
	}
	if a, b := twice.runs[0].label(), twice.runs[1].label(); a == b {
		t.Errorf("two runs are both called %s", a)
	}
}

// Runs that are not about goodput stand side by side by what they are about.
func TestSidesOfLatency(t *testing.T) {
	var f family
	for _, one := range families {
		if one.kind == "ping" {
			f = one
		}
	}
	v := sidesOf(t, f.run(t), f.run(t))
	c, err := v.primaryChart()
	if err != nil {
		t.Fatal(err)
	}
	if c.id != "rtt" || c.title != "Round trip against length (emulated module)" || len(c.table.Rows) != 6 {
		t.Errorf("%s, %q, %d rows", c.id, c.title, len(c.table.Rows))
	}
	page := html.UnescapeString(string(renderSides(t, v)))
	for _, want := range []string{`<th scope="col">round trip</th>`, ": 3 of 3 cases measured; round trip p50 "} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestSidesAxis(t *testing.T) {
	sweep := summaryOf([]string{"links", "length"}, [2][]string{{"1", "3", "5"}, {"64", "512"}})
	sweep.Scenario = "parallel"
	other := summaryOf([]string{"length", "wait"}, [2][]string{{"512", "100"}, {"recv", "final"}})
	v, err := NewSides([]*analysis.Summary{sweep, other})
	if err != nil || v.axis != "length" || strings.Join(v.levels(), " ") != "64 100 512" {
		t.Fatalf("%+v, %v; want the factor of both, its levels in order", v, err)
	}
	if got := v.lines(true); len(got) != 5 || len(got[0].ceiling.points) == 0 || len(got[1].ceiling.points) != 0 {
		t.Errorf("%d lines, want 3 and 2, and one ceiling for the lines of a run that share it", len(got))
	}
	flow := summaryOf([]string{"flow", "baud"}, [2][]string{{"none"}, {"9600"}})
	flow.Scenario = "uart-flow"
	_, err = NewSides([]*analysis.Summary{sweep, flow})
	if err == nil || !strings.Contains(err.Error(), "parallel (sweeps links, length), uart-flow (sweeps flow, baud)") {
		t.Errorf("no common factor: %v", err)
	}
	sweep.Factors, flow.Factors = nil, nil
	if _, err := NewSides([]*analysis.Summary{sweep, flow}); err == nil {
		t.Error("two scenarios without a sweep stand side by side")
	}
	flow.Scenario = sweep.Scenario
	if v, err := NewSides([]*analysis.Summary{sweep, flow}); err != nil || v.axis != "case" {
		t.Errorf("one scenario without a sweep: %+v, %v", v, err)
	}
}

// TestSidesInBrowser opens the page as TestPageInBrowser does.
func TestSidesInBrowser(t *testing.T) {
	needECharts(t)
	v := sidesOf(t, syntheticRun(t), spiRun(t))
	b := openTab(t)
	for _, width := range []int{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.console = nil
			b.show(renderSides(t, v), width, 800, scheme)
			for _, id := range []string{"goodput", "stages-1", "stages-2"} {
				checkChart(t, b, id)
			}
			colours := b.eval(`(() => {
				const chart = echarts.getInstanceByDom(document.getElementById("goodput"));
				const of = {};
				chart.getOption().series.forEach((s, i) => (of[s.name] ??= new Set()).add(chart.getVisual({ seriesIndex: i }, "color")));
				return Object.values(of).map((c) => c.size).join() + " of " + new Set(Object.values(of).flatMap((c) => [...c])).size;
			})()`)
			if colours != "1,1 of 2" {
				t.Errorf("colours of each run: %s, want one each of two", colours)
			}
			if got := b.eval(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
				t.Errorf("%d px: the page scrolls sideways", width)
			}
			if len(b.console) > 0 {
				t.Errorf("the console says: %s", strings.Join(b.console, "\n"))
			}
			if dir := os.Getenv("PICTURES"); dir != "" {
				b.picture(filepath.Join(dir, fmt.Sprintf("sides-%d-%s.png", width, scheme)))
			}
		}
	}
}

func TestSidesOfHostileNames(t *testing.T) {
	run := hostileRun(t)
	run.Identity["link"], run.Identity["speed"] = hostile[0], hostile[2]
	v := sidesOf(t, run, hostileRun(t))
	page := renderSides(t, v)
	if n := bytes.Count(page, []byte("<script")); n != 3 {
		t.Errorf("%d script elements, want options, library and page script", n)
	}
	needECharts(t)
	b := openTab(t)
	b.show(page, 1280, 800, "light")
	for _, id := range []string{"goodput", "stages-1", "stages-2"} {
		checkTooltips(t, b, id)
	}
	if got := b.eval("document.title"); got != "Emulated module: 2 runs side by side - st67bench report" {
		t.Errorf("the title became %q", got)
	}
	if got := b.eval(`document.querySelectorAll("img, iframe, object, embed, link").length + document.scripts.length`); got != "4" {
		t.Errorf("%s elements that could run or fetch; want the page's three scripts and the library", got)
	}
	if len(b.console) > 0 {
		t.Errorf("the console says: %s", strings.Join(b.console, "\n"))
	}
}
