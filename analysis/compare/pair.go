package compare

import (
	"time"

	"st67bench/analysis"
)

// place is where pairs meet.
type place struct {
	session string
	block   int
}

// pair puts together what was measured side by side: what both sides have in one block of one session. Several boots that a
// side has in a block, as in the order A B B A, stay together. ok is false where the sides were not interleaved, or less than
// half of either has a partner: then they are two samples.
func pair(base, new []analysis.Observation) (a, b [][]analysis.Observation, ok bool) {
	if apart(base, new) {
		return nil, nil, false
	}
	partners := map[place][]analysis.Observation{}
	for _, o := range new {
		if o.Session != "" {
			at := place{o.Session, o.Block}
			partners[at] = append(partners[at], o)
		}
	}
	index := map[place]int{}
	left, right := 0, 0
	for _, o := range base {
		at := place{o.Session, o.Block}
		if partners[at] == nil {
			continue
		}
		i, known := index[at]
		if !known {
			i = len(a)
			index[at] = i
			a, b = append(a, nil), append(b, partners[at])
			right += len(partners[at])
		}
		a[i] = append(a[i], o)
		left++
	}
	return a, b, 2*left > len(base) && 2*right > len(new)
}

// apart says whether all of one side was over before the other began.
func apart(base, new []analysis.Observation) bool {
	from, to, known := extent(base)
	otherFrom, otherTo, otherKnown := extent(new)
	return known && otherKnown && (to.Before(otherFrom) || otherTo.Before(from))
}

// extent is when the values were measured; known is false when one of them does not say it.
func extent(all []analysis.Observation) (from, to time.Time, known bool) {
	for _, o := range all {
		if o.From.IsZero() {
			return from, to, false
		}
		if from.IsZero() || o.From.Before(from) {
			from = o.From
		}
		if o.To.After(to) {
			to = o.To
		}
	}
	return from, to, len(all) > 0
}
