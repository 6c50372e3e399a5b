package peer

// maxArrivals bounds the blocks whose arrival is kept when nobody forgets them. A power of two.
const maxArrivals = 1 << 20

// arrivals is a ring of the times of the blocks from base up to but not including end. Time 0 is none.
type arrivals struct {
	ring      []int64 // its length is 0 or a power of two
	base, end int64
}

func (a *arrivals) slot(block int64) *int64 { return &a.ring[block&int64(len(a.ring)-1)] }

// at is the time of a block; 0 when it is not kept.
func (a *arrivals) at(block int64) int64 {
	if block < a.base || block >= a.end {
		return 0
	}
	return *a.slot(block)
}

// set gives the blocks from first up to but not including last the time t. Blocks between the end and first get none.
func (a *arrivals) set(first, last, t int64) {
	if last > a.end {
		a.extend(last)
	}
	for b := max(first, a.base); b < last; b++ {
		*a.slot(b) = t
	}
}

// extend moves the end, and drops the oldest blocks where the ring may not grow.
func (a *arrivals) extend(end int64) {
	a.base = max(a.base, end-maxArrivals)
	a.end = max(a.end, a.base)
	if end-a.base > int64(len(a.ring)) {
		a.grow(end - a.base)
	}
	for ; a.end < end; a.end++ {
		*a.slot(a.end) = 0
	}
}

func (a *arrivals) grow(n int64) {
	size := max(int64(len(a.ring)), 64)
	for size < n {
		size *= 2
	}
	old := *a
	a.ring = make([]int64, size)
	for b := a.base; b < a.end; b++ {
		*a.slot(b) = *old.slot(b)
	}
}

// forget drops the blocks before n.
func (a *arrivals) forget(n int64) {
	a.base = max(a.base, n)
	a.end = max(a.end, a.base)
}
