package history

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"st67bench/results"
)

// Acknowledged are changes that somebody has accepted. A nil pointer is no such list.
type Acknowledged struct{ entries []entry }

// entry is one change by the keys that have a text in the file.
type entry map[string]string

// The keys of an entry. Scenario and case narrow it down.
var (
	entryKeys = []string{"metric", "scenario", "case", "release", "reason"}
	needed    = []string{"metric", "release", "reason"}
)

// reason is why the change of a series at a release is accepted; empty when it is not.
func (a *Acknowledged) reason(s *Series, release string) string {
	if a == nil {
		return ""
	}
	for _, e := range a.entries {
		same := e["metric"] == s.Metric.Name && e["release"] == release &&
			(e["scenario"] == "" || e["scenario"] == s.Scenario) && (e["case"] == "" || e["case"] == s.Case)
		if same {
			return e["reason"]
		}
	}
	return ""
}

// idle says which entries acknowledge nothing: those of no series, unless others were not looked at, and those of a release at
// which no change was found. Where too few releases were measured for a search, and at the newest, nothing is said.
func (a *Acknowledged) idle(h *History, selected bool) (warnings []string) {
	if a == nil {
		return nil
	}
	for _, e := range a.entries {
		what := strings.Join(slices.DeleteFunc([]string{e["scenario"], e["case"], e["metric"]}, func(s string) bool { return s == "" }), " ") + " at " + e["release"]
		of := slices.DeleteFunc(slices.Clone(h.Courses), func(c Course) bool {
			return c.Metric != e["metric"] || e["scenario"] != "" && e["scenario"] != c.Scenario || e["case"] != "" && e["case"] != c.Case
		})
		switch {
		case len(of) == 0 && !selected:
			warnings = append(warnings, fmt.Sprintf("acknowledged, but nothing is followed by that name: %s", what))
		case len(of) > 0 && !slices.Contains(h.Releases, e["release"]):
			warnings = append(warnings, fmt.Sprintf("acknowledged, but there is no such release: %s", what))
		case len(of) > 0 && !slices.ContainsFunc(of, func(c Course) bool { return c.P == nil || c.acknowledges(e["release"]) }):
			warnings = append(warnings, fmt.Sprintf("acknowledged, but no change was found there: %s", what))
		}
	}
	return warnings
}

// acknowledges says that the course has a change at the release, or that it is the newest.
func (c Course) acknowledges(release string) bool {
	return c.Newest != nil && c.Newest.Release == release || slices.ContainsFunc(c.Changes, func(k Change) bool { return k.Release == release })
}

// ReadAcknowledged reads a YAML list of changes. file names the text in the error, which is [Mistakes].
func ReadAcknowledged(file string, text []byte) (*Acknowledged, error) {
	r := entryReader{finder: finder{file: file}}
	var docs []yaml.Node
	if err := yaml.Load(text, &docs, yaml.WithAllDocuments()); err != nil {
		line, col := 1, 1
		if e, ok := errors.AsType[*yaml.LoadError](err); ok {
			line, col, err = e.Mark.Line, e.Mark.Column, errors.New(e.Message)
		}
		r.mistake(line, col, "no YAML: %v", err)
		return nil, r.err()
	}
	for _, doc := range docs {
		r.list(doc.Content[0])
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return &r.read, nil
}

type entryReader struct {
	finder
	read Acknowledged
}

const example = `- {metric: goodput, release: 2.0.97, reason: "why"}`

func (r *entryReader) list(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		return // nothing but comments
	}
	if n.Kind != yaml.SequenceNode {
		r.mistake(n.Line, n.Column, "a list of changes is expected: %s", example)
		return
	}
	for _, one := range n.Content {
		r.entry(one)
	}
}

func (r *entryReader) entry(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.mistake(n.Line, n.Column, "a change is expected: %s", example)
		return
	}
	e := entry{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(entryKeys, key.Value):
			r.unknown(key)
		case value.Kind != yaml.ScalarNode || strings.TrimSpace(value.Value) == "":
			r.mistake(value.Line, value.Column, "%s: a text is expected", key.Value)
		case e[key.Value] != "":
			r.mistake(key.Line, key.Column, "%s is there twice", key.Value)
		default:
			e[key.Value] = value.Value
		}
	}
	for _, key := range needed {
		if e[key] == "" && !has(n, key) {
			r.mistake(n.Line, n.Column, "%s is missing; a change has %s", key, strings.Join(needed, ", "))
		}
	}
	r.read.entries = append(r.read.entries, e)
}

func (r *entryReader) unknown(key *yaml.Node) {
	hint := ""
	if near := results.Nearest(key.Value, entryKeys); near != "" {
		hint = fmt.Sprintf("did you mean %q? ", near)
	}
	r.mistake(key.Line, key.Column, "unknown key %q; %sallowed here: %s", key.Value, hint, strings.Join(entryKeys, ", "))
}

func has(n *yaml.Node, key string) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}
