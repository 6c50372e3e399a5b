package emulator

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The files that docs/emulator.md shows are taken as they stand.
func TestDocExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "emulator.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		switch {
		case strings.HasPrefix(m[1], "aps:"):
			file := filepath.Join(t.TempDir(), "air.yaml")
			if err := os.WriteFile(file, []byte(m[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Parse(map[string][]string{"air": {file}}); err != nil {
				t.Error(err)
			}
		case strings.Contains(m[1], "base:"):
			if _, err := ParseProfile("profile.yaml", []byte(m[1])); err != nil {
				t.Error(err)
			}
		default:
			continue
		}
		seen++
	}
	if seen != 2 {
		t.Errorf("%d files were looked at, want 2", seen)
	}
}
