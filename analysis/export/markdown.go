package export

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/glyph"
	"st67bench/results"
)

// mostMarkdown is what GitHub takes as the summary of one step of a job, in bytes: 1 MiB.
const mostMarkdown = 1 << 20

// cutText ends a summary that was too long.
const cutText = "\n\nCut off here: a summary has at most 1 MiB. The run's directory has the rest.\n"

// markdown is a text of GitHub-flavoured Markdown in the making.
type markdown struct{ bytes.Buffer }

// text writes what is markup, and what the arguments are, which is not.
func (m *markdown) text(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = plain(s)
		}
	}
	fmt.Fprintf(m, format, args...)
}

// row writes a line of a table, whose cells are plain text.
func (m *markdown) row(cells ...string) {
	for _, c := range cells {
		m.text("| %s ", c)
	}
	m.WriteString("|\n")
}

// head writes the first two lines of a table. Columns that are named here hold figures and are aligned to the right.
func (m *markdown) head(cells []string, figures ...string) {
	m.WriteByte('\n')
	m.row(cells...)
	for _, c := range cells {
		if slices.Contains(figures, c) {
			m.WriteString("|--:")
		} else {
			m.WriteString("|:--")
		}
	}
	m.WriteString("|\n")
}

// fold writes what only few want to see, folded away.
func (m *markdown) fold(title string, write func()) {
	m.text("\n<details><summary>%s</summary>\n", title)
	write()
	m.WriteString("\n</details>\n")
}

// facts writes a table of names and values, folded away.
func (m *markdown) facts(title string, rows [][2]string) {
	m.fold(title, func() {
		m.head([]string{"", ""})
		for _, r := range rows {
			m.row(r[0], r[1])
		}
	})
}

// codeWidth is how many columns of a code block a page shows without scrolling.
const codeWidth = 84

// code writes lines as they are. The fence is longer than any in them.
func (m *markdown) code(lines []string) {
	if len(lines) == 0 {
		return
	}
	text := strings.Join(lines, "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	m.WriteString("\n" + fence + "text\n" + text + "\n" + fence + "\n")
}

// end writes the whole, or as many of its lines as fit.
func (m *markdown) end(to io.Writer) error {
	all := m.Bytes()
	const fold = "</details>\n"
	if len(all) > mostMarkdown {
		all = all[:mostMarkdown-len(cutText)-len(fold)-1]
		all = all[:bytes.LastIndexByte(all, '\n')+1]
		if bytes.Count(all, []byte("<details>")) > bytes.Count(all, []byte("</details>")) {
			all = append(append(slices.Clip(all), '\n'), fold...)
		}
		all = append(slices.Clip(all), cutText...)
	}
	_, err := to.Write(all)
	return err
}

// Markdown writes summaries of runs as GitHub-flavoured Markdown, for $GITHUB_STEP_SUMMARY or a comment: each with its verdict
// first, then what a reader must know to believe it, then a table of the cases. It has at most 1 MiB, and says when it was
// cut.
func Markdown(to io.Writer, all ...*analysis.Summary) error {
	var m markdown
	for i, s := range all {
		if i > 0 {
			m.WriteByte('\n')
		}
		m.summary(s)
	}
	return m.end(to)
}

func (m *markdown) summary(s *analysis.Summary) {
	m.text("## st67bench: %s\n\n**%s** %s\n", s.Scenario, word(s), s.Verdict)
	if s.Emulated {
		m.text("\n> **%s**\n", emulatedText)
	}
	m.text("\n%s\n", strings.Join(nonEmpty(s.Title, moduleOf(s), integrityOf(s), s.Scope), "; "))
	m.list(s.Findings)
	warnings := make([]string, len(s.Warnings))
	for i, w := range s.Warnings {
		warnings[i] = "warning: " + w.Text
	}
	m.list(warnings)
	m.cases(s)
	m.code(glyph.Run(s, glyph.Ink{Width: codeWidth}))
	var facts [][2]string
	for _, name := range sortedKeys(s.Identity) {
		facts = append(facts, [2]string{name, s.Identity[name]})
	}
	m.facts("identity", facts)
	facts = [][2]string{{"run", s.Run}, {"start", s.Start.UTC().Format("2006-01-02 15:04:05 UTC")}, {"tool", s.Tool}}
	for _, name := range sortedKeys(s.Conditions) {
		facts = append(facts, [2]string{name, s.Conditions[name]})
	}
	m.facts("run and conditions", facts)
}

func (m *markdown) list(all []string) {
	if len(all) > 0 {
		m.WriteByte('\n')
	}
	for _, text := range all {
		m.text("- %s\n", text)
	}
}

// word is the run in one, as its exit code says it.
func word(s *analysis.Summary) string {
	n := map[results.Outcome]int{}
	for _, c := range s.Cases {
		for o, k := range c.Outcomes {
			n[o] += k
		}
	}
	for _, o := range []results.Outcome{results.Error, results.Aborted, results.Fail, results.Pass} {
		if n[o] > 0 {
			return string(o)
		}
	}
	return "NOTHING MEASURED"
}

func moduleOf(s *analysis.Summary) string {
	return strings.Join(nonEmpty(s.Identity["module"], s.Identity["image"], s.Identity["firmware"], s.Identity["link"]), ", ")
}

func integrityOf(s *analysis.Summary) string {
	if s.Integrity == nil {
		return ""
	}
	return s.Integrity.String()
}

func nonEmpty(parts ...string) []string {
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// mostColumns is how many metrics a table has beside the one that the run is about: it is read in a narrow page.
const mostColumns = 5

// shownMetrics are those of a table, what the run is about first, by how often they are asked for.
var shownMetrics = []string{
	"goodput", "efficiency", "throughput", "rtt_p50", "rtt_p99", "duration_p50", "send_latency_p50", "send_latency_p99", "wake_latency_p50",
	"rate", "current", "energy_per_bit", "energy", "charge", "datagram_loss", "loss",
}

// columnsOf are the metrics that the table of the cases has.
func columnsOf(s *analysis.Summary) []string {
	var names []string
	for _, name := range append([]string{s.Primary()}, shownMetrics...) {
		if len(names) <= mostColumns && !slices.Contains(names, name) && hasMetric(s.Cases, name) {
			names = append(names, name)
		}
	}
	return names
}

func hasMetric(cases []analysis.Case, name string) bool {
	return slices.ContainsFunc(cases, func(c analysis.Case) bool { _, ok := c.Metrics[name]; return ok })
}

// outcomeCell is the outcome of a case, with how many of its repeats had another.
func outcomeCell(c analysis.Case) string {
	text := string(c.Outcome)
	for _, o := range []results.Outcome{results.Error, results.Aborted, results.Fail, results.Refused, results.Skipped} {
		if n := c.Outcomes[o]; n > 0 && o != c.Outcome {
			text += fmt.Sprintf(", %d %s", n, o)
		}
	}
	return text
}

func (m *markdown) cases(s *analysis.Summary) {
	names := columnsOf(s)
	head := slices.Clone(s.Factors)
	if len(head) == 0 {
		head = []string{"case"}
	}
	var titles []string
	for _, name := range names {
		metric, _ := results.LookupMetric(name)
		titles = append(titles, cmp.Or(metric.Title, name))
	}
	m.head(slices.Concat(head, []string{"outcome"}, titles, []string{"n", "note"}), append(titles, "n")...)
	for _, c := range s.Cases {
		var row []string
		for _, f := range s.Factors {
			row = append(row, c.Factors[f])
		}
		if len(s.Factors) == 0 {
			row = append(row, c.Key)
		}
		row = append(row, outcomeCell(c))
		for _, name := range names {
			row = append(row, statCell(c, name))
		}
		m.row(append(row, fmt.Sprint(c.Measured), c.Reason)...)
	}
}

// statCell is the median and half the width of its interval; "-" for a quantile that is withheld.
func statCell(c analysis.Case, name string) string {
	st, ok := c.Metrics[name]
	if _, withheld := c.Withheld[name]; withheld {
		return "-"
	}
	if !ok {
		return ""
	}
	text := quantity(name, st.Median)
	if w, ok := st.RelHalfWidth(); ok && w > 0 {
		text += " ±" + results.FormatQuantity(w, "")
	}
	return text
}
