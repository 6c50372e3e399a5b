package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"st67bench/results"
)

// A factor that is not a field of the workload gives a value to the AT lines of
// setup. Its levels stand in case keys, so they are one plain word.
var (
	factorPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	levelPattern  = regexp.MustCompile(`^[A-Za-z0-9_.:+-]{1,64}$`)
)

// sweep reads the factors; given are the keys of the workload.
func (p *parser) sweep(n *yaml.Node, given []entry) {
	found := p.entries(n, "sweep", nil)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		p.fail(n, "sweep is empty; name a factor with its levels, or leave sweep out")
	}
	cases := 1
	for _, e := range found {
		field := p.sweptField(e.name)
		if _, twice := p.factors[field]; twice {
			p.fail(e.key, "%s is swept by its other name already; keep %s", e.name, field)
		}
		p.factors[e.name], p.factors[field] = e.value, e.value
		i := slices.IndexFunc(given, func(g entry) bool { return g.name == field })
		if i >= 0 {
			p.fail(e.key, "%s is given in workload on line %d and swept here; keep one", e.name, given[i].key.Line)
		}
		if level, ok := p.factor(e); ok {
			p.s.Sweep = append(p.s.Sweep, Factor{e.name, p.levels(e, level)})
			cases *= min(maxCases+1, max(1, len(e.value.Content)))
		}
		if cases > maxCases {
			p.fail(e.key, "the sweep has more than %d cases from here on; leave out levels", maxCases)
			return
		}
	}
}

// sweptField is the present name of the field that a factor sweeps, or the factor's own.
func (p *parser) sweptField(name string) string {
	if p.hooked(name) {
		return name
	}
	return presentName(name)
}

// factor says how the levels of a factor are read: by the table of fields, or
// as words for the AT lines.
func (p *parser) factor(e entry) (level func(string) (string, error), ok bool) {
	if p.hooked(e.name) {
		return word, true
	}
	if f, ok := lookupField(e.name); ok {
		return lookupKind(p.s.Workload.Kind).field(f).level, p.takes(e)
	}
	if level, ok := linkFactors[e.name]; ok {
		return level, true
	}
	switch used := p.placed(e.name); {
	case strings.HasPrefix(e.name, "link."):
		p.fail(e.key, "%s", unknown("setting of the link", e.name, linkNames()))
	case !used:
		p.fail(e.key, "%s; any other factor must stand as {%s} in a line of setup, or be set by a hook: needs: [hook:%s]", unknown("factor", e.name, lookupKind(p.s.Workload.Kind).fields()), e.name, e.name)
	case !factorPattern.MatchString(e.name):
		p.fail(e.key, "%q is not a factor's name; allowed: up to 32 of a-z, 0-9, - and _, beginning with a letter", e.name)
	default:
		return word, true
	}
	return nil, false
}

// hooked says whether a hook of the rig sets the factor.
func (p *parser) hooked(name string) bool { return p.s.hooked(name) }

// placed says whether {name} stands in a line of setup.
func (p *parser) placed(name string) bool {
	return slices.ContainsFunc(p.s.Setup, func(line string) bool { return strings.Contains(line, "{"+name+"}") })
}

func word(text string) (string, error) {
	if !levelPattern.MatchString(text) {
		return "", fmt.Errorf("%q is not a level; allowed: up to 64 of A-Z, a-z, 0-9, _, ., :, + and -", text)
	}
	return text, nil
}

// levels reads the levels of one factor and finds those that are the same.
func (p *parser) levels(e entry, level func(string) (string, error)) []string {
	var levels []string
	seen := map[string]string{}
	for _, n := range p.items(e.value, e.name) {
		text, ok := p.scalar(n, "a level of "+e.name)
		if !ok {
			continue
		}
		one, err := level(text)
		if err != nil {
			p.fail(n, "%v", err)
			continue
		}
		if first, twice := seen[one]; twice {
			p.fail(n, "level %s is the same as %s before it; keep one", text, first)
			continue
		}
		seen[one] = text
		levels = append(levels, one)
	}
	return levels
}

// limits reads the bounds: one mapping per metric, or a list of them.
func (p *parser) limits(n *yaml.Node) {
	for _, e := range p.metrics(n, "limits") {
		m, _ := results.LookupMetric(e.name)
		if e.value.Kind != yaml.SequenceNode {
			p.limit(e.value, m)
			continue
		}
		for _, item := range p.items(e.value, e.name) {
			p.limit(item, m)
		}
	}
}

func (p *parser) limit(n *yaml.Node, m results.Metric) {
	l := Limit{Metric: m.Name}
	found := p.entries(n, "a limit of "+m.Name, keysOf[limitShape]())
	for _, e := range found {
		switch e.name {
		case "min":
			l.Min = p.bound(e, m)
		case "max":
			l.Max = p.bound(e, m)
		case "where":
			l.Where = p.where(e.value)
		}
	}
	bounds := slices.ContainsFunc(found, func(e entry) bool { return e.name != "where" })
	switch {
	case n.Kind == yaml.MappingNode && !bounds:
		p.fail(n, "the limit of %s has neither min nor max; it must have one or both", m.Name)
	case l.Min != nil && l.Max != nil && *l.Min > *l.Max:
		p.fail(n, "min is above max: nothing can pass")
	}
	p.s.Limits = append(p.s.Limits, l)
}

func (p *parser) bound(e entry, m results.Metric) *float64 {
	v, ok := p.quantity(e.value, e.name, span{unit: m.Unit, min: math.Inf(-1), max: math.Inf(1)})
	if !ok {
		return nil
	}
	return &v
}

// where reads the levels that a limit is meant for: factors of the sweep, with
// levels of theirs.
func (p *parser) where(n *yaml.Node) map[string]string {
	where := map[string]string{}
	for _, e := range p.entries(n, "where", nil) {
		text, ok := p.scalar(e.value, e.name)
		i := slices.IndexFunc(p.s.Sweep, func(f Factor) bool { return f.Name == e.name })
		if _, broken := p.factors[e.name]; i < 0 && !broken {
			p.fail(e.key, "%s is not swept; swept here: %s", e.name, p.sweptNames())
		}
		if !ok || i < 0 {
			continue
		}
		if f, known := lookupField(e.name); known {
			if one, err := f.level(text); err == nil {
				text = one
			}
		}
		levels := p.s.Sweep[i].Levels
		read := len(levels) == len(p.factors[e.name].Content) // else one of them has a mistake of its own
		if read && !slices.Contains(levels, text) {
			p.fail(e.value, "%s is not a level of %s; its levels: %s", text, e.name, strings.Join(levels, ", "))
		}
		where[e.name] = text
	}
	return where
}
