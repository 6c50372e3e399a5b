package analysis

import (
	"fmt"
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
	Release    string            `json:"release,omitempty"`
	Tool       string            `json:"tool,omitempty"`
	Emulated   bool              `json:"emulated"` // the figures are the emulator's, not a module's
	Identity   map[string]string `json:"identity,omitempty"`
	Conditions map[string]string `json:"conditions,omitempty"`
	Ranges     map[string]Range  `json:"ranges,omitempty"` // numeric conditions, as they moved during the run
	Factors    []string          `json:"factors"`
	Boots      int               `json:"boots"`
	Cases      []Case            `json:"cases"`
	Integrity  *Integrity        `json:"integrity,omitempty"` // nil when no payload was checked
	Floor      *Floor            `json:"floor,omitempty"`     // nil when it was not measured
	Verdict    string            `json:"verdict"`             // one sentence
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
	Withheld map[string]Withheld     `json:"withheld,omitempty"` // by metric: quantiles that the repeats cannot carry
	Stages   []Share                 `json:"stages,omitempty"`   // where the time of a send goes, in the order of the exchange
	// Excess is the time of a send beyond that of the closed form, in s: the
	// module's latencies and the harness's own floor.
	Excess *float64 `json:"excess,omitempty"`
}

// Withheld says why a quantile is not shown.
type Withheld struct {
	Needs int `json:"needs"` // sends per repeat
	Has   int `json:"has"`   // sends of the shortest repeat
}

// String is what stands in the quantile's place.
func (w Withheld) String() string {
	return fmt.Sprintf("-, needs %d sends, has %d", w.Needs, w.Has)
}

// Share is the part of a send that one stage takes.
type Share struct {
	Name     string  `json:"name"`
	Seconds  float64 `json:"seconds"`
	Fraction float64 `json:"fraction"` // of the send
}

// Integrity totals, in payload bytes, what the peer found over all repeats.
type Integrity struct {
	Checked   float64 `json:"checked"`
	Lost      float64 `json:"lost"`
	Duplicate float64 `json:"duplicate"`
	Reordered float64 `json:"reordered"`
	Corrupt   float64 `json:"corrupt"`
	Foreign   float64 `json:"foreign"`
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
