package report

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"st67bench/analysis/report/reporttest"
)

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, reporttest.Summarize(t, reporttest.Run(t))); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema   int
		Emulated bool
		Cases    []struct {
			Case    string
			Outcome string
			Metrics map[string]struct {
				N        int
				Median   float64
				Interval struct{ Lo, Hi, Confidence float64 }
			}
			Withheld map[string]struct{ Needs, Has int }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	first := got.Cases[0].Metrics["goodput"]
	if got.Schema != 1 || !got.Emulated || len(got.Cases) != 10 || first.N != 7 || first.Interval.Confidence != 0.984375 ||
		first.Interval.Lo > first.Median || first.Median > first.Interval.Hi || got.Cases[2].Withheld["send_latency_p99"].Needs != 368 {
		t.Errorf("%+v", got)
	}
	for _, key := range regexp.MustCompile(`"([^"]+)":`).FindAllStringSubmatch(b.String(), -1) {
		if !regexp.MustCompile(`^([a-z0-9_]+|PASS|REFUSED|ERROR)$`).MatchString(key[1]) {
			t.Errorf("key %q is not snake case", key[1])
		}
	}
}

// A network's name must not be able to drive the terminal.
func TestTextOfHostileNames(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, reporttest.Summarize(t, reporttest.Hostile(t)), 100); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("unprintable at %d: %q", i, b.String()[max(i-20, 0):i+20])
	}
}
