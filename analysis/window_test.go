package analysis

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// watchedRun is a run of n repeats of one case, each with the same samples of a series that are every apart, and its watched summary.
func watchedRun(t *testing.T, n int, series string, every time.Duration, values []float64) (s *Summary, read []int) {
	t.Helper()
	var all []results.Result
	for i := range n {
		r := repeatOf("length=64", 1, 1e6, 400)
		r.Seq, r.Samples = i+1, "samples"
		if _, figures := results.LookupMetric(series + "_p50"); figures {
			r.Metrics[series+"_p50"] = values[len(values)/2]
		}
		all = append(all, r)
	}
	run := runOf([]string{"length=64"}, all...)
	s = mustSummarize(t, run)
	s.Watch(run, func(seq int, fn func([]results.Sample) error) error {
		read = append(read, seq)
		for i, v := range values {
			at := time.Duration(i) * every
			if err := fn([]results.Sample{{Series: series, T: at, V: v}, {Series: "stage_command", T: at, V: v}}); err != nil {
				return err
			}
		}
		return nil
	})
	return s, read
}

func windowWarnings(s *Summary) string {
	var out []string
	for _, w := range s.Warnings {
		if strings.HasPrefix(w.Code, "w") || w.Code == "unsettled" || w.Code == "samples" {
			out = append(out, w.Code+": "+w.Text)
		}
	}
	return strings.Join(out, "\n")
}

// latencies are 1 ms and vary by a fraction, with the lag-1 autocorrelation r.
func latencies(n int, fraction, r float64) []float64 {
	rng := rand.New(rand.NewPCG(67, 1))
	out, v := make([]float64, n), 0.0
	for i := range out {
		v = r*v + math.Sqrt(1-r*r)*rng.NormFloat64()
		out[i] = 1e-3 * (1 + fraction*v)
	}
	return out
}

func TestWatchIndependentSamples(t *testing.T) {
	s, read := watchedRun(t, 20, "send_latency", 2*time.Millisecond, latencies(500, 0.2, 0))
	w, ok := s.Cases[0].Windows["send_latency"]
	if !ok || w.N != 500 || w.Effective < 400 || w.Tau < 1 || math.Abs(w.Duration-0.998) > 1e-9 || len(w.Quantiles) != 3 {
		t.Errorf("%+v", w)
	}
	if i := w.Quantiles["send_latency_p99"]; i.Lo > 1.465e-3 || i.Hi < 1.465e-3 { // 1 + 0.2 x 2.326
		t.Errorf("p99 in %+v", i)
	}
	if len(s.Cases[0].Windows) != 1 {
		t.Errorf("%v; there is no figure of a stage that a window could be too short for", s.Cases[0].Windows)
	}
	if got := windowWarnings(s); got != "" {
		t.Error(got)
	}
	if len(read) != mostWindows || read[0] != 1 || read[mostWindows-1] != 20 || w.Repeats != mostWindows {
		t.Errorf("repeats %v of 20 were read", read)
	}
}

// With the lag-1 autocorrelation 0.9, 19 samples are worth one: 400 are 21, of which there is no p99.
func TestWatchDependentSamples(t *testing.T) {
	s, _ := watchedRun(t, 6, "send_latency", 2500*time.Microsecond, latencies(400, 0.2, 0.9))
	w := s.Cases[0].Windows["send_latency"]
	if w.Effective > 60 || w.Quantiles["send_latency_p99"] != nil {
		t.Errorf("%+v", w)
	}
	got := windowWarnings(s)
	if !strings.HasPrefix(got, "window: length=64: the window is too short: the 400 samples of send latency in a repeat depend on each other (tau ") ||
		!strings.Contains(got, "needs 368 for p99: a repeat of ") || strings.Contains(got, "\n") {
		t.Error(got)
	}
	var need float64
	if at := strings.Index(got, "a repeat of "); at > 0 {
		d, err := time.ParseDuration(strings.ReplaceAll(got[at+len("a repeat of "):strings.Index(got, " would do")], " ", ""))
		if need = d.Seconds(); err != nil {
			t.Error(err)
		}
	}
	if want := w.Duration * 368 / w.Effective; need < want*0.99 || need > want*1.2 {
		t.Errorf("a repeat of %v s, want %v", need, want)
	}
	s, _ = watchedRun(t, 6, "send_latency", 2500*time.Microsecond, latencies(400, 0.001, 0.9))
	if got := windowWarnings(s); got != "" {
		t.Errorf("samples that hardly differ need no longer window: %s", got)
	}
}

// Goodput that starts 80 % low and comes up with a time constant of 1 s reads 0.8/30 = 2.7 % low over 30 s, and 1 % over 80 s or so.
func TestWatchWarmUp(t *testing.T) {
	values := latencies(300, 0.03, 0)
	for i := range values {
		values[i] *= 5e9 * (1 - 0.8*math.Exp(-float64(i)/10))
	}
	s, _ := watchedRun(t, 6, "goodput", 100*time.Millisecond, values)
	w := s.Cases[0].Windows["goodput"]
	if w.Cut < 2 || w.Cut > 7 || math.Abs(w.Bias+0.027) > 0.003 || w.Unsettled != 0 {
		t.Errorf("%+v", w)
	}
	got := windowWarnings(s)
	for _, want := range []string{"warm-up: length=64: the first ", "the mean of goodput reads 2.", " % low; a lead-in of ", " would take that off, repeats of 1m", " bring it to 1.0 %"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

// Goodput that falls by a third all the time has no steady part.
func TestWatchUnsettled(t *testing.T) {
	values := latencies(300, 0.03, 0)
	for i := range values {
		values[i] *= 5e9 * (1 - float64(i)/900)
	}
	s, _ := watchedRun(t, 6, "goodput", 100*time.Millisecond, values)
	if got := windowWarnings(s); !strings.Contains(got, "unsettled: length=64: goodput does not settle within a repeat: its second half is -1") {
		t.Error(got)
	}
	// Nor has one that falls late: what is said of it is that its samples depend on each other.
	values = latencies(300, 0.03, 0)
	for i := range values {
		values[i] *= 5e9
		if i >= 200 {
			values[i] *= 0.8
		}
	}
	s, _ = watchedRun(t, 6, "goodput", 100*time.Millisecond, values)
	if got := windowWarnings(s); !strings.Contains(got, "window: length=64: the window is too short") {
		t.Errorf("%q %+v", got, s.Cases[0].Windows["goodput"])
	}
}

func TestWatchUnreadable(t *testing.T) {
	r := repeatOf("length=64", 1, 1e6, 400)
	r.Samples = "samples"
	run := runOf([]string{"length=64"}, r)
	s := mustSummarize(t, run)
	s.Watch(run, func(int, func([]results.Sample) error) error { return errors.New("the disk is gone") })
	if got := windowWarnings(s); got != "samples: length=64: not all samples could be read: the disk is gone" || s.Cases[0].Windows != nil {
		t.Error(got)
	}
}

// Equal samples, and few, are nothing to warn of.
func TestWatchEqualAndFew(t *testing.T) {
	for _, n := range []int{1, 9, 10, 500} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 2e-3
		}
		s, _ := watchedRun(t, 3, "rtt", time.Millisecond, values)
		if got := windowWarnings(s); got != "" {
			t.Errorf("%d: %s", n, got)
		}
		if w, ok := s.Cases[0].Windows["rtt"]; ok != (n >= leastSeries) || ok && (w.Bias != 0 || w.Drift != 0 || *w.HalfWidth != 0) {
			t.Errorf("%d: %+v", n, w)
		}
	}
}

// What a link records beside the figures of a case is no window of it: an idle repeat has no wake latency of its own.
func TestWatchOnlyFigures(t *testing.T) {
	r := repeatOf("length=64", 1, 1e6, 400)
	r.Samples = "samples"
	run := runOf([]string{"length=64"}, r)
	s := mustSummarize(t, run)
	s.Watch(run, func(_ int, fn func([]results.Sample) error) error {
		for i, v := range latencies(50, 0.1, 0) {
			if err := fn([]results.Sample{{Series: "wake_latency", T: time.Duration(i) * time.Second, V: v}}); err != nil {
				return err
			}
		}
		return nil
	})
	if len(s.Cases[0].Windows) > 0 {
		t.Errorf("%+v", s.Cases[0].Windows)
	}
}

// BenchmarkWatch is the windows of 10^7 samples in one repeat against a loop that adds them up; what is kept is 65 536 values of
// three kinds, about 2 MB.
func BenchmarkWatch(b *testing.B) {
	const n, batch = 10_000_000, 1024
	samples := make([]results.Sample, batch)
	noise := latencies(batch, 0.2, 0.5)
	feed := func(_ int, fn func([]results.Sample) error) error {
		for at := 0; at < n; at += batch {
			for i := range samples {
				samples[i] = results.Sample{Series: "send_latency", T: time.Duration(at+i) * time.Millisecond, V: noise[i]}
			}
			if err := fn(samples); err != nil {
				return err
			}
		}
		return nil
	}
	r := repeatOf("length=64", 1, 1e6, n)
	r.Samples = "samples"
	run := runOf([]string{"length=64"}, r)
	b.ReportAllocs()
	var naive, ours time.Duration
	for b.Loop() {
		begin, sum := time.Now(), 0.0
		_ = feed(1, func(all []results.Sample) error {
			for _, s := range all {
				sum += s.V
			}
			return nil
		})
		naive += time.Since(begin)
		begin = time.Now()
		s, err := Summarize(run)
		if err != nil {
			b.Fatal(err)
		}
		s.Watch(run, feed)
		ours += time.Since(begin)
		if w := s.Cases[0].Windows["send_latency"]; math.Abs(w.N-n) > batch || sum == 0 {
			b.Fatalf("%+v", w)
		}
	}
	b.ReportMetric(float64(ours)/float64(naive), "x-naive")
	b.ReportMetric(ours.Seconds()/float64(b.N)/n*1e9, "ns/sample")
}
