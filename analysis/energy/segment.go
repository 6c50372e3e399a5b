package energy

import (
	"math"

	"st67bench/results/trace"
)

const (
	minOn   = 200e-6 // s; what is shorter is a glitch and no wake
	mergeIn = 1e-3   // s; a shorter drop does not end a wake
	napTime = 10e-3  // s, over which off and sleep are told apart
)

// totals are samples and their sum, in A, by state.
type totals struct {
	count [states]int64
	sum   [states]float64
	peak  float32 // A
}

// less takes away the part of the totals that another span had.
func (t *totals) less(o totals) {
	for s := range t.count {
		t.count[s] -= o.count[s]
		t.sum[s] -= o.sum[s]
	}
}

// segmenter divides samples into states and wakes, in one pass and in memory that does not grow but for the list of wakes.
type segmenter struct {
	levels  levels
	totals  totals
	wakes   wakeList
	floor   floor
	seen    func(from, to int64, state State) // told of samples in a row that are of one state; nil when nobody asks
	state   int                               // 0 for asleep; index of the border below
	next    int64                             // index after the last sample
	begun   bool
	nap     int64 // samples asleep of which it is not yet known whether they are off
	napEnd  int64 // index after them
	napSum  float64
	napSize int64
}

func newSegmenter(l levels, period float64) *segmenter {
	samples := func(s float64) int64 { return max(int64(math.Ceil(s/period-1e-9)), 1) }
	return &segmenter{
		levels:  l,
		napSize: samples(napTime),
		wakes:   wakeList{minOn: samples(minOn), merge: samples(mergeIn)},
		floor:   newFloor(samples(guardBefore), samples(guardAfter)),
	}
}

func (s *segmenter) add(b trace.Block) {
	if len(b.Amps) == 0 {
		return
	}
	if !s.begun || b.Index != s.next {
		s.restart(b)
	}
	s.next = b.End()
	for at := 0; ; {
		piece, sum, peak := s.stretch(b.Amps[at:])
		if len(piece) > 0 {
			s.totals.peak = max(s.totals.peak, peak)
			s.piece(b.Index+int64(at), piece, sum)
			at += len(piece)
		}
		if at == len(b.Amps) {
			return
		}
		s.state = s.levels.next(s.state, b.Amps[at])
	}
}

// restart begins anew after a gap: what a wake was before it or becomes after it is not known.
func (s *segmenter) restart(b trace.Block) {
	s.finish()
	s.begun = true
	s.state = s.levels.next(0, b.Amps[0])
	s.wakes.before = s.state > 0
	s.floor.awake(b.Index)
}

// finish ends what is under way at the end of the samples.
func (s *segmenter) finish() {
	s.sleep()
	s.wakes.cut()
}

// stretch is as many samples as stay in the state, with their sum and the largest.
func (s *segmenter) stretch(amps []float32) (piece []float32, sum float64, peak float32) {
	low, high := s.levels.band(s.state)
	for i, v := range amps {
		if v <= low || v >= high {
			return amps[:i], sum, peak
		}
		peak = max(peak, v)
		sum += float64(v)
	}
	return amps, sum, peak
}

// piece takes samples of one state.
func (s *segmenter) piece(from int64, amps []float32, sum float64) {
	n := int64(len(amps))
	if s.state == 0 {
		s.nap += n
		s.napEnd = from + n
		s.napSum += sum
		if s.nap >= s.napSize {
			s.sleep()
		}
		s.wakes.asleep(n, sum)
		s.floor.asleep(from, amps)
		return
	}
	s.sleep()
	s.count(from, from+n, Sleep+State(s.state), sum)
	s.wakes.awake(from, n, sum)
	s.floor.awake(from + n)
}

// sleep decides whether the samples asleep so far were off or sleep.
func (s *segmenter) sleep() {
	if s.nap == 0 {
		return
	}
	state := Sleep
	if s.napSum < s.levels.off*float64(s.nap) {
		state = Off
	}
	s.count(s.napEnd-s.nap, s.napEnd, state, s.napSum)
	s.nap, s.napSum = 0, 0
}

func (s *segmenter) count(from, to int64, state State, sum float64) {
	s.totals.count[state] += to - from
	s.totals.sum[state] += sum
	if s.seen != nil {
		s.seen(from, to, state)
	}
}
