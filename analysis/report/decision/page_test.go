package decision_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/analysis/tune"
)

// pages are the three of this package's charts, with names that try to be code where odd is one.
func pages(t *testing.T, odd string) map[string]*page.Page {
	t.Helper()
	out := map[string]*page.Page{}
	c, a, b := compared(t, "2.0.97", odd)
	var errs [3]error
	out["compare"], errs[0] = report.ComparisonPage(c, a, b)
	out["history"], errs[1] = report.HistoryPage(courses(t, odd), odd)
	out["tune"], errs[2] = report.AnswerPage(answer(odd))
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestPagesInBrowser draws the three pages: every chart on a small screen in the dark, and names that try to be code on a large one.
// With PICTURES set to a folder it draws more, and leaves screenshots there to look at.
func TestPagesInBrowser(t *testing.T) {
	reporttest.NeedECharts(t)
	b := reporttest.Open(t)
	look := os.Getenv("PICTURES")
	for i, window := range []struct {
		width       int
		scheme, odd string
	}{{360, "dark", "2.0.106"}, {1280, "light", reporttest.Names[0]}, {360, "light", reporttest.Names[2]}, {1280, "light", "2.0.106"}, {1920, "dark", "2.0.106"}} {
		if i > 1 && look == "" {
			break
		}
		for name, p := range pages(t, window.odd) {
			t.Run(fmt.Sprintf("%s-%d-%s", name, window.width, window.scheme), func(t *testing.T) {
				var html bytes.Buffer
				if err := page.Write(&html, p); err != nil {
					t.Fatal(err)
				}
				b.Show(html.Bytes(), window.width, 800, window.scheme)
				for _, c := range p.Charts() {
					if got := b.Eval(`document.querySelector("[data-chart='` + c.ID + `']").dataset.drawn`); got != "yes" {
						t.Errorf("%s is not drawn", c.ID)
					} else if i == 0 {
						b.CheckChart(c.ID)
					}
				}
				if got := b.Eval("document.title"); got == "PWNED" {
					t.Error("a name was run as code")
				}
				b.Quiet()
				if look != "" {
					b.Picture(filepath.Join(look, fmt.Sprintf("%s-%d-%s-%d.png", name, window.width, window.scheme, i)))
				}
			})
		}
	}
}

// A race that found nothing for sure is not called an answer anywhere on its page.
func TestWinnerIsCalledWhatItIs(t *testing.T) {
	for verdict, word := range map[tune.Verdict]string{tune.Found: "the answer", tune.Undecided: "the best so far", tune.None: "the nearest"} {
		a := answer("links")
		a.Verdict = verdict
		p, err := report.AnswerPage(a)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%+v", p.Sections)
		for _, c := range p.Charts() {
			text += fmt.Sprintf("%+v", c)
		}
		if !strings.Contains(text, word) || verdict != tune.Found && strings.Contains(text, "the answer") {
			t.Errorf("%s: %q is missing, or it is called the answer", verdict, word)
		}
	}
}
