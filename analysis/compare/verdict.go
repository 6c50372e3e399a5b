package compare

// Alpha is the level of every test of this package, two-sided, and of the family after Holm's adjustment.
const Alpha = 0.05

// Verdict is what is said of one metric of one case; the package documentation has the conditions.
type Verdict string

// Verdicts of a metric.
const (
	Regressed    Verdict = "REGRESSED"    // worse, by more than the margin
	Improved     Verdict = "IMPROVED"     // better, by more than the margin
	Negligible   Verdict = "NEGLIGIBLE"   // a real difference, but within the margin
	Equivalent   Verdict = "EQUIVALENT"   // within the margin either way
	NonInferior  Verdict = "NON-INFERIOR" // not worse by the margin or more; better was not shown
	Inconclusive Verdict = "INCONCLUSIVE" // too few boots to say any of these
)

// Joint is what is said of all gated metrics of all cases together.
type Joint string

// Joint verdicts.
const (
	Pass      Joint = "PASS"      // no metric is worse
	Dominates Joint = "DOMINATES" // no metric is worse, and one is better
	Fail      Joint = "FAIL"      // a metric is worse, and none is better
	TradeOff  Joint = "TRADE-OFF" // one is worse and one is better
	Undecided Joint = "INCONCLUSIVE"
)

// Exit codes of the joint verdicts.
const (
	exitPass      = 0
	exitError     = 1 // a side has errors in place of figures
	exitFail      = 3
	exitUndecided = 4
	exitTradeOff  = 5
)

// Exit is the program's exit code for the verdict.
func (j Joint) Exit() int {
	switch j {
	case Pass, Dominates:
		return exitPass
	case Fail:
		return exitFail
	case TradeOff:
		return exitTradeOff
	}
	return exitUndecided
}
