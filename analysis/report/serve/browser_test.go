package serve

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

// TestInBrowser does what people do: filter, open, compare, follow a history, watch a run. With PICTURES set to a folder it
// leaves screenshots there to look at.
func TestInBrowser(t *testing.T) {
	reporttest.NeedECharts(t)
	dir := t.TempDir()
	many(t, dir, 24)
	w := running(t, dir)
	name := filepath.Base(w.Dir())
	web := httptest.NewServer(server(t, dir, nil))
	defer web.Close()
	b := reporttest.OpenServed(t, web.URL)
	b.Window(1280, 900, "light")
	picture := func(of string) {
		if to := os.Getenv("PICTURES"); to != "" {
			b.Picture(filepath.Join(to, of+".png"))
		}
	}
	open := func(target string) {
		t.Helper()
		b.Call("Page.navigate", map[string]any{"url": web.URL + target}, nil)
		b.Wait(`document.readyState === "complete" && location.href === ` + fmt.Sprintf("%q", web.URL+target))
	}
	// everywhere looks at a page small and large, light and dark. The audit takes long, and finds the same in between.
	everywhere := func(of string) {
		t.Helper()
		for _, size := range [][2]int{{360, 800}, {1920, 1080}} {
			for _, scheme := range []string{"light", "dark"} {
				b.Window(size[0], size[1], scheme)
				b.Settle()
				b.Quiet()
				if size[0] < 500 == (scheme == "light") {
					b.Audit()
				}
				picture(fmt.Sprintf("%s-%d-%s", of, size[0], scheme))
			}
		}
		b.Window(1280, 900, "light")
	}

	// drawn waits for the first chart of a report.
	drawn := func() {
		t.Helper()
		b.Eval(`document.querySelector(".chart").scrollIntoView()`)
		b.Wait(`document.querySelector(".chart[data-drawn]")`)
	}

	open("/")
	b.Wait(`document.querySelectorAll("tr.running").length === 1`)
	everywhere("list")
	b.Eval(`(() => { const s = document.querySelector("select[name=scenario]"); s.value = "idle"; s.dispatchEvent(new Event("change", { bubbles: true })); })()`)
	b.Wait(`location.search === "?scenario=idle" && document.querySelectorAll("input[name=run]").length === 12`)
	b.Eval(`document.querySelector("input[value=run-00021]").click()`)
	b.Eval(`history.back()`)
	b.Wait(`location.search === "" && document.querySelectorAll("table input[name=run]").length === 25`)
	if got := b.Eval(`[...document.querySelectorAll("input:checked")].map((i) => i.value).join()`); got != "run-00021" {
		t.Errorf("picked after going back: %s", got)
	}
	b.Eval(`document.querySelector("input[value=run-00021]").click()`)
	if got := b.Eval(`document.querySelector("[formaction='/compare']").disabled`); got != "true" {
		t.Error("nothing can be compared with nothing")
	}
	for _, pick := range []string{"run-00000", "run-00002"} {
		b.Eval(`document.querySelector("input[value=` + pick + `]").click()`)
	}
	b.Quiet()
	b.Eval(`document.querySelector("[formaction='/compare']").click()`)
	b.Wait(`location.pathname === "/compare" && document.readyState === "complete" && document.querySelector(".verdict")`)
	drawn()
	picture("compare")
	b.Quiet()
	b.Eval(`document.querySelector("nav.links a").click()`)
	b.Wait(`location.pathname === "/" && document.querySelector("a[href='/runs/run-00023']")`)
	b.Eval(`document.querySelector("a[href='/runs/run-00023']").click()`)
	b.Wait(`location.pathname === "/runs/run-00023" && document.readyState === "complete" && typeof st67page !== "undefined"`)
	drawn()
	picture("report")
	b.Quiet()
	open("/side-by-side?run=run-00000&run=run-00002")
	b.Quiet()
	open("/history")
	b.Quiet()
	b.Eval(`document.querySelector(".scenarios a[href='/history?scenario=cipsend-size']").click()`)
	b.Wait(`location.search === "?scenario=cipsend-size" && document.readyState === "complete"`)
	b.Eval(`[...document.querySelectorAll("nav.links a")].find((a) => a.textContent === "goodput").click()`)
	b.Wait(`location.search.includes("metric=goodput") && document.readyState === "complete" && document.querySelector("[aria-current]").textContent === "goodput" && typeof st67page !== "undefined"`)
	drawn()
	picture("history")
	b.Quiet()

	open("/runs/" + name + "/live")
	measured, seen := make(chan struct{}), make(chan struct{})
	goOn := sync.OnceFunc(func() { close(seen) })
	defer goOn()
	go func() {
		defer close(measured)
		measure(t, w, seen)
	}()
	b.Wait(`document.getElementById("now").textContent === "length=1460, repeat 3"`)
	for _, id := range []string{"rate", "latency", "current"} {
		b.Wait(`document.querySelector("[data-chart=` + id + `]").dataset.drawn`)
	}
	picture("live")
	if got := b.Eval(`document.getElementById("state").textContent`); got != "running" {
		t.Errorf("the run is %q", got)
	}
	goOn()
	<-measured
	b.Wait(`document.getElementById("share").textContent.startsWith("6 of at least 6 results")`)
	everywhere("live")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.Wait(`document.getElementById("state").textContent === "ended: passed (6 PASS)"`)
	if got := b.Eval(`document.querySelectorAll("#rows tr").length + " " + document.querySelector("#rows td").textContent`); got != "6 length=1460" {
		t.Errorf("the last results: %s", got)
	}
	b.Quiet()
	open("/runs/nothing")
	b.Console = nil // that it is not there
	everywhere("message")
}

// measure writes what a run of six repeats does, as fast as it can, and half way waits until that has been seen.
func measure(t *testing.T, w *results.Writer, seen <-chan struct{}) {
	now := time.Duration(0)
	say := func(v map[string]any) {
		v["t"] = now
		if err := w.Event(v); err != nil {
			t.Error(err)
		}
	}
	say(map[string]any{"event": "plan", "results": 6, "estimate": 12 * time.Second})
	say(map[string]any{"event": "boot", "boot": 1})
	for repeat := 1; repeat <= 6; repeat++ {
		say(map[string]any{"event": "start", "boot": 1, "case": "length=1460", "repeat": repeat, "phase": "run"})
		begin, bytes := now, 0
		for i := range 10 {
			now += 200 * time.Millisecond
			bytes += 30_000 + 900*((i*7+repeat)%5)
			say(map[string]any{"event": "progress", "case": "length=1460", "repeat": repeat, "phase": "run", "done": float64(i+1) / 10,
				"bytes": bytes, "latency": 0.008 + 0.0004*float64((i*3+repeat)%4), "current": 0.11 + 0.002*float64(i%3)})
		}
		r := results.Result{Seq: repeat, Boot: 1, Block: repeat, Repeat: repeat, Case: "length=1460", Outcome: results.Pass,
			Metrics: map[string]float64{"goodput": 1.25e6, "send_latency_p50": 0.0085, "current": 0.112},
			Marks:   []results.Mark{{Name: "start", T: begin}, {Name: "end", T: now}}}
		if err := w.Append(r); err != nil {
			t.Error(err)
		}
		say(map[string]any{"event": "result", "boot": 1, "case": r.Case, "repeat": repeat, "result": r})
		if repeat == 3 {
			<-seen
		}
	}
}

// The pages of this package say nothing that would let them be read as something else without a style sheet or a script.
func TestStatics(t *testing.T) {
	s := server(t, t.TempDir(), nil)
	for name, want := range map[string]string{"serve.css": "text/css; charset=utf-8", "list.js": "text/javascript; charset=utf-8", "live.js": "text/javascript; charset=utf-8"} {
		w := ask(s, "GET", "/static/"+name)
		if w.Code != 200 || w.Header().Get("Content-Type") != want || w.Body.Len() < 500 {
			t.Errorf("%s: %d %s, %d B", name, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
		}
	}
	if w := ask(s, "GET", "/static/echarts.js"); page.HaveECharts() != (w.Code == 200) {
		t.Errorf("ECharts: %d", w.Code)
	}
	if w := ask(s, "GET", "/"); !strings.Contains(w.Body.String(), "st67bench run cipsend-size") {
		t.Error("an empty folder does not say how to fill it")
	}
}
