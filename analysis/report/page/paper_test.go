package page_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
)

// The reader's choice of colours holds against the system's, also where the page may store nothing.
func TestSchemeIsTheReadersChoice(t *testing.T) {
	b := reporttest.Open(t)
	b.Call("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": `Object.defineProperty(window, "localStorage", { get() { throw new Error("forbidden"); } })`}, nil)
	b.Show(hills(t, "hill", 1), 1000, 700, "light")
	const colours = `getComputedStyle(document.body).backgroundColor + echarts.getInstanceByDom(document.querySelector(".chart")).getVisual({ seriesIndex: 0 }, "color")`
	light := b.Eval(colours)
	const choose = `(() => { const s = document.querySelector("#scheme"); s.value = "dark"; s.dispatchEvent(new Event("change")); })()`
	b.Eval(choose)
	if dark := b.Eval(colours); light != "rgb(255, 255, 255)#0072b2" || dark != "rgb(20, 23, 27)#4ea8de" {
		t.Errorf("light %s, dark %s", light, dark)
	}
	b.Quiet()
}

// On paper every chart is whole, also those that nobody has scrolled to, light, and without data tables.
func TestPaper(t *testing.T) {
	b := reporttest.Open(t)
	b.Window(703, 1000, "dark") // A4 between margins of 12 mm
	b.Load(hills(t, "hill", 8))
	b.Eval(`st67page.ready.then(() => { document.querySelector("details.data").open = true; })`)
	b.Paper("dark")
	b.Wait(`document.querySelectorAll(".chart[data-drawn] svg").length === 8`)
	if got := b.Eval(`[getComputedStyle(document.body).backgroundColor, document.querySelectorAll("details[open]").length,
		echarts.getInstanceByDom(document.querySelector(".chart")).getVisual({ seriesIndex: 0 }, "color")].join("; ")`); got != "rgb(255, 255, 255); 0; #0072b2" {
		t.Errorf("ground, open tables and colour on paper: %s", got)
	}
	if got := b.Eval(`[...document.querySelectorAll(".chart svg")].filter((s) => { const r = s.getBoundingClientRect(), f = s.closest("figure").getBoundingClientRect();
		return r.right > innerWidth || r.width < 600 || r.height < 250 || r.bottom > f.bottom || getComputedStyle(s.closest("figure")).breakInside !== "avoid"; }).length`); got != "0" {
		t.Errorf("%s charts are cut", got)
	}
	pdf := struct{ Data string }{}
	b.Call("Page.printToPDF", map[string]any{"printBackground": true, "preferCSSPageSize": true}, &pdf)
	text, err := base64.StdEncoding.DecodeString(pdf.Data)
	if err != nil || !bytes.HasPrefix(text, []byte("%PDF")) {
		t.Fatalf("no PDF: %v", err)
	}
	if dir := os.Getenv("PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "paper.pdf"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b.Window(703, 1000, "dark")
	b.Wait(`document.querySelectorAll("details[open]").length === 1`)
	if got := b.Eval(`echarts.getInstanceByDom(document.querySelector(".chart")).getVisual({ seriesIndex: 0 }, "color")`); got != "#4ea8de" {
		t.Errorf("after printing, the charts are %s", got)
	}
	b.Quiet()
}

// Without the library, and without scripts, the data can be read.
func TestWithoutDrawing(t *testing.T) {
	b := reporttest.Open(t)
	var text bytes.Buffer
	p := &page.Page{Title: "hill", Sections: []page.Section{{ID: "hills", Title: "Hills", Parts: []page.Part{{Chart: hill("hill", "hill")}}}}}
	if err := page.WriteWithoutLibrary(&text, p); err != nil {
		t.Fatal(err)
	}
	b.Show(text.Bytes(), 1000, 700, "light")
	if got := b.Eval(`document.querySelector(".chart").textContent + document.querySelector("details").open + document.querySelectorAll("button").length`); !strings.HasPrefix(got, "The charting library did not load (") || !strings.HasSuffix(got, "true0") {
		t.Errorf("without the library: %q", got)
	}
	if len(b.Console) != 1 {
		t.Errorf("%d messages, want the one of the library: %s", len(b.Console), b.Console)
	}
	b.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.Load(text.Bytes())
	if got := b.Eval(`[...document.querySelectorAll("noscript p, summary")].map((e) => e.checkVisibility()).join()`); got != "true,true" {
		t.Errorf("what to do without scripts, and the data, are visible: %s", got)
	}
}
