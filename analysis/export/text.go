package export

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"st67bench/results"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// quantity formats a value of a metric for people. One that this version does not know, as of a later one, is a plain number.
func quantity(metric string, v float64) string {
	m, ok := results.LookupMetric(metric)
	if !ok {
		m.Unit = "1"
	}
	return m.Format(v)
}

// title is what people call a metric.
func title(metric string) string {
	if m, ok := results.LookupMetric(metric); ok {
		return m.Title
	}
	return metric
}

// printable makes a text one line, without what cannot be seen or changes the direction of what is round it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
}

// markup are the characters that mean something to Markdown or HTML, as what shows them. Addresses and mentions are broken up
// too: what a network is called does not become a link, nor does it call anybody.
var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `~`, `\~`, `|`, `\|`, `#`, `\#`, `$`, `\$`,
	`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `@`, `&#64;`, `://`, `:&#47;/`, `www.`, `www&#46;`,
)

// plain is a text that Markdown shows as it is.
func plain(s string) string { return markup.Replace(printable(s)) }
