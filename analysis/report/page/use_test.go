package page_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/png" // saved pictures
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
)

// hill is a chart of a line of eleven points, with intervals, over axes that are scales.
func hill(id, title string) *chart.Chart {
	var points, intervals []any
	table := chart.Table{Head: []string{"at", "height"}}
	for i := range 11 {
		x, y := float64(i), float64(i*(10-i))+1e6
		points = append(points, map[string]any{"name": fmt.Sprintf("point %d\nof %s", i, title), "value": []any{x, y}})
		intervals = append(intervals, []any{x, y - 2, y + 2})
		table.Rows = append(table.Rows, []string{fmt.Sprint(x), fmt.Sprint(y)})
	}
	axis := func() []any { return []any{map[string]any{"type": "value", "scale": true}} }
	return &chart.Chart{
		ID: id, Title: title, Basis: chart.Basis{Unit: "m", Source: "results.jsonl"}, HowTo: "Higher is higher.", Alt: "A hill.", Palette: chart.Distinct, Height: 300, Table: table,
		Option: map[string]any{
			"animation": false, "tooltip": map[string]any{"show": true, "trigger": "item", "formatter": chart.ItemName, "renderMode": "richText", "confine": true},
			"grid": map[string]any{"left": 60, "right": 20, "top": 40, "bottom": 30}, "xAxis": axis(), "yAxis": axis(),
			"series": []any{map[string]any{"type": "line", "name": "hill", "data": points}, map[string]any{"type": "custom", "name": "hill", "renderItem": chart.Interval, "data": intervals}},
		},
	}
}

// hills is a page of n such charts, below each other.
func hills(t *testing.T, title string, n int) []byte {
	t.Helper()
	s := page.Section{ID: "hills", Title: "Hills"}
	for i := range n {
		s.Parts = append(s.Parts, page.Part{Chart: hill(fmt.Sprintf("hill-%d", i), title)})
	}
	return written(t, &page.Page{Title: title, Mark: "emulated module", Emulated: "EMULATED MODULE", Heading: title, Verdict: "It is high.", Tone: page.Good, Sections: []page.Section{s}})
}

func written(t *testing.T, p *page.Page) []byte {
	t.Helper()
	reporttest.NeedECharts(t)
	var b bytes.Buffer
	if err := page.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A long page draws what is near; a link draws and opens where it leads.
func TestChartsAreDrawnWhenTheyAreNear(t *testing.T) {
	html := hills(t, "hill", 12)
	b := reporttest.Open(t)
	b.Window(1280, 800, "light")
	address := b.Load(html)
	const drawn = `document.querySelectorAll("[data-drawn]").length`
	b.Wait(drawn + " > 0")
	if got := b.Eval(drawn); got == "12" {
		t.Error("all of twelve charts are drawn at once")
	}
	b.Eval(`{ const box = document.createElement("details"), figure = document.querySelector("#hill-11"); figure.replaceWith(box); box.append(figure); }`)
	b.Eval(`location.hash = "#hill-11"`)
	b.Wait(`document.querySelector("#hill-11").closest("details").open && document.querySelector("#hill-11 [data-drawn]")`)
	b.Wait(`document.querySelector("#hill-11").getBoundingClientRect().top < innerHeight`)
	b.Go("about:blank")
	b.Go(address + "#hill-8")
	b.Wait(`document.querySelector("#hill-8 [data-drawn]") && scrollY > 0`)
	if got := b.Eval(`st67page.drawAll().then(() => ` + drawn + `)`); got != "12" {
		t.Errorf("%s of 12 charts are drawn when all are asked for", got)
	}
	b.Quiet()

	// The first chart is drawn wherever it stands; and one whose series have no names is, too.
	far := page.Section{ID: "words", Title: "Words"}
	for range 200 {
		far.Parts = append(far.Parts, page.Part{Text: "Many words stand above the first chart."})
	}
	nameless := hill("nameless", "hill")
	nameless.Option["series"] = []any{map[string]any{"type": "line", "data": []any{[]any{0, 0}, []any{1, 1}}}}
	far.Parts = append(far.Parts, page.Part{Chart: nameless})
	b.Load(written(t, &page.Page{Title: "far", Heading: "far", Sections: []page.Section{far}}))
	b.Wait(`document.querySelector("[data-drawn=yes]") && document.querySelector("#nameless").getBoundingClientRect().top > 3 * innerHeight`)
	b.Quiet()
}

// press clicks a button of a chart.
func press(b *reporttest.Tab, id, label string) {
	b.Eval(`[...document.querySelectorAll("#` + id + ` .tools button")].find((x) => x.textContent === "` + label + `").click()`)
}

func mouse(b *reporttest.Tab, kind string, x, y float64, more map[string]any) {
	params := map[string]any{"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
	for k, v := range more {
		params[k] = v
	}
	b.Call("Input.dispatchMouseEvent", params, nil)
}

func key(b *reporttest.Tab, name string) {
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": name}, nil)
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name}, nil)
}

func TestZoom(t *testing.T) {
	b := reporttest.Open(t)
	b.Show(hills(t, "hill", 3), 1000, 700, "light")
	const extent = `echarts.getInstanceByDom(document.querySelector("#hill-0 .chart")).getModel().getComponent("xAxis").axis.scale.getExtent().map((v) => v.toFixed(1)).join()`
	if got := b.Eval(extent); got != "0.0,10.0" {
		t.Fatalf("the axis is from %s", got)
	}
	b.Eval(`document.querySelector("#hill-0").scrollIntoView()`)
	var at struct{ From, To, Top float64 } // of 2.5 and 7.5 on the x axis
	if err := json.Unmarshal([]byte(b.Eval(`(() => {
		const box = document.querySelector("#hill-0 .chart"), r = box.getBoundingClientRect();
		const [From, To] = [2.5, 7.5].map((x) => r.left + echarts.getInstanceByDom(box).convertToPixel({ xAxisIndex: 0 }, x));
		return JSON.stringify({ From, To, Top: r.top });
	})()`)), &at); err != nil {
		t.Fatal(err)
	}
	drag := func() {
		mouse(b, "mouseMoved", at.From, at.Top+60, nil)
		mouse(b, "mousePressed", at.From, at.Top+60, nil)
		mouse(b, "mouseMoved", at.From+50, at.Top+150, nil)
		mouse(b, "mouseMoved", at.To, at.Top+250, nil)
		mouse(b, "mouseReleased", at.To, at.Top+250, nil)
	}
	drag()
	if got := b.Eval(extent); got != "0.0,10.0" {
		t.Errorf("without Zoom, a drag gives %s", got)
	}
	press(b, "hill-0", "Zoom")
	drag()
	b.Wait(extent + ` === "2.5,7.5"`)
	press(b, "hill-0", "Whole")
	b.Wait(extent + ` === "0.0,10.0"`)
	b.Eval(`document.querySelector("#hill-0 .chart").focus()`)
	key(b, "+")
	b.Wait(extent + ` === "2.5,7.5"`)
	key(b, "-")
	b.Wait(extent + ` === "0.0,10.0"`)
	before := b.Eval("scrollY")
	mouse(b, "mouseWheel", at.From, at.Top+150, map[string]any{"deltaX": 0, "deltaY": 120, "button": "none", "buttons": 0})
	b.Wait("scrollY > " + before)
	if got := b.Eval(extent); got != "0.0,10.0" {
		t.Errorf("the wheel zooms to %s; it is to scroll the page", got)
	}
	b.Quiet()
}

func TestKeysStepThroughPoints(t *testing.T) {
	b := reporttest.Open(t)
	b.Show(hills(t, "hill", 1), 1000, 700, "light")
	b.Eval(`document.querySelector("#hill-0 .chart").focus()`)
	said := `document.querySelector("#said").textContent`
	for _, step := range []struct{ key, says string }{{"ArrowRight", "point 0\nof hill"}, {"ArrowRight", "point 1\nof hill"}, {"End", "point 10\nof hill"}, {"ArrowLeft", "point 9\nof hill"}, {"Home", "point 0\nof hill"}, {"ArrowDown", "point 0\nof hill"}} {
		key(b, step.key)
		if got := b.Eval(said); got != step.says {
			t.Errorf("%s: %q is said, want %q", step.key, got, step.says)
		}
		b.Wait(`[...document.querySelectorAll("#hill-0 svg text")].some((x) => x.textContent === "` + strings.Split(step.says, "\n")[0] + `")`)
	}
	key(b, "Escape")
	b.Wait(`![...document.querySelectorAll("#hill-0 svg text")].some((x) => x.textContent === "point 0")`)
	b.Quiet()
}

// hostileTitle would be a path, markup, control characters and a formula.
const hostileTitle = "../../etc/pass\x00wd\x1b[2J\u202e</text><script>document.title='PWNED'</script>&\""

// What is saved says what it is, in every place, and hostile names are text in it.
func TestSavedPicturesAndData(t *testing.T) {
	b := reporttest.Open(t)
	b.Show(hills(t, hostileTitle, 1), 1000, 700, "dark")
	b.Eval(`(() => {
		globalThis.saved = [];
		URL.createObjectURL = (blob) => { saved.push({ blob }); return "data:,"; };
		HTMLAnchorElement.prototype.click = function () { saved[saved.length - 1].name = this.download; };
		Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { globalThis.copied = text; } } });
	})()`)
	press(b, "hill-0", "Save SVG")
	b.Wait("saved.length === 1 && saved[0].name")
	press(b, "hill-0", "Save PNG")
	b.Wait("saved.length === 2 && saved[1].name")
	press(b, "hill-0", "Copy data")
	b.Wait("globalThis.copied")
	if got := b.Eval("saved.map((s) => s.name).join()"); got != "emulated-etc-pass-wd-2J-text-script-document.title-PWNED-script-hill-0.svg,emulated-etc-pass-wd-2J-text-script-document.title-PWNED-script-hill-0.png" {
		t.Errorf("the files are %q", got)
	}
	svg := b.Eval("saved[0].blob.text()")
	for _, want := range []string{"EMULATED MODULE", "results.jsonl", "st67bench report: ", `fill="#14171b"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is not in the picture", want)
		}
	}
	var words strings.Builder
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if x.Name.Local == "script" || x.Name.Local == "foreignObject" {
				t.Errorf("the picture has a %s", x.Name.Local)
			}
		case xml.CharData:
			words.Write(x)
		}
	}
	if !strings.Contains(words.String(), "document.title='PWNED'") {
		t.Errorf("the title is not in the picture: %q", words.String())
	}
	if dir := os.Getenv("PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "saved.svg"), []byte(svg), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	png, err := base64.StdEncoding.DecodeString(b.Eval(`new Promise((done) => { const r = new FileReader(); r.onload = () => done(r.result.split(",")[1]); r.readAsDataURL(saved[1].blob); })`))
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "saved.png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	img, format, err := image.Decode(bytes.NewReader(png))
	if err != nil || format != "png" || img.Bounds().Dx() < 1800 {
		t.Fatalf("%s of %v, %v", format, img.Bounds(), err)
	}
	if got, want := b.Eval("copied"), "at\theight\n0\t1e+06\n1\t1.000009e+06\n"; !strings.HasPrefix(got, want) {
		t.Errorf("copied is %q", got)
	}
	const cells = "document.createElement('table')"
	if got := b.Eval(`(() => { const t = ` + cells + `; for (const c of ["=1+2", "-5.1 %", "+cmd|' /C calc'!A0", "@SUM(A1)", "a\tb\nc"]) t.insertRow().insertCell().textContent = c; return st67tools.tsv(t); })()`); got != "'=1+2\n-5.1 %\n'+cmd|' /C calc'!A0\n'@SUM(A1)\na b c\n" {
		t.Errorf("copied is %q", got)
	}
	press(b, "hill-0", "Data")
	b.Wait(`document.querySelector("#hill-0 details").open`)
	if got := b.Eval("document.title"); strings.Contains(got, "st67bench") == false || got == "PWNED" {
		t.Errorf("the title became %q", got)
	}
	b.Quiet()
}
