package svg_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/figure"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/analysis/report/svg"
	"st67bench/results"
)

func charts(t testing.TB, run *results.Run) []*chart.Chart {
	t.Helper()
	reporttest.NeedECharts(t)
	groups, err := figure.Run(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	var all []*chart.Chart
	for _, g := range groups {
		all = append(all, g.Charts...)
	}
	return all
}

func written(t testing.TB, c *chart.Chart, look svg.Look) string {
	t.Helper()
	var b bytes.Buffer
	if err := svg.Write(&b, c, look); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// simple is a chart with one series.
func simple(id string, values ...any) *chart.Chart {
	return &chart.Chart{ID: id, Title: "Goodput rises with length", Palette: chart.Distinct, Height: 200, Option: map[string]any{
		"grid": map[string]any{"top": "54"}, "xAxis": []any{map[string]any{"type": "category", "data": []any{"a", "b"}}}, "yAxis": []any{map[string]any{}},
		"series": []any{map[string]any{"type": "line", "name": "goodput", "data": values}},
	}}
}

var references = regexp.MustCompile(`(?i)href|src=|script|onload|onerror=|@import|javascript:|url\([^#]|<style|<image|foreignObject`)

// inert checks that a picture is XML of shapes and text alone, and gives its text.
func inert(t *testing.T, picture string) string {
	t.Helper()
	var shown strings.Builder
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return shown.String()
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, picture)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if m := references.FindString(x.Name.Local); m != "" {
				t.Errorf("an element %s", x.Name.Local)
			}
			for _, a := range x.Attr {
				if m := references.FindString(a.Name.Local + "=" + a.Value); m != "" {
					t.Errorf("%s has %s=%q", x.Name.Local, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			shown.Write(x)
		case xml.ProcInst, xml.Directive, xml.Comment:
			t.Errorf("a %T", x)
		}
	}
}

func TestPictureStandsAlone(t *testing.T) {
	c := charts(t, reporttest.Run(t))[0]
	c.Basis = chart.Basis{Unit: "bit/s", N: "median of 6 repeats", Interval: "95 %", Source: "results.jsonl"}
	text := inert(t, written(t, c, svg.Look{Mark: "emulated module"}))
	for _, want := range []string{"EMULATED MODULE", c.Title, "bit/s · median of 6 repeats · 95 % · results.jsonl", "goodput", "ceiling", "6144", c.Alt} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if strings.Contains(strings.ToLower(inert(t, written(t, simple("a", 1, 2), svg.Look{}))), "emulated") {
		t.Error("a picture of a module says emulated")
	}
}

// Whatever a run is called: no script, no reference, and the name can be read.
func TestHostileNamesAreInert(t *testing.T) {
	for _, c := range charts(t, reporttest.Hostile(t)) {
		if !slices.Contains([]string{"goodput", "stages", "latency-boxes"}, c.ID) { // names on points, axes and in the legend
			continue
		}
		c.Title, c.Note = c.Title+reporttest.Names[0], strings.Join(reporttest.Names, " ")
		text := inert(t, written(t, c, svg.Look{Mark: reporttest.Names[2], Dark: true}))
		if !strings.Contains(text, `</script><script>document.title='PWNED'</script>`) {
			t.Errorf("%s: a name was lost: %q", c.ID, text)
		}
		if strings.ContainsAny(text, "\u202e\u2066\x1b\x00") {
			t.Errorf("%s: control characters are left", c.ID)
		}
	}
}

// Another chart before it, another theme: the same chart is the same file.
func TestSameChartSameBytes(t *testing.T) {
	all := charts(t, reporttest.Run(t))
	first := written(t, all[1], svg.Look{})
	dark := written(t, all[1], svg.Look{Dark: true})
	if first == dark || first != written(t, all[1], svg.Look{}) {
		t.Error("the same chart gives another picture, or the dark one is the light one")
	}
	if regexp.MustCompile(`NaN|Infinity|undefined`).MatchString(first) {
		t.Error("a coordinate is no number")
	}
}

// One chart that fails is named; the others are written, and nothing is left of it.
func TestOneBrokenChart(t *testing.T) {
	reporttest.NeedECharts(t)
	broken := simple("broken", 1, 2)
	broken.Option["series"].([]any)[0].(map[string]any)["renderItem"] = "nowhere"
	escaping := simple("../escaping", 1, 2)
	empty := &chart.Chart{ID: "empty", Note: "Not all samples could be read"}
	dir := filepath.Join(t.TempDir(), "new", "pictures")
	files, err := svg.Files(dir, []*chart.Chart{broken, escaping, empty, simple("good", 1, 2)}, svg.Look{})
	if err == nil || !strings.Contains(err.Error(), "chart broken: ") || !strings.Contains(err.Error(), "no function nowhere") || !strings.Contains(err.Error(), `"../escaping"`) {
		t.Errorf("%v", err)
	}
	if !slices.Equal(files, []string{filepath.Join(dir, "good.svg")}) {
		t.Errorf("written %v", files)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v are left", left)
	}
}

func TestWithoutECharts(t *testing.T) {
	_, err := svg.Files(t.TempDir(), nil, svg.Look{})
	if page.HaveECharts() != (err == nil) || err != nil && !errors.Is(err, page.ErrNoECharts) {
		t.Errorf("HaveECharts %v, Files: %v", page.HaveECharts(), err)
	}
}

// BenchmarkWrite is the time per chart; the library is compiled before.
func BenchmarkWrite(b *testing.B) {
	for _, c := range charts(b, reporttest.Run(b)) {
		b.Run(c.ID, func(b *testing.B) {
			for b.Loop() {
				if err := svg.Write(io.Discard, c, svg.Look{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
