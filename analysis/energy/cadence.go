package energy

import (
	"iter"
	"math"
	"slices"
)

const (
	onTime   = 5e-3 // s from the schedule, within which a wake is on it
	catch    = 8e-3 // the same while the schedule is being looked for
	together = 2e-3 // intervals that differ by less count as the same
	ahead    = 8    // how many wakes ahead intervals are looked at
	minBeats = 3    // of a schedule
	relock   = 4    // wakes in a row that make a schedule of their own when the old one is lost
)

// cadence is the schedule that wakes follow.
type cadence struct {
	interval float64 // s
	jitter   float64 // s, median absolute residual
	beats    []beat
}

// findCadence finds the schedule that most of the wakes are on, from when they began, in s. ok is false when there is
// none. It needs no hint: what was asked for does not say what was granted.
func findCadence(onsets []float64) (c cadence, ok bool) {
	best := math.MinInt
	for _, interval := range intervals(onsets) {
		beats := follow(onsets[:min(len(onsets), 1024)], interval)
		missed := missing(beats)
		if score := 2*len(beats) - min(len(onsets), 1024) - missed; score > best && len(beats) >= minBeats && missed <= len(beats) {
			best, c.interval, ok = score, interval, true
		}
	}
	if !ok {
		return c, false
	}
	c.beats = follow(onsets, c.interval)
	if s, ok := theilSen(c.beats); ok {
		c.interval = s
	}
	off := residuals(c.beats, c.interval)
	kept, absolute := c.beats[:0], off[:0] // in place: there may be a million
	for i, b := range c.beats {
		if r := math.Abs(off[i]); r <= onTime {
			kept, absolute = append(kept, b), append(absolute, r)
		}
	}
	c.beats, c.jitter = kept, middle(absolute)
	if c.jitter < 1e-9 { // what is left of rounding
		c.jitter = 0
	}
	if s, ok := theilSen(c.beats); ok {
		c.interval = s
	}
	return c, len(c.beats) >= minBeats
}

// intervals are those that many pairs of near wakes have between them, the shortest first.
func intervals(onsets []float64) []float64 {
	d := make([]float64, 0, 16*1024)
	for i := range min(len(onsets), 2048) {
		for j := i + 1; j <= i+ahead && j < len(onsets); j++ {
			d = append(d, onsets[j]-onsets[i])
		}
	}
	slices.Sort(d)
	type cluster struct {
		at    float64
		count int
	}
	var found []cluster
	most := 0
	for i, j := 0, 0; i < len(d); {
		for j < len(d) && d[j]-d[i] <= 2*together {
			j++
		}
		if n := len(found); n > 0 && d[i]-found[n-1].at <= 2*together {
			if j-i > found[n-1].count { // the window moved up to where there are more
				found[n-1] = cluster{d[(i+j)/2], j - i}
			}
		} else if d[i] > 2*catch {
			found = append(found, cluster{d[(i+j)/2], j - i})
		}
		if n := len(found); n > 0 {
			most = max(most, found[n-1].count)
		}
		i++
	}
	var out []float64
	for _, c := range found {
		if 3*c.count >= most && len(out) < 32 {
			out = append(out, c.at)
		}
	}
	return out
}

// follow takes the wakes that are on a schedule of about that interval, and numbers them. It goes from one to the next, so
// that neither an interval that is known badly nor a drift adds up.
func follow(onsets []float64, interval float64) []beat {
	f := follower{onsets: onsets, reach: min(catch, interval/4), beats: make([]beat, 0, len(onsets))}
	first := f.start(interval)
	for i := first - 1; i >= 0; i-- { // wakes before the first one that is surely on the schedule
		k := math.Round((onsets[i] - onsets[first]) / interval)
		if math.Abs(onsets[i]-onsets[first]-k*interval) <= f.reach && (len(f.beats) == 0 || int32(k) < f.beats[len(f.beats)-1].k) && k < 0 {
			f.beats = append(f.beats, beat{t: onsets[i], wake: int32(i), k: int32(k)})
		}
	}
	slices.Reverse(f.beats)
	f.beats = append(f.beats, beat{t: onsets[first], wake: int32(first)})
	f.at, f.interval = onsets[first], interval
	for i := first + 1; i < len(onsets); i++ {
		f.step(i)
	}
	return f.beats
}

// follower is a schedule while it is being followed: an alpha-beta filter.
type follower struct {
	onsets   []float64
	reach    float64
	beats    []beat
	at       float64 // where the last beat was due, by the filter
	off      float64 // how far from there the last beat was
	interval float64
	lost     []int // wakes since the last beat that were not on the schedule
	phase    int32
}

// start is the wake from which on most of the next ones are on a schedule with it.
func (f *follower) start(interval float64) int {
	best, at := -1, 0
	for i := range min(len(f.onsets), 32) {
		n := 0
		for _, t := range f.onsets[i+1 : min(i+1+2*ahead, len(f.onsets))] {
			k := math.Round((t - f.onsets[i]) / interval)
			if k > 0 && math.Abs(t-f.onsets[i]-k*interval) <= f.reach {
				n++
			}
		}
		if n > best {
			best, at = n, i
		}
	}
	return at
}

func (f *follower) step(i int) {
	t := f.onsets[i]
	k := math.Round((t - f.at) / f.interval)
	r := t - f.at - k*f.interval
	last := &f.beats[len(f.beats)-1]
	switch {
	case math.Abs(r) > f.reach:
		f.lost = append(f.lost, i)
		f.shifted()
	case k > 0:
		f.beats = append(f.beats, beat{t: t, wake: int32(i), k: last.k + int32(k), phase: f.phase})
		f.at += k*f.interval + r/4
		f.interval += r / k / 32
		f.off, f.lost = math.Abs(r), f.lost[:0]
	case math.Abs(r) < f.off: // nearer to where the last beat was due than the one that was taken for it
		last.t, last.wake, f.off = t, int32(i), math.Abs(r)
	}
}

// shifted begins a new phase when the last few wakes are on a schedule of the same interval, but not on the old one: so it
// is after a new association, and after beacons that were missed.
func (f *follower) shifted() {
	if len(f.lost) < relock {
		return
	}
	last := f.lost[len(f.lost)-relock:]
	for i := 1; i < relock; i++ {
		d := f.onsets[last[i]] - f.onsets[last[i-1]]
		if k := math.Round(d / f.interval); k < 1 || math.Abs(d-k*f.interval) > f.reach {
			f.lost = f.lost[:copy(f.lost, last)]
			return
		}
	}
	f.phase++
	from := f.beats[len(f.beats)-1]
	k := from.k + int32(max(math.Round((f.onsets[last[0]]-from.t)/f.interval), 1))
	for i, w := range last {
		if i > 0 {
			k += int32(math.Round((f.onsets[w] - f.onsets[last[i-1]]) / f.interval))
		}
		f.beats = append(f.beats, beat{t: f.onsets[w], wake: int32(w), k: k, phase: f.phase})
	}
	f.at, f.off, f.lost = f.onsets[last[relock-1]], 0, f.lost[:0]
}

// missing counts the numbers that no beat has, between the first and the last one.
func missing(beats []beat) int {
	if len(beats) == 0 {
		return 0
	}
	return int(beats[len(beats)-1].k-beats[0].k) + 1 - len(beats)
}

// absent gives the instants at which a beat was due from one instant to another, and did not come.
func (c *cadence) absent(from, to float64) iter.Seq[float64] {
	return func(yield func(float64) bool) {
		first, last := c.beats[0], c.beats[len(c.beats)-1]
		for t := first.t - c.interval; t >= from; t -= c.interval {
			if !yield(t) {
				return
			}
		}
		for i, b := range c.beats[1:] {
			for k := c.beats[i].k + 1; k < b.k; k++ {
				if !yield(c.beats[i].t + float64(k-c.beats[i].k)*c.interval) {
					return
				}
			}
		}
		for t := last.t + c.interval; t <= to; t += c.interval {
			if !yield(t) {
				return
			}
		}
	}
}
