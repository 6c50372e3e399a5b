package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"st67bench/scenarios"
)

// pages are the texts of README and docs, by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	add := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(text)
	}
	add(filepath.Join(root, "README.md"))
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			add(path)
		}
		return err
	})
	if err != nil || len(all) < 5 {
		t.Fatalf("%d pages, %v", len(all), err)
	}
	return all
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// Every scenario, campaign and rig that a page shows is one.
func TestDocFilesAreRight(t *testing.T) {
	any := func(string) (*scenarios.Scenario, error) { return scenarios.Load("cipsend-quick") }
	env := func(string) (string, bool) { return "long-enough-secret", true }
	seen := 0
	for path, text := range pages(t) {
		for _, m := range yamlBlock.FindAllStringSubmatch(text, -1) {
			var err error
			switch block := m[1]; {
			case strings.HasPrefix(block, "campaign:"):
				_, err = scenarios.ParseCampaign(path, []byte(block), any)
			case strings.Contains(block, "\nworkload:") && strings.HasPrefix(block, "name:"):
				_, err = scenarios.Parse(path, []byte(block))
			case strings.Contains(block, "\nmodule:") && strings.HasPrefix(block, "name:"):
				_, err = scenarios.ParseRig(path, []byte(block), env)
			default:
				continue
			}
			seen++
			if err != nil {
				t.Errorf("an example: %v\n%s", err, m[1])
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d examples were looked at", seen)
	}
}

var shownCommand = regexp.MustCompile(`(?m)^    (?:\S+=\S+ )*(?:\./)?st67bench (.*)$`)

// Every command line that a page shows has a verb and flags that exist.
func TestDocCommandsExist(t *testing.T) {
	seen := 0
	for path, text := range pages(t) {
		for _, m := range shownCommand.FindAllStringSubmatch(text, -1) {
			line, _, _ := strings.Cut(m[1], "  ") // a comment or a table stands behind two spaces
			words := strings.Fields(line)
			c, rest, err := newRoot(nil, nil, nil).Find(words)
			if err != nil || !c.HasParent() && words[0] != "completion" || c.HasParent() && c.HasSubCommands() && len(rest) > 0 {
				t.Errorf("%s: st67bench %s: no such verb", path, line)
				continue
			}
			seen++
			checkFlags(t, path, line, c)
		}
	}
	if seen < 10 {
		t.Errorf("only %d commands were looked at", seen)
	}
}

func checkFlags(t *testing.T, path, line string, c *cobra.Command) {
	t.Helper()
	for _, m := range regexp.MustCompile(` --([a-z-]+)`).FindAllStringSubmatch(line, -1) {
		if c.Flags().Lookup(m[1]) == nil && c.InheritedFlags().Lookup(m[1]) == nil && m[1] != "help" {
			t.Errorf("%s: st67bench %s: no flag --%s", path, line, m[1])
		}
	}
}
