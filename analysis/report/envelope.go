package report

import "st67bench/results/trace"

// envelope is a trace cut into equal stretches, with the least and the greatest current of each: extremes are kept however few points
// there is room for.
type envelope struct {
	from, to int64 // samples
	low      []float32
	high     []float32
	seen     []bool // a stretch that is all gap has neither
}

// envelopeOf reads the samples from one index to another into so many stretches, in one pass.
func envelopeOf(r trace.Reader, from, to int64, stretches int) (*envelope, error) {
	n := int(min(int64(stretches), max(to-from, 0)))
	e := &envelope{from: from, to: to, low: make([]float32, n), high: make([]float32, n), seen: make([]bool, n)}
	if n == 0 {
		return e, nil
	}
	for b, err := range r.Blocks(from, to) {
		if err != nil {
			return nil, err
		}
		e.add(b)
	}
	return e, nil
}

// add takes the samples of a block, stretch by stretch.
func (e *envelope) add(b trace.Block) {
	for amps := b.Amps; len(amps) > 0; {
		at := b.End() - int64(len(amps))
		i := e.stretch(at)
		end := min(e.start(i+1)-at, int64(len(amps)))
		for _, v := range amps[:end] {
			if !e.seen[i] {
				e.low[i], e.high[i], e.seen[i] = v, v, true
			}
			e.low[i], e.high[i] = min(e.low[i], v), max(e.high[i], v)
		}
		amps = amps[end:]
	}
}

// start is the first sample of stretch i.
func (e *envelope) start(i int) int64 { return e.from + (e.to-e.from)*int64(i)/int64(len(e.low)) }

// stretch is the one that a sample is in.
func (e *envelope) stretch(at int64) int {
	i := int((at - e.from) * int64(len(e.low)) / (e.to - e.from))
	for e.start(i+1) <= at {
		i++
	}
	return i
}
