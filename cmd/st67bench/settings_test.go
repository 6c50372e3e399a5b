package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"st67bench/scenarios"
)

var update = flag.Bool("update", false, "write what is generated anew")

// setCommand is a command of the manual that has a set form.
type setCommand struct{ name, section string }

// setCommands are those of the manual, in its order of chapters, from the data that the emulated module is tested with.
func setCommands(t *testing.T) []setCommand {
	t.Helper()
	var all []setCommand
	files, _ := filepath.Glob(filepath.Join(root, "transport/emulator/testdata/manual/*.txt"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var head []string
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "## "):
				head = words[1:]
			case strings.HasPrefix(line, "forms ") && slices.Contains(words, "set"):
				all = append(all, setCommand{strings.TrimPrefix(head[0], "+"), head[1]})
			}
		}
	}
	if len(all) < 100 {
		t.Fatalf("%d set commands in %q: the manual has more", len(all), files)
	}
	return all
}

// reach says how a command is reached, by its line of testdata/settings.txt.
func reach(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/settings.txt")
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, way, _ := strings.Cut(lines.Text(), " ")
		if name == "#" {
			continue
		}
		if ways[name] != "" {
			t.Errorf("settings.txt has %s twice", name)
		}
		ways[name] = way
	}
	return ways
}

// varied are the shipped scenarios in which a setting is a factor in the way that its line says.
func varied(way, command string, shipped []*scenarios.Scenario) (names []string) {
	words := strings.Fields(way)
	line := regexp.MustCompile(`(?i)AT\+` + regexp.QuoteMeta(command) + `=.*\{([A-Za-z0-9_.-]+)\}`)
	for _, s := range shipped {
		is := false
		switch words[0] {
		case "kind":
			is = s.Workload.Kind == words[1]
		case "field":
			is = swept(s, words[1]) && (len(words) == 2 || slices.Contains(words[2:], s.Workload.Kind))
		case "setup":
			is = slices.ContainsFunc(s.Setup, line.MatchString) || swept(s, "line") && strings.Contains(strings.ToUpper(string(s.Text)), "AT+"+command+"=")
		}
		if is {
			names = append(names, s.Name)
		}
	}
	return names
}

func swept(s *scenarios.Scenario, factor string) bool {
	return slices.ContainsFunc(s.Sweep, func(f scenarios.Factor) bool { return f.Name == factor })
}

// docs/settings.md tells of each set command which scenario varies it, or why none does.
func TestSettingsAreReached(t *testing.T) {
	var shipped []*scenarios.Scenario
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		shipped = append(shipped, s)
	}
	var out strings.Builder
	out.WriteString("# Which scenario varies which setting\n\n" +
		"Every command of the manual that sets something, with the shipped scenarios in which it is a factor, or why there is none. Any line may stand in a scenario's `setup:`\n" +
		"with `{factor}` in it ([docs/scenarios.md](scenarios.md)), but for those that destroy something.\n\n" +
		"| command | section | scenarios |\n|---|---|---|\n")
	ways := reach(t)
	for _, c := range setCommands(t) {
		way, known := ways[c.name]
		delete(ways, c.name)
		reason, none := strings.CutPrefix(way, "none ")
		names := ""
		switch {
		case !known:
			t.Errorf("AT+%s has no line in settings.txt: which scenario varies it, or why does none?", c.name)
			continue
		case none:
			names = "none: " + reason
		default:
			names = strings.Join(varied(way, c.name, shipped), ", ")
		}
		if names == "" || names == "none: " {
			t.Errorf("AT+%s: no shipped scenario has it as a factor by %q", c.name, way)
		}
		fmt.Fprintf(&out, "| AT+%s | %s | %s |\n", c.name, c.section, names)
	}
	for name := range ways {
		t.Errorf("settings.txt: AT+%s is no set command of the manual", name)
	}
	current(t, "settings.md", out.String())
}

// current holds a page of the docs against what it is made of.
func current(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(root, "docs", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != text {
		t.Errorf("docs/%s is not what it is made of (%v); go test ./cmd/st67bench -run %s -update", name, err, t.Name())
	}
}
