package compare

import "st67bench/results"

// Side is one of the two that are compared: the runs of one firmware, rig or setting, of one or several sessions and scenarios.
type Side struct {
	Name string // for people
	Runs []*results.Run
}

// Options of a comparison.
type Options struct {
	// Margins by metric, over those of the metric table and of the scenarios; a later set goes before an earlier one.
	Margins []Margins
}

// Margins are the smallest worsenings that matter, as fractions by metric.
type Margins struct {
	From     string // where they come from, for people: "A/A of 2026-11-22"
	Of       map[string]float64
	Scenario string // whose they are; empty for all
	Least    bool   // they raise a margin that is smaller, and leave others
}

// Comparison is what two sides say together. Its JSON form is what `compare --json` prints: keys are stable, and what is not
// known is null.
type Comparison struct {
	Verdict     Joint  `json:"verdict"`
	Exit        int    `json:"exit"` // the program's exit code: that of the verdict, or 1 where a side has errors in place of figures
	Text        string `json:"text"` // the verdict in a sentence
	Comparisons []Row  `json:"comparisons"`

	Base      About             `json:"base"`
	New       About             `json:"new"`
	Emulated  bool              `json:"emulated"` // the figures are the emulator's, not a module's
	Scenarios []ScenarioVerdict `json:"scenarios"`
	Family    int               `json:"family"`   // p-values that Holm adjusted for
	Exchange  *Exchange         `json:"exchange"` // of a TRADE-OFF
	// NotCompared are the cases and metrics that one side does not have, and why.
	NotCompared []Lack `json:"not_compared"`
	// Warnings are what a reader must know before believing it.
	Warnings []string `json:"warnings"`
	// Explanations are conditions that differ so much that they could explain a difference.
	Explanations []Explanation `json:"could_explain"`
	Settle       *Settle       `json:"settle"` // what would settle it; nil where nothing is open or it was interleaved already
}

// About says what a side was.
type About struct {
	Name     string   `json:"name"`
	Release  string   `json:"release"` // or else its firmware
	Firmware string   `json:"firmware"`
	Runs     []string `json:"runs"` // IDs
	Boots    int      `json:"boots"`
	Repeats  int      `json:"repeats"`
	Errors   int      `json:"errors"` // repeats that were not measured, ERROR or ABORTED
}

// ScenarioVerdict is the joint verdict over the cases of one scenario.
type ScenarioVerdict struct {
	Scenario string `json:"scenario"`
	Verdict  Joint  `json:"verdict"`
}

// Exchange is what a TRADE-OFF gives and takes.
type Exchange struct {
	Gains []Change `json:"gains"`
	Costs []Change `json:"costs"`
}

// Change is that of one metric over the cases where it counts: their geometric mean, or the mean of differences.
type Change struct {
	Metric string  `json:"metric"`
	Change float64 `json:"change"` // a fraction
	Cases  int     `json:"cases"`
}

// Lack is what one side does not have.
type Lack struct {
	Scenario string `json:"scenario"`
	Case     string `json:"case"`
	Metric   string `json:"metric,omitempty"` // empty: all of the case
	Side     string `json:"side"`             // the one without: "base", "new" or "both"
	Why      string `json:"why"`
}

// Explanation is a condition that differs between the sides.
type Explanation struct {
	Condition string `json:"condition"`
	Base      string `json:"base"`
	New       string `json:"new"`
}

// Settle is the interleaved run that would settle what is open. Scenario is a name, or the path of a file that the new side was
// measured with; A and B are firmwares as a flash hook takes them.
type Settle struct {
	Scenario string  `json:"scenario"`
	A        string  `json:"a"`
	B        string  `json:"b"`
	Boots    int     `json:"boots"`   // of both sides together
	Seconds  float64 `json:"seconds"` // that they take, as long as those before took; 0 when that is not known
}
