package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/tune"
	"st67bench/results"
)

// AnswerJSON writes an answer as one JSON object; see tune.Answer.
func AnswerJSON(w io.Writer, a *tune.Answer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(a)
}

// What is listed of one kind, at the most.
const (
	mostShown   = 6
	mostMissing = 3
)

// Answer writes for terminals which case of a scenario is the best for a goal: the case with its figures, the AT lines that set
// it, and what could be had instead. Lines are wrapped at width characters; 0 or less wraps nothing.
func Answer(w io.Writer, a *tune.Answer, width int) error {
	var b bytes.Buffer
	if a.Emulated {
		line(&b, "rig", emulatedText, width)
	}
	goal := a.Goal
	if a.Default {
		goal += " (nobody gave one; --goal does)"
	}
	line(&b, "goal", goal, width)
	spent := fmt.Sprintf("in %d of %d repeats", a.Repeats.Spent, a.Repeats.Full)
	if a.Winner == nil {
		line(&b, "UNDECIDED", spent, width)
	} else {
		lead := map[tune.Verdict]string{tune.Undecided: "UNDECIDED: so far ", tune.None: "NOTHING keeps the conditions; the nearest is "}[a.Verdict]
		head := lead + spaced(a.Winner.Case) + ": " + answerFigures(a)
		if whole := head + "      " + spent; len(wrap(whole, width)) == 1 {
			paragraph(&b, whole, 0, width)
		} else {
			paragraph(&b, head, 4, width)
			fmt.Fprintf(&b, "    %s\n", spent)
		}
		for _, text := range slices.Concat(a.Winner.Commands, a.Winner.Host) {
			fmt.Fprintf(&b, "    %s\n", chart.Printable(text))
		}
	}
	if len(a.Equal) > 0 {
		line(&b, "as good", cases(a.Equal)+", within "+percent(a.Margin), width)
	}
	for _, alt := range a.Alternatives {
		line(&b, "instead", instead(a, alt), width)
	}
	writeMissing(&b, a, width)
	writeEffects(&b, a, width)
	writeFront(&b, a, width)
	for _, c := range a.Cases {
		if c.Place == tune.Unmeasured {
			line(&b, "unjudged", spaced(c.Case)+": "+c.Reason, width)
		}
	}
	line(&b, "", scopeOf(a), width)
	_, err := w.Write(b.Bytes())
	return err
}

// writeMissing says what keeps the answer from being one: the first few reasons, and the last, which says what to do.
func writeMissing(b *bytes.Buffer, a *tune.Answer, width int) {
	for i, text := range a.Missing {
		switch last := i == len(a.Missing)-1; {
		case i < mostMissing || last:
			line(b, "missing", text, width)
		case i == mostMissing:
			line(b, "missing", fmt.Sprintf("and %d more of that kind", len(a.Missing)-1-mostMissing), width)
		}
	}
}

// spaced is a case key in words: "length 2920, transmit 1460".
func spaced(key string) string {
	return strings.NewReplacer("=", " ", "/", ", ").Replace(key)
}

func cases(keys []string) string {
	shown := keys
	if len(keys) > mostShown {
		shown = keys[:mostShown]
	}
	words := make([]string, len(shown))
	for i, k := range shown {
		words[i] = spaced(k)
	}
	text := strings.Join(words, "; ")
	if n := len(keys) - len(shown); n > 0 {
		text += fmt.Sprintf("; and %d more", n)
	}
	return text
}

// answerFigures are those of the winner: the goal's first, then the other objectives'.
func answerFigures(a *tune.Answer) string {
	var parts []string
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(a.Goal, "min "), "max "), " ")
	order := append([]string{name}, a.Objectives...)
	for _, m := range results.Metrics() { // those of conditions
		if _, ok := a.Winner.Metrics[m.Name]; ok && strings.Contains(a.Goal, " "+m.Name+" ") {
			order = append(order, m.Name)
		}
	}
	var seen []string
	for _, name := range order {
		v, ok := a.Winner.Metrics[name]
		if !ok || slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		m, _ := results.LookupMetric(name)
		text := m.Title + " " + m.Format(v)
		if share, ok := a.Winner.Metrics["efficiency"]; ok && name == "goodput" {
			text = fmt.Sprintf("%s (%s of its ceiling)", m.Format(v), percent(share))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// instead is an alternative with what it gives and takes.
func instead(a *tune.Answer, alt tune.Alternative) string {
	text := spaced(alt.Case) + ": " + changesText(a, alt)
	if alt.Knee {
		text += " (the best balance)"
	}
	if n := len(alt.Commands); n > 0 {
		text += "; " + strings.Join(alt.Commands, " ")
	}
	return text
}

// signed is a change in per cent, or empty when it rounds to nothing.
func signed(change float64) string {
	if math.Abs(change) < 0.0005 {
		return ""
	}
	digits := 0
	if math.Abs(change) < 0.0995 {
		digits = 1
	}
	return fmt.Sprintf("%+.*f %%", digits, 100*change)
}

func percent(share float64) string { return results.FormatQuantity(share, "") }

// significant is the p below which an effect is one.
const significant = 0.05

// writeEffects says which factor matters.
func writeEffects(b *bytes.Buffer, a *tune.Answer, width int) {
	for _, e := range a.Effects {
		m, _ := results.LookupMetric(e.Metric)
		var parts []string
		for _, t := range e.Terms {
			text := strings.Join(t.Factors, " x ")
			switch {
			case t.P >= significant:
				text += " not shown to matter"
			case t.Share < 0.001:
				text += " under 0.1 %"
			case len(t.Factors) == 1:
				text += fmt.Sprintf(" %s (%s)", percent(t.Share), span(t))
			default:
				text += " " + percent(t.Share)
			}
			parts = append(parts, text)
		}
		text := "of the differences in " + m.Title + ": " + strings.Join(parts, ", ")
		if len(e.LeftOut) > 0 {
			text += "; without " + strings.ReplaceAll(strings.Join(e.LeftOut, ", "), "=", " ")
		}
		line(b, "effects", text, width)
	}
}

// span is a factor's level with the least and the one with the most, against the mean of all.
func span(t tune.Term) string {
	lo, hi := t.Levels[0], t.Levels[0]
	for _, l := range t.Levels {
		if l.Change < lo.Change {
			lo = l
		}
		if l.Change > hi.Change {
			hi = l
		}
	}
	f := t.Factors[0]
	return fmt.Sprintf("%s %+.1f %%, %s %+.1f %%", lo.Levels[f], 100*lo.Change, hi.Levels[f], 100*hi.Change)
}

// writeFront lists what cannot be had better in everything.
func writeFront(b *bytes.Buffer, a *tune.Answer, width int) {
	var titles, parts []string
	for _, name := range a.Objectives {
		m, _ := results.LookupMetric(name)
		titles = append(titles, m.Title)
	}
	members := slices.DeleteFunc(slices.Clone(a.Front), func(m tune.Member) bool { return m.Membership < 0.05 })
	for i, m := range members {
		if i == mostShown {
			parts = append(parts, fmt.Sprintf("and %d more", len(members)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", spaced(m.Case), percent(m.Membership)))
	}
	if len(parts) > 0 {
		line(b, "front", strings.Join(titles, " against ")+": "+strings.Join(parts, "; "), width)
	}
}

func scopeOf(a *tune.Answer) string {
	if a.Boots == 1 {
		return "within this association only (1 boot); --boots makes more"
	}
	return fmt.Sprintf("over %d boots", a.Boots)
}
