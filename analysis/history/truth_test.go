package history

import (
	"math/rand/v2"
	"slices"
	"testing"

	"st67bench/analysis/compare"
)

// The eight kinds of history, each in three metrics of which some change and some do not.
var truths = []struct {
	what    string
	lab     lab
	effects [3]effect // of throughput, p99, energy
	want    [3][]string
}{
	{"nothing", lab{releases: 20, boots: 5}, [3]effect{none, none, none}, [3][]string{}},
	{"a step, and one in the tail", lab{releases: 18, boots: 5},
		[3]effect{from(9, -0.05), from(5, 0.20), none}, [3][]string{{"step@r09"}, {"step@r05"}}},
	{"a step in p99 only, and late ones", lab{releases: 16, boots: 5, drift: 0.03},
		[3]effect{none, from(8, 0.25), from(13, 0.06)}, [3][]string{nil, {"step@r08"}, {"step@r13"}}},
	{"temporary", lab{releases: 20, boots: 5, drift: 0.02},
		[3]effect{during(10, 14, -0.05), during(4, 8, 0.25), during(3, 6, 0.06)},
		[3][]string{{"step@r10", "fixed@r14"}, {"step@r04", "fixed@r08"}, {"step@r03", "fixed@r06"}}},
	{"two", lab{releases: 22, boots: 5},
		[3]effect{both(from(6, -0.05), from(15, -0.05)), none, both(from(6, 0.05), from(15, -0.10))},
		[3][]string{{"step@r06", "step@r15"}, nil, {"step@r06", "fixed@r15"}}},
	{"creep", lab{releases: 20, boots: 5},
		[3]effect{creeping(-0.006), none, creeping(0.006)}, [3][]string{{"creep@r00"}, nil, {"creep@r00"}}},
	{"sessions that drift and a ramp that both share", lab{releases: 20, boots: 5, drift: 0.03, ramp: 0.01},
		[3]effect{none, none, from(12, 0.06)}, [3][]string{nil, nil, {"step@r12"}}},
	{"spikes, and steps below the margin", lab{releases: 20, boots: 5},
		[3]effect{during(11, 12, -0.08), during(1, 2, 0.4), from(10, 0.015)}, [3][]string{}},
}

// Every true release is named, at the right place and as what it is, and nothing else is. Of the 8 x 3 histories three are
// drawn each.
func TestTruth(t *testing.T) {
	t.Parallel()
	const draws = 3
	wrong, all := 0, 0
	for n, truth := range truths {
		r := rand.New(rand.NewPCG(67, uint64(n)))
		for range draws {
			var series []Series
			for m, f := range []figure{throughput, p99, energy} {
				series = append(series, truth.lab.series(f, r, truth.effects[m]))
			}
			h := Analyze(series, Options{})
			for m, c := range h.Courses {
				all++
				if got := said(c); !slices.Equal(got, truth.want[m]) {
					wrong++
					t.Logf("%s: %s says %v, the truth is %v", truth.what, c.Name, got, truth.want[m])
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d histories are not told as they are", wrong, all)
	}
}

// The first or the newest release at a level of its own, beside a step, is no slope: the step is named, and what the newest lost is
// said. With a true slope the newest takes nothing from it.
func TestLoneReleaseAtAnEnd(t *testing.T) {
	t.Parallel()
	l := lab{releases: 14, boots: 5}
	for _, c := range []struct {
		effect effect
		want   []string
		newest compare.Verdict
	}{
		{both(from(6, -0.05), from(13, -0.05)), []string{"step@r06"}, compare.Regressed},
		{both(from(1, -0.05), from(7, -0.05)), []string{"step@r07"}, compare.Equivalent},
		{both(creeping(-0.008), from(13, -0.06)), []string{"creep@r00"}, compare.Regressed},
	} {
		r := rand.New(rand.NewPCG(8, 8))
		for draw := range 12 {
			s := l.series(throughput, r, c.effect)
			k := s.course(Options{})
			if got := said(k); !slices.Equal(got, c.want) || k.Newest.Verdict != c.newest {
				t.Errorf("draw %d: %v and %s, the truth is %v and %s", draw, got, k.Newest.Verdict, c.want, c.newest)
			}
		}
	}
}

// Five releases carry no search, but the newest is judged, by gate and tip.
func TestFewReleases(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	l := lab{releases: 5, boots: 5, drift: 0.02}
	h := Analyze([]Series{l.series(throughput, r, from(4, -0.06)), l.series(energy, r, none)}, Options{})
	bad, good := h.Courses[0], h.Courses[1]
	if len(bad.Changes) > 0 || bad.P != nil || bad.Detectable != nil || len(bad.Warnings) != 1 {
		t.Errorf("a search among 5 releases: %+v, warnings %q", bad.Changes, bad.Warnings)
	}
	if bad.Newest.Verdict != compare.Regressed || bad.Newest.Against != "r03" || h.Exit() != 3 || !slices.Equal(h.Regressed(), []string{bad.Name}) {
		t.Errorf("the newest is 6 %% slower: %+v, exit %d", bad.Newest, h.Exit())
	}
	if v := good.Newest.Verdict; v == compare.Regressed || v == compare.Improved {
		t.Errorf("the newest is the same: %s", v)
	}
}
