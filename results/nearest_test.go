package results

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"length", "links", "total", "duration", "wait"}
	for word, want := range map[string]string{
		"lenght": "length", "Length": "length", "link": "links", "dration": "duration", "await": "wait", "speed": "", "": "",
		strings.Repeat("length", 100): "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
