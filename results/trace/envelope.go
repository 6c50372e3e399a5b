package trace

// Envelope is a part of a trace cut into equal stretches, with the least and the greatest current of each: extremes are kept however few points
// there is room for.
type Envelope struct {
	From, To int64     // samples
	Low      []float32 // A, of each stretch
	High     []float32
	Seen     []bool // a stretch that is all gap has neither
}

// EmptyEnvelope is one to which somebody who passes over the samples anyway adds them.
func EmptyEnvelope(from, to int64, stretches int) *Envelope {
	n := int(min(int64(stretches), max(to-from, 0)))
	return &Envelope{From: from, To: to, Low: make([]float32, n), High: make([]float32, n), Seen: make([]bool, n)}
}

// NewEnvelope reads the samples from one index to another into so many stretches, in one pass.
func NewEnvelope(r Reader, from, to int64, stretches int) (*Envelope, error) {
	e := EmptyEnvelope(from, to, stretches)
	if len(e.Low) == 0 {
		return e, nil
	}
	for b, err := range r.Blocks(from, to) {
		if err != nil {
			return nil, err
		}
		e.Add(b)
	}
	return e, nil
}

// Add takes the samples of a block, which are between From and To, stretch by stretch.
func (e *Envelope) Add(b Block) {
	for amps := b.Amps; len(amps) > 0; {
		at := b.End() - int64(len(amps))
		i := e.Stretch(at)
		end := min(e.Start(i+1)-at, int64(len(amps)))
		low, high := amps[0], amps[0]
		if e.Seen[i] {
			low, high = e.Low[i], e.High[i]
		}
		for _, v := range amps[:end] {
			low, high = min(low, v), max(high, v)
		}
		e.Low[i], e.High[i], e.Seen[i] = low, high, true
		amps = amps[end:]
	}
}

// Start is the first sample of stretch i.
func (e *Envelope) Start(i int) int64 { return e.From + (e.To-e.From)*int64(i)/int64(len(e.Low)) }

// Stretch is the one that a sample is in.
func (e *Envelope) Stretch(at int64) int {
	i := int((at - e.From) * int64(len(e.Low)) / (e.To - e.From))
	for e.Start(i+1) <= at {
		i++
	}
	return i
}
