package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// speedSpan is the rate of the link as a fraction of the rig's, frameSpan the
// bytes of one SPI transfer, header and padding included.
var (
	speedSpan = span{unit: "", min: 0.001, max: 1}
	frameSpan = span{unit: "B", min: 64, max: 6152}
)

var flows = []string{"none", "rtscts"}

// linkFactors are the settings that reopen the link, with how a level is read.
var linkFactors = map[string]func(string) (string, error){
	"link.flow":  linkFlow,
	"link.speed": func(text string) (string, error) { return plainNumber(text, speedSpan) },
	"link.frame": func(text string) (string, error) { return plainNumber(text, frameSpan) },
}

func linkNames() []string { return slices.Sorted(maps.Keys(linkFactors)) }

func linkFlow(text string) (string, error) {
	if !slices.Contains(flows, text) {
		return "", fmt.Errorf("%s", unknown("flow", text, flows))
	}
	return text, nil
}

// plainNumber is text in the one way of writing a plain number.
func plainNumber(text string, s span) (string, error) {
	v, err := s.parse(text)
	if err != nil {
		return "", err
	}
	return plain(v), nil
}

// place puts a level where its factor belongs: into a hook's value, a field of the
// workload, or a setting of the link. A hook goes before a field of its name, such
// as dtim, because the scenario asks for it by name.
func (c *Case) place(name, level string, hooked bool) {
	if hooked {
		c.Hooks = with(c.Hooks, name, level)
		return
	}
	if f, ok := lookupField(name); ok {
		_ = f.apply(&c.Workload, level) // Parse made the level with the same table
		return
	}
	if setting, ok := strings.CutPrefix(name, "link."); ok {
		c.Link = with(c.Link, setting, level)
	}
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}
