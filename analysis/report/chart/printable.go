package chart

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable replaces what a terminal could take for a command, what XML cannot write, and
// what changes the direction of the text round it.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
