package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"st67bench/analysis/report/reporttest"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update rewrites it); got:\n%s", path, got)
	}
}

func TestTextGolden(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, reporttest.Summarize(t, reporttest.Run(t)), 0); err != nil {
		t.Fatal(err)
	}
	golden(t, "cipsend-size.txt", b.Bytes())
}

func TestTextWraps(t *testing.T) {
	s := reporttest.Summarize(t, reporttest.Run(t))
	var b bytes.Buffer
	if err := Text(&b, s, 110); err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(text, "\n")); n > 110 {
			t.Errorf("%d characters in a line of a terminal of 110: %s", n, text)
		}
	}
}

// A line never ends between a number and its unit.
func TestWrapKeepsQuantitiesWhole(t *testing.T) {
	text := "the harness floor of an exchange is 1.38 ms, wanted ±2.0 %, at 9 of 10"
	for width := leastNote; width < 80; width++ {
		for _, part := range wrap(text, width) {
			if strings.HasSuffix(part, "1.38") || strings.HasSuffix(part, "2.0") || len([]rune(part)) > width {
				t.Errorf("width %d: %q", width, part)
			}
		}
		if got := strings.Join(wrap(text, width), " "); got != text {
			t.Errorf("width %d: %q", width, got)
		}
	}
}
