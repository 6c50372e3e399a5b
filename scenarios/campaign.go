package scenarios

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Campaign is scenarios that run one after the other on one rig, each with a run directory of its own. One scenario by
// itself is a campaign without a name.
type Campaign struct {
	Name      string      `json:"name,omitempty"`
	Title     string      `json:"title,omitempty"`
	Purpose   string      `json:"purpose,omitempty"`
	Setup     []string    `json:"setup,omitempty"`   // AT lines before those of each scenario
	Cleanup   []string    `json:"cleanup,omitempty"` // AT lines after those of each scenario
	Scenarios []*Scenario `json:"scenarios"`         // with setup, cleanup and repeats of the campaign put in
}

// campaignParser reads one campaign. Its set-up is read as a scenario's is.
type campaignParser struct {
	parser
	c       *Campaign
	members []*yaml.Node
	repeats *yaml.Node
}

// ParseCampaign reads a campaign file. name is what mistakes call the file; load gives the scenario of a name or a path. The
// error is an Errors with every mistake of the file, and those of its scenarios.
func ParseCampaign(name string, text []byte, load func(string) (*Scenario, error)) (*Campaign, error) {
	p := &campaignParser{
		parser: parser{walker: walker{file: name}, s: &Scenario{Text: bytes.Clone(text)}, factors: map[string]*yaml.Node{}},
		c:      &Campaign{},
	}
	if top, ok := p.root(text); ok {
		p.campaign(top)
		p.load(load)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.c, nil
}

func (p *campaignParser) campaign(top *yaml.Node) {
	found := p.entries(top, "the file", keysOf[campaignFile]())
	p.require(top, "the file", found, "campaign", "scenarios")
	for _, e := range found {
		switch e.name {
		case "campaign":
			p.c.Name = p.name(e.value)
		case "title":
			p.c.Title, _ = p.scalar(e.value, "title")
		case "purpose":
			p.c.Purpose, _ = p.scalar(e.value, "purpose")
		case "setup":
			p.c.Setup = p.lines(e)
		case "cleanup":
			p.c.Cleanup = p.lines(e)
		case "repeats":
			p.repeats = e.value
		case "scenarios":
			p.members = p.items(e.value, "scenarios")
		}
	}
	p.c.Title = cmp.Or(p.c.Title, p.c.Name)
	p.placeholders()
}

// load reads the scenarios and makes them the campaign's.
func (p *campaignParser) load(load func(string) (*Scenario, error)) {
	var seen []string
	for _, n := range p.members {
		name, ok := p.scalar(n, "a scenario")
		switch {
		case !ok:
			continue
		case slices.Contains(seen, name):
			p.fail(n, "%s is listed twice; keep one", name)
			continue
		}
		seen = append(seen, name)
		s, err := load(name)
		var wrong Errors
		switch {
		case errors.As(err, &wrong):
			p.mistakes = append(p.mistakes, wrong...)
		case err != nil:
			p.fail(n, "%v", err)
		default:
			p.take(s)
		}
	}
}

// take puts the campaign's own into a scenario.
func (p *campaignParser) take(s *Scenario) {
	s.Setup = slices.Concat(p.c.Setup, s.Setup)
	s.Cleanup = slices.Concat(s.Cleanup, p.c.Cleanup)
	if p.repeats != nil {
		p.s.Repeats = s.Repeats
		p.parser.repeats(p.repeats)
		s.Repeats = p.s.Repeats
	}
	p.c.Scenarios = append(p.c.Scenarios, s)
}
