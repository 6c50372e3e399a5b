package core

// Ring is a bounded queue of bytes. It is not safe for use by several
// goroutines at once.
type Ring struct {
	buf  []byte
	r, n int
}

// NewRing returns an empty ring for size bytes.
func NewRing(size int) Ring { return Ring{buf: make([]byte, size)} }

// Len is the number of bytes held.
func (q *Ring) Len() int { return q.n }

// Free is the number of bytes that still fit.
func (q *Ring) Free() int { return len(q.buf) - q.n }

// Put copies as much of p as fits and returns how much that was.
func (q *Ring) Put(p []byte) int {
	p = p[:min(len(p), q.Free())]
	w := q.r + q.n
	if w >= len(q.buf) {
		w -= len(q.buf)
	}
	n := copy(q.buf[w:], p)
	copy(q.buf, p[n:])
	q.n += len(p)
	return len(p)
}

// Take moves up to len(p) bytes to p and returns how many.
func (q *Ring) Take(p []byte) int {
	p = p[:min(len(p), q.n)]
	n := copy(p, q.buf[q.r:])
	copy(p[n:], q.buf)
	q.Drop(len(p))
	return len(p)
}

// Drop forgets the first n bytes, n at most Len.
func (q *Ring) Drop(n int) {
	q.n -= n
	q.r += n
	if q.r >= len(q.buf) {
		q.r -= len(q.buf)
	}
}

// Index returns the position of the first b among the first n bytes, -1 when
// there is none.
func (q *Ring) Index(b byte, n int) int {
	n = min(n, q.n)
	for i := range n {
		k := q.r + i
		if k >= len(q.buf) {
			k -= len(q.buf)
		}
		if q.buf[k] == b {
			return i
		}
	}
	return -1
}
