package results

import (
	"cmp"
	"time"
)

// Schema is the version of the run directory's format that this package writes.
// Open reads every version from 1 on; the package documentation says when it goes up.
const Schema = 1

// Outcome says how a repeat of a case ended.
type Outcome string

// Outcomes. A repeat that was not measured carries no metrics.
const (
	Pass    Outcome = "PASS"    // measured, inside every limit
	Fail    Outcome = "FAIL"    // measured, outside a limit
	Refused Outcome = "REFUSED" // the module's own error code to this level; tried once
	Skipped Outcome = "SKIPPED" // a need that the rig lacks
	Error   Outcome = "ERROR"   // not measured; Err says why
	Aborted Outcome = "ABORTED" // not measured, because the run was stopped
)

// Result is one repeat of one case: a line of results.jsonl.
type Result struct {
	Seq     int               `json:"seq"`    // position in the run, from 1
	Boot    int               `json:"boot"`   // reset and association that it ran in, from 1
	Block   int               `json:"block"`  // block of interleaved repeats, from 1
	Repeat  int               `json:"repeat"` // repeat of this case, from 1
	Case    string            `json:"case"`   // "length=2920/links=1", in sweep order
	Factors map[string]string `json:"factors"`
	Outcome Outcome           `json:"outcome"`
	Err     string            `json:"err,omitempty"`
	// Metrics by name, in the units of the metric table. What was not measured is absent, never 0 or NaN.
	Metrics map[string]float64 `json:"metrics,omitempty"`
	Marks   []Mark             `json:"marks,omitempty"`
	// Conditions before and after: "rssi" and "rssi_after", and so on.
	Conditions map[string]string `json:"conditions,omitempty"`
	Counters   map[string]uint64 `json:"counters,omitempty"` // link counters' increase over the case
	Samples    string            `json:"samples,omitempty"`  // file below the run directory; empty when there are none
	Power      string            `json:"power,omitempty"`    // its current trace, likewise
}

// Mark is a named instant of a case.
type Mark struct {
	Name string        `json:"name"`
	T    time.Duration `json:"t"` // since Run.Start, monotonic; int64 ns in the file
}

// Sample is one raw value of a series. Series are named by the metric they
// belong to; V is in that metric's unit.
type Sample struct {
	Series string        `parquet:"series,dict"`
	T      time.Duration `parquet:"t,delta"` // since Run.Start
	V      float64       `parquet:"value"`
}

// Roles of a run in its session. A reference is a firmware that is measured again in every session, so that what
// changed between sessions is known and can be taken out.
const (
	RoleCandidate = "candidate"
	RoleReference = "reference"
)

// ReleaseName is what the run measured, as the history and comparisons call it: its release, or else its firmware.
func (r *Run) ReleaseName() string { return cmp.Or(r.Release, r.Identity["firmware"]) }

// CaseInfo is one planned case of a run: its key, its factors, and the hash that says what it may be compared with.
type CaseInfo struct {
	Key     string            `json:"key"`
	Factors map[string]string `json:"factors"`
	Hash    string            `json:"hash"`
}

// Run is a whole run as read from its directory. Its JSON form is run.json.
type Run struct {
	Schema int       `json:"schema"` // set by Create
	ID     string    `json:"id"`     // name of the run directory; set by Create
	Start  time.Time `json:"start"`  // zero of all times of the run
	// Session ties runs together that were measured in one sitting of the rig: those of a campaign, and the two sides of
	// an interleaved A/B run, whose results of one block were measured side by side.
	Session string `json:"session,omitempty"`
	Role    string `json:"role,omitempty"`    // RoleCandidate or RoleReference; empty: a candidate
	Release string `json:"release,omitempty"` // what was measured, for people and for the history; empty: the firmware
	// Subject is what the sides of an A/B run differ in, and Variant what this side has of it: "firmware", "rig" or
	// "settings". An empty subject is the firmware.
	Subject string `json:"subject,omitempty"`
	Variant string `json:"variant,omitempty"`
	Tool    string `json:"tool"` // version and commit
	Seed    uint64 `json:"seed"`
	// Emulated says that the figures are the emulator's, not a module's.
	Emulated   bool              `json:"emulated,omitempty"`
	Identity   map[string]string `json:"identity"`
	Conditions map[string]string `json:"conditions"`
	Scenario   Document          `json:"scenario"`
	Rig        Document          `json:"rig"`
	Cases      []CaseInfo        `json:"cases"`   // in sweep order
	Factors    []string          `json:"factors"` // names in sweep order

	Results []Result `json:"-"`
	Dir     string   `json:"-"`
	// Warnings are what Open found wrong and could read around, such as a last line that was cut off.
	Warnings []string `json:"-"`
	// Secrets are never written: Writer stores *** in their place, see Mask.
	Secrets []string `json:"-"`
}

// Document is a file that the run was made from: its text as given (secrets
// masked) and its parsed form, which is anything that encodes to JSON.
type Document struct {
	Name   string `json:"name"`
	File   string `json:"file,omitempty"` // its path as it was given; empty of what was named otherwise
	Title  string `json:"title,omitempty"`
	Text   string `json:"text"`
	Parsed any    `json:"parsed"`
}
