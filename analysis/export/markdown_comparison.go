package export

import (
	"fmt"
	"io"
	"strings"

	"st67bench/analysis/compare"
)

// MarkdownComparison writes a comparison as GitHub-flavoured Markdown, for $GITHUB_STEP_SUMMARY or a comment: the joint verdict
// first, then what regressed, what is open and what improved; what is as it was is folded away. It has at most 1 MiB, and says
// when it was cut.
func MarkdownComparison(to io.Writer, c *compare.Comparison) error {
	var m markdown
	m.text("## st67bench: %s against %s\n\n**%s** %s\n", c.New.Name, c.Base.Name, string(c.Verdict), c.Text)
	if c.Emulated {
		m.text("\n> **%s**\n", emulatedText)
	}
	m.list(openQuestions(c))
	m.exchange(c.Exchange)
	var changed, same []compare.Row
	for _, verdict := range []compare.Verdict{compare.Regressed, compare.Inconclusive, compare.Improved, compare.Negligible, compare.NonInferior, compare.Equivalent} {
		for _, r := range c.Comparisons {
			switch {
			case r.Verdict != verdict:
			case verdict == compare.Regressed || verdict == compare.Inconclusive || verdict == compare.Improved:
				changed = append(changed, r)
			default:
				same = append(same, r)
			}
		}
	}
	if len(changed) > 0 {
		m.rows(changed, len(c.Scenarios) > 1)
	}
	if len(same) > 0 {
		m.fold(fmt.Sprintf("%d more that are no worse", len(same)), func() { m.rows(same, len(c.Scenarios) > 1) })
	}
	if len(c.NotCompared) > 0 {
		m.fold(fmt.Sprintf("%d that were not compared", len(c.NotCompared)), func() {
			m.head([]string{"scenario", "case", "metric", "why"})
			for _, l := range c.NotCompared {
				m.row(l.Scenario, l.Case, l.Metric, lackSentence(l))
			}
		})
	}
	m.text("\n%s against %s; Holm over %d tests\n", aboutSide(c.New), aboutSide(c.Base), c.Family)
	return m.end(to)
}

func aboutSide(a compare.About) string {
	text := fmt.Sprintf("%s (boots: %d, runs: %d", a.Name, a.Boots, len(a.Runs))
	if a.Firmware != "" {
		text += ", firmware " + a.Firmware
	}
	return text + ")"
}

// exchange is what a trade-off gives and takes.
func (m *markdown) exchange(e *compare.Exchange) {
	if e == nil {
		return
	}
	m.WriteString("\n")
	for _, side := range []struct {
		word string
		all  []compare.Change
	}{{"gain", e.Gains}, {"cost", e.Costs}} {
		for _, c := range side.all {
			m.text("- %s: %s %s (cases: %d)\n", side.word, title(c.Metric), fmt.Sprintf("%+.1f %%", 100*c.Change), c.Cases)
		}
	}
}

// rows is a table of comparisons.
func (m *markdown) rows(all []compare.Row, scenarios bool) {
	head := []string{"case", "metric", "base", "new", "change [95 %]", "verdict", "margin", "p (Holm)", "boots", "note"}
	if scenarios {
		head = append([]string{"scenario"}, head...)
	}
	m.head(head, "base", "new", "change [95 %]", "margin", "p (Holm)")
	for _, r := range all {
		cells := []string{r.Case, title(r.Metric), sideCell(r, r.Base), sideCell(r, r.New), changeCell(r), string(r.Verdict),
			marginCell(r), probability(r.PHolm), countsCell(r), strings.Join(notes(r), "; ")}
		if scenarios {
			cells = append([]string{r.Scenario}, cells...)
		}
		m.row(cells...)
	}
}
