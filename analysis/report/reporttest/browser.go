package reporttest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/analysis/report/page"
)

// Tab is a page in headless Chromium, driven over the DevTools protocol on two
// pipes: messages are JSON, each ended by a zero byte.
type Tab struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	last    int
	Console []string // errors and warnings that the page or the browser reported
}

// Open starts Chromium, without a network where that is permitted. It skips
// the test when there is no Chromium.
func Open(t *testing.T) *Tab {
	t.Helper()
	if testing.Short() {
		t.Skip("short: starts a browser")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium in PATH: the page is not opened in a browser (apt-get install chromium)")
	}
	command := []string{path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--disable-component-update", "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "about:blank"}
	if exec.Command("unshare", "-n", "true").Run() == nil {
		command = append([]string{"unshare", "-n"}, command...)
	} else {
		t.Log("no network namespace: only the page's own policy keeps it off the network")
	}
	in, to := pipe(t)
	from, out := pipe(t)
	var log bytes.Buffer
	c := exec.Command(command[0], command[1:]...)
	c.ExtraFiles = []*os.File{in, out} // Chromium reads 3 and writes 4
	c.Stderr, c.WaitDelay = &log, 10*time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &Tab{t: t, to: to, from: bufio.NewReader(from)}
	watchdog := time.AfterFunc(2*time.Minute, func() { _ = c.Process.Kill() })
	t.Cleanup(func() {
		b.send("Browser.close", nil)
		_ = c.Wait() // its exit code says nothing about the page
		watchdog.Stop()
		if t.Failed() {
			t.Logf("chromium: %s", log.String())
		}
	})
	b.attach()
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// attach opens a page and asks for what it reports.
func (b *Tab) attach() {
	b.t.Helper()
	var target struct{ TargetID string }
	b.Call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.Call(domain+".enable", nil, nil)
	}
}

func (b *Tab) send(method string, params map[string]any) {
	b.last++
	message := map[string]any{"id": b.last, "method": method, "params": params}
	if params == nil {
		message["params"] = map[string]any{}
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = b.to.Write(append(text, 0)) // a browser that has gone shows at the answer
}

// Call sends a command and waits for its result.
func (b *Tab) Call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.send(method, params)
	for {
		text, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: chromium has gone: %v", method, err)
		}
		var m struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			b.t.Fatal(err)
		}
		b.event(m.Method, m.Params)
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// event keeps what a person would find in the console, and every request that
// is not for the page itself.
func (b *Tab) event(method string, params json.RawMessage) {
	switch method {
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening":
		b.Console = append(b.Console, string(params))
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if json.Unmarshal(params, &p) == nil && !strings.HasPrefix(p.Request.URL, "file:") {
			b.Console = append(b.Console, "request for "+p.Request.URL)
		}
	}
}

// Eval runs an expression, waits for it when it is a promise, and returns its value.
func (b *Tab) Eval(expression string) string {
	b.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.Call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s %s", expression, out.ExceptionDetails.Text, out.ExceptionDetails.Exception.Description)
	}
	return fmt.Sprint(out.Result.Value)
}

// Show opens html in a window of this size and waits until every chart is drawn
// or has given up.
func (b *Tab) Show(html []byte, width, height int, scheme string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(file, html, 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.Call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	b.Eval(`new Promise((done) => {
		const waiting = () => document.readyState !== "complete" ||
			[...document.querySelectorAll(".chart")].some((box) => !box.dataset.drawn && !box.textContent.includes("the table below has its data"));
		let turns = 0;
		const look = () => waiting() && turns++ < 600 ? setTimeout(look, 50) : done("");
		look();
	})`)
}

// Picture saves a screenshot of the whole page.
func (b *Tab) Picture(file string) {
	b.t.Helper()
	var shot struct{ Data string }
	b.Call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// CheckChart checks that a chart has drawn data and that its tooltip answers.
func (b *Tab) CheckChart(id string) {
	t := b.t
	t.Helper()
	// Every series has a shape of its colour, or of that of its first value, below the legend.
	bare := b.Eval(`(() => {
		const box = document.querySelector("[data-chart='` + id + `']");
		const chart = echarts.getInstanceByDom(box);
		const top = box.getBoundingClientRect().top + 40;
		const colours = new Set();
		for (const p of box.querySelectorAll("svg path")) {
			if (p.getBoundingClientRect().top > top) colours.add(p.getAttribute("fill")).add(p.getAttribute("stroke"));
		}
		const series = chart.getOption().series;
		const first = (i) => String(chart.getVisual({ seriesIndex: i, dataIndex: 0 }, "color")).replace(/^rgba\((.*),1\)$/, "rgb($1)");
		return series.length ? series.filter((s, i) => !colours.has(chart.getVisual({ seriesIndex: i }, "color")) && !colours.has(first(i))).map((s) => s.name).join() : "all";
	})()`)
	if bare != "" {
		t.Errorf("%s: nothing is drawn of %s", id, bare)
	}
	cut := b.Eval(`(() => {
		const box = document.querySelector("[data-chart='` + id + `']").getBoundingClientRect();
		const out = (r) => r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1;
		return [...document.querySelectorAll("[data-chart='` + id + `'] svg text")].filter((x) => x.getBoundingClientRect().top > box.top + 40 && out(x.getBoundingClientRect()))
			.map((x) => x.textContent).join("; ");
	})()`)
	if cut != "" {
		t.Errorf("%s: text is cut off: %s", id, cut)
	}
	answer := b.Eval(`(() => {
		const chart = echarts.getInstanceByDom(document.querySelector("[data-chart='` + id + `']"));
		const texts = () => document.querySelectorAll("[data-chart='` + id + `'] svg text").length;
		const before = texts();
		chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: 1 });
		return new Promise((done) => setTimeout(() => done(texts() - before), 300));
	})()`)
	if answer == "0" {
		t.Errorf("%s: no tooltip", id)
	}
	b.Eval(`echarts.getInstanceByDom(document.querySelector("[data-chart='` + id + `']")).dispatchAction({ type: "hideTip" })`)
}

// CheckTooltips shows the tooltip of every series.
func (b *Tab) CheckTooltips(id string) {
	b.t.Helper()
	b.Eval(`(async () => {
		const chart = echarts.getInstanceByDom(document.querySelector("[data-chart='` + id + `']"));
		for (let i = 0; i < chart.getOption().series.length; i++) {
			chart.dispatchAction({ type: "showTip", seriesIndex: i, dataIndex: 0 });
			await new Promise((done) => setTimeout(done, 50));
		}
	})()`)
}

// NeedECharts skips a test that draws in a build without the library.
func NeedECharts(t *testing.T) {
	t.Helper()
	if !page.HaveECharts() {
		t.Skip("no asset/echarts.min.js: nothing can be drawn; run .ci/echarts")
	}
}
