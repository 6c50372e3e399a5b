package peer

import (
	"cmp"
	"slices"
)

// maxHoles bounds the gaps that are remembered. The oldest is forgotten first.
const maxHoles = 4096

// span is the offsets from a up to but not including b.
type span struct{ a, b int64 }

// holes are the missing parts of the stream, in rising order, without overlap.
type holes []span

// add notes a hole behind all others.
func (h *holes) add(a, b int64) {
	*h = append(*h, span{a, b})
	h.trim()
}

// put gives a part back that cut took out.
func (h *holes) put(a, b int64) {
	if a == b {
		return
	}
	i, _ := slices.BinarySearchFunc(*h, a, func(s span, a int64) int { return cmp.Compare(s.a, a) })
	*h = slices.Insert(*h, i, span{a, b})
	h.trim()
}

func (h *holes) trim() {
	if len(*h) > maxHoles {
		*h = slices.Delete(*h, 0, 1)
	}
}

// cut takes the first part of [a, b) that is missing out of the holes; false when nothing of it is.
func (h *holes) cut(a, b int64) (span, bool) {
	i, _ := slices.BinarySearchFunc(*h, a, func(s span, a int64) int {
		if s.b <= a {
			return -1
		}
		return 1
	})
	if i == len(*h) || (*h)[i].a >= b {
		return span{}, false
	}
	hole := (*h)[i]
	part := span{max(hole.a, a), min(hole.b, b)}
	left, right := span{hole.a, part.a}, span{part.b, hole.b}
	switch {
	case left.a < left.b && right.a < right.b:
		(*h)[i] = right
		*h = slices.Insert(*h, i, left)
		h.trim()
	case left.a < left.b:
		(*h)[i] = left
	case right.a < right.b:
		(*h)[i] = right
	default:
		*h = slices.Delete(*h, i, i+1)
	}
	return part, true
}
