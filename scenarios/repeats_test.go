package scenarios

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"
)

// How often cases run, by what the file says of it.
func TestRepeats(t *testing.T) {
	until := map[string]float64{"goodput": 0.02}
	for _, row := range []struct {
		text     string
		want     Repeats
		adaptive bool
	}{
		{"{}", Repeats{Boots: 1, Min: 6, Max: 20}, false},
		{"{boots: 5}", Repeats{Boots: 5, Min: 6, Max: 20}, false},
		{"{boots: 4, until: {goodput: 2%}}", Repeats{Boots: 4, Min: 6, Max: 20, Until: until}, false},
		{"{boots: 5, until: {goodput: 2%}}", Repeats{Boots: 5, MaxBoots: 30, Min: 6, Max: 20, Until: until}, true},
		{"{until: {goodput: 2%}, boots: 5..12, min: 2}", Repeats{Boots: 5, MaxBoots: 12, Min: 2, Max: 20, Until: until}, true},
		{"{boots: ' 8 .. 40 ', until: {goodput: 2%}}", Repeats{Boots: 8, MaxBoots: 40, Min: 6, Max: 20, Until: until}, true},
		{"{boots: 30, until: {goodput: 2%}}", Repeats{Boots: 30, Min: 6, Max: 20, Until: until}, false},
	} {
		s, err := Parse("r.yaml", []byte("name: r\nworkload: {kind: cipsend}\nrepeats: "+row.text))
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if !reflect.DeepEqual(s.Repeats, row.want) || s.Repeats.Adaptive() != row.adaptive {
			t.Errorf("%s: %+v, adaptive %t, want %+v", row.text, s.Repeats, s.Repeats.Adaptive(), row.want)
		}
	}
}

func TestRepeatsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"{boots: 5..30}":                         "3:18: 5..30 boots need until, which says when they are enough: until: {goodput: 2%}",
		"{boots: 3..30, until: {goodput: 2%}}":   "3:18: 3..30 begins below 5 boots, whose spread says too little to stop by; it must be as 5..30",
		"{boots: 30..5, until: {goodput: 2%}}":   "3:18: 30..5 does not end above where it begins; it must be as 5..30, or a single number",
		"{boots: 5..5, until: {goodput: 2%}}":    "3:18: 5..5 does not end above where it begins; it must be as 5..30, or a single number",
		"{boots: 5.., until: {goodput: 2%}}":     `3:18: cannot read ""; allowed: a plain number; boots are a number, or from how many to how many: 5..30`,
		"{boots: 5...9, until: {goodput: 2%}}":   "3:18: .9 is not a whole number; boots are a number, or from how many to how many: 5..30",
		"{boots: 5..2000, until: {goodput: 2%}}": "3:18: 2000 is outside 1..1000; boots are a number, or from how many to how many: 5..30",
		"{boots: many, until: {goodput: 2%}}":    `3:18: cannot read "many"; allowed: a plain number`,
		"{boots: [5, 30], until: {goodput: 2%}}": "3:18: boots is a list; it must be a single value",
		"{until: {godput: 2%}}":                  `3:19: unknown metric "godput"; did you mean "goodput"?`,
	} {
		_, err := Parse("r.yaml", []byte("name: r\nworkload: {kind: cipsend}\nrepeats: "+text))
		if err == nil || !strings.HasPrefix(err.Error(), "r.yaml:"+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A campaign replaces the plan key by key, and what follows from its keys follows from all of them.
func TestCampaignBoots(t *testing.T) {
	load := func(name string) (*Scenario, error) {
		return Parse(name, []byte("name: s\nworkload: {kind: cipsend}\nrepeats: {boots: 5..12, until: {goodput: 2%}}"))
	}
	for text, want := range map[string]Repeats{
		"{boots: 3}":               {Boots: 3},
		"{boots: 6}":               {Boots: 6, MaxBoots: 30},
		"{boots: 6..9}":            {Boots: 6, MaxBoots: 9},
		"{until: {goodput: 5%}}":   {Boots: 5, MaxBoots: 12},
		"{boots: 40, budget: 10m}": {Boots: 40},
	} {
		c, err := ParseCampaign("c.yaml", []byte("campaign: c\nscenarios: [s]\nrepeats: "+text), load)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if r := c.Scenarios[0].Repeats; r.Boots != want.Boots || r.MaxBoots != want.MaxBoots {
			t.Errorf("%s: %d..%d boots, want %d..%d", text, r.Boots, r.MaxBoots, want.Boots, want.MaxBoots)
		}
	}
}

// Margins say what matters and not what is done: they stand in the parsed scenario, as fractions, and change no case.
func TestMargins(t *testing.T) {
	const plain = "name: m\nworkload: {kind: cipsend}\n"
	s, err := Parse("m.yaml", []byte(plain+"margins: {goodput: 3%, send_latency_p99: 0.1, loss: 0.1%}"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"goodput": 0.03, "send_latency_p99": 0.1, "loss": 0.001}
	if !maps.Equal(s.Margins, want) {
		t.Errorf("margins %v, want %v", s.Margins, want)
	}
	text, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(text), `"margins":{"goodput":0.03,"loss":0.001,"send_latency_p99":0.1}`) {
		t.Errorf("%s, %v", text, err)
	}
	without, err := Parse("m.yaml", []byte(plain))
	if err != nil || without.Expand()[0].Hash != s.Expand()[0].Hash {
		t.Errorf("margins change the hash of a case, or %v", err)
	}
}
