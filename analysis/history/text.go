package history

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"st67bench/analysis/compare"
)

// MarshalJSON gives the courses by their names.
func (h *History) MarshalJSON() ([]byte, error) {
	metrics := map[string]*Course{}
	for i := range h.Courses {
		metrics[h.Courses[i].Name] = &h.Courses[i]
	}
	return json.Marshal(struct {
		Metrics   map[string]*Course `json:"metrics"`
		Releases  []string           `json:"releases"`
		Regressed []string           `json:"regressed"` // courses whose newest release fails
		Exit      int                `json:"exit"`
		Warnings  []string           `json:"warnings,omitempty"`
	}{metrics, h.Releases, h.Regressed(), h.Exit(), h.Warnings})
}

// Exit codes of a history.
const (
	exitRegressed = 3
	exitUnknown   = 4
)

// Exit is the program's exit code: 3 when the newest release regressed, 4 when of no series it could be judged, else 0.
func (h *History) Exit() int {
	switch {
	case len(h.Regressed()) > 0:
		return exitRegressed
	case !h.judged():
		return exitUnknown
	}
	return 0
}

// Text writes for people what happened.
func (h *History) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if slices.ContainsFunc(h.Courses, func(c Course) bool { return c.Emulated }) {
		fmt.Fprintln(t, "EMULATED MODULE: these figures are the emulator's, not a module's")
	}
	shared := h.shared()
	for i := range h.Courses {
		c := &h.Courses[i]
		head := c.Label()
		for _, line := range c.lines(shared) {
			fmt.Fprintf(t, "%s\t%s\n", head, line)
			head = ""
		}
	}
	fmt.Fprintf(t, "\n%s\n", h.Verdict())
	for _, aside := range shared {
		fmt.Fprintln(t, aside)
	}
	for _, warning := range h.Warnings {
		fmt.Fprintln(t, aWarning+warning)
	}
	return t.Flush()
}

// shared are the asides that every course has, which are said once.
func (h *History) shared() (all []string) {
	if len(h.Courses) < 2 {
		return nil
	}
	for _, aside := range h.Courses[0].asides() {
		if !slices.ContainsFunc(h.Courses, func(c Course) bool { return !slices.Contains(c.asides(), aside) }) {
			all = append(all, aside)
		}
	}
	return all
}

// Beginnings of asides.
const (
	aMark    = "changed   "
	aWarning = "warning   "
)

// asides are what changed beside the firmware, and the warnings.
func (c *Course) asides() (all []string) {
	for _, p := range c.Points {
		if p.Mark != "" {
			all = append(all, fmt.Sprintf("%s%s at %s", aMark, p.Mark, p.Release))
		}
	}
	for _, warning := range c.Warnings {
		all = append(all, aWarning+warning)
	}
	return all
}

// Verdict is the sentence about the newest release.
func (h *History) Verdict() string {
	if len(h.Releases) == 0 {
		return "no release was measured"
	}
	newest := h.Releases[len(h.Releases)-1]
	switch bad := h.Regressed(); {
	case len(bad) > 0:
		return fmt.Sprintf("%s REGRESSED in %s", newest, strings.Join(bad, ", "))
	case !h.judged():
		return newest + " could not be judged"
	}
	unknown := ""
	if n := h.undecided(); n > 0 {
		unknown = fmt.Sprintf(", %d of them undecided", n)
	}
	return fmt.Sprintf("%s: no regression in %d series%s; %d releases", newest, len(h.Courses), unknown, len(h.Releases))
}

// undecided counts the series that say nothing of the newest release.
func (h *History) undecided() (n int) {
	for _, c := range h.Courses {
		if c.Newest == nil || c.Newest.Verdict == compare.Inconclusive {
			n++
		}
	}
	return n
}

// Label names the course for people: its scenario and case where there are several, and the metric.
func (c *Course) Label() string {
	parts := []string{}
	for _, part := range []string{strings.TrimSuffix(c.Name, c.Metric), c.Title} {
		if part = strings.Trim(part, "/"); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Lines are what happened, one thing to a line.
func (c *Course) Lines() []string { return c.lines(nil) }

// lines are what happened, one thing to a line, without the asides that are said for all.
func (c *Course) lines(shared []string) (all []string) {
	for _, k := range c.Changes {
		all = append(all, c.Say(k))
	}
	for _, k := range c.Unnamed {
		all = append(all, fmt.Sprintf("%s between %s and %s: %s %s; no release is named, since with it changed %s",
			k.Kind, k.Bracket[0], k.Bracket[1], c.Percent(k.Size), between(k.Interval), k.Mark))
	}
	switch {
	case len(all) > 0 || c.P == nil:
	case c.Detectable != nil:
		all = append(all, fmt.Sprintf("no change in %d releases; would have seen %s", c.N, strings.TrimPrefix(c.Percent(*c.Detectable), "+")))
	}
	for _, aside := range c.asides() {
		if !slices.Contains(shared, aside) {
			all = append(all, aside)
		}
	}
	if c.Newest == nil {
		return append(all, "not measured in any release")
	}
	return append(all, c.newest())
}

// Say is a change in words.
func (c *Course) Say(k Change) string {
	var b strings.Builder
	if k.Kind == Creep {
		fmt.Fprintf(&b, "creeping %s a release since %s (p %.2g); %d releases add up to %s", c.Percent(*k.Slope), k.Release, k.P, c.N, c.Percent(k.Size))
	} else {
		fmt.Fprintf(&b, "%s at %s (after %s): %s %s, location %.0f %%", k.Kind, k.Release, k.Bracket[0], c.Percent(k.Size),
			between(k.Interval), 100**k.Confidence)
	}
	switch {
	case k.FixedIn != "":
		b.WriteString(", fixed in " + k.FixedIn)
	case k.Gone:
		b.WriteString(", gone again")
	case k.Kind == Step && k.Worse:
		b.WriteString(", still there")
	}
	if k.Q != nil && *k.Q > alpha {
		fmt.Fprintf(&b, "; may be chance (q %.2g over all series)", *k.Q)
	}
	if k.Acknowledged != "" {
		b.WriteString("; acknowledged: " + k.Acknowledged)
	}
	return b.String()
}

// newest is what is said of the newest release.
func (c *Course) newest() string {
	w := c.Newest
	text := fmt.Sprintf("newest %s: %s", w.Release, w.Verdict)
	if w.Change != nil {
		against := ""
		if w.Against != "" {
			against = " against " + w.Against
		}
		text += fmt.Sprintf("%s, %s %s", against, c.Percent(*w.Change), between(*w.Interval))
	}
	if w.Verdict == compare.Regressed && w.PHolm != nil && *w.PHolm > alpha {
		text += fmt.Sprintf("; may be chance (p %.2g after Holm over all series)", *w.PHolm)
	}
	if w.Note != "" {
		text += "; " + w.Note
	}
	if w.Acknowledged != "" {
		text += "; acknowledged: " + w.Acknowledged
	}
	return text
}

// Percent is a change with its sign: in per cent of the level before, or in percentage points.
func (c *Course) Percent(v float64) string { return percent(v, c.ratio) }

// percent is a change with its sign: of the level before, or in percentage points.
func percent(v float64, ratio bool) string {
	if ratio {
		return hundredths(v, "%+.*f") + " %"
	}
	return hundredths(v, "%+.*f") + " pp"
}

func between(r compare.Range) string {
	return "[" + hundredths(r[0], "%.*f") + ", " + hundredths(r[1], "%.*f") + "]"
}

// hundredths is a fraction in percent with one decimal, and more where it is a small difference.
func hundredths(v float64, format string) string {
	decimals := 1
	if v != 0 && math.Abs(v) < 0.0005 {
		decimals = 3
	}
	return fmt.Sprintf(format, decimals, 100*v)
}

// From is the change from one value to another in the metric's unit: a fraction of the first, or a difference where the metric is
// not compared by ratio. ok is false where there is no ratio.
func (c *Course) From(a, b float64) (change float64, ok bool) {
	if !c.ratio {
		return b - a, true
	}
	return b/a - 1, a > 0
}
