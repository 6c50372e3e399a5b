package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"st67bench/results"
)

// render makes the page of a run, with a stand-in for the library where this
// checkout has none.
func render(t testing.TB, run *results.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	s := summarize(t, run)
	err := HTML(&b, s, run)
	if errors.Is(err, ErrNoECharts) {
		err = writePage(&b, s, run, "none")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWithoutECharts(t *testing.T) {
	run := syntheticRun(t)
	err := HTML(io.Discard, summarize(t, run), run)
	if HaveECharts() != (err == nil) || err != nil && !errors.Is(err, ErrNoECharts) {
		t.Errorf("HaveECharts %v, HTML: %v", HaveECharts(), err)
	}
}

func TestSameRunSameBytes(t *testing.T) {
	run := syntheticRun(t)
	first := render(t, run)
	for range 4 {
		if !bytes.Equal(render(t, run), first) {
			t.Fatal("the same run gives another page")
		}
	}
}

func TestPageFetchesNothing(t *testing.T) {
	page := string(render(t, syntheticRun(t)))
	const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">`
	if !strings.Contains(page, policy) || strings.Index(page, policy) > strings.Index(page, "<title>") {
		t.Error("the policy does not stand before what it is about")
	}
	page = regexp.MustCompile(`(?s)<script type="text/plain".*?</script>`).ReplaceAllString(page, "")
	if m := regexp.MustCompile(`https?://|src=|@import|url\(|<link`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
	if len(page) > 400_000 {
		t.Errorf("%d B without the library; the curves are to have at most %d points", len(page), mostPoints)
	}
}

func TestPageSaysWhatItIsAbout(t *testing.T) {
	page := html.UnescapeString(string(render(t, syntheticRun(t))))
	for _, want := range []string{
		"<title>Emulated module: ", emulatedText, "Goodput against length (emulated module)",
		"9 of 10 cases measured, 1 REFUSED; highest goodput 1.54 Mbit/s at length=6144, 97 % of its ceiling.",
		"no byte lost, doubled or changed", "within this association only (1 boot)",
		"<td>REFUSED</td>", "this firmware stops at 6144", "-, needs 368 sends, has",
		`role="img" aria-label="Emulated module. Goodput against length`, "<th scope=\"row\">firmware</th><td>2.0.106</td>", "-49 dBm … -47 dBm",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// The options stand in the page as JSON in which no < can end the element.
func TestOptionsAreInertData(t *testing.T) {
	page := string(render(t, hostileRun(t)))
	_, after, _ := strings.Cut(page, `<script type="application/json" id="charts">`)
	options, _, _ := strings.Cut(after, "</script>")
	if strings.ContainsAny(options, "<>&\u2028\u2029") {
		t.Error("the options have unescaped markup")
	}
	var all []struct {
		ID     string
		Option map[string]any
	}
	if err := json.Unmarshal([]byte(options), &all); err != nil || len(all) != 3 {
		t.Fatalf("%d charts, %v", len(all), err)
	}
	if n := strings.Count(page, "<script"); n != 3 {
		t.Errorf("%d script elements, want options, library and page script", n)
	}
}

func TestCompress(t *testing.T) {
	const script = "const a = 1 + 2; // </script>"
	text, err := compress([]byte(script))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(z); err != nil || string(back) != script {
		t.Errorf("%q, %v", back, err)
	}
}

func TestChartsOfOtherRuns(t *testing.T) {
	run := syntheticRun(t)
	run.Results = nil
	if all, err := figures(summarize(t, run), run); err != nil || len(all) != 0 {
		t.Errorf("a run without results has %d charts, %v", len(all), err)
	}
	run = syntheticRun(t)
	for i := range run.Results {
		run.Results[i].Samples = "samples/lost.parquet"
	}
	all, err := figures(summarize(t, run), run)
	if err != nil || len(all) != 3 || all[2].option != nil || !strings.HasPrefix(all[2].note, "Not all samples could be read: ") {
		t.Fatalf("%d charts, %v; unreadable samples must be told of and not keep the others from being shown", len(all), err)
	}
	if page := string(render(t, run)); !strings.Contains(page, "Not all samples could be read") || strings.Contains(page, `id="latency"`) {
		t.Error("the page has a box for a chart without curves, or does not say why there are none")
	}
}
