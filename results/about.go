package results

import "encoding/json"

// About is what a run says of its scenario.
type About struct {
	Kind  string   // of its workload
	Needs []string // what the rig must have for it
}

// About reads it from the scenario as the run stored it; zero where it did not.
func (r *Run) About() About {
	var m struct {
		Workload struct{ Kind string }
		Needs    []string
	}
	text, err := json.Marshal(r.Scenario.Parsed) // a struct when measured, plain data when read back
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return About{}
	}
	return About{m.Workload.Kind, m.Needs}
}
