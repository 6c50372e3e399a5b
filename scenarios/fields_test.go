package scenarios

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"st67bench/results"
)

// docs/fields.md lists every key of the files and every workload with its fields, from the tables that parser and schema use.
func TestFieldsAreDocumented(t *testing.T) {
	var out strings.Builder
	out.WriteString(`# The files, key by key

Made from the tables that the parser uses and the JSON Schema is made of (` + "`st67bench validate --schema scenario`" + ` prints that for an editor). What a scenario is
and how its parts work together stands in [scenarios.md](scenarios.md), what a rig is in [rig.md](rig.md), and what each workload does, how its figures are defined and what
its ceiling is on the pages in [workloads](workloads).

A quantity has its unit: ` + "`512KiB`, `10s`, `2Mbit/s`, `2%`" + `. *required* keys have to be there; all others may be left out.
`)
	writeKeys(t, &out)
	out.WriteString(`
# Workloads

` + "`workload: {kind: KIND, …}`" + ` with the fields below. **Every field can be a factor of ` + "`sweep`" + `.** An example is how a shipped scenario uses the field; ` + "`st67bench list`" + ` names them all.

## Every workload

These are in all of them. Where a workload has a narrower range or a default of its own, its table says so.

`)
	given := examples(t)
	header := "| field | meaning | allowed | default | example |\n|---|---|---|---|---|\n"
	out.WriteString(header)
	for _, f := range fields {
		if slices.Contains(always, f.name) {
			out.WriteString(row(f, defaults(kinds[0].name), given.of("", f.name)))
		}
	}
	for _, k := range kinds {
		page := pageOf(t, k.name)
		fmt.Fprintf(&out, "\n## %s\n\n%s%s: %s.", k.name, strings.ToUpper(k.about[:1]), k.about[1:], "[what it measures, and its ceiling]("+page+")")
		if len(k.needs) > 0 {
			fmt.Fprintf(&out, " It needs %s.", strings.Join(k.needs, ", "))
		}
		out.WriteString("\n\n")
		begun := false
		for _, f := range fields {
			own := k.field(f)
			_, narrower := k.spans[f.name]
			if !k.has(f.name) || slices.Contains(always, f.name) && !narrower && k.starts[f.name] == "" {
				continue
			}
			if !begun {
				out.WriteString(header)
			}
			begun = true
			example := given.of(k.name, f.name)
			if example == "-" && !narrower {
				example = given.of("", f.name) // another workload's, which has the same levels
			}
			out.WriteString(row(own, defaults(k.name), example))
		}
		if !begun {
			out.WriteString("It has no fields of its own.\n")
		}
	}
	path := filepath.Join("..", "docs", "fields.md")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != out.String() {
		t.Errorf("docs/fields.md is not what the tables make (%v); go test ./scenarios -run TestFieldsAreDocumented -update", err)
	}
}

func row(f field, given Workload, example string) string {
	value := f.text(given)
	if value == "" {
		value = "-"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", f.name, f.about, allowedText(f), value, example)
}

// allowedText is the field's choices, or its range with where it comes from.
func allowedText(f field) string {
	if f.choices != nil {
		text := strings.Join(f.choices, ", ")
		if len(f.same) > 0 {
			text += " (or " + strings.Join(slices.Sorted(maps.Keys(f.same)), ", ") + ")"
		}
		switch {
		case f.name == "twt": // its meaning has the form in words
			text += ", or the three numbers"
		case f.form != nil:
			text += ", or any line that begins with AT"
		}
		return text
	}
	text := results.FormatQuantity(f.span.min, f.span.unit) + " to " + results.FormatQuantity(f.span.max, f.span.unit)
	if f.span.unit == "1" {
		text = fmt.Sprintf("%.0f to %.0f", f.span.min, f.span.max)
	}
	if f.span.source != "" {
		text += " (" + f.span.source + ")"
	}
	return text
}

// pageOf is the page of docs/workloads whose heading names the kind. Each kind has one.
func pageOf(t *testing.T, kind string) string {
	t.Helper()
	files, err := filepath.Glob("../docs/workloads/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d pages of workloads, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		heading, _, _ := strings.Cut(string(text), "\n")
		named := strings.FieldsFunc(strings.ToLower(heading), func(r rune) bool { return strings.ContainsRune("#:, ", r) })
		if slices.Contains(named, kind) {
			return "workloads/" + filepath.Base(file)
		}
	}
	t.Errorf("no heading in docs/workloads names the workload %s", kind)
	return ""
}

// Every page of a workload says what it measures, what its bound is made of, how to read it, and which scenarios use it.
func TestWorkloadPagesAreWhole(t *testing.T) {
	used := examples(t)
	for _, k := range kinds {
		page := pageOf(t, k.name)
		text, err := os.ReadFile(filepath.Join("..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		for what, words := range map[string][]string{
			"what it measures":     {"| metric |", "What is measured", "| `goodput` |"},
			"its dialog":           {"AT+", "AT␍␊"},
			"its ceiling":          {"eiling", "bound", "ound"},
			"its stages":           {"stage"},
			"how to read it":       {"How to read", "What to expect", "tells"},
			"its shipped examples": {"Shipped scenarios"},
		} {
			if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(string(text), w) }) {
				t.Errorf("docs/%s, of %s: it does not say %s: none of %q is there", page, k.name, what, words)
			}
		}
		for _, name := range used.scenarios(k.name) {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/%s, of %s: it does not name the scenario %s", page, k.name, name)
			}
		}
	}
}

// use is how a shipped scenario gives a field of its workload, by kind of workload.
type use struct{ scenario, kind, field, value string }

type uses []use

// examples are those of all shipped scenarios, in the order of their names.
func examples(t *testing.T) (all uses) {
	t.Helper()
	for _, name := range Library() {
		text, err := shipped.ReadFile(name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var s struct{ Workload, Sweep map[string]yaml.Node }
		if err := yaml.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		node := s.Workload["kind"]
		all = append(all, use{name, node.Value, "kind", ""})
		for _, m := range []map[string]yaml.Node{s.Workload, s.Sweep} {
			for _, key := range slices.Sorted(maps.Keys(m)) {
				value := m[key]
				if key == "kind" {
					continue
				}
				all = append(all, use{name, s.Workload["kind"].Value, presentName(key), inLine(value)})
			}
		}
	}
	return all
}

// inLine is a value as it stands in a line of YAML.
func inLine(n yaml.Node) string {
	if n.Kind != yaml.SequenceNode {
		return n.Value
	}
	var parts []string
	for _, c := range n.Content {
		parts = append(parts, c.Value)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// of is an example of a field for a kind, or for any kind when that is empty; a swept one before one that is not.
func (u uses) of(kind, field string) string {
	best := -1
	for i, x := range u {
		if x.field == field && (kind == "" || x.kind == kind) && (best < 0 || !strings.HasPrefix(u[best].value, "[") && strings.HasPrefix(x.value, "[")) {
			best = i
		}
	}
	if best < 0 {
		return "-"
	}
	return fmt.Sprintf("`%s: %s` in [%s](../scenarios/%s)", field, u[best].value, u[best].scenario, path.Base(u[best].scenario)+".yaml")
}

// scenarios are the names of those with a workload of this kind.
func (u uses) scenarios(kind string) (names []string) {
	for _, x := range u {
		if x.field == "kind" && x.kind == kind {
			names = append(names, x.scenario)
		}
	}
	return names
}
