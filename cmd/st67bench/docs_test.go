package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

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
	load := func(string) (*scenarios.Scenario, error) { return scenarios.Load("cipsend-quick") }
	env := func(string) (string, bool) { return "long-enough-secret", true }
	seen := 0
	for path, text := range pages(t) {
		for _, m := range yamlBlock.FindAllStringSubmatch(text, -1) {
			var anything any
			if err := yaml.Unmarshal([]byte(m[1]), &anything); err != nil {
				t.Errorf("%s: a block that is no YAML: %v\n%s", path, err, m[1])
			}
			var err error
			switch block := m[1]; {
			case strings.HasPrefix(block, "campaign:"):
				_, err = scenarios.ParseCampaign(path, []byte(block), load)
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

var (
	shownCommand = regexp.MustCompile(`(?m)^    (?:\S+=\S+ )*(?:\./)?st67bench (.*)$`)
	typedCommand = regexp.MustCompile(`(?m)^\$ (?:\S+=\S+ )*(?:\./)?st67bench (.*)$`)
	inProse      = regexp.MustCompile("`st67bench ([a-z][^`…]*)`")
)

// Every command line that a page shows, in a block or in a sentence, is one that st67bench takes.
func TestDocCommandsExist(t *testing.T) {
	seen := 0
	for path, text := range pages(t) {
		for _, form := range []*regexp.Regexp{shownCommand, typedCommand} {
			for _, m := range form.FindAllStringSubmatch(text, -1) {
				line, _, _ := strings.Cut(m[1], "  ") // a comment or a table stands behind two spaces
				line, _, _ = strings.Cut(line, " #")
				line, _, _ = strings.Cut(line, " > ")
				line, _, _ = strings.Cut(line, " | ")
				checkCommand(t, path, strings.TrimSpace(strings.TrimSuffix(line, "&")))
				seen++
			}
		}
		for _, m := range inProse.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			c := findCommand(t, path, strings.ReplaceAll(m[1], "\n", " "))
			if c != nil {
				checkFlags(t, path, m[1], c)
			}
			seen++
		}
	}
	if seen < 100 {
		t.Errorf("only %d commands were looked at", seen)
	}
}

// checkCommand lets the command parse a line: its verb, its flags, their values, and how many arguments it takes.
func checkCommand(t *testing.T, path, line string) {
	t.Helper()
	c := findCommand(t, path, line)
	if c == nil {
		return
	}
	_, rest, _ := c.Root().Find(words(line))
	if err := c.ParseFlags(rest); err != nil {
		t.Errorf("%s: st67bench %s: %v", path, line, err)
	} else if err := c.ValidateArgs(c.Flags().Args()); err != nil {
		t.Errorf("%s: st67bench %s: %v", path, line, err)
	}
}

// findCommand is the verb of a line, or nil after an error.
func findCommand(t *testing.T, path, line string) *cobra.Command {
	t.Helper()
	all := words(line)
	c, rest, err := newRoot(nil, nil, nil).Find(all)
	if err != nil || !c.HasParent() && all[0] != "completion" && all[0] != "--help" || c.HasParent() && c.HasSubCommands() && len(rest) > 0 {
		t.Errorf("%s: st67bench %s: no such verb", path, line)
		return nil
	}
	if !c.HasParent() {
		return nil // completion, which is made when the program runs
	}
	return c
}

// words are those that a shell makes of a line.
func words(line string) []string {
	all := aWord.FindAllString(line, -1)
	for i, w := range all {
		if q := w[0]; len(w) > 1 && (q == '"' || q == '\'') {
			all[i] = w[1 : len(w)-1]
		}
	}
	return all
}

func checkFlags(t *testing.T, path, line string, c *cobra.Command) {
	t.Helper()
	for _, m := range regexp.MustCompile(` --([a-z-]+)`).FindAllStringSubmatch(line, -1) {
		if c.Flags().Lookup(m[1]) == nil && c.InheritedFlags().Lookup(m[1]) == nil && m[1] != "help" {
			t.Errorf("%s: st67bench %s: no flag --%s", path, line, m[1])
		}
	}
}
