package scenarios

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// The ranges of the plan, in counts, fractions and s.
var (
	bootSpan   = span{unit: "1", min: 1, max: 1000}
	repeatSpan = span{unit: "1", min: 1, max: 10_000}
	warmupSpan = span{unit: "1", min: 0, max: 100}
	untilSpan  = span{unit: "", min: 0.001, max: 1}
	budgetSpan = span{unit: "s", min: 1, max: 30 * 24 * 3600}
	marginSpan = untilSpan
)

// needs are what a scenario may ask of a rig, beside hook:NAME.
var needs = []string{"meter", "spi", "uart", "log", "twt-ap", "mqtt", "ble-peer", "iperf", "iperf3", "remote-peer", "flash"}

var (
	namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)
	hookPattern = regexp.MustCompile(`^hook:[a-z][a-z0-9_-]{0,31}$`)
)

// parser reads one scenario.
type parser struct {
	walker
	s       *Scenario
	factors map[string]*yaml.Node // the sweep as written, also what has a mistake
	lineAt  []*yaml.Node          // the AT lines of setup and cleanup
}

// Parse reads a scenario file. name is what mistakes call the file. The error
// is an Errors with every mistake.
func Parse(name string, text []byte) (*Scenario, error) {
	p := newParser(name, text)
	if top, ok := p.root(text); ok {
		p.scenario(top)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.s, nil
}

// newParser is a parser of one scenario with every default.
func newParser(name string, text []byte) *parser {
	p := &parser{walker: walker{file: name}, factors: map[string]*yaml.Node{}}
	p.s = &Scenario{
		Repeats: Repeats{Boots: 1, Min: 6, Max: 20},
		Warmup:  1,
		Text:    bytes.Clone(text),
	}
	return p
}

// scenario reads the keys in an order in which each finds what it is held
// against: limits refer to the sweep, the sweep to workload and setup.
func (p *parser) scenario(top *yaml.Node) {
	found := p.entries(top, "the file", keysOf[scenarioFile]())
	p.require(top, "the file", found, "name", "workload")
	order := []string{"name", "title", "question", "purpose", "needs", "emulated", "setup", "cleanup", "rejoin", "workload", "sweep", "repeats", "warmup", "limits", "margins"}
	slices.SortStableFunc(found, func(a, b entry) int {
		return cmp.Compare(slices.Index(order, a.name), slices.Index(order, b.name))
	})
	var given []entry
	for _, e := range found {
		switch e.name {
		case "name":
			p.s.Name = p.name(e.value)
		case "title":
			p.s.Title, _ = p.scalar(e.value, "title")
		case "question":
			p.s.Question, _ = p.scalar(e.value, "question")
		case "purpose":
			p.s.Purpose, _ = p.scalar(e.value, "purpose")
		case "needs":
			p.s.Needs = p.needs(e.value)
		case "emulated":
			p.s.Emulated = p.emulated(e.value)
		case "setup":
			p.s.Setup = p.lines(e)
		case "cleanup":
			p.s.Cleanup = p.lines(e)
		case "rejoin":
			p.s.Rejoin = p.choice(e.value, "rejoin", []string{"true", "false"}) == "true"
		case "workload":
			given = p.workload(e.value)
		case "sweep":
			p.sweep(e.value, given)
		case "repeats":
			p.repeats(e.value)
		case "warmup":
			v, _ := p.quantity(e.value, "warmup", warmupSpan)
			p.s.Warmup = int(v)
		case "limits":
			p.limits(e.value)
		case "margins":
			p.margins(e.value)
		}
	}
	p.s.Title = cmp.Or(p.s.Title, p.s.Name)
	p.defaultEnd(given)
	p.placeholders()
	p.imply()
	p.contradictions(given)
}

// name is the name of a scenario or a rig; files and tables carry it.
func (w *walker) name(n *yaml.Node) string {
	text, ok := w.scalar(n, "name")
	if ok && !namePattern.MatchString(text) {
		w.fail(n, "%q is not a name; allowed: up to 64 of a-z, 0-9, -, _ and ., not beginning with a sign", text)
	}
	return text
}

// needs reads what a scenario needs, or what a rig meets.
func (w *walker) needs(n *yaml.Node) []string {
	var list []string
	for _, item := range w.items(n, "needs") {
		need, ok := w.scalar(item, "a need")
		switch {
		case !ok:
		case slices.Contains(list, need):
			w.fail(item, "%s is listed twice; keep one", need)
		case hookPattern.MatchString(need) || slices.Contains(needs, need):
			list = append(list, need)
		case strings.HasPrefix(need, "hook:"):
			w.fail(item, "%q names no hook; it must be hook: and a name of up to 32 of a-z, 0-9, - and _, beginning with a letter", need)
		default:
			w.fail(item, "%s", unknown("need", need, append(slices.Clone(needs), "hook:NAME")))
		}
	}
	return list
}

// emulated reads keys of the emulated module's link URL; the emulator refuses what it does not know.
func (p *parser) emulated(n *yaml.Node) map[string][]string {
	keys := map[string][]string{}
	for _, e := range p.entries(n, "emulated", nil) {
		if e.name == "real" {
			p.s.Real = p.choice(e.value, "real", []string{"skip", "run"}) == "run"
			continue
		}
		values := []*yaml.Node{e.value}
		if e.value.Kind == yaml.SequenceNode {
			values = p.items(e.value, e.name)
		}
		for _, v := range values {
			if text, ok := p.scalar(v, e.name); ok {
				keys[e.name] = append(keys[e.name], text)
			}
		}
	}
	return keys
}

// workload reads the fields that stay the same, and returns them for the sweep
// to be held against.
func (p *parser) workload(n *yaml.Node) []entry {
	found := p.present(p.entries(n, "workload", slices.Concat([]string{"kind"}, fieldNames(), olderNames())))
	p.require(n, "workload", found, "kind")
	p.kind(found)
	for _, e := range found {
		f, known := lookupField(e.name)
		if !known {
			continue // kind
		}
		if !p.takes(e) {
			continue
		}
		if e.value.Kind == yaml.SequenceNode {
			p.fail(e.value, "%s is a list; levels to compare stand under sweep, as %s: [a, b]", e.name, e.name)
			continue
		}
		text, ok := p.scalar(e.value, e.name)
		if !ok {
			continue
		}
		if err := lookupKind(p.s.Workload.Kind).field(f).apply(&p.s.Workload, text); err != nil {
			p.fail(e.value, "%v", err)
		}
	}
	return found
}

// present gives fields that have an older name their present one; a field is given once.
func (p *parser) present(found []entry) []entry {
	lines := map[string]int{}
	for i := range found {
		e := &found[i]
		e.name = presentName(e.name)
		if line, twice := lines[e.name]; twice {
			p.fail(e.key, "%s is the same as line %d gives by its other name; keep %s", e.key.Value, line, e.name)
		}
		lines[e.name] = e.key.Line
	}
	return found
}

// kind reads the kind before all other keys: it decides which of them there are.
func (p *parser) kind(found []entry) {
	name := kinds[0].name
	for _, e := range found {
		if e.name == "kind" {
			name = cmp.Or(p.choice(e.value, "kind", kindNames()), name)
		}
	}
	p.s.Workload = defaults(name)
}

// takes says whether the workload's kind has this field.
func (p *parser) takes(e entry) bool {
	k := lookupKind(p.s.Workload.Kind)
	if !k.has(presentName(e.name)) {
		p.fail(e.key, "%s is no field of %s; allowed here: %s", e.name, k.name, strings.Join(k.fields(), ", "))
		return false
	}
	return true
}

// defaultEnd: an end that the file gives, in the workload or as a factor, replaces the one that the kind has; a workload
// without any ends after 1 s.
func (p *parser) defaultEnd(given []entry) {
	told := func(name string) bool {
		_, swept := p.factors[name]
		return swept || slices.ContainsFunc(given, func(e entry) bool { return e.name == name })
	}
	ends := []string{"duration", "total", "sends"}
	some := slices.ContainsFunc(ends, told)
	for _, end := range ends {
		if _, starts := lookupKind(p.s.Workload.Kind).starts[end]; !starts || told(end) {
			continue
		}
		if !some {
			return
		}
		f, _ := lookupField(end)
		f.set(&p.s.Workload, 0)
	}
	if !some {
		p.s.Workload.Duration = time.Second
	}
}

// sweptNames lists the factors for messages.
func (p *parser) sweptNames() string {
	names := make([]string, len(p.s.Sweep))
	for i, f := range p.s.Sweep {
		names[i] = f.Name
	}
	return cmp.Or(strings.Join(names, ", "), "nothing")
}
