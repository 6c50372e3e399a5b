package results

import "strings"

// Nearest is the allowed name with the fewest edits from name, or "" when even
// that one differs in more than a third of its characters, rounded up.
func Nearest(name string, allowed []string) string {
	best, least := "", 0
	for _, a := range allowed {
		d := distance(strings.ToLower(name), a)
		if d <= (len(a)+2)/3 && (best == "" || d < least) {
			best, least = a, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two names: the number of bytes to
// insert, delete or replace.
func distance(a, b string) int {
	if len(a) > 4*len(b)+8 {
		return len(a) // far apart whatever it holds
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
