package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

// render makes the text of a run, with a stand-in for the library where this
// checkout has none.
func render(t testing.TB, run *results.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	p, err := RunPage(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	if page.HaveECharts() {
		err = page.Write(&b, p)
	} else {
		err = page.WriteWithoutLibrary(&b, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWithoutECharts(t *testing.T) {
	run := reporttest.Run(t)
	p, err := RunPage(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	err = page.Write(io.Discard, p)
	if page.HaveECharts() != (err == nil) || err != nil && !errors.Is(err, page.ErrNoECharts) {
		t.Errorf("HaveECharts %v, Write: %v", page.HaveECharts(), err)
	}
}

func TestSameRunSameBytes(t *testing.T) {
	run := reporttest.Run(t)
	first := render(t, run)
	for range 2 {
		if !bytes.Equal(render(t, run), first) {
			t.Fatal("the same run gives another page")
		}
	}
}

func TestPageFetchesNothing(t *testing.T) {
	text := string(render(t, reporttest.Run(t)))
	const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">`
	if !strings.Contains(text, policy) || strings.Index(text, policy) > strings.Index(text, "<title>") {
		t.Error("the policy does not stand before what it is about")
	}
	text = regexp.MustCompile(`(?s)<script type="text/plain".*?</script>`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, `="http://www.w3.org/`, "") // names of SVG, which nobody fetches
	if m := regexp.MustCompile(`https?://|src=|@import|url\(|<link`).FindString(text); m != "" {
		t.Errorf("the text has %q", m)
	}
	if len(text) > 400_000 {
		t.Errorf("%d B without the library; the curves are to have at most %d points", len(text), 400)
	}
}

func TestPageSaysWhatItIsAbout(t *testing.T) {
	text := html.UnescapeString(string(render(t, reporttest.Run(t))))
	for _, want := range []string{
		"<title>Emulated module: ", emulatedText, "Throughput (emulated module)", "Goodput rises with length: 351 kbit/s at 64 B to 1.54 Mbit/s at 6144 B, 97 % of its ceiling",
		"bit/s · median of 6 to 7 repeats · 95 % interval of the median, order statistics, within this association only (1 boot) · results.jsonl",
		"9 of 10 cases measured, 1 REFUSED; highest goodput 1.54 Mbit/s at length=6144, 97 % of its ceiling.",
		"No byte lost, doubled or changed", "within this association only (1 boot)",
		`<td class="number unsure">REFUSED</td>`, "this firmware stops at 6144", "-, needs 368 sends, has",
		`role="img" aria-label="Emulated module. Goodput rises with length`, `<th scope="row">firmware</th><td>2.0.106</td>`, "-49 dBm … -47 dBm",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// The options stand in the text as JSON in which no < can end the element.
func TestOptionsAreInertData(t *testing.T) {
	text := string(render(t, reporttest.Hostile(t)))
	_, after, _ := strings.Cut(text, `<script type="application/json" id="chart-options">`)
	options, _, _ := strings.Cut(after, "</script>")
	if strings.ContainsAny(options, "<>&\u2028\u2029") {
		t.Error("the options have unescaped markup")
	}
	var all []struct {
		ID     string
		Option map[string]any
	}
	if err := json.Unmarshal([]byte(options), &all); err != nil || len(all) < 3 {
		t.Fatalf("%d charts, %v", len(all), err)
	}
	if n := strings.Count(text, "<script"); n != 3 {
		t.Errorf("%d script elements, want options, library and text script", n)
	}
}

func TestChartsOfOtherRuns(t *testing.T) {
	run := reporttest.Run(t)
	run.Results = nil
	if p, err := RunPage(reporttest.Summarize(t, run), run); err != nil || len(p.Charts()) != 0 {
		t.Errorf("a run without results: %+v, %v", p, err)
	}
	run = reporttest.Run(t)
	for i := range run.Results {
		run.Results[i].Samples = "samples/lost.parquet"
	}
	p, err := RunPage(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	all := p.Charts()
	if len(all) < 4 || all[2].Option != nil || all[3].Option == nil || !strings.HasPrefix(all[2].Note, "Not all samples could be read: ") {
		t.Fatalf("%d charts, %v; unreadable samples must be told of and not keep the others from being shown", len(all), err)
	}
	if text := string(render(t, run)); !strings.Contains(text, "Not all samples could be read") || strings.Contains(text, `id="latency"`) {
		t.Error("the text has a box for a chart without curves, or does not say why there are none")
	}
}

// The figures come before what casts doubt on them, to which the verdict leads.
func TestWarningsBelowTheTable(t *testing.T) {
	run := reporttest.Run(t)
	s := reporttest.Summarize(t, run)
	s.Warnings = []analysis.Warning{{Text: "the first"}, {Text: "the second"}}
	p, err := RunPage(s, run)
	if err != nil {
		t.Fatal(err)
	}
	if p.Warned == nil || p.Warned.Text != "2 warnings" || p.Warned.Address != "#"+p.Sections[1].ID || p.Sections[0].ID != "cases" {
		t.Errorf("%+v, sections %s, %s", p.Warned, p.Sections[0].ID, p.Sections[1].ID)
	}
	s.Warnings = nil
	if p, err = RunPage(s, run); err != nil || p.Warned != nil || p.Sections[1].ID == "warnings" {
		t.Errorf("without warnings: %v, %+v", err, p.Warned)
	}
}
