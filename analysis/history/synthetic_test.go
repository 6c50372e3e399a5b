package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"st67bench/results"
)

// lab makes histories of which the truth is known.
type lab struct {
	releases, boots int
	drift           float64 // standard deviation of a session, as a fraction
	trend           float64 // of the sessions, a release
	unreferenced    bool
}

var metrics3 = []struct {
	results.Metric
	noise float64 // of a boot, as a fraction
}{
	{results.Metric{Name: "throughput_mbps", Unit: "bit/s", Better: +1, Margin: 0.03}, 0.01},
	{results.Metric{Name: "rtt_p99_ms", Unit: "s", Better: -1, Margin: 0.10}, 0.03},
	{results.Metric{Name: "energy_mj_per_mb", Unit: "J", Better: -1, Margin: 0.03}, 0.01},
}

// series is the history of a metric whose releases have these effects, as fractions.
func (l lab) series(m int, r *rand.Rand, effect func(i int) float64) Series {
	s := Series{Name: metrics3[m].Name, Metric: metrics3[m].Metric, Ratio: true}
	noise := metrics3[m].noise
	for i := range l.releases {
		session := l.drift*r.NormFloat64() + l.trend*float64(i)
		one := Session{Name: fmt.Sprint("s", i)}
		for range l.boots {
			one.Candidate = append(one.Candidate, 20*(1+effect(i))*math.Exp(session+noise*r.NormFloat64()))
			if !l.unreferenced {
				one.Reference = append(one.Reference, 20*math.Exp(session+noise*r.NormFloat64()))
			}
		}
		s.Releases = append(s.Releases, Release{Name: fmt.Sprintf("r%02d", i), Sessions: []Session{one}})
	}
	return s
}

func none(int) float64 { return 0 }

func from(at int, size float64) func(int) float64 {
	return func(i int) float64 {
		if i >= at {
			return size
		}
		return 0
	}
}

func during(at, to int, size float64) func(int) float64 {
	return func(i int) float64 {
		if i >= at && i < to {
			return size
		}
		return 0
	}
}

func creeping(each float64) func(int) float64 {
	return func(i int) float64 { return math.Pow(1+each, float64(i)) - 1 }
}

func said(c Course) []string {
	all := []string{}
	for _, k := range c.Changes {
		all = append(all, string(k.Kind)+"@"+k.Release)
	}
	return all
}

func TestRates(t *testing.T) {
	type truth struct {
		what   string
		effect [3]func(int) float64
		want   [3][]string
	}
	no := []string{}
	for _, n := range []int{14, 20} {
		for _, l := range []lab{{n, 5, 0, 0, false}, {n, 5, 0.03, 0, false}, {n, 3, 0.01, 0, false}, {n, 1, 0, 0, true}} {
			at, to := n/2, n/2+4
			nm := func(k string, i int) string { return fmt.Sprintf("%s@r%02d", k, i) }
			for _, c := range []truth{
				{"clean", [3]func(int) float64{none, none, none}, [3][]string{no, no, no}},
				{"step", [3]func(int) float64{from(at, -0.05), none, from(at, 0.045)}, [3][]string{{nm("step", at)}, no, {nm("step", at)}}},
				{"gentle", [3]func(int) float64{creeping(-0.003), creeping(0.01), creeping(0.003)}, [3][]string{{nm("creep", 0)}, {nm("creep", 0)}, {nm("creep", 0)}}},
				{"late", [3]func(int) float64{from(n-3, -0.06), from(n-3, 0.25), from(n-3, 0.06)}, [3][]string{{nm("step", n-3)}, {nm("step", n-3)}, {nm("step", n-3)}}},
				{"temp", [3]func(int) float64{during(at, to, -0.05), during(at-3, at, 0.2), during(3, 6, 0.05)}, [3][]string{{nm("step", at), nm("fixed", to)}, {nm("step", at-3), nm("fixed", at)}, {nm("step", 3), nm("fixed", 6)}}},
				{"two", [3]func(int) float64{func(i int) float64 { return from(4, -0.05)(i) + from(n-5, -0.05)(i) }, none, none}, [3][]string{{nm("step", 4), nm("step", n-5)}, no, no}},
				{"p99", [3]func(int) float64{none, from(at, 0.2), none}, [3][]string{no, {nm("step", at)}, no}},
				{"creep", [3]func(int) float64{creeping(-0.006), creeping(0.02), creeping(0.006)}, [3][]string{{nm("creep", 0)}, {nm("creep", 0)}, {nm("creep", 0)}}},
				{"spike", [3]func(int) float64{during(at, at+1, -0.08), during(n-2, n-1, 0.4), during(1, 2, 0.08)}, [3][]string{no, no, no}},
				{"small", [3]func(int) float64{from(at, -0.02), from(at, 0.06), from(at, 0.02)}, [3][]string{no, no, no}},
			} {
				var right [3]int
				wrong := map[string]int{}
				const N = 60
				r := rand.New(rand.NewPCG(uint64(n), 77))
				newest := 0
				for range N {
					for m := range 3 {
						s := l.series(m, r, c.effect[m])
						k := s.course(Options{})
						if slices.Equal(said(k), c.want[m]) {
							right[m]++
						} else {
							wrong[fmt.Sprint(m, said(k))]++
						}
						if k.Newest.Verdict == "REGRESSED" {
							newest++
						}
					}
				}
				fmt.Printf("%+v %s: %v of %d, newest regressed %.3f", l, c.what, right, N, float64(newest)/3/N)
				if len(wrong) < 9 {
					fmt.Print(wrong)
				}
				fmt.Println()
			}
		}
	}
}
