package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// emulatedText stands in every heading of a run on the emulated module.
const emulatedText = "EMULATED MODULE: these figures are the emulator's, not a module's"

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
	headStages  = "where the time goes"
	headNote    = "note"
)

// caseTable has the columns that fit; see columnsOf.
func caseTable(s *analysis.Summary) table {
	shown := columnsOf(s)
	t := table{head: append([]string{}, s.Factors...)}
	if len(s.Factors) == 0 {
		t.head = []string{"case"}
	}
	for _, col := range shown {
		t.head = append(t.head, col.head)
	}
	t.head = append(t.head, headRepeats, noteHead(s))
	for _, c := range s.Cases {
		t.rows = append(t.rows, caseRow(s, c, shown))
	}
	return t
}

// noteHead says what the notes are about.
func noteHead(s *analysis.Summary) string {
	if slices.ContainsFunc(s.Cases, func(c analysis.Case) bool { return len(c.Stages) > 0 }) {
		return headStages
	}
	return headNote
}

func caseRow(s *analysis.Summary, c analysis.Case, shown []column) row {
	r := row{Outcome: c.Outcome, Cells: levels(s, c), Note: note(c, shown)}
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
	text := chart.Quantity(col.metric, st.Median)
	if w, ok := st.RelHalfWidth(); ok && col.interval {
		text += " ±" + results.FormatQuantity(w, "")
	}
	return text
}

// note says where the time of a case goes, or why there is none, and which of the
// shown quantiles it cannot carry: of several the highest, which needs most.
func note(c analysis.Case, shown []column) string {
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
	missing, name := analysis.Withheld{}, ""
	for _, col := range shown {
		if w, ok := c.Withheld[col.metric]; ok && w.Needs > missing.Needs {
			missing, name = w, col.metric[strings.LastIndexByte(col.metric, '_')+1:]
		}
	}
	if name != "" {
		parts = append(parts, "("+name+" "+missing.Reason()+")")
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

// rigLine says what was measured through: "bench-a: uart, 2000000 baud, rtscts".
func rigLine(s *analysis.Summary) string {
	return strings.Join(nonEmpty([]string{s.Rig, linkLine(s)}), ": ")
}

func linkLine(s *analysis.Summary) string {
	return joined(s.Identity, [][2]string{{"link", "%s"}, {"speed", "%s"}, {"baud", "%s baud"}, {"flow", "flow %s"}})
}

// stateLine says how the module was when the run began.
func stateLine(s *analysis.Summary) string {
	return joined(s.Conditions, [][2]string{{"rssi", "RSSI %s dBm"}, {"vbat", "%s V"}, {"temperature", "%s °C"}})
}

// moduleLine says what was measured: "ST67W611M1, T01, SDK 2.0.106, RSSI -48 dBm".
func moduleLine(s *analysis.Summary) string {
	what := joined(s.Identity, [][2]string{{"module", "%s"}, {"image", "%s"}, {"firmware", "SDK %s"}})
	return strings.Join(nonEmpty([]string{what, stateLine(s)}), ", ")
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
		if c.Excess == nil || *c.Excess < 0 { // a repeat so near its ceiling that the edges decide
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
	text := fmt.Sprintf("a %s takes %s (%s)", s.Event, results.FormatQuantity(*low.Excess, "s"), low.Key)
	if high != low {
		text += fmt.Sprintf(" to %s (%s)", results.FormatQuantity(*high.Excess, "s"), high.Key)
	}
	text += " longer than its " + cmp.Or(analysis.Bound(s.Primary()), "bound") + " allows"
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

// networkLine is what the network between harness and a remote peer carries, or why
// that is not known. A peer in the harness has none, and nothing is said of it.
func networkLine(s *analysis.Summary) string {
	const tried = "not measured: "
	if s.Network == nil || s.Network.Up == 0 && s.Network.Down == 0 && s.Identity["peer"] == peerInProcess && !strings.HasPrefix(s.Network.Note, tried) {
		return ""
	}
	var parts []string
	for _, way := range []struct {
		rate float64
		name string
	}{{s.Network.Up, "up"}, {s.Network.Down, "down"}} {
		if way.rate > 0 {
			parts = append(parts, results.FormatQuantity(way.rate, "bit/s")+" "+way.name)
		}
	}
	if len(parts) == 0 {
		return "between harness and peer: " + tried + strings.TrimPrefix(s.Network.Note, tried)
	}
	text := "between harness and peer: " + strings.Join(parts, ", ") + " (iperf3)"
	if s.Network.Note != "" {
		text += "; " + s.Network.Note
	}
	return text
}

// peerInProcess is the identity of a peer in the harness's own process.
const peerInProcess = "in-process"
