package spislave

import "time"

// edgeLimit is how many edges wait to be read, as many as the kernel keeps for a
// GPIO line.
const edgeLimit = 64

// edge is one change of RDY.
type edge struct {
	high bool
	at   time.Time
	seq  uint32
}

// edges are those that nobody has read yet.
type edges struct {
	ring [edgeLimit]edge
	r, n int
	seq  uint32
	all  bool // none may be lost: the pin level has nothing but them
}

// add notes a change. When there is no room, the edge before goes with it, so
// that the last one still has the level that is.
func (q *edges) add(high bool, at time.Time, lost bool) {
	q.seq++
	switch {
	case lost:
	case q.n == edgeLimit:
		q.n--
	default:
		q.ring[(q.r+q.n)%edgeLimit] = edge{high, at, q.seq}
		q.n++
	}
}

// take removes the oldest; there has to be one.
func (q *edges) take() edge {
	e := q.ring[q.r]
	q.r, q.n = (q.r+1)%edgeLimit, q.n-1
	return e
}
