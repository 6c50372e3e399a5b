package analysis

import (
	"time"

	"st67bench/results"
)

// Summary is what one run says. Its JSON form is what `report --json` prints:
// keys are stable, units are those of the metric table, and what was not
// measured is absent.
type Summary struct {
	Run        string            `json:"run"` // Run.ID
	Start      time.Time         `json:"start"`
	Scenario   string            `json:"scenario"`
	Title      string            `json:"title,omitempty"`
	Rig        string            `json:"rig,omitempty"`
	Session    string            `json:"session,omitempty"`
	Release    string            `json:"release,omitempty"`
	Tool       string            `json:"tool,omitempty"`
	Emulated   bool              `json:"emulated"`           // the figures are the emulator's, not a module's
	Workload   string            `json:"workload,omitempty"` // kind; empty when the run does not say it
	Needs      []string          `json:"needs,omitempty"`    // of the scenario: what the rig must have for it
	Event      string            `json:"event"`              // what one exchange of it is called: "send", "request"
	Identity   map[string]string `json:"identity,omitempty"`
	Conditions map[string]string `json:"conditions,omitempty"`
	Ranges     map[string]Range  `json:"ranges,omitempty"` // numeric conditions, as they moved during the run
	Factors    []string          `json:"factors"`
	Boots      int               `json:"boots"`
	Cases      []Case            `json:"cases"`
	Integrity  *Integrity        `json:"integrity,omitempty"` // nil when no payload was checked
	Floor      *Floor            `json:"floor,omitempty"`     // nil when it was not measured
	Network    *Network          `json:"network,omitempty"`   // nil when nothing is known of it
	Verdict    string            `json:"verdict"`             // one sentence
	Findings   []string          `json:"findings,omitempty"`  // where the limit is, a sentence each
	Scope      string            `json:"scope"`               // what the intervals hold for
	Warnings   []Warning         `json:"warnings,omitempty"`
}

// Case is the summary of all repeats of one case.
type Case struct {
	Key      string                  `json:"case"`
	Factors  map[string]string       `json:"factors"`
	Outcome  results.Outcome         `json:"outcome"` // of the case as a whole: PASS or FAIL when any repeat was measured
	Outcomes map[results.Outcome]int `json:"outcomes"`
	Measured int                     `json:"measured"`         // repeats that have metrics
	Reason   string                  `json:"reason,omitempty"` // why a repeat failed or was not measured; the first such
	Metrics  map[string]Stat         `json:"metrics,omitempty"`
	Stop     *Stop                   `json:"stop,omitempty"`     // why it got no more boots or repeats; nil when the scenario has no until, or the run was cut off
	Withheld map[string]Withheld     `json:"withheld,omitempty"` // by metric: quantiles that the repeats cannot carry
	Counts   map[string]Count        `json:"counts,omitempty"`   // by metric: what got lost, of how much
	Windows  map[string]Window       `json:"windows,omitempty"`  // by series of samples; see Watch
	Stages   []Share                 `json:"stages,omitempty"`   // where the time of an exchange goes, in its order
	// Excess is the time of an exchange beyond that of the closed form, in s: the
	// module's latencies, the radio, and the harness's own floor.
	Excess *float64 `json:"excess,omitempty"`
}

// Share is the part of an exchange that one stage takes.
type Share struct {
	Name     string  `json:"name"`
	Seconds  float64 `json:"seconds"`
	Fraction float64 `json:"fraction"` // of the sum of the stages
}

// Network is what the network between the harness and a remote peer carries, in
// bit/s, measured before the run: no goodput can be higher. What was not measured is 0.
type Network struct {
	Up   float64 `json:"up,omitempty"`
	Down float64 `json:"down,omitempty"`
	Note string  `json:"note,omitempty"` // why there is no figure, or how it was made
}

// Integrity totals, in payload bytes, what the peer found over all repeats.
type Integrity struct {
	Checked   float64 `json:"checked"`
	Lost      float64 `json:"lost"`
	Duplicate float64 `json:"duplicate"`
	Reordered float64 `json:"reordered"`
	Corrupt   float64 `json:"corrupt"`
	Foreign   float64 `json:"foreign"`
	// AtMost is the upper end of the exact 95 % interval of the share of bytes that are lost, doubled or changed, when none was and
	// if each is by itself: about 3.7/Checked. 0 otherwise.
	AtMost float64 `json:"at_most,omitempty"`
}

// Floor is what the harness itself adds to one exchange with the module, in s,
// measured before the run on a module of zero latency over the same kind of
// link. A difference that is smaller is none.
type Floor struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99,omitempty"`
}

// Range is how far a condition moved.
type Range struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Warning is something that a reader must know before believing a figure.
type Warning struct {
	Code  string   `json:"code"` // stable name of the rule
	Text  string   `json:"text"`
	Cases []string `json:"cases,omitempty"` // keys it applies to; empty: the run
}
