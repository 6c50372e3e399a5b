package report

import (
	"bytes"
	"encoding/json"
	"html"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

func sidesOf(t testing.TB, runs ...*results.Run) *Sides {
	t.Helper()
	var all []*analysis.Summary
	for _, run := range runs {
		all = append(all, reporttest.Summarize(t, run))
	}
	v, err := NewSides(all, runs)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func renderSides(t testing.TB, v *Sides) []byte {
	t.Helper()
	var b bytes.Buffer
	p, err := v.Page()
	if err != nil {
		t.Fatal(err)
	}
	if page.HaveECharts() {
		err = page.Write(&b, p)
	} else {
		err = page.WriteWithoutLibrary(&b, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSidesText(t *testing.T) {
	uart, spi := reporttest.Run(t), reporttest.SPI(t)
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
	if err := sidesOf(t, reporttest.Run(t), reporttest.SPI(t)).JSON(&b); err != nil {
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
	uart, spi := reporttest.Run(t), reporttest.SPI(t)
	text := html.UnescapeString(string(renderSides(t, sidesOf(t, uart, spi))))
	for _, want := range []string{
		"<title>Emulated module: 2 runs side by side", "EMULATED MODULE: the figures of " + uart.ID + " are the emulator's",
		"Run 2: highest goodput 15.4 Mbit/s", "What was measured (emulated module in part)", "Goodput of the second run is 10 times the first's", "Run 1: uart 2000000 baud (emulated), ", `<th scope="row">length 64 B, run 2</th>`,
		"Cases (emulated module in part)</h2>", `<th scope="row" class="number">6144</th><td class="number">1.54 Mbit/s ±`, `<td class="number">97 %</td><td class="number">15.4 Mbit/s ±`,
		`<td class="number unsure">REFUSED</td><td class="number"></td><td class="number unsure">REFUSED</td>`,
		`<tr class="marked"><th scope="row">link</th><td>uart</td><td>spi</td>`, `<tr><th scope="row">firmware</th><td>2.0.106</td><td>2.0.106</td>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// Runs that are not about goodput stand side by side by what they are about.
func TestSidesOfLatency(t *testing.T) {
	var f reporttest.Family
	for _, one := range reporttest.Families {
		if one.Kind == "ping" {
			f = one
		}
	}
	v := sidesOf(t, f.Run(t), f.Run(t))
	all, err := v.MetricCharts()
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	c := all[0]
	if c.ID != "rtt-p50" || c.Title != "Round trip p50 is the same in all runs, in 3 common cases" || len(c.Table.Rows) != 6 {
		t.Errorf("%s, %q, %d rows", c.ID, c.Title, len(c.Table.Rows))
	}
	text := html.UnescapeString(string(renderSides(t, v)))
	for _, want := range []string{`<th scope="col" class="number">round trip, `, ": 3 of 3 cases measured; round trip p50 "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestSidesInBrowser opens the page as TestPageInBrowser does.
func TestSidesInBrowser(t *testing.T) {
	v := sidesOf(t, reporttest.Run(t), reporttest.SPI(t))
	p, err := v.Page()
	if err != nil {
		t.Fatal(err)
	}
	inBrowser(t, "sides", p)
	b := reporttest.Open(t)
	b.Show(renderSides(t, v), 1280, 800, "light")
	colours := b.Eval(`(() => {
		const chart = echarts.getInstanceByDom(document.querySelector("[data-chart=goodput]"));
		const of = {};
		chart.getOption().series.forEach((s, i) => (of[s.name] ??= new Set()).add(chart.getVisual({ seriesIndex: i }, "color")));
		return Object.values(of).map((c) => c.size).join() + " of " + new Set(Object.values(of).flatMap((c) => [...c])).size;
	})()`)
	if colours != "1,1 of 2" {
		t.Errorf("colours of each run: %s, want one each of two", colours)
	}
}

func TestSidesOfHostileNames(t *testing.T) {
	run := reporttest.Hostile(t)
	run.Identity["link"], run.Identity["speed"] = reporttest.Names[0], reporttest.Names[2]
	v := sidesOf(t, run, reporttest.Hostile(t))
	text := renderSides(t, v)
	if n := bytes.Count(text, []byte("<script")); n != 3 {
		t.Errorf("%d script elements, want options, library and page script", n)
	}
	reporttest.NeedECharts(t)
	b := reporttest.Open(t)
	b.Show(text, 1280, 800, "light")
	for _, id := range []string{"goodput", "stages", "latency-1"} {
		b.CheckTooltips(id)
	}
	if got := b.Eval("document.title"); got != "Emulated module: 2 runs side by side - st67bench report" {
		t.Errorf("the title became %q", got)
	}
	if got := b.Eval(`document.querySelectorAll("img, iframe, object, embed, link").length + document.scripts.length`); got != "4" {
		t.Errorf("%s elements that could run or fetch; want the page's three scripts and the library", got)
	}
	b.Quiet()
}
