package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/results"
)

func needECharts(t *testing.T) {
	t.Helper()
	if !HaveECharts() {
		t.Skip("asset/echarts.min.js is missing: run make echarts")
	}
}

// TestPageInBrowser opens the page as people do: small and large, light and
// dark. With PICTURES set to a folder it leaves screenshots there to look at.
func TestPageInBrowser(t *testing.T) {
	needECharts(t)
	html := render(t, syntheticRun(t))
	b := openTab(t)
	for _, width := range []int{360, 1280, 1920} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d-%s", width, scheme), func(t *testing.T) {
				b.console = nil
				b.show(html, width, 800, scheme)
				for _, id := range []string{"goodput", "stages", "latency"} {
					checkChart(t, b, id)
				}
				if got := b.eval(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
					t.Errorf("the page scrolls sideways: it is %s px wide", b.eval(`document.documentElement.scrollWidth`))
				}
				if len(b.console) > 0 {
					t.Errorf("the console says: %s", strings.Join(b.console, "\n"))
				}
				if dir := os.Getenv("PICTURES"); dir != "" {
					b.picture(filepath.Join(dir, fmt.Sprintf("%d-%s.png", width, scheme)))
				}
			})
		}
	}
}

// checkChart checks that a chart has drawn data and that its tooltip answers.
func checkChart(t *testing.T, b *tab, id string) {
	t.Helper()
	// Every series has a shape of its colour below the legend.
	bare := b.eval(`(() => {
		const box = document.getElementById("` + id + `");
		const chart = echarts.getInstanceByDom(box);
		const top = box.getBoundingClientRect().top + 40;
		const colours = new Set();
		for (const p of box.querySelectorAll("svg path")) {
			if (p.getBoundingClientRect().top > top) colours.add(p.getAttribute("fill")).add(p.getAttribute("stroke"));
		}
		const series = chart.getOption().series;
		return series.length ? series.filter((s, i) => !colours.has(chart.getVisual({ seriesIndex: i }, "color"))).map((s) => s.name).join() : "all";
	})()`)
	if bare != "" {
		t.Errorf("%s: nothing is drawn of %s", id, bare)
	}
	cut := b.eval(`(() => {
		const box = document.getElementById("` + id + `").getBoundingClientRect();
		const out = (r) => r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1;
		return [...document.querySelectorAll("#` + id + ` svg text")].filter((x) => x.getBoundingClientRect().top > box.top + 40 && out(x.getBoundingClientRect()))
			.map((x) => x.textContent).join("; ");
	})()`)
	if cut != "" {
		t.Errorf("%s: text is cut off: %s", id, cut)
	}
	answer := b.eval(`(() => {
		const chart = echarts.getInstanceByDom(document.getElementById("` + id + `"));
		const texts = () => document.querySelectorAll("#` + id + ` svg text").length;
		const before = texts();
		chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: 1 });
		return new Promise((done) => setTimeout(() => done(texts() - before), 300));
	})()`)
	if answer == "0" {
		t.Errorf("%s: no tooltip", id)
	}
	b.eval(`echarts.getInstanceByDom(document.getElementById("` + id + `")).dispatchAction({ type: "hideTip" })`)
}

// hostile is what a network, a module or a file may have for a name. None of it
// may run, fetch anything or break a chart.
var hostile = []string{
	`</script><script>document.title='PWNED'</script>`,
	`__f__function(){document.title='PWNED'}__f__`,
	`"><img src=x onerror="document.title='PWNED'">`,
	"\u202e\u2066gnp.exe\u2028\u2029\x00\x1b[2J",
	"__proto__", "interval", "mutedInk", "{{.}}", "${document.title='PWNED'}", `<!--`, `]]>`, "{b|c}",
}

func hostileRun(t *testing.T) *results.Run {
	t.Helper()
	run := syntheticRun(t)
	factor := hostile[0]
	run.Factors = append(run.Factors, factor)
	run.Identity["firmware"], run.Identity[hostile[2]] = hostile[1], hostile[0]
	for i, text := range hostile {
		run.Conditions[fmt.Sprintf("ssid%d", i)] = text
		run.Conditions[text] = text
	}
	run.Scenario = results.Document{Name: hostile[0], Title: strings.Join(hostile, " "), Text: strings.Join(hostile, "\n")}
	run.Rig = results.Document{Name: hostile[2], Text: strings.Join(hostile, "\n")}
	run.ID = hostile[0]
	rename := map[string]string{}
	for i := range run.Cases {
		c := &run.Cases[i]
		evil := hostile[i%len(hostile)]
		c.Factors[factor] = evil
		rename[c.Key] = c.Key + "/" + factor + "=" + evil
		c.Key = rename[c.Key]
	}
	for i := range run.Results {
		run.Results[i].Case = rename[run.Results[i].Case]
		if run.Results[i].Err != "" {
			run.Results[i].Err = strings.Join(hostile, " ")
		}
	}
	return run
}

func TestHostileNamesAreInert(t *testing.T) {
	needECharts(t)
	run := hostileRun(t)
	b := openTab(t)
	for _, width := range []int{360, 1280} {
		b.show(render(t, run), width, 800, "light")
		for _, id := range []string{"goodput", "stages", "latency"} {
			checkTooltips(t, b, id)
		}
		if got := b.eval("document.title"); got != "Emulated module: "+hostile[0]+" - st67bench report" {
			t.Errorf("the title became %q", got)
		}
		if got := b.eval(`document.querySelectorAll("img, iframe, object, embed, link").length + document.scripts.length`); got != "4" {
			t.Errorf("%s elements that could run or fetch; want the page's three scripts and the library", got)
		}
		if got := b.eval(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
			t.Errorf("%d px: a long name makes the page scroll sideways", width)
		}
		if len(b.console) > 0 {
			t.Errorf("the console says: %s", strings.Join(b.console, "\n"))
		}
	}
	if dir := os.Getenv("PICTURES"); dir != "" {
		b.picture(filepath.Join(dir, "hostile.png"))
	}
}

// checkTooltips shows the tooltip of every series.
func checkTooltips(t *testing.T, b *tab, id string) {
	t.Helper()
	b.eval(`(async () => {
		const chart = echarts.getInstanceByDom(document.getElementById("` + id + `"));
		for (let i = 0; i < chart.getOption().series.length; i++) {
			chart.dispatchAction({ type: "showTip", seriesIndex: i, dataIndex: 0 });
			await new Promise((done) => setTimeout(done, 50));
		}
	})()`)
}

// One chart that cannot be drawn says so in its place; the others are drawn.
func TestBrokenChartStandsAlone(t *testing.T) {
	needECharts(t)
	html := render(t, syntheticRun(t))
	broken := strings.Replace(string(html), `"formatter":"itemName"`, `"formatter":"nothing"`, 1)
	b := openTab(t)
	b.show([]byte(broken), 1280, 800, "light")
	if got := b.eval(`document.getElementById("goodput").textContent`); !strings.Contains(got, "could not be drawn (no function nothing)") {
		t.Errorf("the broken chart shows %q", got)
	}
	checkChart(t, b, "stages")
	checkChart(t, b, "latency")
	if len(b.console) != 1 {
		t.Errorf("%d messages on the console, want the one of the broken chart: %s", len(b.console), b.console)
	}
}

// Switching the system to dark repaints the charts that are open.
func TestSchemeFollowsTheSystem(t *testing.T) {
	needECharts(t)
	b := openTab(t)
	b.show(render(t, syntheticRun(t)), 1280, 800, "light")
	colour := `echarts.getInstanceByDom(document.getElementById("goodput")).getVisual({ seriesIndex: 0 }, "color") + getComputedStyle(document.body).backgroundColor`
	light := b.eval(colour)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	b.eval("new Promise((done) => setTimeout(done, 200))")
	if dark := b.eval(colour); light != "#0072b2rgb(255, 255, 255)" || dark != "#4ea8dergb(20, 23, 27)" {
		t.Errorf("light %s, dark %s", light, dark)
	}
}
