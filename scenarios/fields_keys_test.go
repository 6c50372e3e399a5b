package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
)

// writeKeys writes a table of each kind of file, of the schema's keys.
func writeKeys(t *testing.T, out *strings.Builder) {
	t.Helper()
	for _, kind := range []string{"scenario", "campaign", "rig"} {
		text, err := Schema(kind)
		if err != nil {
			t.Fatal(err)
		}
		var s jsonschema.Schema
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "\n# %s file\n\n| key | meaning | form |\n|---|---|---|\n", strings.ToUpper(kind[:1])+kind[1:])
		keys(out, "", &s)
	}
}

// keys writes a row for each key, and for those of an object whose keys are few.
func keys(out *strings.Builder, prefix string, s *jsonschema.Schema) {
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		about := p.Value.Description
		if slices.Contains(s.Required, p.Key) {
			about += " (*required*)"
		}
		fmt.Fprintf(out, "| `%s%s` | %s | %s |\n", prefix, p.Key, strings.ReplaceAll(about, "|", `\|`), form(p.Key, p.Value))
		if p.Value.Properties != nil && p.Value.Properties.Len() < 8 && p.Key != "workload" {
			keys(out, prefix+p.Key+".", p.Value)
		}
	}
}

// form is what a value looks like, in words.
func form(key string, s *jsonschema.Schema) string {
	switch key {
	case "workload":
		return "`kind` and its [fields](#workloads)"
	case "sweep":
		return "a [factor](scenarios.md#factors) and a list of its levels"
	case "limits":
		return "a [metric](metrics.md), and `min`, `max`, `where`"
	case "until", "margins":
		return "a [metric](metrics.md) and a fraction, 0.1 % to 100 %"
	case "module", "log", "neighbour":
		return "[link URL](rig.md#link-urls)"
	case "meter":
		return "[meter URL](rig.md#current-meter)"
	case "beacon":
		return "a time, such as `102.4ms`"
	case "boots":
		return "1 to 1000, or a range such as `5..30`"
	case "set":
		return "a name and a command with `{value}`"
	case "emulated":
		return "[keys](emulator.md) and values"
	}
	switch {
	case s.Enum != nil:
		var words []string
		for _, e := range s.Enum {
			words = append(words, fmt.Sprint(e))
		}
		return strings.Join(words, ", ")
	case s.Type == "integer":
		return fmt.Sprintf("%s to %s", s.Minimum, s.Maximum)
	case s.Type == "boolean":
		return "true, false"
	case s.Type == "array" && key == "needs":
		return "a list of " + strings.Join(knownNeeds(s), ", ")
	case s.Type == "array" && (key == "setup" || key == "cleanup"):
		return "a list of AT lines"
	case s.Type == "array":
		return "a list of texts"
	case s.Type == "object":
		return "the keys below"
	case strings.Contains(s.Pattern, "ns|us|"):
		return "a time, such as `5m`"
	}
	return "text"
}

func knownNeeds(s *jsonschema.Schema) (words []string) {
	for _, any := range s.Items.AnyOf {
		for _, e := range any.Enum {
			words = append(words, fmt.Sprint(e))
		}
	}
	return append(words, "hook:NAME")
}
