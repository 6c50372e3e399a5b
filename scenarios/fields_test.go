package scenarios

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"st67bench/results"
)

// docs/fields.md lists every workload with its fields, from the tables that the parser uses.
func TestFieldsAreDocumented(t *testing.T) {
	var out strings.Builder
	out.WriteString("# Workloads and their fields\n\nMade from the parser's own tables. What a workload does, how its figures are defined and what its ceiling is stands in\n" +
		"[docs/workloads](workloads). Every field can be a factor of `sweep`.\n")
	for _, k := range kinds {
		fmt.Fprintf(&out, "\n## %s\n\n%s", k.name, k.about)
		if len(k.needs) > 0 {
			fmt.Fprintf(&out, " (needs %s)", strings.Join(k.needs, ", "))
		}
		out.WriteString(".\n\n| field | meaning | allowed | default |\n|---|---|---|---|\n")
		given := defaults(k.name)
		for _, f := range fields {
			if k.has(f.name) {
				f = k.field(f)
				fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.name, f.about, allowedText(f), f.text(given))
			}
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

// allowedText is the field's choices, or its range with where it comes from.
func allowedText(f field) string {
	if f.choices != nil {
		text := strings.Join(f.choices, ", ")
		if len(f.same) > 0 {
			text += " (or " + strings.Join(slices.Sorted(maps.Keys(f.same)), ", ") + ")"
		}
		if f.form != nil {
			text += ", or `" + strings.ReplaceAll(f.form.String(), "|", `\|`) + "`"
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
