package power

// spikeFilter takes the place of the samples right after a change of range, which the switch of the shunt disturbs, by a
// moving average, as Nordic's application does (pc-nrfconnect-ppk, src/device/serialDevice.ts): for three samples, and
// in the highest range by a slower average, which the first two of them do not enter. Its zero value has seen nothing.
type spikeFilter struct {
	fast, slow float64
	at         int  // the range of the last sample
	since      int  // samples since the change of range
	left       int  // samples that are yet to be replaced
	begun      bool // there was a sample
}

const (
	spikeFast    = 0.18
	spikeSlow    = 0.06
	spikeSamples = 3
	spikeRange   = ppk2Ranges - 1 // the highest range
	spikeSkipped = 2
)

// next is the filtered current of a sample in range r.
func (f *spikeFilter) next(r int, amps float64) float64 {
	if !f.begun {
		*f = spikeFilter{fast: amps, slow: amps, at: r, begun: true}
		return amps
	}
	skip := f.skips(r)
	if r != f.at {
		f.at, f.since, f.left = r, 0, spikeSamples
	} else if f.left > 0 {
		f.since++
	}
	if !skip {
		f.fast = spikeFast*amps + (1-spikeFast)*f.fast
		f.slow = spikeSlow*amps + (1-spikeSlow)*f.slow
	}
	if f.left == 0 {
		return amps
	}
	f.left--
	if r == spikeRange {
		return f.slow
	}
	return f.fast
}

// skips says whether the next sample, in range r, counts for nothing.
func (f *spikeFilter) skips(r int) bool {
	if !f.begun || r != spikeRange {
		return false
	}
	return r != f.at || f.left > 0 && f.since+1 < spikeSkipped
}
