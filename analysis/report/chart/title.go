package chart

import "unicode/utf8"

// MostTitle is how many characters the title of a chart has at the most: more do not fit on a line.
const MostTitle = 110

// Shorten cuts text to n characters.
func Shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
