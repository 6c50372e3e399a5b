package results

import (
	"encoding/json"
	"time"
)

// About is what a run says of its scenario.
type About struct {
	Kind    string   // of its workload
	Needs   []string // what the rig must have for it
	Repeats Repeats
}

// Repeats is a scenario's plan of how often each case runs. Until counts boots where MaxBoots is above Boots, else the repeats of
// each boot.
type Repeats struct {
	Boots, Min, Max int
	MaxBoots        int                `json:"max_boots"`
	Until           map[string]float64 // metric -> relative half width of its 95 % interval that is tight enough
	Budget          time.Duration
}

// About reads it from the scenario as the run stored it; zero where it did not.
func (r *Run) About() About {
	var m struct {
		Workload struct{ Kind string }
		Needs    []string
		Repeats  Repeats
	}
	text, err := json.Marshal(r.Scenario.Parsed) // a struct when measured, plain data when read back
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return About{}
	}
	return About{m.Workload.Kind, m.Needs, m.Repeats}
}
