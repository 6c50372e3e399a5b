package core

import "sort"

// track is a bounded queue in order of time. It grows to most and no further.
type track[T any] struct {
	buf     []T
	head, n int
	most    int
}

func (q *track[T]) full() bool { return q.n == q.most }

func (q *track[T]) at(i int) *T { return &q.buf[(q.head+i)%len(q.buf)] }

// push appends v, for which there is room.
func (q *track[T]) push(v T) {
	if q.n == len(q.buf) {
		q.grow()
	}
	q.n++
	*q.at(q.n - 1) = v
}

func (q *track[T]) grow() {
	buf := make([]T, min(max(2*len(q.buf), 64), q.most))
	for i := range q.n {
		buf[i] = *q.at(i)
	}
	q.buf, q.head = buf, 0
}

// insert puts v at index i, for which there is room.
func (q *track[T]) insert(i int, v T) {
	q.push(v)
	for k := q.n - 1; k > i; k-- {
		*q.at(k) = *q.at(k - 1)
	}
	*q.at(i) = v
}

// remove takes out index i.
func (q *track[T]) remove(i int) {
	for ; i+1 < q.n; i++ {
		*q.at(i) = *q.at(i + 1)
	}
	q.n--
}

// drop forgets the first n.
func (q *track[T]) drop(n int) {
	if n > 0 {
		q.head, q.n = (q.head+n)%len(q.buf), q.n-n
	}
}

// search is the first index for which is holds, from there on to the end.
func (q *track[T]) search(is func(*T) bool) int {
	return sort.Search(q.n, func(i int) bool { return is(q.at(i)) })
}

// copyTo appends to dst the entries from index i on for which before holds.
func (q *track[T]) copyTo(dst []T, i int, before func(*T) bool) []T {
	for ; i < q.n && before(q.at(i)); i++ {
		dst = append(dst, *q.at(i))
	}
	return dst
}
