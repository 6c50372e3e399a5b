package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/decision"
	"st67bench/analysis/report/page"
)

// HistoryPage is the report of a history; source says where its numbers are from: a file, or folders of runs.
func HistoryPage(h *history.History, source string) (*page.Page, error) {
	overview, err := decision.Overview(h)
	if err != nil {
		return nil, err
	}
	panels, left, err := decision.Panels(h)
	if err != nil {
		return nil, err
	}
	p := &page.Page{
		Title: "history of " + source, Heading: historyHeading(h), Verdict: h.Verdict() + ".", Tone: historyTone(h), Lines: historyLines(h), Facts: historyFacts(h, source),
		Footer: []string{historyText, "Everything here can be made again: st67bench history --html FILE, of " + source},
	}
	if overview != nil {
		p.Sections = append(p.Sections, chartSection("all", "All releases at once", []*chart.Chart{overview})...)
	}
	p.Sections = append(p.Sections, chartSection("panels", "Release by release", panels)...)
	if n := len(p.Sections); left > 0 {
		p.Sections[n-1].Parts = append(p.Sections[n-1].Parts, page.Part{Text: fmt.Sprintf("%d series more are not drawn, of those in which least happened; the tables have them.", left)})
	}
	p.Sections = append(p.Sections, historyTables(h)...)
	if n := emulatedCourses(h); n > 0 {
		p.Emulated, p.Mark = emulatedText, emulatedMark
		if n < len(h.Courses) {
			p.Emulated, p.Mark = fmt.Sprintf("EMULATED MODULE in %d of %d series: those figures are the emulator's, not a module's", n, len(h.Courses)), "emulated module in part"
		}
		markEmulated(p)
	}
	return p, nil
}

const historyText = "A point is the mean over the boots of a release, relative to the reference of its session where sessions drift. Changes are sought by E-divisive with permutations, and count when they are as " +
	"large as the margin of their metric. The newest release is held against the one before, and against what the releases of the last level let one expect."

func emulatedCourses(h *history.History) (n int) {
	for _, c := range h.Courses {
		if c.Emulated {
			n++
		}
	}
	return n
}

// historyHeading is the question.
func historyHeading(h *history.History) string {
	if len(h.Releases) == 0 {
		return "Which release changed something?"
	}
	return fmt.Sprintf("Is %s worse than the releases before it?", h.Releases[len(h.Releases)-1])
}

func historyTone(h *history.History) page.Tone {
	switch {
	case len(h.Regressed()) > 0:
		return page.Bad
	case h.Exit() != 0:
		return page.Unsure
	}
	return page.Good
}

// mostTold are the changes named below the verdict.
const mostTold = 4

// historyLines are the changes for the worse that are still there, and what else must be known at once.
func historyLines(h *history.History) (lines []string) {
	var still []string
	for i := range h.Courses {
		c := &h.Courses[i]
		for _, k := range c.Changes {
			if k.Worse && !k.Gone && k.Acknowledged == "" {
				still = append(still, chart.Capital(c.Label())+": "+c.Say(k)+".")
			}
		}
	}
	if n := len(still) - mostTold; n > 0 {
		still = append(still[:mostTold], fmt.Sprintf("%d more changes for the worse are still there.", n))
	}
	for _, w := range h.Warnings {
		lines = append(lines, "Warning: "+w+".")
	}
	return append(still, lines...)
}

func historyFacts(h *history.History, source string) []page.Fact {
	all := []page.Fact{{Name: "from", Value: source}, {Name: "series", Value: strconv.Itoa(len(h.Courses))}}
	if n := len(h.Releases); n > 0 {
		all = append(all, page.Fact{Name: "releases", Value: fmt.Sprintf("%d, %s to %s", n, h.Releases[0], h.Releases[n-1])})
	}
	var names []string
	for _, c := range h.Courses {
		if c.Scenario != "" && !slices.Contains(names, c.Scenario) {
			names = append(names, c.Scenario)
		}
	}
	if len(names) > 0 {
		all = append(all, page.Fact{Name: "scenario", Value: strings.Join(names, ", ")})
	}
	return all
}

// historyTables are the newest release and every change, in words and figures.
func historyTables(h *history.History) []page.Section {
	newest := &chart.Table{Caption: "The newest release", Head: []string{"series", "verdict", "against", "change", "95 % interval", "margin", "p", "p Holm", "note"}}
	changes := &chart.Table{Caption: "Every change", Head: []string{"series", "change", "release", "after", "size", "95 % interval", "p", "place", "what became of it"}}
	var warnings []string
	for i := range h.Courses {
		c := &h.Courses[i]
		newestRow(newest, c)
		for _, k := range slices.Concat(c.Changes, c.Unnamed) {
			changeRow(changes, c, k)
		}
		for _, w := range c.Warnings {
			warnings = append(warnings, c.Label()+": "+w)
		}
	}
	out := []page.Section{{ID: "newest", Title: "The newest release, series by series", Parts: []page.Part{{Table: newest}}}}
	if len(changes.Rows) > 0 {
		out = append(out, page.Section{ID: "changes", Title: "What changed", How: "Place is how surely the change is at this release and not at a neighbour.", Parts: []page.Part{{Table: changes}}})
	}
	if len(warnings) > 0 {
		out = append(out, page.Section{ID: "warnings", Title: "What to doubt", Parts: []page.Part{{Warnings: warnings}}})
	}
	return out
}

func newestRow(t *chart.Table, c *history.Course) {
	w := c.Newest
	if w == nil {
		t.Rows = append(t.Rows, []string{c.Label(), "not measured", "", "", "", "", "", "", ""})
		return
	}
	cells := []string{c.Label(), string(w.Verdict), w.Against, "", "", strings.TrimPrefix(c.Percent(w.Margin), "+"), decision.P(w.P), decision.P(w.PHolm), w.Note}
	if w.Change != nil {
		cells[3] = c.Percent(*w.Change)
	}
	if w.Interval != nil {
		cells[4] = spanText(c, *w.Interval)
	}
	if w.Acknowledged != "" {
		cells[8] = strings.TrimPrefix(cells[8]+"; acknowledged: "+w.Acknowledged, "; ")
	}
	if w.Verdict == compare.Regressed && w.Acknowledged == "" {
		t.Marked = append(t.Marked, len(t.Rows))
	}
	t.Rows = append(t.Rows, cells)
}

func changeRow(t *chart.Table, c *history.Course, k history.Change) {
	release, place, became := k.Release, "", ""
	switch {
	case k.Mark != "":
		release, became = "none named", "with it changed "+k.Mark
	case k.Acknowledged != "":
		became = "acknowledged: " + k.Acknowledged
	case k.FixedIn != "":
		became = "fixed in " + k.FixedIn
	case k.Gone:
		became = "gone again"
	case k.Worse:
		became = "still there"
		t.Marked = append(t.Marked, len(t.Rows))
	}
	if k.Confidence != nil {
		place = strconv.FormatFloat(100**k.Confidence, 'f', 0, 64) + " %"
	}
	t.Rows = append(t.Rows, []string{c.Label(), string(k.Kind), release, k.Bracket[0], c.Percent(k.Size), spanText(c, k.Interval), decision.P(&k.P), place, became})
}

func spanText(c *history.Course, r compare.Range) string {
	return "[" + c.Percent(r[0]) + ", " + c.Percent(r[1]) + "]"
}
