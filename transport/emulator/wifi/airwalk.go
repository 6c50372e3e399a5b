package wifi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxFile is the longest air file, in bytes; maxItems the longest list in it.
const (
	maxFile  = 64 << 10
	maxItems = 64
)

// walker goes through an air file and gathers its mistakes.
type walker struct {
	file string
	bad  []error
}

func (w *walker) fail(n *yaml.Node, format string, a ...any) {
	w.failAt(n.Line, n.Column, format, a...)
}

func (w *walker) failAt(line, column int, format string, a ...any) {
	w.bad = append(w.bad, fmt.Errorf("%s:%d:%d: %s", w.file, max(line, 1), max(column, 1), fmt.Sprintf(format, a...)))
}

// root is the mapping of the one document of the file.
func (w *walker) root(data []byte) *yaml.Node {
	if len(data) > maxFile {
		w.failAt(1, 1, "the file has %d bytes; up to %d are read", len(data), maxFile)
		return nil
	}
	var docs []yaml.Node
	if err := yaml.Load(data, &docs, yaml.WithAllDocuments()); err != nil {
		line, column := 1, 1
		var load *yaml.LoadError
		if errors.As(err, &load) {
			line, column = load.Mark.Line, load.Mark.Column
		}
		w.failAt(line, column, "not YAML: %s", strings.ReplaceAll(err.Error(), "\n", " "))
		return nil
	}
	if len(docs) != 1 || len(docs[0].Content) == 0 {
		w.failAt(1, 1, "the file has %d documents; it must have one, and not an empty one", len(docs))
		return nil
	}
	return docs[0].Content[0]
}

// each calls take for every key of a mapping; it says which keys are not there.
func (w *walker) each(n *yaml.Node, what string, take map[string]func(*yaml.Node)) (seen map[string]bool) {
	seen = make(map[string]bool)
	if n.Kind != yaml.MappingNode {
		w.fail(n, "%s must be keys with values", what)
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		set := take[key.Value]
		switch {
		case set == nil:
			w.fail(key, "%s has no key %q; it has %s", what, key.Value, names(take))
		case seen[key.Value]:
			w.fail(key, "%s has %s twice", what, key.Value)
		default:
			seen[key.Value] = true
			set(value)
		}
	}
	return seen
}

func names(take map[string]func(*yaml.Node)) string {
	var keys []string
	for k := range take {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// items are the values of a sequence.
func (w *walker) items(n *yaml.Node, what string) []*yaml.Node {
	switch {
	case n.Kind != yaml.SequenceNode:
		w.fail(n, "%s must be a list", what)
		return nil
	case len(n.Content) > maxItems:
		w.fail(n, "%s has %d entries; it may have %d", what, len(n.Content), maxItems)
		return nil
	}
	return n.Content
}

// scalar is a value that is neither list nor mapping nor null.
func (w *walker) scalar(n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		w.fail(n, "a value is missing here")
		return "", false
	}
	return n.Value, true
}

// text takes a string of from least to most bytes without control characters,
// which would end a line on the link.
func (w *walker) text(to *string, least, most int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := w.scalar(n)
		switch {
		case !ok:
		case len(s) < least || len(s) > most:
			w.fail(n, "%q has %d bytes; it must have %d to %d", s, len(s), least, most)
		case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
			w.fail(n, "%q has a control character", s)
		default:
			*to = s
		}
	}
}

func (w *walker) number(to *int, lo, hi int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := w.scalar(n)
		if !ok {
			return
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < lo || v > hi {
			w.fail(n, "%q is not a whole number from %d to %d", s, lo, hi)
			return
		}
		*to = v
	}
}

// flag takes a switch; with want false it sets what the word denies.
func (w *walker) flag(to *bool, want bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch s, ok := w.scalar(n); {
		case !ok:
		case s == "true" || s == "on":
			*to = want
		case s == "false" || s == "off":
			*to = !want
		default:
			w.fail(n, "%q is not true or false", s)
		}
	}
}

// choice takes one of the words and gives its place among them.
func (w *walker) choice(words []string, set func(int)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := w.scalar(n)
		if !ok {
			return
		}
		i := slices.Index(words, s)
		if i < 0 {
			w.fail(n, "%q is not one of %s", s, strings.Join(words, ", "))
			return
		}
		set(i)
	}
}
