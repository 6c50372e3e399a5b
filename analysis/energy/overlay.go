package energy

import (
	"math"

	"st67bench/results/trace"
)

const (
	mostLaid    = 1000 // wakes that an overlay reads; of more, as many that are spread evenly
	overlayLow  = 0.10 // quantiles between which its band lies
	overlayHigh = 0.90
)

// Overlay is many wakes laid over each other, aligned where the current rises: what they have in common, and how far apart they are.
type Overlay struct {
	Wakes           int       // that it is made of
	From, Bin       float64   // s: where the first bin begins, before the rise and so below 0, and how long a bin is
	Mean, Low, High []float64 // A, of each bin: over the samples of all wakes, mean, p10 and p90
}

// Lay lays wakes over each other from a time before their rise to a time after it, in s, in at most so many bins of one or more
// samples. A wake with a gap in that time is left out. Each bin keeps a sum and a histogram, so that the mean is exact, the
// quantiles within 1.6 %, and memory the same however many wakes there are.
func Lay(r trace.Reader, clock trace.Clock, wakes []trace.Span, before, after float64, bins int) (Overlay, error) {
	lead := int64(math.Ceil(before / clock.Period))
	n := lead + int64(math.Ceil(after/clock.Period))
	l := layer{window: make([]float32, 0, n), bins: make([]layerBin, min(int64(bins), n))}
	for _, w := range evenly(wakes, mostLaid) {
		if err := l.add(r, w.From-lead); err != nil {
			return Overlay{}, err
		}
	}
	o := Overlay{Wakes: l.wakes, From: -float64(lead) * clock.Period, Bin: float64(n) * clock.Period / float64(len(l.bins))}
	if l.wakes == 0 {
		return o, nil
	}
	for _, b := range l.bins {
		o.Mean = append(o.Mean, b.sum/float64(b.n))
		o.Low, o.High = append(o.Low, b.quantile(overlayLow)), append(o.High, b.quantile(overlayHigh))
	}
	return o, nil
}

// evenly picks at most so many wakes, the first and the last among them.
func evenly(wakes []trace.Span, most int) []trace.Span {
	if len(wakes) <= most {
		return wakes
	}
	out := make([]trace.Span, most)
	for i := range out {
		out[i] = wakes[i*(len(wakes)-1)/(most-1)]
	}
	return out
}

// layer is an overlay in the making.
type layer struct {
	wakes  int
	window []float32 // of one wake: its capacity is the whole
	bins   []layerBin
}

type layerBin struct {
	n     int64
	sum   float64
	count [bins]uint32 // by the bins of histogram
}

// add reads the window of a wake, and takes it when it is whole.
func (l *layer) add(r trace.Reader, from int64) error {
	n := int64(cap(l.window))
	l.window = l.window[:0]
	for b, err := range r.Blocks(max(from, 0), from+n) {
		if err != nil {
			return err
		}
		l.window = append(l.window, b.Amps...)
	}
	if int64(len(l.window)) < n {
		return nil
	}
	l.wakes++
	for i, v := range l.window {
		b := &l.bins[int64(i)*int64(len(l.bins))/n]
		b.n++
		b.sum += float64(v)
		b.count[binOf(v)]++
	}
	return nil
}

// quantile is the middle of the bin of the histogram in which it lies.
func (b *layerBin) quantile(q float64) float64 {
	seen := 0.0
	for i, n := range b.count {
		if seen += float64(n); seen >= q*float64(b.n) && n > 0 {
			return (binFrom(i) + binFrom(i+1)) / 2
		}
	}
	return 0
}
