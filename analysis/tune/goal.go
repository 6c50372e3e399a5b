package tune

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"st67bench/results"
)

// Goal says which case is the best: the one with the least or the most of a metric among those that keep every condition.
type Goal struct {
	Max    bool
	Metric results.Metric
	Where  []Condition
}

// Condition is a bound that the mean of a case's metric has to keep.
type Condition struct {
	Metric results.Metric
	Op     string // ">=", "<=", ">" or "<"
	Value  float64
	text   string // the quantity as it was written
}

// Metered returns a metric of the goal that takes a current meter; false when none does.
func (g Goal) Metered() (results.Metric, bool) {
	if g.Metric.Metered() {
		return g.Metric, true
	}
	for _, c := range g.Where {
		if c.Metric.Metered() {
			return c.Metric, true
		}
	}
	return results.Metric{}, false
}

// String is the goal as Parse reads it.
func (g Goal) String() string {
	text := "min "
	if g.Max {
		text = "max "
	}
	text += g.Metric.Name
	for i, c := range g.Where {
		join := " and "
		if i == 0 {
			join = " where "
		}
		text += join + c.String()
	}
	return text
}

// String is the condition as Parse reads it.
func (c Condition) String() string { return c.Metric.Name + " " + c.Op + " " + c.text }

// GoalError is a mistake in a goal.
type GoalError struct {
	Col  int // from 1, in bytes
	Text string
}

func (e *GoalError) Error() string { return fmt.Sprintf("column %d: %s", e.Col, e.Text) }

// form is what a goal looks like, for mistakes.
const form = "a goal is min|max METRIC [where METRIC >= QUANTITY [and ...]], such as 'min energy_per_bit where goodput >= 1Mbit/s'"

// Parse reads a goal: min or max, a metric of the metric table, and after "where" conditions that are joined by "and", each a
// metric, >=, <=, > or <, and a quantity in the metric's unit, see results.ParseQuantity. The error is a *GoalError.
func Parse(text string) (Goal, error) {
	p := &goalParser{text: text}
	g := p.goal()
	if p.err != nil {
		return Goal{}, p.err
	}
	return g, nil
}

// goalParser reads a goal from the left; after the first mistake it reads no more.
type goalParser struct {
	text string
	at   int
	err  *GoalError
}

func (p *goalParser) goal() (g Goal) {
	sense := p.word("min or max")
	if p.err == nil && sense != "min" && sense != "max" {
		p.fail(p.at-len(sense), "%q is neither min nor max; %s", sense, form)
	}
	g.Max = sense == "max"
	g.Metric = p.metric()
	if p.end() {
		return g
	}
	if joint := p.word("where"); joint != "where" {
		p.fail(p.at-len(joint), "%q in the place of where; %s", joint, form)
	}
	for p.err == nil {
		g.Where = append(g.Where, p.condition())
		if p.end() {
			break
		}
		p.at += len("and") // a quantity ends there
	}
	return g
}

func (p *goalParser) condition() (c Condition) {
	c.Metric = p.metric()
	c.Op = p.operator()
	p.space()
	from := p.at
	p.at = len(p.text)
	if next := joint(p.text[from:]); next >= 0 {
		p.at = from + next
	}
	c.text = strings.TrimSpace(p.text[from:p.at])
	if p.err != nil {
		return c
	}
	if c.text == "" {
		p.fail(from, "no quantity after %s; %s", c.Op, form)
		return c
	}
	v, err := results.ParseQuantity(c.text, c.Metric.Unit)
	if err != nil {
		p.fail(from, "%s: %v", c.Metric.Name, err)
	}
	c.Value = v
	return c
}

// joint is where the word "and" begins that ends a quantity; -1 for nowhere.
func joint(text string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], "and")
		if i < 0 {
			return -1
		}
		i += from
		after := i + len("and")
		if (i == 0 || text[i-1] == ' ') && (after == len(text) || text[after] == ' ') {
			return i
		}
		from = after
	}
}

// metric reads a name of the metric table.
func (p *goalParser) metric() results.Metric {
	name := p.word("a metric")
	m, known := results.LookupMetric(name)
	if p.err != nil || known {
		return m
	}
	hint := "the metrics are those of st67bench report --json"
	if near := results.Nearest(name, metricNames()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	p.fail(p.at-len(name), "unknown metric %q; %s", name, hint)
	return m
}

func metricNames() []string {
	var names []string
	for _, m := range results.Metrics() {
		names = append(names, m.Name)
	}
	return names
}

// operators are those of conditions; one that begins like another comes before it.
var operators = []string{">=", "<=", ">", "<"}

func (p *goalParser) operator() string {
	p.space()
	i := slices.IndexFunc(operators, func(op string) bool { return strings.HasPrefix(p.text[p.at:], op) })
	if i < 0 {
		p.fail(p.at, "no comparison after the metric; allowed: %s", strings.Join(operators, ", "))
		return ""
	}
	p.at += len(operators[i])
	return operators[i]
}

// word reads a word of a-z, 0-9 and _.
func (p *goalParser) word(what string) string {
	p.space()
	from := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" <>=", rune(p.text[p.at])) {
		p.at++
	}
	if from == p.at {
		p.fail(from, "%s is missing; %s", what, form)
	}
	return p.text[from:p.at]
}

// end says whether nothing is left.
func (p *goalParser) end() bool {
	p.space()
	return p.at == len(p.text)
}

func (p *goalParser) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

func (p *goalParser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &GoalError{Col: at + 1, Text: fmt.Sprintf(format, args...)}
	}
}

// indifferent is the smallest difference that matters where the metric table has none, as a fraction of a metric that is compared
// by its ratio.
const indifferent = 0.03

// margin is the difference of a metric within which two cases are as good as each other, as a fraction; 0 for counts and shares,
// which differ as soon as they differ.
func (r *Race) margin(m results.Metric) float64 {
	own, given := r.Margins[m.Name]
	switch {
	case given:
		return own
	case m.Margin > 0:
		return m.Margin
	case m.Ratio():
		return indifferent
	}
	return 0
}

// scale is how values of a metric are compared: by their logarithms, or as they are.
type scale struct{ log bool }

// scaleOf is that of a metric with these values: logarithms have a meaning where all are above 0.
func scaleOf(m results.Metric, values []float64) scale {
	return scale{m.Ratio() && !slices.ContainsFunc(values, func(v float64) bool { return v <= 0 })}
}

func (s scale) to(v float64) float64 {
	if s.log {
		return math.Log(v)
	}
	return v
}

func (s scale) from(v float64) float64 {
	if s.log {
		return math.Exp(v)
	}
	return v
}

// change is a difference for people and JSON: a fraction, or of values that are no ratios the difference itself.
func (s scale) change(d float64) float64 {
	if s.log {
		return math.Expm1(d)
	}
	return d
}

// difference is what change makes a change of.
func (s scale) difference(change float64) float64 {
	if s.log {
		return math.Log1p(change)
	}
	return change
}
