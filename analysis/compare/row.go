package compare

// Row is the comparison of one metric in one case. Its JSON form is a line of `compare --json`: keys are stable, and what is
// not known is null.
type Row struct {
	Scenario string `json:"scenario,omitempty"`
	Case     string `json:"case"`
	Metric   string `json:"metric"`
	// Base and New are what each side has, in the metric's unit, losses as fractions: the geometric mean over the boots, or the
	// mean where the metric is compared by its difference.
	Base float64 `json:"base"`
	New  float64 `json:"new"`
	// Change is New against Base as a fraction: -0.05 is 5 % less. Of a loss it is the difference of the two fractions. Nil
	// where there is no base to relate it to.
	Change   *float64 `json:"change"`
	Interval *Range   `json:"interval"` // of Change, 95 %
	// PExact is exact, without a distribution: Mann-Whitney's, of pairs the signed ranks', of losses Fisher's. PGate decides:
	// Student's t, see the package documentation. PHolm is PGate adjusted for the family that Compare was asked for.
	PExact  *float64 `json:"p_exact"`
	PGate   *float64 `json:"p_gate"`
	PHolm   *float64 `json:"p_holm"`
	Margin  float64  `json:"margin"` // smallest worsening that matters, as a fraction
	Verdict Verdict  `json:"verdict"`
	N       Counts   `json:"n"` // values compared: boots, of a side of one boot its repeats

	MarginFrom string   `json:"margin_from,omitempty"` // where the margin comes from, for people
	Boots      Counts   `json:"boots"`                 // of each side
	Paired     bool     `json:"paired"`
	Interval90 *Range   `json:"interval90"` // of Change, 90 %: that of the two one-sided tests
	Robust     *Robust  `json:"robust"`     // what the method without a distribution says; nil for losses that were pooled
	Q          *float64 `json:"q"`          // Benjamini and Hochberg, over the family
	// Detectable is the smallest Change, as a fraction without sign, that so many boots of this spread show with 80 % power.
	Detectable *float64 `json:"detectable"`
	// Needed is how many boots a side would decide it, as far as the spread seen so far tells; 0 where it is decided.
	Needed int `json:"needed,omitempty"`
	// Within says that the interval holds within these associations only: a side has fewer than five boots.
	Within bool   `json:"within_associations"`
	Note   string `json:"note,omitempty"` // for people: why it is inconclusive, or what else to know
}

// Counts is a number of each side.
type Counts struct {
	Base int `json:"base"`
	New  int `json:"new"`
}

// Range is the lower and the upper end of an interval of a fraction.
type Range [2]float64

// Robust is the estimate that supposes no distribution: Hodges and Lehmann's, of pairs the median of the Walsh averages.
type Robust struct {
	Change     *float64 `json:"change"`
	Interval   *Range   `json:"interval"`    // exact, at least 95 %; nil where there are too few values for one
	CliffDelta *float64 `json:"cliff_delta"` // -1..1: how often New is above Base, less how often it is below; nil for pairs
}

// significant says whether the gate's p-value is at most Alpha.
func (r *Row) significant() bool { return r.PGate != nil && *r.PGate <= Alpha }
