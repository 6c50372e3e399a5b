package energy

const (
	guardBefore = 1e-3 // s before a wake that do not count as sleep
	guardAfter  = 3e-3 // s after it, while capacitors and the instrument settle
	floorLow    = 0.02 // quantiles between which samples make the floor
	floorHigh   = 0.98
	floorTime   = 10e-3 // s of samples that a floor needs
)

// floor collects samples asleep that are far enough from any time awake. The last few are held back, since a wake may
// follow them.
type floor struct {
	before, after int64     // samples of the guards
	held          []float32 // up to before samples
	since         int64     // index from which on samples count
	samples       *histogram
}

func newFloor(before, after int64) floor {
	return floor{before: before, after: after, held: make([]float32, 0, before), samples: &histogram{}}
}

// awake says that the samples before an index were awake, or not known.
func (f *floor) awake(end int64) {
	f.held, f.since = f.held[:0], end+f.after
}

func (f *floor) asleep(from int64, amps []float32) {
	if skip := f.since - from; skip > 0 {
		amps = amps[min(skip, int64(len(amps))):]
	}
	free := len(f.held) + len(amps) - int(f.before)
	if free <= 0 {
		f.held = append(f.held, amps...)
		return
	}
	if free < len(f.held) {
		f.samples.add(f.held[:free])
		n := copy(f.held, f.held[free:])
		f.held = append(f.held[:n], amps...)
		return
	}
	cut := free - len(f.held)
	f.samples.add(f.held)
	f.samples.add(amps[:cut])
	f.held = append(f.held[:0], amps[cut:]...)
}

// mean is the floor in A; ok is false when there is too little of it. Where a part of the time asleep was off,
// only what is above that counts.
func (f *floor) mean(t *totals, off, period float64) (amps float64, ok bool) {
	h := f.samples
	if share := float64(t.count[Off]) / float64(t.count[Off]+t.count[Sleep]); share > floorLow && share < floorHigh {
		h = h.above(float32(off))
	}
	if float64(h.total)*period < floorTime {
		return 0, false
	}
	return h.trimmedMean(floorLow, floorHigh), true
}
