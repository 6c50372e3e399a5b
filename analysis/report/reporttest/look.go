package reporttest

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/png" // screenshots
	"os"
)

// Picture saves a screenshot of the whole page.
func (b *Tab) Picture(file string) {
	b.t.Helper()
	if err := os.WriteFile(file, b.shot(nil), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// shot is a PNG of a part of the page, or of all of it.
func (b *Tab) shot(clip map[string]any) []byte {
	b.t.Helper()
	params := map[string]any{"captureBeyondViewport": true, "format": "png", "optimizeForSpeed": true}
	if clip != nil {
		params["clip"] = clip
	}
	var shot struct{ Data string }
	b.Call("Page.captureScreenshot", params, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

// box is a chart's, in an expression.
func box(id string) string { return `document.querySelector("[data-chart='` + id + `']")` }

// Pixels are how many pixels of a chart's own box below its legend have a colour, which
// text and axes do not have: what is left is data.
func (b *Tab) Pixels(id string) int {
	b.t.Helper()
	var at struct {
		Result struct{ Value map[string]any }
	}
	b.Call("Runtime.evaluate", map[string]any{"returnByValue": true, "expression": `(() => {
		const r = ` + box(id) + `.getBoundingClientRect();
		return { x: r.left + scrollX, y: r.top + scrollY + 40, width: r.width, height: r.height - 40, scale: 1 };
	})()`}, &at)
	img, _, err := image.Decode(bytes.NewReader(b.shot(at.Result.Value)))
	if err != nil {
		b.t.Fatal(err)
	}
	n := 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			if max(r, g, bl)-min(r, g, bl) > 0x1a00 {
				n++
			}
		}
	}
	return n
}

// CheckChart checks that a chart has drawn every series, that pixels in its box show data, that no text is cut off,
// that it has a name for who cannot see it, and that its tooltip answers.
func (b *Tab) CheckChart(id string) {
	t := b.t
	t.Helper()
	if b.Eval(box(id)+`?.dataset.drawn`) != "yes" {
		t.Errorf("%s: not drawn: %s", id, b.Eval(box(id)+`?.textContent`))
		return
	}
	if n := b.Pixels(id); n < 20 {
		t.Errorf("%s: %d pixels with colour in its box", id, n)
	}
	if bare := b.Eval(bareSeries(id)); bare != "" {
		t.Errorf("%s: nothing is drawn of %s", id, bare)
	}
	if cut := b.Eval(cutText(id)); cut != "" {
		t.Errorf("%s: text is cut off: %s", id, cut)
	}
	if got := b.Eval(box(id) + `.getAttribute("role") + " " + ` + box(id) + `.getAttribute("aria-label").length`); got == "img 0" || got[:3] != "img" {
		t.Errorf("%s: no words for who cannot see it: %s", id, got)
	}
	if b.Eval(`(async () => {
		const chart = echarts.getInstanceByDom(`+box(id)+`);
		const texts = () => `+box(id)+`.querySelectorAll("svg text").length;
		const before = texts();
		const series = chart.getOption().series;
		const seriesIndex = series.findIndex((s) => s.data && s.data.length && !s.silent);
		const there = (item) => item !== null && item !== "-" && ![].concat(item.value ?? item).includes(null);
		const points = series[seriesIndex].data.flatMap((item, i) => (there(item) ? [i] : []));
		chart.dispatchAction({ type: "showTip", seriesIndex, dataIndex: points[Math.floor(points.length / 2)] });
		for (let turn = 0; turn < 2000 && texts() === before; turn++) await new Promise((done) => setTimeout(done, 5));
		const answered = texts() !== before;
		chart.dispatchAction({ type: "hideTip" });
		return answered;
	})()`) != "true" {
		t.Errorf("%s: no tooltip", id)
	}
}

// bareSeries names the series that have data and no shape within the box of the chart. It asks what ECharts
// has drawn of each, because colours of series may be those of a scale or of a function.
func bareSeries(id string) string {
	return `(() => {
		const chart = echarts.getInstanceByDom(` + box(id) + `);
		const all = chart.getModel().getSeries().filter((s) => s.getRawData().count() > 0);
		return all.length ? all.filter((s) => {
			const r = chart.getViewOfSeriesModel(s).group.getBoundingRect();
			return !(r.width + r.height > 0 && r.x < chart.getWidth() && r.y < chart.getHeight() && r.x + r.width > 0 && r.y + r.height > 0);
		}).map((s) => s.name).join() : "all";
	})()`
}

// cutText are texts below the legend, which pages, that leave the box.
func cutText(id string) string {
	return `(() => {
		const box = ` + box(id) + `.getBoundingClientRect();
		const out = (r) => r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1;
		return [...` + box(id) + `.querySelectorAll("svg text")].filter((x) => x.getBoundingClientRect().top > box.top + 40 && out(x.getBoundingClientRect()))
			.map((x) => x.textContent).join("; ");
	})()`
}

// CheckTooltips shows the tooltip of every series.
func (b *Tab) CheckTooltips(id string) {
	b.t.Helper()
	b.Eval(`(async () => {
		const chart = echarts.getInstanceByDom(` + box(id) + `);
		for (let i = 0; i < chart.getOption().series.length; i++) {
			chart.dispatchAction({ type: "showTip", seriesIndex: i, dataIndex: 0 });
			await new Promise((done) => setTimeout(done, 20));
		}
	})()`)
}
