package history

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"st67bench/analysis/compare"
	"st67bench/analysis/stats"
	"st67bench/results"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
		t.Errorf("%s is %v, should be %v", what, got, want)
	}
}

// By hand: of 0 0 1 1 all four distances between are 1 and none within, so T = 4 and Q = 2/4 (4 - 3 (0/1 + 0/1)) = 2. Of
// 0 2 5 9 the distances are 2, 5, 9, 3, 7, 4: T = 30, L = 2, R = 4, Q = 1/2 (30 - 3 (2 + 4)) = 6.
func TestQByHand(t *testing.T) {
	for _, c := range []struct {
		x []float64
		q float64
	}{{[]float64{0, 0, 1, 1}, 2}, {[]float64{0, 2, 5, 9}, 6}} {
		got := newScan(4).best(c.x)
		near(t, "Q", got.q, c.q)
		if got.at != 2 {
			t.Errorf("%v is cut after %d", c.x, got.at)
		}
	}
}

// The least p of a cut into k and n-k of n releases is 2/C(n, k): only the points themselves, and those with the k at the other
// end, are as far apart. 999 permutations have a standard error of sqrt(p/999).
func TestFloorOfP(t *testing.T) {
	for _, c := range []struct{ n, k, of int }{{8, 3, 56}, {10, 2, 45}, {12, 3, 220}} {
		x := make([]float64, c.n)
		for i := range x {
			x[i] = 0.01 * float64(i*i%7)
			if i >= c.n-c.k {
				x[i] += 100
			}
		}
		_, p := newScan(c.n).split(x, []int{0, c.n}, seeded(x))
		want := 2 / float64(c.of)
		if math.Abs(p-want) > 4*math.Sqrt(want/permutations) {
			t.Errorf("%d of %d: p is %v, should be %v", c.k, c.n, p, want)
		}
	}
}

// F by hand: means 2, 3 and 8 of three each, grand mean 13/3; between 3 ((7/3)² + (4/3)² + (11/3)²) / 2 = 31, within 1.
func TestDriftByHand(t *testing.T) {
	s := raw(0.1)
	for _, ref := range [][]float64{{1, 2, 3}, {2, 3, 4}, {7, 8, 9}} {
		s.Releases = append(s.Releases, Release{Sessions: []Session{{Candidate: []float64{1}, Reference: ref}}})
	}
	d := s.drift()
	near(t, "F", d.F, 31)
	if !d.Removed || d.Sessions != 3 {
		t.Errorf("%+v", d)
	}
	s.Releases[2].Sessions[0].Reference = []float64{2, 3, 4} // means 2, 3 and 3: F = 3 (4/9 + 1/9 + 1/9) / 2 = 1
	d = s.drift()
	near(t, "F", d.F, 1)
	if d.Removed {
		t.Errorf("%+v", d)
	}
}

// A reference of single boots borrows what is within from the candidates; alone it tells nothing.
func TestDriftOfSingleBoots(t *testing.T) {
	s := raw(0.1)
	for i, ref := range []float64{1, 2, 9} {
		s.Releases = append(s.Releases, Release{Sessions: []Session{{Candidate: []float64{0, float64(i)}, Reference: []float64{ref}}}})
	}
	// within (0 + 1/2 + 2)/3 = 5/6; between (3² + 2² + 5²)/2 = 19
	near(t, "F", s.drift().F, 19/(5.0/6))
	for i := range s.Releases {
		s.Releases[i].Sessions[0].Candidate = []float64{1}
	}
	if d := s.drift(); d.F != 0 || d.Removed {
		t.Errorf("%+v", d)
	}
}

// Single boots of both: what candidate and reference share is the session. By hand: they part by 0, 2, -2 and 2, which are
// steps of 2, 4 and 4; their median 4 is 2 · 0.6745 standard deviations of a boot. Between it is (75² + 25² + 25² + 75²) / 3.
// A second release in one session changes nothing.
func TestDriftOfSingleBootsOnBothSides(t *testing.T) {
	s := raw(0.1)
	for i, apart := range []float64{0, 2, -2, 2} {
		ref := 50 * float64(i)
		s.Releases = append(s.Releases, Release{Sessions: []Session{{Name: fmt.Sprint(i), Candidate: []float64{ref + apart}, Reference: []float64{ref}}}})
	}
	s.Releases = append(s.Releases, Release{Sessions: []Session{{Name: "3", Candidate: []float64{1000}, Reference: []float64{150}}}})
	d := s.drift()
	sd := 4 / (2 * 0.6744897501960817)
	near(t, "F", d.F, 12500.0/3/(sd*sd))
	if !d.Removed || d.Sessions != 4 {
		t.Errorf("%+v", d)
	}
}

// Sessions that wander, one boot of each side in each: no change where there is none, and a step at its release.
func TestWanderingSessionsOfSingleBoots(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	l := lab{releases: 16, boots: 1, drift: 0.03}
	f := figure{throughput.Metric, 0.005}
	for draw := range 20 {
		clean, stepped := l.series(f, r, none), l.series(f, r, from(8, -0.06))
		if got := said(clean.course(Options{})); len(got) > 0 {
			t.Errorf("draw %d: %v of a firmware that never changed", draw, got)
		}
		if got := said(stepped.course(Options{})); !slices.Equal(got, []string{"step@r08"}) {
			t.Errorf("draw %d: %v, the truth is a step at r08", draw, got)
		}
	}
}

// A contrast of two terms is Welch's test; one of four, all with the same scatter, has the degrees and the error of all.
func TestContrast(t *testing.T) {
	x, y := []float64{1, 2, 4, 5.5}, []float64{3, 4.5, 7, 7.5, 9}
	var none spreads
	c, ok := none.contrast([]term{{values: y, weight: 1}, {values: x, weight: -1}})
	want, _ := stats.WelchInterval(x, y, 0.95)
	p, _ := stats.Welch(x, y)
	got := c.interval(0.95)
	near(t, "lower end", got.Lo, want.Lo)
	near(t, "upper end", got.Hi, want.Hi)
	near(t, "p", c.p(), p)
	four := []float64{-1, 0, 1} // mean 0, variance 1
	c, ok2 := none.contrast([]term{{values: four, weight: 1}, {values: four, weight: -1}, {values: four, weight: -1}, {values: four, weight: 1}})
	near(t, "standard error", c.se, math.Sqrt(4.0/3))
	near(t, "degrees of freedom", c.degrees, 8)
	if !ok || !ok2 {
		t.Error("no contrast")
	}
	if _, ok := none.contrast([]term{{values: []float64{1}, weight: 1}}); ok {
		t.Error("a single boot has an error")
	}
	if c, ok := (spreads{{variance: 4, degrees: 10}}).contrast([]term{{values: []float64{1, 1}, weight: 1}}); !ok || c.se != math.Sqrt2 || c.degrees != 10 {
		t.Errorf("two boots with a common variance of 4: %+v", c)
	}
}

// The reference of a session that two releases share cancels in their difference.
func TestSharedReference(t *testing.T) {
	shared := []float64{5, 6, 8}
	a := []term{{"s", []float64{1, 2, 3}, 1, candidate}, {"s", shared, -1, reference}}
	b := []term{{"s", []float64{4, 5, 6}, 1, candidate}, {"s", shared, -1, reference}}
	c, _ := spreads{}.contrast(less(b, a))
	near(t, "difference", c.estimate, 3)
	near(t, "standard error", c.se, math.Sqrt(2.0/3))
}

// Values that are all the same: no change, zero width, and nothing that JSON cannot write.
func TestEqualValues(t *testing.T) {
	for _, boots := range []int{1, 2, 5} {
		l := lab{releases: 12, boots: boots}
		s := l.series(figure{throughput.Metric, 0}, rand.New(rand.NewPCG(1, 1)), none)
		h := Analyze([]Series{s}, Options{})
		c := h.Courses[0]
		if len(c.Changes) > 0 || c.Newest.Verdict != compare.Equivalent || *c.Newest.Change != 0 || *c.Newest.Interval != (compare.Range{}) {
			t.Errorf("%d boots: %+v %+v", boots, c.Changes, c.Newest)
		}
		if _, err := json.Marshal(h); err != nil {
			t.Error(err)
		}
	}
}

// Values as far apart as numbers can be: changes and intervals beyond the largest one are that one, and JSON can write them.
func TestHugeAndTiny(t *testing.T) {
	for _, boots := range [][]float64{{1e-300, 1e300}, {1e-300, 1e-300}} {
		s := Series{Name: "x", Metric: throughput.Metric, Ratio: true}
		for i := range 12 {
			values := boots
			if i >= 6 {
				values = []float64{1e300, 1.01e300}
			}
			s.Releases = append(s.Releases, Release{Name: fmt.Sprint(i), Sessions: []Session{{Candidate: values}}})
		}
		if _, err := json.Marshal(Analyze([]Series{s}, Options{})); err != nil {
			t.Errorf("boots of %v: %v", boots, err)
		}
	}
}

// A step without any noise is named, with an interval of zero width, and the location is certain.
func TestStepWithoutNoise(t *testing.T) {
	l := lab{releases: 12, boots: 2}
	s := l.series(figure{throughput.Metric, 0}, rand.New(rand.NewPCG(1, 1)), from(5, -0.05))
	c := s.course(Options{})
	if !slices.Equal(said(c), []string{"step@r05"}) {
		t.Fatalf("%v", said(c))
	}
	k := c.Changes[0]
	near(t, "size", k.Size, -0.05)
	near(t, "lower end", k.Interval[0], -0.05)
	near(t, "upper end", k.Interval[1], -0.05)
	if *k.Confidence != 1 || !k.Worse || k.Bracket != [2]string{"r04", "r05"} {
		t.Errorf("%+v", k)
	}
}

// Another unit changes nothing, another direction only what is called worse, and the order of boots nothing.
func TestInvariance(t *testing.T) {
	l := lab{releases: 14, boots: 3, drift: 0.02}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		at, size := rapid.IntRange(2, 12).Draw(t, "at"), rapid.SampledFrom([]float64{-0.08, 0, 0.05}).Draw(t, "size")
		unit := rapid.SampledFrom([]float64{1e-3, 1, 1e6}).Draw(t, "unit")
		a := l.series(throughput, rand.New(rand.NewPCG(seed, 1)), from(at, size))
		b := l.series(throughput, rand.New(rand.NewPCG(seed, 1)), from(at, size))
		b.Metric.Better = -1
		for i := range b.Releases {
			for _, values := range [][]float64{b.Releases[i].Sessions[0].Candidate, b.Releases[i].Sessions[0].Reference} {
				slices.Reverse(values)
				for j := range values {
					values[j] *= unit
				}
			}
		}
		x, y := a.course(Options{}), b.course(Options{})
		if len(x.Changes) != len(y.Changes) {
			t.Fatalf("%v, in another unit %v", said(x), said(y))
		}
		for i, k := range x.Changes {
			o := y.Changes[i]
			if k.Bracket != o.Bracket || math.Abs(k.Size-o.Size) > 1e-9 || k.Worse == o.Worse || k.P != o.P {
				t.Fatalf("%+v, in another unit %+v", k, o)
			}
		}
	})
}

// A release that was not measured stays missing: the bracket reaches over it, and the newest is said not to be measured.
func TestMissing(t *testing.T) {
	l := lab{releases: 16, boots: 5}
	s := l.series(throughput, rand.New(rand.NewPCG(2, 2)), from(8, -0.06))
	s.Releases[8].Sessions[0].Candidate = nil
	s.Releases[3].Sessions = nil
	c := s.course(Options{})
	if len(c.Changes) != 1 || c.Changes[0].Bracket != [2]string{"r07", "r09"} || c.Changes[0].Release != "r09" || c.N != 14 {
		t.Errorf("%+v, n %d", c.Changes, c.N)
	}
	if len(c.Points) != 16 || c.Points[8].Value != nil || c.Points[3].Value != nil || c.Points[4].Value == nil {
		t.Errorf("points %+v", c.Points)
	}
	s.Releases[15].Sessions[0].Candidate = nil
	if w := s.course(Options{}).Newest; w.Release != "r15" || w.Verdict != compare.Inconclusive || w.Note != "not measured" {
		t.Errorf("%+v", w)
	}
}

// Where unit, rig, tool or the reference changes with a step, it is marked and no release is named.
func TestMarks(t *testing.T) {
	l := lab{releases: 16, boots: 5, drift: 0.03}
	for _, at := range []int{8, 7} {
		for what, set := range map[string]func(r *Release, v string){
			"unit":      func(r *Release, v string) { r.Unit = v },
			"rig":       func(r *Release, v string) { r.Rig = v },
			"tool":      func(r *Release, v string) { r.Tool = v },
			"reference": func(r *Release, v string) { r.Sessions[0].ReferenceFirmware = v },
		} {
			s := l.series(throughput, rand.New(rand.NewPCG(3, 3)), from(8, -0.06))
			for i := range s.Releases {
				set(&s.Releases[i], map[bool]string{true: "new", false: "old"}[i >= at])
			}
			c := s.course(Options{})
			if mark := c.Points[at].Mark; mark != what+" old -> new" {
				t.Errorf("%s is marked %q", what, mark)
			}
			named, unnamed := len(c.Changes), len(c.Unnamed)
			if at == 8 && (named > 0 || unnamed != 1 || c.Unnamed[0].Release != "" || c.Unnamed[0].Mark == "") {
				t.Errorf("%s with the step: %+v, unnamed %+v", what, c.Changes, c.Unnamed)
			}
			if at != 8 && (named != 1 || unnamed > 0 || c.Changes[0].Release != "r08") {
				t.Errorf("%s before the step: %+v, unnamed %+v", what, c.Changes, c.Unnamed)
			}
		}
	}
}

// A reference that is said to be another at each release is not believed: the step is named, with a warning.
func TestReferenceNotFrozen(t *testing.T) {
	l := lab{releases: 16, boots: 5, drift: 0.03}
	s := l.series(throughput, rand.New(rand.NewPCG(3, 3)), from(8, -0.06))
	for i := range s.Releases {
		s.Releases[i].Sessions[0].ReferenceFirmware = s.Releases[i].Name
	}
	c := s.course(Options{})
	if !slices.Equal(said(c), []string{"step@r08"}) || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "at 15 of 16 releases") {
		t.Errorf("%v, %q", said(c), c.Warnings)
	}
}

// Neighbouring releases that go together are a warning, which names the reference as what helps.
func TestLabDriftIsSuspected(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	points, level := []float64{}, 0.0
	for range 40 {
		level = 0.9*level + r.NormFloat64()
		points = append(points, level)
	}
	s := raw(1000, points...)
	c := s.course(Options{})
	if c.Lag1 == nil || *c.Lag1 < 0.3 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "measure a reference firmware in every session") {
		t.Errorf("lag %v, %q", c.Lag1, c.Warnings)
	}
}

// The table of verdicts at margin 0.1, higher is better, standard error 0.01 and 1000 degrees: the 95 % interval is 0.0196 wide
// to each side and the 90 % one 0.0165.
func TestVerdicts(t *testing.T) {
	s := raw(0.1)
	for d, want := range map[float64]compare.Verdict{
		-0.15: compare.Regressed, -0.101: compare.Regressed, -0.09: compare.Inconclusive, -0.05: compare.Negligible, 0: compare.Equivalent,
		0.095: compare.NonInferior, 0.15: compare.Improved,
	} {
		if got := s.verdict(contrast{d, 0.01, 1000}); got != want {
			t.Errorf("%v: %s, should be %s", d, got, want)
		}
	}
	lower := Series{Metric: results.Metric{Better: -1, Margin: 0.1}}
	if got := lower.verdict(contrast{0.15, 0.01, 1000}); got != compare.Regressed {
		t.Errorf("more of what should be low: %s", got)
	}
}
