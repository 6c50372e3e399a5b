package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

// TestPageInBrowser opens the page as people do: small and large, light and
// dark. With PICTURES set to a folder it leaves screenshots there to look at.
func TestPageInBrowser(t *testing.T) {
	run := reporttest.Run(t)
	p, err := RunPage(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	inBrowser(t, "run", p)
}

// inBrowser looks at a page in windows of every size: every chart is drawn and answers, nothing scrolls
// sideways or complains, and nothing keeps people out who cannot see or point.
func inBrowser(t *testing.T, name string, p *page.Page) {
	t.Helper()
	reporttest.NeedECharts(t)
	var html bytes.Buffer
	if err := page.Write(&html, p); err != nil {
		t.Fatal(err)
	}
	b := reporttest.Open(t)
	for _, window := range []struct {
		width   int
		scheme  string
		closely bool
	}{{360, "dark", true}, {360, "light", false}, {1920, "light", true}, {1280, "dark", false}, {3840, "light", false}} {
		if window.closely {
			b.Show(html.Bytes(), window.width, 800, window.scheme)
			for _, c := range p.Charts() {
				if c.Option != nil {
					b.CheckChart(c.ID)
				}
			}
			b.Audit()
		} else {
			b.Resize(window.width, 800, window.scheme)
		}
		b.Quiet()
		if dir := os.Getenv("PICTURES"); dir != "" {
			b.Picture(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, window.width, window.scheme)))
		}
	}
	b.Window(703, 1000, "dark") // A4 between margins of 12 mm
	b.Paper("dark")
	b.Wait(`document.querySelectorAll(".chart svg[width='680']").length === document.querySelectorAll(".chart").length`)
	b.Quiet()
	if dir := os.Getenv("PICTURES"); dir != "" {
		b.Picture(filepath.Join(dir, name+"-paper.png"))
	}
}

func TestHostileNamesAreInert(t *testing.T) {
	reporttest.NeedECharts(t)
	run := reporttest.Hostile(t)
	b := reporttest.Open(t)
	for _, width := range []int{360, 1280} {
		b.Show(render(t, run), width, 800, "light")
		for _, id := range []string{"goodput", "stages", "latency"} {
			b.CheckTooltips(id)
		}
		if got := b.Eval("document.title"); got != "Emulated module: "+reporttest.Names[0]+" - st67bench report" {
			t.Errorf("the title became %q", got)
		}
		if got := b.Eval(`document.querySelectorAll("img, iframe, object, embed, link").length + document.scripts.length`); got != "4" {
			t.Errorf("%s elements that could run or fetch; want the page's three scripts and the library", got)
		}
		b.Quiet()
	}
	if dir := os.Getenv("PICTURES"); dir != "" {
		b.Picture(filepath.Join(dir, "hostile.png"))
	}
}

// One chart that cannot be drawn says so in its place; the others are drawn.
func TestBrokenChartStandsAlone(t *testing.T) {
	reporttest.NeedECharts(t)
	html := render(t, reporttest.Run(t))
	broken := strings.Replace(string(html), `"formatter":"itemName"`, `"formatter":"nothing"`, 1)
	b := reporttest.Open(t)
	b.Show([]byte(broken), 1280, 800, "light")
	if got := b.Eval(`document.querySelector("[data-chart=goodput]").textContent`); !strings.Contains(got, "could not be drawn (no function nothing)") {
		t.Errorf("the broken chart shows %q", got)
	}
	b.CheckChart("stages")
	b.CheckChart("latency")
	if len(b.Console) != 1 {
		t.Errorf("%d messages on the console, want the one of the broken chart: %s", len(b.Console), b.Console)
	}
}

// Switching the system to dark repaints the charts that are open.
func TestSchemeFollowsTheSystem(t *testing.T) {
	reporttest.NeedECharts(t)
	b := reporttest.Open(t)
	b.Show(render(t, reporttest.Run(t)), 1280, 800, "light")
	colour := `echarts.getInstanceByDom(document.querySelector("[data-chart=goodput]")).getVisual({ seriesIndex: 0 }, "color") + getComputedStyle(document.body).backgroundColor`
	light := b.Eval(colour)
	b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	b.Wait(`document.querySelectorAll(".chart[data-drawn]").length > 0 && !` + "(" + colour + `).startsWith("#0072b2")`)
	if dark := b.Eval(colour); light != "#0072b2rgb(255, 255, 255)" || dark != "#4ea8dergb(20, 23, 27)" {
		t.Errorf("light %s, dark %s", light, dark)
	}
}

var ofSends = regexp.MustCompile(`\b(a|each|one) send\b|\b[0-9]+ sends\b|send p50|How long a send`)

// Every family has a table that fits, a verdict, its noun, and charts; nothing of
// one workload is said of another.
func TestEveryFamily(t *testing.T) {
	for _, f := range reporttest.Families {
		t.Run(f.Kind, func(t *testing.T) {
			run := f.Run(t)
			s := reporttest.Summarize(t, run)
			var b strings.Builder
			if err := Text(&b, s, 0); err != nil {
				t.Fatal(err)
			}
			for _, want := range f.Want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%q is missing:\n%s", want, b.String())
				}
			}
			p, err := RunPage(s, run)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, c := range p.Charts() {
				ids = append(ids, c.ID)
			}
			if got := strings.Join(ids, " "); got != f.Charts {
				t.Errorf("charts %s, want %s", got, f.Charts)
			}
			var html strings.Builder // without the library, of which nobody reads
			if err := page.WriteWithoutLibrary(&html, p); err != nil {
				t.Fatal(err)
			}
			if f.Kind != "cipsend" && f.Kind != "cipsendl" && f.Kind != "soak" && f.Kind != "bidirectional" {
				if found := ofSends.FindString(b.String() + html.String()); found != "" {
					t.Errorf("the report speaks of sends: %q", found)
				}
			}
		})
	}
}

// TestFamiliesInBrowser draws the pages that have charts of every kind, each in
// another window; with PICTURES set the page of every family.
func TestFamiliesInBrowser(t *testing.T) {
	reporttest.NeedECharts(t)
	b := reporttest.Open(t)
	for i, f := range reporttest.Families {
		if os.Getenv("PICTURES") == "" && !slices.Contains([]string{"request-response", "cipsend", "bidirectional", "soak", "cipsendl", "idle"}, f.Kind) {
			continue
		}
		drawn(t, b, f.Kind, f.Run(t), []int{1280, 360}[i%2], []string{"light", "dark"}[i/2%2])
	}
	run := reporttest.Factors(t)
	for width, scheme := range map[int]string{360: "light", 1280: "dark"} {
		drawn(t, b, "factors", run, width, scheme)
	}
}

// drawn opens the page of a run and looks at every chart of it.
func drawn(t *testing.T, b *reporttest.Tab, kind string, run *results.Run, width int, scheme string) {
	t.Run(fmt.Sprintf("%s-%d-%s", kind, width, scheme), func(t *testing.T) {
		p, err := RunPage(reporttest.Summarize(t, run), run)
		if err != nil {
			t.Fatal(err)
		}
		b.Show(render(t, run), width, 800, scheme)
		for _, c := range p.Charts() {
			b.CheckChart(c.ID)
		}
		b.Quiet()
		if dir := os.Getenv("PICTURES"); dir != "" {
			b.Picture(filepath.Join(dir, fmt.Sprintf("family-%s-%d-%s.png", kind, width, scheme)))
		}
	})
}
