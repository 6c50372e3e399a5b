package history

import (
	"fmt"
	"math"
	"math/rand/v2"

	"st67bench/results"
)

// lab makes histories of which the truth is known.
type lab struct {
	releases, boots int
	drift           float64 // standard deviation of a session, as a fraction
	ramp            float64 // of the sessions, a release, as a fraction
	unreferenced    bool
}

// figure is a metric and how much a boot scatters, as a fraction.
type figure struct {
	results.Metric
	noise float64
}

var (
	throughput = figure{results.Metric{Name: "throughput_mbps", Title: "throughput_mbps", Better: +1, Margin: 0.03}, 0.01}
	p99        = figure{results.Metric{Name: "rtt_p99_ms", Title: "rtt_p99_ms", Better: -1, Margin: 0.10}, 0.03}
	energy     = figure{results.Metric{Name: "energy_mj_per_mb", Title: "energy_mj_per_mb", Better: -1, Margin: 0.03}, 0.01}
)

// effect is what a release has beside chance, as a fraction.
type effect func(release int) float64

// series is the history of a metric whose releases r00, r01, … have these effects.
func (l lab) series(f figure, r *rand.Rand, e effect) Series {
	s := Series{Name: f.Name, Metric: f.Metric, Ratio: true}
	for i := range l.releases {
		session := l.drift*r.NormFloat64() + l.ramp*float64(i)
		one := Session{Name: fmt.Sprint("s", i)}
		for range l.boots {
			one.Candidate = append(one.Candidate, 20*(1+e(i))*math.Exp(session+f.noise*r.NormFloat64()))
			if !l.unreferenced {
				one.Reference = append(one.Reference, 20*math.Exp(session+f.noise*r.NormFloat64()))
			}
		}
		s.Releases = append(s.Releases, Release{Name: fmt.Sprintf("r%02d", i), Sessions: []Session{one}})
	}
	return s
}

func none(int) float64 { return 0 }

func from(at int, size float64) effect { return during(at, math.MaxInt, size) }

func during(at, to int, size float64) effect {
	return func(i int) float64 {
		if i >= at && i < to {
			return size
		}
		return 0
	}
}

func both(a, b effect) effect { return func(i int) float64 { return (1+a(i))*(1+b(i)) - 1 } }

func creeping(each float64) effect {
	return func(i int) float64 { return math.Pow(1+each, float64(i)) - 1 }
}

// said are the changes of a course: "step@r07".
func said(c Course) []string {
	all := []string{}
	for _, k := range c.Changes {
		all = append(all, string(k.Kind)+"@"+k.Release)
	}
	return all
}

// raw is a series of points of one boot each on a plain scale, whose margin is a difference.
func raw(margin float64, points ...float64) Series {
	s := Series{Name: "x", Metric: results.Metric{Name: "x", Title: "x", Better: +1, Margin: margin}}
	for i, v := range points {
		s.Releases = append(s.Releases, Release{Name: fmt.Sprintf("r%02d", i), Sessions: []Session{{Candidate: []float64{v}}}})
	}
	return s
}
