package peer

import "time"

// iperfRow is how long a row of a test in progress is.
const iperfRow = time.Second

// iperfCount counts what arrives, or what is sent, and makes rows of it.
type iperfCount struct {
	row         func(IperfRow)
	start, last time.Time // of the first and of the latest count
	first       int64     // bytes of the first
	bytes       int64

	rowed   int64     // bytes in rows so far
	rowFrom time.Time // where the next row begins
	rowDue  time.Time
}

// begin starts the clock before the first byte; without it the first count does.
func (c *iperfCount) begin(now time.Time) {
	c.start, c.last, c.rowFrom, c.rowDue = now, now, now, now.Add(iperfRow)
}

// add counts n bytes. A row ends with the first count after its second, as those of iperf do.
func (c *iperfCount) add(n int, now time.Time) {
	if c.start.IsZero() {
		c.begin(now)
		c.first = int64(n)
	}
	c.bytes += int64(n)
	c.last = now
	if !now.Before(c.rowDue) {
		c.cut(now)
	}
}

// cut hands on the row that ends now.
func (c *iperfCount) cut(now time.Time) {
	r := IperfRow{Start: c.rowFrom.Sub(c.start), End: now.Sub(c.start), Bytes: c.bytes - c.rowed}
	r.Rate = 8 * float64(r.Bytes) / (r.End - r.Start).Seconds()
	c.row(r)
	c.rowed, c.rowFrom, c.rowDue = c.bytes, now, now.Add(iperfRow)
}

// result is the count so far.
func (c *iperfCount) result(by string) IperfResult {
	return IperfResult{Tool: "native", By: by, Bytes: c.bytes, First: c.first, Duration: c.last.Sub(c.start)}
}

// idWindow is how many of the latest datagrams are remembered, to tell one that comes late from one that comes again.
const idWindow = 4096

// iperfIDs tells from their numbers which datagrams are missing.
type iperfIDs struct {
	seen                 [idWindow / 64]uint64 // a bit for each of the latest
	low, high            int64                 // lowest and highest number so far
	distinct             int64
	reordered, duplicate int64
}

// add takes a datagram's number.
func (s *iperfIDs) add(id int64) {
	switch {
	case s.distinct == 0:
		s.low, s.high = id, id
	case id > s.high:
		for i := max(s.high+1, id-idWindow+1); i < id; i++ {
			*s.word(i) &^= bit(i)
		}
		s.high = id
	case id > s.high-idWindow && *s.word(id)&bit(id) != 0:
		s.duplicate++
		return
	default:
		s.reordered++
		s.low = min(s.low, id)
	}
	*s.word(id) |= bit(id)
	s.distinct++
}

func (s *iperfIDs) word(id int64) *uint64 { return &s.seen[id%idWindow/64] }

func bit(id int64) uint64 { return 1 << (id % 64) }

// sent is how many datagrams there were. Numbers begin with 0, in the clean dialect with 1 when there was no 0;
// next is the number after the last one, or 0 when it is not known.
func (s *iperfIDs) sent(dialect string, next int64) int64 {
	base := min(s.low, 1)
	if dialect == IperfModule {
		base = 0
	}
	return max(next, s.high+1) - base
}

// jitter is the interarrival jitter of RFC 3550 6.4.1 in seconds. The clocks need not agree.
type jitter struct {
	value   float64
	transit time.Duration
	begun   bool
}

func (j *jitter) add(transit time.Duration) {
	if j.begun {
		j.value += ((transit - j.transit).Abs().Seconds() - j.value) / 16
	}
	j.transit, j.begun = transit, true
}
