package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Variant is a scenario with settings of its own, which its cases have but do not show.
type Variant struct {
	Scenario *Scenario
	Cases    []Case // with the settings; keys, factors and hashes are those of the scenario without
}

// Vary gives variants of a scenario that differ in nothing but settings: each is a field of the workload, a setting of the link,
// or a factor of the scenario, and is written as a level of a sweep is. What the settings name is swept no more, so that case i is the
// same case in every variant. A setting that a variant lacks is as the scenario and the rig have it; a factor has to be in all.
func (s *Scenario) Vary(settings ...map[string]string) ([]Variant, error) {
	named := map[string]bool{}
	settings = slices.Clone(settings)
	for i, set := range settings {
		settings[i] = map[string]string{}
		for name, level := range set {
			if !s.hooked(name) {
				name = presentName(name)
			}
			settings[i][name], named[name] = level, true
		}
	}
	var varied []*Scenario
	for _, set := range settings {
		v, err := s.with(set)
		if err != nil {
			return nil, err
		}
		varied = append(varied, v)
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if err := s.everywhere(name, settings); err != nil {
			return nil, err
		}
	}
	base := s.without(named)
	shown := base.Expand()
	var all []Variant
	for _, v := range varied {
		cases := v.Expand()
		for i, c := range shown {
			cases[i].Key, cases[i].Factors, cases[i].Hash = c.Key, c.Factors, c.Hash
		}
		v.Sweep, v.Limits = base.Sweep, base.Limits
		all = append(all, Variant{v, cases})
	}
	return all, nil
}

// everywhere says what is wrong with a setting that only some variants have.
func (s *Scenario) everywhere(name string, settings []map[string]string) error {
	swept := slices.ContainsFunc(s.Sweep, func(f Factor) bool { return f.Name == name })
	if !swept && !s.hooked(name) {
		return nil // a field or a setting of the link
	}
	for _, set := range settings {
		if _, has := set[name]; !has {
			return fmt.Errorf("%s is given on one side only, and the scenario has no value of its own for it; give it on both sides", name)
		}
	}
	return nil
}

// without is the scenario with fewer factors, and without the limits that are for levels of those.
func (s *Scenario) without(factors map[string]bool) *Scenario {
	out := *s
	out.Sweep = slices.DeleteFunc(slices.Clone(s.Sweep), func(f Factor) bool { return factors[f.Name] })
	out.Limits = slices.DeleteFunc(slices.Clone(s.Limits), func(l Limit) bool {
		for name := range l.Where {
			if factors[name] {
				return true
			}
		}
		return false
	})
	return &out
}

// with reads the file again with each setting as a factor of one level, so that all rules hold for it.
func (s *Scenario) with(settings map[string]string) (*Scenario, error) {
	p := newParser("", s.Text)
	top, ok := p.root(s.Text)
	if ok {
		s.vary(top, settings)
		p.scenario(top)
	}
	var wrong Errors
	if errors.As(p.err(), &wrong) {
		texts := make([]string, len(wrong))
		for i, m := range wrong {
			texts[i] = m.Text
		}
		return nil, errors.New(strings.Join(texts, "; "))
	}
	p.s.Repeats = s.Repeats
	return p.s, nil
}

// vary takes settings out of the workload and puts them into the sweep. The limits are left out: they may be for levels that
// are there no more.
func (s *Scenario) vary(top *yaml.Node, settings map[string]string) {
	given := func(name string) bool { _, is := settings[name]; return is }
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch top.Content[i].Value {
		case "workload":
			drop(top.Content[i+1], func(name string) bool { return given(presentName(name)) && !s.hooked(presentName(name)) })
		case "sweep":
			drop(top.Content[i+1], func(name string) bool { return given(name) || given(presentName(name)) && !s.hooked(name) })
		}
	}
	drop(top, func(name string) bool { return name == "limits" })
	at := slices.IndexFunc(top.Content, func(n *yaml.Node) bool { return n.Value == "sweep" })
	switch {
	case len(settings) == 0:
		if at >= 0 && len(top.Content[at+1].Content) == 0 {
			top.Content = slices.Delete(top.Content, at, at+2)
		}
		return
	case at < 0:
		at = len(top.Content)
		top.Content = append(top.Content, text("sweep"), &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
	}
	sweep := top.Content[at+1]
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		level := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{text(settings[name])}}
		sweep.Content = append(sweep.Content, text(name), level)
	}
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// drop removes keys of a mapping.
func drop(mapping *yaml.Node, gone func(name string) bool) {
	if mapping.Kind != yaml.MappingNode {
		return
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if !gone(mapping.Content[i].Value) {
			kept = append(kept, mapping.Content[i], mapping.Content[i+1])
		}
	}
	mapping.Content = kept
}
