package scenarios

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"st67bench/results"
)

// What a number of boots that is not fixed begins at, and ends at when the file does not say: the stop rule needs an interval over
// five, and what 30 have not shown, more of the same rarely do.
const (
	leastAdaptive = 5
	mostAdaptive  = 30
)

func (p *parser) repeats(n *yaml.Node) {
	r := &p.s.Repeats
	boots, ends := n, (*yaml.Node)(nil) // where boots and max are given
	for _, e := range p.entries(n, "repeats", keysOf[repeatsShape]()) {
		switch e.name {
		case "boots":
			boots = e.value
			p.boots(e)
		case "min":
			p.count(e, repeatSpan, &r.Min)
		case "max":
			p.count(e, repeatSpan, &r.Max)
			ends = e.value
		case "until":
			r.Until = p.fractions(e, untilSpan)
		case "budget":
			v, _ := p.quantity(e.value, "budget", budgetSpan)
			r.Budget = seconds(v)
		}
	}
	switch {
	case ends == nil:
		r.Max = max(r.Max, r.Min)
	case r.Max < r.Min:
		p.fail(ends, "max %d is below min %d; it must be at least that", r.Max, r.Min)
	}
	switch {
	case r.MaxBoots > 0 && len(r.Until) == 0:
		p.fail(boots, "%d..%d boots need until, which says when they are enough: until: {goodput: 2%%}", r.Boots, r.MaxBoots)
	case r.MaxBoots == 0 && len(r.Until) > 0 && r.Boots >= leastAdaptive && r.Boots < mostAdaptive:
		r.MaxBoots = mostAdaptive
	}
}

// boots reads how many boots there are: a number, or from how many to how many.
func (p *parser) boots(e entry) {
	r := &p.s.Repeats
	text, _ := p.scalar(e.value, e.name)
	from, to, ranged := strings.Cut(text, "..")
	if !ranged {
		r.MaxBoots = 0
		p.count(e, bootSpan, &r.Boots)
		return
	}
	least, err := bootSpan.parse(from)
	if err == nil {
		var most float64
		most, err = bootSpan.parse(to)
		r.Boots, r.MaxBoots = int(least), int(most)
	}
	switch {
	case err != nil:
		p.fail(e.value, "%v; boots are a number, or from how many to how many: 5..30", err)
	case r.MaxBoots <= r.Boots:
		p.fail(e.value, "%s does not end above where it begins; it must be as 5..30, or a single number", text)
	case r.Boots < leastAdaptive:
		p.fail(e.value, "%s begins below %d boots, whose spread says too little to stop by; it must be as 5..30", text, leastAdaptive)
	default:
		return
	}
	r.Boots, r.MaxBoots = 1, 0
}

// count reads a count into to, which keeps its default when there is a mistake.
func (p *parser) count(e entry, s span, to *int) {
	if v, ok := p.quantity(e.value, e.name, s); ok {
		*to = int(v)
	}
}

// fractions reads one fraction for each of some metrics.
func (p *parser) fractions(e entry, s span) map[string]float64 {
	all := map[string]float64{}
	for _, m := range p.metrics(e.value, e.name) {
		if v, ok := p.quantity(m.value, m.name, s); ok {
			all[m.name] = v
		}
	}
	return all
}

// margins reads from which worsening on a metric counts.
func (p *parser) margins(n *yaml.Node) {
	p.s.Margins = map[string]float64{}
	for _, e := range p.metrics(n, "margins") {
		if m, _ := results.LookupMetric(e.name); m.Better == 0 {
			p.fail(e.key, "%s gets neither better nor worse, so that it has no margin", e.name)
			continue
		}
		if v, ok := p.quantity(e.value, e.name, marginSpan); ok {
			p.s.Margins[e.name] = v
		}
	}
}
