package scenarios

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write the committed schemas anew")

// The committed schemas are those that the program generates.
func TestSchemaIsCommitted(t *testing.T) {
	for _, kind := range []string{"scenario", "campaign", "rig"} {
		want, err := Schema(kind)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("schema", kind+".schema.json")
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what Schema makes; go test ./scenarios -run TestSchemaIsCommitted -update", file)
		}
	}
	if _, err := Schema("rigs"); err == nil || !strings.Contains(err.Error(), `"rig"`) {
		t.Errorf("error for an unknown kind: %v", err)
	}
}

// compiled returns the schema of a kind as another implementation reads it.
func compiled(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(kind)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(kind+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func kindOfFile(name string) string {
	if strings.HasPrefix(filepath.Base(name), "rig-") || strings.Contains(name, "rigs") {
		return "rig"
	}
	return "scenario"
}

func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", p, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

func TestSchemaAccepts(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{"scenario": compiled(t, "scenario"), "rig": compiled(t, "rig")}
	for _, file := range glob(t, "*.yaml", "testdata/right/*.yaml", "testdata/rigs/*.yaml") {
		var value any
		load(t, file, &value)
		if err := schemas[kindOfFile(file)].Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func load(t *testing.T, file string, value any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, value, yaml.WithUniqueKeys(false)); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// parserOnly are the wrong files whose mistakes no schema can see: those of the
// YAML itself, names that are not defined, and values that contradict others.
var parserOnly = map[string]string{
	"alias.yaml":          "YAML",
	"control.yaml":        "YAML",
	"documents.yaml":      "YAML",
	"empty.yaml":          "YAML",
	"syntax.yaml":         "YAML",
	"placeholder.yaml":    "the placeholder is no factor",
	"sweep-large.yaml":    "the product of the sweep",
	"contradictions.yaml": "fields that contradict each other",
	"open-loop.yaml":      "a field that another one asks for",
	"passive.yaml":        "a read above the buffer",
	"downloads.yaml":      "fields that contradict each other",
	"sendl.yaml":          "fields that contradict each other",
	"idle.yaml":           "a field that does nothing",
	"interrupting.yaml":   "a command that no line can follow",
	"latency.yaml":        "fields that contradict each other",
	"iperf.yaml":          "fields that contradict each other",
	"iperf-tcp.yaml":      "fields that contradict each other",
	"upload.yaml":         "fields that contradict each other",
	"rig-reset.yaml":      "the link lacks a key that reset and the scheme ask for",
	"rig-power.yaml":      "the query of a link",
	"rig-meter.yaml":      "the query of a meter",
	"rig-env.yaml":        "", // and the password in two parts, which the schema sees
}

func TestSchemaRejects(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{"scenario": compiled(t, "scenario"), "rig": compiled(t, "rig")}
	for _, file := range glob(t, "testdata/wrong/*.yaml") {
		if why := parserOnly[filepath.Base(file)]; why != "" {
			continue
		}
		var value any
		load(t, file, &value)
		if err := schemas[kindOfFile(file)].Validate(value); err == nil {
			t.Errorf("%s is accepted", file)
		}
	}
}
