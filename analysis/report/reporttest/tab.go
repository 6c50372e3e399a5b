package reporttest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/analysis/report/page"
)

// Tab is a page of the headless Chromium that the tests of a package share.
type Tab struct {
	t       testing.TB
	browser *browser
	session string
	own     []string // how the addresses begin of which the page is made
	Console []string // errors and warnings that the page or the browser reported
}

// Open opens a tab, in a browser without a network where that is permitted. It skips
// the test when there is no Chromium. The tab is closed when the test ends.
func Open(t testing.TB) *Tab {
	t.Helper()
	return open(t, "")
}

// OpenServed is Open for pages of a server in the test, whose address is origin: "http://127.0.0.1:8080".
// What the page asks of others is kept in Console.
func OpenServed(t testing.TB, origin string) *Tab {
	t.Helper()
	return open(t, origin)
}

func open(t testing.TB, origin string) *Tab {
	t.Helper()
	if testing.Short() {
		t.Skip("short: starts a browser")
	}
	b := &Tab{t: t, browser: theBrowser(t, origin != ""), own: []string{"file:", "data:", "blob:"}}
	if origin != "" {
		b.own = append(b.own, origin)
	}
	stop := b.browser.guard()
	var target struct{ TargetID string }
	b.Call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.Call(domain+".enable", nil, nil)
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			b.browser.explain(t)
		}
		if !b.browser.gone {
			b.session = ""
			b.Call("Target.closeTarget", map[string]any{"targetId": target.TargetID}, nil)
		}
	})
	return b
}

// Call sends a command of the DevTools protocol and waits for its result.
func (b *Tab) Call(method string, params map[string]any, result any) {
	b.t.Helper()
	m, err := b.browser.call(b.session, method, params, b.event)
	if err != nil {
		b.t.Fatal(err)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatal(err)
		}
	}
}

// event keeps what a person would find in the console, and every request that
// is not for the page itself.
func (b *Tab) event(m message) {
	if m.SessionID != b.session {
		return
	}
	switch m.Method {
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening":
		b.Console = append(b.Console, string(m.Params))
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if json.Unmarshal(m.Params, &p) == nil && !slices.ContainsFunc(b.own, func(own string) bool { return strings.HasPrefix(p.Request.URL, own) }) {
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

// Window sets the size of the window in CSS pixels and which colours the system wants: "light" or "dark".
func (b *Tab) Window(width, height int, scheme string) {
	b.t.Helper()
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.media("", scheme)
}

// media is "" or "print".
func (b *Tab) media(media, scheme string) {
	b.t.Helper()
	b.Call("Emulation.setEmulatedMedia", map[string]any{"media": media, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Load opens html as a file, and waits until it has been read. The address is that of the file.
func (b *Tab) Load(html []byte) (address string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(file, html, 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.Go("file://" + file)
	return "file://" + file
}

// Go opens an address, and waits until the page has been read.
func (b *Tab) Go(address string) {
	b.t.Helper()
	b.Call("Page.navigate", map[string]any{"url": address}, nil)
	b.Wait(`document.readyState === "complete"`)
}

// Show opens html in a window of this size, has all its charts drawn, also those out of sight,
// and waits until every one is drawn or has given up.
func (b *Tab) Show(html []byte, width, height int, scheme string) {
	b.t.Helper()
	b.Go("about:blank") // the page before is not to draw itself anew
	b.Window(width, height, scheme)
	b.Load(html)
	b.Eval(`typeof st67page === "undefined" ? "" : st67page.drawAll().then(() => "")`)
}

// Resize is Window for a page whose charts are drawn, and waits until they have followed.
func (b *Tab) Resize(width, height int, scheme string) {
	b.t.Helper()
	b.Window(width, height, scheme)
	b.Wait(`innerWidth === ` + fmt.Sprint(width) + ` && st67page.views.every((v) => !v.drawn || v.scheme === "` + scheme + `" && v.drawn.getWidth() === v.box.clientWidth)`)
}

// Settle waits until the page has been laid out and painted under what was last asked of it.
func (b *Tab) Settle() {
	b.t.Helper()
	b.Eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))`)
}

// Wait waits until an expression is true, at most a minute.
func (b *Tab) Wait(expression string) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if b.Eval(`Boolean(`+expression+`)`) == "true" {
			return
		}
	}
	b.t.Fatalf("not within 1 min: %s", expression)
}

// Quiet checks that the console says nothing and that the page does not scroll sideways.
func (b *Tab) Quiet() {
	b.t.Helper()
	if got := b.Eval(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
		b.t.Errorf("the page scrolls sideways: it is %s px wide", b.Eval(`document.documentElement.scrollWidth + " of " + innerWidth`))
	}
	if len(b.Console) > 0 {
		b.t.Errorf("the console says: %s", strings.Join(b.Console, "\n"))
	}
	b.Console = nil
}

// NeedECharts skips a test that draws in a build without the library.
func NeedECharts(t testing.TB) {
	t.Helper()
	if !page.HaveECharts() {
		t.Skip("no asset/echarts.min.js: nothing can be drawn; run .ci/echarts")
	}
}

// Paper shows the page as it is printed, until Window is called.
func (b *Tab) Paper(scheme string) {
	b.t.Helper()
	b.media("print", scheme)
}
