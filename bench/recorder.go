package bench

import (
	"math"
	"math/rand/v2"
	"time"

	"st67bench/results"
)

// SampleWriter takes the raw samples of one repeat. A failure to store them
// shows at Close, which names the file.
type SampleWriter interface {
	Add(results.Sample)
	Close() (name string, err error)
}

// keepValues is how many values of a series are kept for its quantiles: exact
// up to here, a uniform reservoir of this size beyond, so that memory does not
// grow with the length of a repeat.
const keepValues = 1 << 20

// Recorder collects what one repeat measures. It belongs to the goroutine that
// runs the workload.
type Recorder struct {
	start    time.Time
	out      SampleWriter
	progress func(Glimpse)
	seen     glimpses
	metrics  map[string]float64
	said     map[string]string
	marks    []results.Mark
	kept     map[string]*reservoir
	last     time.Time
	trend    func(x, y []float64) (slope float64, ok bool)
	decay    func(x, y []float64) (fall, since float64, ok bool)
}

// NewRecorder returns a recorder whose times count from start. out and progress may be nil.
func NewRecorder(start time.Time, out SampleWriter, progress func(Glimpse)) *Recorder {
	return &Recorder{
		start: start, out: out, progress: progress,
		metrics: map[string]float64{}, said: map[string]string{}, kept: map[string]*reservoir{},
	}
}

// Sample records a raw value of a series at instant t, in the unit of the metric of that name.
func (r *Recorder) Sample(series string, t time.Time, v float64) {
	if r.out != nil {
		r.out.Add(results.Sample{Series: series, T: t.Sub(r.start), V: v})
	}
}

// Keep remembers a value of a series for its quantiles within the repeat.
func (r *Recorder) Keep(series string, v float64) {
	k := r.kept[series]
	if k == nil {
		k = &reservoir{rng: rand.New(rand.NewPCG(1, 2))}
		r.kept[series] = k
	}
	k.add(v)
	r.seen.keep(series, v)
}

// Kept returns the remembered values of a series, unordered.
func (r *Recorder) Kept(series string) []float64 {
	if k := r.kept[series]; k != nil {
		return k.values
	}
	return nil
}

// quantiles makes metrics of the quantiles that the kept values of each series can carry.
func (r *Recorder) quantiles(of func(values []float64) map[string]float64) {
	for series, k := range r.kept {
		for suffix, v := range of(k.values) {
			r.Metric(series+suffix, v)
		}
	}
}

// Metric sets a metric of the repeat; a value that is not a number is left out.
func (r *Recorder) Metric(name string, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		r.metrics[name] = v
	}
}

// Condition says what was merely so in this repeat. One whose name ends in _note is shown to whoever reads the result.
func (r *Recorder) Condition(name, text string) { r.said[name] = text }

// Slope is by how much the course changes with each unit of its x; ok is false when it shows no trend, or nobody computes it.
func (r *Recorder) Slope(c *course) (slope float64, ok bool) {
	if r.trend == nil {
		return 0, false
	}
	return r.trend(c.x, c.y)
}

// Fall is which fraction of the course was lost by its end, and the x since which; ok is false when none was, or nobody
// computes it.
func (r *Recorder) Fall(c *course) (lost, since float64, ok bool) {
	if r.decay == nil {
		return 0, 0, false
	}
	return r.decay(c.x, c.y)
}

// Mark names the instant t.
func (r *Recorder) Mark(name string, t time.Time) {
	r.marks = append(r.marks, results.Mark{Name: name, T: t.Sub(r.start)})
}

// Moved says how many bytes of payload the repeat has handed over so far, for Progress.
func (r *Recorder) Moved(bytes int64) { r.seen.bytes = bytes }

// Progress reports how much of the repeat is done, 0..1, at most five times a second.
func (r *Recorder) Progress(now time.Time, done float64) {
	if r.progress == nil || now.Sub(r.last) < 200*time.Millisecond {
		return
	}
	r.last = now
	r.progress(r.seen.take(min(max(done, 0), 1)))
}

// reservoir is a uniform sample of a series of unknown length (Vitter 1985, algorithm R).
type reservoir struct {
	values []float64
	seen   int64
	rng    *rand.Rand
}

func (r *reservoir) add(v float64) {
	r.seen++
	if len(r.values) < keepValues {
		r.values = append(r.values, v)
		return
	}
	if i := r.rng.Int64N(r.seen); i < keepValues {
		r.values[i] = v
	}
}
