package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"st67bench/results"
)

// maxFile is the largest file that is read, in bytes: a hundred times what a
// person writes, and small enough that no file takes long.
const maxFile = 256 << 10

// walker goes through the YAML tree of one file and gathers every mistake. Its
// methods report what is wrong themselves; their bool says whether to go on
// with the value.
type walker struct {
	file     string
	mistakes Errors
	// env, when set, is asked for the ${NAME} in values.
	env func(string) (string, bool)
}

// entry is one key of a mapping with its value.
type entry struct {
	name  string
	key   *yaml.Node
	value *yaml.Node
}

func (w *walker) fail(at *yaml.Node, format string, args ...any) {
	w.failAt(at.Line, at.Column, format, args...)
}

func (w *walker) failAt(line, col int, format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ") // a value may hold line ends
	w.mistakes = append(w.mistakes, Mistake{w.file, max(line, 1), max(col, 1), text})
}

// err is the mistakes found so far as an error, or nil.
func (w *walker) err() error {
	if len(w.mistakes) == 0 {
		return nil
	}
	return w.mistakes.sorted()
}

// root reads the text and returns its one document's mapping.
func (w *walker) root(text []byte) (*yaml.Node, bool) {
	if len(text) > maxFile {
		w.failAt(1, 1, "the file has %d B; allowed: %d B", len(text), maxFile)
		return nil, false
	}
	if !w.readable(text) {
		return nil, false
	}
	var docs []yaml.Node
	if err := yaml.Load(text, &docs, yaml.WithAllDocuments()); err != nil {
		w.syntax(err)
		return nil, false
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		w.failAt(1, 1, "the file is empty")
		return nil, false
	}
	if len(docs) > 1 {
		w.fail(&docs[1], "a second document begins here; allowed: one per file")
		return nil, false
	}
	top := docs[0].Content[0]
	return top, w.plain(top) && w.mapping(top, "the file")
}

// readable finds what the YAML reader refuses without saying where.
func (w *walker) readable(text []byte) bool {
	for i, line := range bytes.Split(text, []byte("\n")) {
		for col := 1; len(line) > 0; col++ {
			c, n := utf8.DecodeRune(line)
			bad := c == utf8.RuneError && n == 1 || c < ' ' && c != '\t' && c != '\r' || c == 0x7f
			if bad || c == 0xfeff && (i > 0 || col > 1) {
				w.failAt(i+1, col, "byte 0x%02x is not text; the file must be UTF-8 without control characters", line[0])
				return false
			}
			line = line[n:]
		}
	}
	return true
}

func (w *walker) syntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		w.failAt(1, 1, "cannot be read as YAML: %v", err)
		return
	}
	text := load.Message
	if load.ContextMsg != "" {
		text += " (" + load.ContextMsg + ")"
	}
	w.failAt(load.Mark.Line, load.Mark.Column, "cannot be read as YAML: %s", text)
}

// plain refuses the parts of YAML that hide what a file says: with aliases a
// value is not where it is read, and a file of a few lines can be endless.
func (w *walker) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		w.fail(n, "anchors and aliases are not used here; write the value out")
		return false
	case !strings.HasPrefix(n.Tag, "!!") || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!merge":
		w.fail(n, "tags and merge keys are not used here; write the value out")
		return false
	}
	ok := true
	for _, child := range n.Content {
		ok = w.plain(child) && ok
	}
	return ok
}

func (w *walker) mapping(n *yaml.Node, what string) bool {
	if n.Kind != yaml.MappingNode {
		w.fail(n, "%s is %s; it must be keys with values", what, kindOf(n))
		return false
	}
	return true
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	}
	return fmt.Sprintf("%q", n.Value)
}

// metrics returns the entries of a mapping whose keys are metrics.
func (w *walker) metrics(n *yaml.Node, what string) []entry {
	var names []string
	for _, m := range results.Metrics() {
		names = append(names, m.Name)
	}
	var found []entry
	for _, e := range w.entries(n, what, nil) {
		if slices.Contains(names, e.name) {
			found = append(found, e)
			continue
		}
		hint := "the metrics are those of st67bench report --json"
		if near := results.Nearest(e.name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		w.fail(e.key, "unknown metric %q; %s", e.name, hint) // all their names would fill a screen
	}
	return found
}

// entries returns the keys of a mapping that are written once, in the order of
// the file. Without a list of allowed keys every name is taken.
func (w *walker) entries(n *yaml.Node, what string, allowed []string) []entry {
	if !w.mapping(n, what) {
		return nil
	}
	var found []entry
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			w.fail(key, "a key of %s is %s; it must be a name", what, kindOf(key))
			continue
		}
		if line, twice := lines[key.Value]; twice {
			w.fail(key, "key %q is already on line %d; keep one", key.Value, line)
			continue
		}
		lines[key.Value] = key.Line
		if allowed != nil && !slices.Contains(allowed, key.Value) {
			w.fail(key, "%s", unknown("key", key.Value, allowed))
			continue
		}
		found = append(found, entry{key.Value, key, value})
	}
	return found
}

// require reports the keys that a mapping must have and does not.
func (w *walker) require(n *yaml.Node, what string, found []entry, names ...string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, name := range names {
		if !slices.ContainsFunc(found, func(e entry) bool { return e.name == name }) {
			w.fail(n, "%s has no %q; it must have one", what, name)
		}
	}
}

// items returns the elements of a list that is not empty.
func (w *walker) items(n *yaml.Node, what string) []*yaml.Node {
	switch {
	case n.Kind != yaml.SequenceNode:
		w.fail(n, "%s is %s; it must be a list such as [a, b]", what, kindOf(n))
	case len(n.Content) == 0:
		w.fail(n, "%s is an empty list; it must have at least one element", what)
	}
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// scalar is the text of a single value, with ${NAME} expanded in a rig file.
func (w *walker) scalar(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		w.fail(n, "%s is %s; it must be a single value", what, kindOf(n))
		return "", false
	}
	if w.env == nil {
		return n.Value, true
	}
	return w.expand(n)
}

// choice is a value that must be one of the list.
func (w *walker) choice(n *yaml.Node, what string, allowed []string) string {
	text, ok := w.scalar(n, what)
	if ok && !slices.Contains(allowed, text) {
		w.fail(n, "%s", unknown(what, text, allowed))
		return ""
	}
	return text
}

// span is the range of a quantity: unit as in results.ParseQuantity, both ends
// in that unit and included, and where the range comes from.
type span struct {
	unit     string
	min, max float64
	source   string // "manual 4.1.12"
	hint     string // what to do outside it
}

// quantity is a number with its unit inside the span.
func (w *walker) quantity(n *yaml.Node, what string, s span) (float64, bool) {
	text, ok := w.scalar(n, what)
	if !ok {
		return 0, false
	}
	v, err := s.parse(text)
	if err != nil {
		w.fail(n, "%v", err)
	}
	return v, err == nil
}

// keysOf lists the keys of the mapping that a struct describes to the JSON
// Schema, so that parser and schema cannot differ.
func keysOf[T any]() []string {
	var names []string
	for f := range reflect.TypeFor[T]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// parse reads text as a quantity and holds it against the span.
func (s span) parse(text string) (float64, error) {
	read := results.ParseQuantity
	if s.unit == "Hz" { // not a unit of any metric
		read = parseHertz
	}
	v, err := read(text, s.unit)
	if err != nil {
		return 0, err
	}
	if whole := s.unit == "B" || s.unit == "1"; whole && v != float64(int64(v)) {
		return 0, fmt.Errorf("%s is not a whole number", text)
	}
	if v >= s.min && v <= s.max {
		return v, nil
	}
	out := fmt.Sprintf("%s is outside %s", text, s)
	if s.source != "" {
		out += " (" + s.source + ")"
	}
	if s.hint != "" {
		out += "; " + s.hint
	}
	return 0, errors.New(out)
}

// String is the range as the mistakes show it: "1..8192 B".
func (s span) String() string {
	switch s.unit {
	case "B":
		return fmt.Sprintf("%.0f..%.0f B", s.min, s.max)
	case "Hz":
		return fmt.Sprintf("%gkHz..%gMHz", s.min/1e3, s.max/1e6)
	case "1":
		return fmt.Sprintf("%.0f..%.0f", s.min, s.max)
	}
	short := strings.NewReplacer(".00 ", "", ".0 ", "", " ", "")
	return short.Replace(results.FormatQuantity(s.min, s.unit)) + ".." + short.Replace(results.FormatQuantity(s.max, s.unit))
}
