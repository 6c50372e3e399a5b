package page_test

import (
	"fmt"
	"testing"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
)

// A legend of several lines is shown whole, above the drawing; only a very long one is leafed through.
func TestLegendIsShownWhole(t *testing.T) {
	b := reporttest.Open(t)
	for _, c := range []struct {
		names int
		want  string
	}{{6, "6 names, 0 arrows, 0 below the axis' end, taller true"}, {60, "some names, 1 arrows"}} {
		hilly := hill("hill", "hill")
		var names, series []any
		for i := range c.names {
			name := fmt.Sprintf("length %d B, wait for the final result", i)
			names = append(names, name)
			series = append(series, map[string]any{"type": "line", "name": name, "data": []any{[]any{0, i}, []any{1, i + 1}}})
		}
		hilly.Option["series"] = series
		hilly.Option["legend"] = map[string]any{"type": "scroll", "top": "0", "data": names}
		html := written(t, &page.Page{Title: "hill", Heading: "hill", Sections: []page.Section{{ID: "hills", Title: "Hills", Parts: []page.Part{{Chart: hilly}}}}})
		b.Show(html, 1000, 800, "light")
		got := b.Eval(`(() => {
			const box = document.querySelector("[data-chart=hill]");
			const texts = [...box.querySelectorAll("svg text")];
			const arrows = texts.filter((x) => /^\d+\/\d+$/.test(x.textContent)).length;
			if (arrows) return "some names, " + arrows + " arrows";
			const legend = texts.filter((x) => x.textContent.startsWith("length "));
			const grid = echarts.getInstanceByDom(box).getModel().getComponent("grid").coordinateSystem.getRect();
			const below = legend.filter((x) => x.getBoundingClientRect().bottom - box.getBoundingClientRect().top > grid.y).length;
			return legend.length + " names, " + arrows + " arrows, " + below + " below the axis' end, taller " + (box.clientHeight > 300);
		})()`)
		if got != c.want {
			t.Errorf("%d names: %s, want %s", c.names, got, c.want)
		}
	}
}

// On a narrow screen a long name of a row has two lines, and what is at its end is there.
func TestNamesOfRowsOnANarrowScreen(t *testing.T) {
	rows := hill("hill", "hill")
	rows.Option["xAxis"] = []any{map[string]any{"type": "value"}}
	rows.Option["yAxis"] = []any{map[string]any{"type": "category", "data": []any{"length 1460 B, links 2, protocol udp: 8.60 ms", "length 64 B: 1.02 ms"}}}
	rows.Option["series"] = []any{map[string]any{"type": "bar", "name": "hill", "data": []any{8.6, 1.02}}}
	b := reporttest.Open(t)
	b.Show(written(t, &page.Page{Title: "hill", Heading: "hill", Sections: []page.Section{{ID: "hills", Title: "Hills", Parts: []page.Part{{Chart: rows}}}}}), 360, 800, "light")
	got := b.Eval(`[...document.querySelectorAll("[data-chart=hill] svg text")].map((x) => x.textContent.trim()).filter((x) => x.startsWith("length") || x.includes(" ms")).join(" | ")`)
	if want := "length 1460 B, links 2, | protocol udp: 8.60 ms | length 64 B: 1.02 ms"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
