package report

import (
	"fmt"
	"strings"

	"st67bench/analysis"
	"st67bench/results"
)

// emulatedText stands in every heading of a run on the emulated module.
const emulatedText = "EMULATED MODULE: these figures are the emulator's, not a module's"

// column is a metric of the table of cases.
type column struct {
	metric, head string
	interval     bool // with half the interval's width
}

var metricColumns = []column{
	{"goodput", "goodput", true},
	{"efficiency", "efficiency", false},
	{"line_share", "line", false},
	{"send_latency_p50", "send p50", false},
	{"send_latency_p99", "p99", false},
}

// table is the table of cases as text: factors, metrics, n and a note. Text and
// HTML show the same one.
type table struct {
	head []string
	rows []row
}

// row is one case. Cells are those of head without the last, which is the note.
type row struct {
	Outcome results.Outcome
	Cells   []string
	Note    string
}

const (
	headRepeats = "n"
	headNote    = "where the time goes"
)

// caseTable leaves out the metrics that no case has.
func caseTable(s *analysis.Summary) table {
	var shown []column
	for _, col := range metricColumns {
		if shows(s, col.metric) {
			shown = append(shown, col)
		}
	}
	if len(shown) == 0 { // nothing was measured: the first column has the outcomes
		shown = metricColumns[:1]
	}
	t := table{head: append([]string{}, s.Factors...)}
	if len(s.Factors) == 0 {
		t.head = []string{"case"}
	}
	for _, col := range shown {
		t.head = append(t.head, col.head)
	}
	t.head = append(t.head, headRepeats, headNote)
	for _, c := range s.Cases {
		t.rows = append(t.rows, caseRow(s, c, shown))
	}
	return t
}

func shows(s *analysis.Summary, metric string) bool {
	for _, c := range s.Cases {
		_, shown := c.Metrics[metric]
		_, withheld := c.Withheld[metric]
		if shown || withheld {
			return true
		}
	}
	return false
}

func caseRow(s *analysis.Summary, c analysis.Case, shown []column) row {
	r := row{Outcome: c.Outcome, Cells: levels(s, c), Note: note(c)}
	for i, col := range shown {
		text := metricCell(c, col)
		if i == 0 && c.Measured == 0 {
			text = string(c.Outcome)
		}
		r.Cells = append(r.Cells, text)
	}
	r.Cells = append(r.Cells, fmt.Sprint(repeats(c)))
	return r
}

// levels are the cells that name a case.
func levels(s *analysis.Summary, c analysis.Case) []string {
	if len(s.Factors) == 0 {
		return []string{c.Key}
	}
	out := make([]string, len(s.Factors))
	for i, f := range s.Factors {
		out[i] = c.Factors[f]
	}
	return out
}

// repeats is how many a case had: the measured ones, or the attempts of a case
// that was never measured.
func repeats(c analysis.Case) int {
	if c.Measured > 0 {
		return c.Measured
	}
	n := 0
	for _, count := range c.Outcomes {
		n += count
	}
	return n
}

// metricCell is the median and, where asked for, half the interval's width:
// "7.10 Mbit/s ±1.2 %". It is "-" for what is withheld and "" for what is absent.
func metricCell(c analysis.Case, col column) string {
	st, ok := c.Metrics[col.metric]
	if !ok {
		if _, withheld := c.Withheld[col.metric]; withheld {
			return "-"
		}
		return ""
	}
	text := quantity(col.metric, st.Median)
	if w, ok := st.RelHalfWidth(); ok && col.interval {
		text += " ±" + results.FormatQuantity(w, "")
	}
	return text
}

// quantity formats a value of a metric.
func quantity(metric string, v float64) string {
	m, _ := results.LookupMetric(metric)
	return m.Format(v)
}

// note says where the time of a case goes, or why there is none.
func note(c analysis.Case) string {
	var parts []string
	switch {
	case c.Outcome == results.Fail:
		parts = append(parts, "FAIL: "+c.Reason)
	case c.Measured == 0:
		parts = append(parts, c.Reason)
	}
	var shares []string
	for _, s := range c.Largest() {
		shares = append(shares, s.Name+" "+results.FormatQuantity(s.Fraction, ""))
	}
	parts = append(parts, strings.Join(shares, ", "))
	if w, ok := c.Withheld["send_latency_p99"]; ok {
		parts = append(parts, fmt.Sprintf("(p99 needs %d sends, has %d)", w.Needs, w.Has))
	}
	return strings.Join(nonEmpty(parts), "  ")
}

func nonEmpty(parts []string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// label names a case in prose and legends: "length 2920, links 1".
func label(s *analysis.Summary, c analysis.Case) string {
	if len(s.Factors) == 0 {
		return c.Key
	}
	parts := make([]string, len(s.Factors))
	for i, f := range s.Factors {
		parts[i] = f + " " + c.Factors[f]
	}
	return strings.Join(parts, ", ")
}

// rigLine says what was measured through: "bench-a: uart, 2000000 baud, rtscts".
func rigLine(s *analysis.Summary) string {
	link := joined(s.Identity, [][2]string{{"link", "%s"}, {"speed", "%s"}, {"baud", "%s baud"}, {"flow", "flow %s"}})
	return strings.Join(nonEmpty([]string{s.Rig, link}), ": ")
}

// moduleLine says what was measured: "ST67W611M1, T01, SDK 2.0.106, RSSI -48 dBm".
func moduleLine(s *analysis.Summary) string {
	what := joined(s.Identity, [][2]string{{"module", "%s"}, {"image", "%s"}, {"firmware", "SDK %s"}})
	how := joined(s.Conditions, [][2]string{{"rssi", "RSSI %s dBm"}, {"vbat", "%s V"}, {"temperature", "%s °C"}})
	return strings.Join(nonEmpty([]string{what, how}), ", ")
}

// joined formats those of the keys that m has.
func joined(m map[string]string, keys [][2]string) string {
	var out []string
	for _, k := range keys {
		if v := m[k[0]]; v != "" {
			out = append(out, fmt.Sprintf(k[1], v))
		}
	}
	return strings.Join(out, ", ")
}

// excessLine says how far sends are from the closed form: the smallest and the
// largest excess of all cases, and the harness's floor beside it.
func excessLine(s *analysis.Summary) string {
	var low, high *analysis.Case
	for i := range s.Cases {
		c := &s.Cases[i]
		if c.Excess == nil {
			continue
		}
		if low == nil || *c.Excess < *low.Excess {
			low = c
		}
		if high == nil || *c.Excess > *high.Excess {
			high = c
		}
	}
	if low == nil {
		return ""
	}
	text := fmt.Sprintf("a send takes %s (%s)", results.FormatQuantity(*low.Excess, "s"), low.Key)
	if high != low {
		text += fmt.Sprintf(" to %s (%s)", results.FormatQuantity(*high.Excess, "s"), high.Key)
	}
	text += " longer than its ceiling allows"
	if s.Floor != nil {
		text += "; harness floor " + results.FormatQuantity(s.Floor.P50, "s")
		if s.Floor.P99 > 0 {
			text += ", p99 " + results.FormatQuantity(s.Floor.P99, "s")
		}
		text += " an exchange"
	}
	return text
}

// checkedLine is what the peer found and what the intervals hold for.
func checkedLine(s *analysis.Summary) string {
	parts := []string{s.Scope}
	if s.Integrity != nil {
		parts = []string{s.Integrity.String(), s.Scope}
	}
	return strings.Join(parts, "; ")
}
