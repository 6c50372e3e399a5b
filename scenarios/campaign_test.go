package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const member = `
name: %s
workload: {kind: cipsend}
setup: [AT+SYSRAM?]
cleanup: [AT+TEMP]
repeats: {min: 4, max: 9, until: {goodput: 5%%}, budget: 1m}
`

// members are two good scenarios and one with a mistake.
func members(name string) (*Scenario, error) {
	switch name {
	case "one", "two":
		return Parse(name+".yaml", fmt.Appendf(nil, member, name))
	case "bad":
		return Parse("bad.yaml", []byte("name: bad\nworkload: {kind: cipsend, lenght: 1}\n"))
	}
	return nil, fmt.Errorf("no scenario %s", name)
}

// A campaign's set-up stands round that of its scenarios, and its plan replaces theirs key by key.
func TestCampaignSharesItsSetUp(t *testing.T) {
	c, err := ParseCampaign("c.yaml", []byte(`
campaign: both
title: Both
setup: [AT+SLWKDTIM=1]
cleanup: [AT+VBAT?]
repeats: {min: 2, max: 3}
scenarios: [two, one]
`), members)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "both" || len(c.Scenarios) != 2 || c.Scenarios[0].Name != "two" || c.Scenarios[1].Name != "one" {
		t.Fatalf("%+v", c)
	}
	for _, s := range c.Scenarios {
		if !slices.Equal(s.Setup, []string{"AT+SLWKDTIM=1", "AT+SYSRAM?"}) || !slices.Equal(s.Cleanup, []string{"AT+TEMP", "AT+VBAT?"}) {
			t.Errorf("%s: setup %q, cleanup %q", s.Name, s.Setup, s.Cleanup)
		}
		if r := s.Repeats; r.Min != 2 || r.Max != 3 || r.Until["goodput"] != 0.05 || r.Budget.Minutes() != 1 {
			t.Errorf("%s: repeats %+v", s.Name, r)
		}
	}
}

// Every mistake is told at its place, those of the scenarios too.
func TestCampaignMistakes(t *testing.T) {
	_, err := ParseCampaign("c.yaml", []byte(`
campaign: UPPER
setup: ["AT+X={y}", AT+RESTORE]
repeats: {min: 5, max: 2}
scenarios: [one, bad, none, one]
extra: 1
`), members)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`c.yaml:2:11: "UPPER" is not a name`, "c.yaml:3:9: {y} is no factor", "c.yaml:3:21: AT+RESTORE is destructive",
		"c.yaml:4:24: max 2 is below min 5", `bad.yaml:2:27: unknown key "lenght"`, "c.yaml:5:23: no scenario none",
		"c.yaml:5:29: one is listed twice", `c.yaml:6:1: unknown key "extra"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

// The shipped campaigns are found by their names and run every scenario that they name.
func TestShippedCampaigns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range Campaigns() {
		c, err := LoadAll(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if c.Name != name || c.Title == c.Name || !strings.HasPrefix(c.Purpose, "Takes ") {
			t.Errorf("%s.yaml: name %q, title %q, purpose %q", name, c.Name, c.Title, c.Purpose)
		}
	}
	one, err := LoadAll("cipsend-quick")
	if err != nil || one.Name != "" || len(one.Scenarios) != 1 {
		t.Errorf("a scenario as a campaign: %+v, %v", one, err)
	}
	if _, err := LoadAll("quik"); err == nil || !strings.Contains(err.Error(), `did you mean "quick"?`) {
		t.Errorf("%v", err)
	}
	if _, err := Load("quick"); err == nil {
		t.Error("a campaign was read as a scenario")
	}
}
