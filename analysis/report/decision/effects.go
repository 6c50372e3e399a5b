package decision

import (
	"fmt"
	"math"
	"strings"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/tune"
	"st67bench/results"
)

// matters is the p below which an effect is one.
const matters = 0.05

var effectKinds = []kind{
	{"effect", "circle", "distinct:0"},
	{"not shown to matter", ring, "mutedInk"},
}

// EffectCharts show for each metric of the goal what the levels of each factor do by themselves, and, where two factors do
// something together beyond that, what.
func EffectCharts(a *tune.Answer) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for _, e := range a.Effects {
		m, known := results.LookupMetric(e.Metric)
		if !known || !m.Ratio() {
			continue // differences of what is no ratio have no common axis with changes in per cent
		}
		main, err := mainEffects(e, m)
		if err != nil {
			return nil, err
		}
		out = append(out, present(main)...)
		for _, t := range e.Terms {
			together, err := interaction(e, m, t)
			if err != nil {
				return nil, err
			}
			out = append(out, present(together)...)
		}
	}
	return out, nil
}

func mainEffects(e tune.Effects, m results.Metric) (*chart.Chart, error) {
	f := forest{kinds: effectKinds, axis: "against the mean of all", format: chart.Signed}
	for _, t := range e.Terms {
		if len(t.Factors) != 1 {
			continue
		}
		g := group{head: fmt.Sprintf("%s: %s", t.Factors[0], shareText(t))}
		for _, l := range t.Levels {
			r := row{label: l.Levels[t.Factors[0]], value: l.Change, kind: effectKinds[0].name}
			if t.P >= matters {
				r.kind = effectKinds[1].name
			}
			if l.Interval.Confidence > 0 {
				r.span = &[2]float64{l.Interval.Lo, l.Interval.Hi}
			}
			r.tip = fmt.Sprintf("%s %s\n%s %s", t.Factors[0], r.label, m.Title, levelText(l))
			g.rows = append(g.rows, r)
		}
		f.groups = append(f.groups, g)
	}
	if len(f.groups) == 0 {
		return nil, nil
	}
	left := f.cut()
	option, err := f.option()
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "effects-" + slug(m.Name), Palette: chart.Distinct, Height: f.height(), Option: option, Table: effectsTable(e)}
	c.Title = effectsTitle(e, m)
	c.Basis = effectsBasis(e)
	c.HowTo = "How much a level of a factor is above or below the mean of all combinations, whatever the other factors are. Beside a factor stands how much of the differences between the cases it explains."
	c.Alt = c.Title
	if left > 0 {
		c.Note = Counted(left, "level") + " not drawn for want of room; the table has all."
	}
	if len(e.LeftOut) > 0 {
		c.Note = strings.TrimSpace(c.Note + " Without " + spaced(strings.Join(e.LeftOut, ", ")) + ", of which combinations were not measured.")
	}
	return c, nil
}

func effectsBasis(e tune.Effects) chart.Basis {
	return chart.Basis{Unit: "change in per cent of the mean", N: fmt.Sprintf("%d blocks of all combinations", e.Units), Interval: "95 % interval, analysis of variance", Source: "results.jsonl"}
}

// shareText is how much a term explains.
func shareText(t tune.Term) string {
	if t.P >= matters {
		return "not shown to matter"
	}
	return results.FormatQuantity(t.Share, "")
}

func levelText(l tune.Level) string {
	text := signed(l.Change)
	if l.Interval.Confidence > 0 {
		text += fmt.Sprintf(" [%s, %s]", signed(l.Interval.Lo), signed(l.Interval.Hi))
	}
	return text
}

// effectsTitle names the factor that explains most.
func effectsTitle(e tune.Effects, m results.Metric) string {
	best := e.Terms[0]
	for _, t := range e.Terms {
		if t.P < matters && (best.P >= matters || t.Share > best.Share) {
			best = t
		}
	}
	if best.P >= matters {
		return chart.Capital(m.Title) + ": no factor is shown to matter"
	}
	return statement(fmt.Sprintf("%s explains %s of the differences in %s", chart.Capital(strings.Join(best.Factors, " and ")), results.FormatQuantity(best.Share, ""), m.Title), "mean "+m.Format(e.Mean))
}

// interaction is what two factors do together beyond what each does by itself; nil where nothing is shown.
func interaction(e tune.Effects, m results.Metric, t tune.Term) (*chart.Chart, error) {
	if len(t.Factors) != 2 || t.P >= matters || t.Share < 0.001 {
		return nil, nil
	}
	h := chart.Heatmap{XName: t.Factors[0], YName: t.Factors[1], Diverging: true}
	far, where := 0.0, tune.Level{}
	place := func(all *[]string, level string) int {
		for i, l := range *all {
			if l == level {
				return i
			}
		}
		*all = append(*all, level)
		return len(*all) - 1
	}
	for _, l := range t.Levels {
		if math.Abs(l.Change) > math.Abs(far) {
			far, where = l.Change, l
		}
		x, y := place(&h.X, l.Levels[t.Factors[0]]), place(&h.Y, l.Levels[t.Factors[1]])
		h.Cells = append(h.Cells, chart.HeatCell{X: x, Y: y, Value: float64(m.Better) * l.Change, Text: signed(l.Change),
			Tip: fmt.Sprintf("%s %s, %s %s\n%s %s\nbeyond what each does by itself", t.Factors[0], h.X[x], t.Factors[1], h.Y[y], m.Title, levelText(l))})
	}
	h.Ends = [2]string{signed(math.Abs(far))[1:] + " worse", signed(math.Abs(far))[1:] + " better"}
	option, err := h.Option()
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "together-" + slug(m.Name+" "+strings.Join(t.Factors, " ")), Palette: "diverging", Height: h.Height(), Option: option, Table: effectsTable(tune.Effects{Terms: []tune.Term{t}})}
	c.Title = statement(fmt.Sprintf("%s and %s together: %s %s beyond their own effects at %s, %s", chart.Capital(t.Factors[0]), t.Factors[1], signed(far), m.Title, where.Levels[t.Factors[0]], where.Levels[t.Factors[1]]),
		results.FormatQuantity(t.Share, "")+" of the differences")
	c.Basis = effectsBasis(e)
	c.HowTo = "Colours are for better and worse than the effects of both factors add up to. No colour anywhere would mean that each factor does the same whatever the other is."
	c.Alt = c.Title
	return c, nil
}

// effectsTable has a row for each level of each term.
func effectsTable(e tune.Effects) chart.Table {
	t := chart.Table{Head: []string{"factor", "level", "change", "95 % interval", "explains", "p"}}
	for _, term := range e.Terms {
		for _, l := range term.Levels {
			var levels []string
			for _, f := range term.Factors {
				levels = append(levels, l.Levels[f])
			}
			iv := ""
			if l.Interval.Confidence > 0 {
				iv = fmt.Sprintf("[%s, %s]", signed(l.Interval.Lo), signed(l.Interval.Hi))
			}
			t.Rows = append(t.Rows, []string{strings.Join(term.Factors, " and "), strings.Join(levels, ", "), signed(l.Change), iv, results.FormatQuantity(term.Share, ""), P(&term.P)})
		}
	}
	return t
}
