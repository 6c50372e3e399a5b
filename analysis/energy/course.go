package energy

import (
	"st67bench/results/trace"
)

// Course is a part of a trace as it went, for who draws it: the extremes of each of its stretches, the state that the module
// was in, and its wakes. It is made in one pass, and in a second one only when the default levels of the states do not fit.
type Course struct {
	*trace.Envelope
	Wakes []trace.Span // times awake, in samples, of which begin and end were seen
	Edges []Edge       // of the digital channels that have no more than 12 of them: what has more is a clock

	reader trace.Reader
	clock  trace.Clock
	levels levels
	in     [][states]int64 // samples of each stretch by state
}

// NewCourse reads the samples from one index to another into so many stretches.
func NewCourse(r trace.Reader, clock trace.Clock, from, to int64, stretches int) (*Course, error) {
	c := &Course{Envelope: trace.EmptyEnvelope(from, to, stretches), reader: r, clock: clock, levels: defaultLevels}
	all := &histogram{}
	e := edges{names: r.Side().Header.Digital}
	err := c.pass(func(b trace.Block) {
		c.Add(b)
		all.addEvery(8, b.Amps) // as Measure does
		e.add(b)
	})
	if err != nil {
		return nil, err
	}
	c.Edges = e.few()
	if c.levels = findLevels(all); c.levels != defaultLevels {
		err = c.pass(func(trace.Block) {})
	}
	return c, err
}

// Closer is a part of a course in stretches of its own, with the same levels of the states.
func (c *Course) Closer(from, to int64, stretches int) (*Course, error) {
	part := &Course{Envelope: trace.EmptyEnvelope(from, to, stretches), reader: c.reader, clock: c.clock, levels: c.levels}
	return part, part.pass(part.Add)
}

// pass tells the states and the wakes, and hands each block on.
func (c *Course) pass(also func(trace.Block)) error {
	c.in = make([][states]int64, len(c.Low))
	if len(c.Low) == 0 {
		return nil
	}
	s := newSegmenter(c.levels, c.clock.Period)
	s.seen = c.spread
	for b, err := range c.reader.Blocks(c.From, c.To) {
		if err != nil {
			return err
		}
		also(b)
		s.add(b)
	}
	s.finish()
	c.Wakes = nil
	for _, w := range s.wakes.list {
		if w.began && w.ended {
			c.Wakes = append(c.Wakes, trace.Span{From: w.on, To: w.off})
		}
	}
	return nil
}

// Scheduled are the wakes on the schedule that most of them follow, or all of them when they follow none.
func (c *Course) Scheduled() []trace.Span {
	onsets := make([]float64, len(c.Wakes))
	for i, w := range c.Wakes {
		onsets[i] = float64(w.From) * c.clock.Period
	}
	found, ok := findCadence(onsets)
	if !ok {
		return c.Wakes
	}
	var out []trace.Span
	for _, b := range found.beats {
		out = append(out, c.Wakes[b.wake])
	}
	return out
}

// spread counts samples of one state into the stretches that they are in.
func (c *Course) spread(from, to int64, state State) {
	for from < to {
		i := c.Stretch(from)
		end := min(c.Start(i+1), to)
		c.in[i][state] += end - from
		from = end
	}
}

// Run is stretches in a row of one state.
type Run struct {
	State    State
	From, To int // stretches, To not included
}

// Runs are the states in order, told for at most so many parts of equal length, each of the state that most of its samples are in.
// What was not seen is in none.
func (c *Course) Runs(most int) []Run {
	var all []Run
	each := max((len(c.in)+most-1)/most, 1)
	for from := 0; from < len(c.in); from += each {
		to := min(from+each, len(c.in))
		state, seen := c.mostly(from, to)
		switch n := len(all); {
		case !seen:
		case n > 0 && all[n-1].To == from && all[n-1].State == state:
			all[n-1].To = to
		default:
			all = append(all, Run{state, from, to})
		}
	}
	return all
}

// mostly is the state of most samples of some stretches; seen is false when there are none.
func (c *Course) mostly(from, to int) (state State, seen bool) {
	var sum [states]int64
	for _, in := range c.in[from:to] {
		for s, n := range in {
			sum[s] += n
			seen = seen || n > 0
		}
	}
	for s, n := range sum {
		if n > sum[state] {
			state = State(s)
		}
	}
	return state, seen
}
