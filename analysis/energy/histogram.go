package energy

import "math"

const (
	binsInOctave = 64
	binShift     = 23 - 6          // of a float32's bits, so that 6 of its mantissa remain
	lowestBin    = (127 - 30) << 6 // 2^-30 A, 0.93 nA; what is below, and below zero, is in the first bin
	bins         = (30 + 4) << 6   // up to 2^4 A
)

// histogram counts samples by the logarithm of their current, in bins of 1.1 to 1.6 %: its memory does not grow. A bin
// keeps the sum too, so that means do not suffer from its width. The bits of a float32 are its logarithm, by
// straight lines inside of an octave, and cost no call of math.Log.
type histogram struct {
	count [bins]int64
	sum   [bins]float64
	total int64
}

func binOf(v float32) int {
	return min(max(int(int32(math.Float32bits(v))>>binShift)-lowestBin, 0), bins-1)
}

// binFrom is the smallest current of a bin.
func binFrom(i int) float64 {
	return float64(math.Float32frombits(uint32(i+lowestBin) << binShift))
}

func (h *histogram) add(amps []float32) { h.addEvery(1, amps) }

// addEvery adds the first of each n samples.
func (h *histogram) addEvery(n int, amps []float32) {
	for k := 0; k < len(amps); k += n {
		v := amps[k]
		i := binOf(v)
		h.count[i]++
		h.sum[i] += float64(v)
	}
	h.total += int64((len(amps) + n - 1) / n)
}

// trimmedMean is the mean of what lies between two quantiles; a bin that a quantile cuts counts by its part. When the lower one is in
// the first bin, which does not tell what is little from what is far below 0, it is the mean of all: one end alone would shift it.
func (h *histogram) trimmedMean(low, high float64) float64 {
	if float64(h.count[0]) > low*float64(h.total) {
		low, high = 0, 1
	}
	from, to := low*float64(h.total), high*float64(h.total)
	var sum, count, seen float64
	for i, n := range h.count {
		if n == 0 {
			continue
		}
		part := min(seen+float64(n), to) - max(seen, from)
		seen += float64(n)
		if part > 0 {
			sum += part * h.sum[i] / float64(n)
			count += part
		}
	}
	return sum / count
}

// above is the part of the histogram from a current on.
func (h *histogram) above(amps float32) *histogram {
	var part histogram
	for i := binOf(amps); i < bins; i++ {
		part.count[i], part.sum[i] = h.count[i], h.sum[i]
		part.total += h.count[i]
	}
	return &part
}

// share is the part of the samples from one current to another.
func (h *histogram) share(from, to float32) float64 {
	var n int64
	for i := binOf(from); i <= binOf(to); i++ {
		n += h.count[i]
	}
	return float64(n) / float64(max(h.total, 1))
}

// split divides the samples between two currents into two groups, so that the variance of the logarithm between the
// groups is the largest (Otsu, IEEE Trans. SMC 9, 1979), and returns the mean current of each group's logarithm. It is
// not ok when one group is empty.
func (h *histogram) split(from, to float32) (low, high float64, ok bool) {
	first, last := binOf(from), binOf(to)
	var n, weighted float64
	for i := first; i <= last; i++ {
		n += float64(h.count[i])
		weighted += float64(h.count[i]) * float64(i)
	}
	var below, belowWeighted, best float64
	for i := first; i < last; i++ {
		below += float64(h.count[i])
		belowWeighted += float64(h.count[i]) * float64(i)
		if below == 0 || below == n {
			continue
		}
		a, b := belowWeighted/below, (weighted-belowWeighted)/(n-below)
		if between := below * (n - below) * (b - a) * (b - a); between > best {
			best, low, high, ok = between, binFrom(int(a)), binFrom(int(b)), true
		}
	}
	return low, high, ok
}
