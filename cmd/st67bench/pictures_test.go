package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"st67bench/analysis/report"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/svg"
)

// picturesDir has the pictures of the README, and below runs what they are drawn of: see its README.
const picturesDir = root + "/docs/pictures"

// pictures are those of the README: the report of one run, or the comparison of two, and the ID of a chart in it.
var pictures = []struct {
	runs  []string
	chart string
	file  string
}{
	{[]string{"cipsend-size"}, "goodput", "goodput.svg"},
	{[]string{"cipsend-size"}, "stages", "stages.svg"},
	{[]string{"dtim-sweep"}, "fit-wakes", "dtim.svg"},
	{[]string{"short", "long"}, "changes", "changes.svg"},
}

// mostPicture is how large a picture may be, in bytes: a README is read on slow lines too.
const mostPicture = 60_000

// TestPicturesAreCurrent draws the pictures again. `make pictures` writes them.
func TestPicturesAreCurrent(t *testing.T) {
	if !page.HaveECharts() {
		t.Skip("no asset/echarts.min.js: nothing can be drawn; run .ci/echarts")
	}
	drawn := map[string]*page.Page{}
	for _, p := range pictures {
		name := filepath.Join(p.runs...)
		if drawn[name] == nil {
			drawn[name] = picturePage(t, p.runs)
		}
		all := drawn[name].Charts()
		i := slices.IndexFunc(all, func(c *chart.Chart) bool { return c.ID == p.chart })
		if i < 0 {
			t.Errorf("%v have no chart %s", p.runs, p.chart)
			continue
		}
		var b bytes.Buffer
		if err := svg.Write(&b, all[i], svg.Look{Mark: drawn[name].Mark}); err != nil {
			t.Error(err)
			continue
		}
		file := filepath.Join(picturesDir, p.file)
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(stored, b.Bytes()) {
			t.Errorf("%s is not what the tool draws now (%v): make pictures", p.file, err)
		}
		if len(stored) > mostPicture {
			t.Errorf("%s has %d B, more than %d", p.file, len(stored), mostPicture)
		}
		if !bytes.Contains(stored, []byte(">EMULATED MODULE<")) {
			t.Errorf("%s does not say that it is of the emulated module", p.file)
		}
	}
}

// picturePage is the page of one run, or of the comparison of two.
func picturePage(t *testing.T, runs []string) *page.Page {
	t.Helper()
	var dirs []string
	for _, name := range runs {
		dirs = append(dirs, filepath.Join(picturesDir, "runs", name))
	}
	if len(dirs) == 1 {
		v, err := shownOf(dirs)
		if err != nil {
			t.Fatal(err)
		}
		p, err := v.page()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	base, err := openSide(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	new, err := openSide(dirs[1])
	if err != nil {
		t.Fatal(err)
	}
	c, err := judge(base, new, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := report.ComparisonPage(c, base, new)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
