package history

import (
	"math/rand/v2"
	"strings"
	"testing"

	"st67bench/analysis/compare"
)

// Single boots: from the fifth release on the last is held against those before it, and below nothing is said.
func TestSingleBoots(t *testing.T) {
	points := []float64{10, 10.2, 9.9, 10.1, 10, 9.8, 10.1, 7}
	for n, want := range map[int]compare.Verdict{1: compare.Inconclusive, 2: compare.Inconclusive, 3: compare.Inconclusive} {
		s := raw(0.5, points[:n]...)
		if w := s.course(Options{}).Newest; w.Verdict != want || w.P != nil || w.Note == "" {
			t.Errorf("%d releases: %+v", n, w)
		}
	}
	s := raw(0.5, points[4:]...)
	w := s.course(Options{}).Newest
	if w.Verdict != compare.Regressed || w.Against != "" || w.P != &w.Tip.P && *w.P != w.Tip.P || w.Tip.N != 3 || !strings.Contains(w.Note, "3 releases before it") {
		t.Errorf("three releases and one far below: %+v, %+v", w, w.Tip)
	}
	s = raw(0.5, points...)
	if w := s.course(Options{}).Newest; w.Verdict != compare.Regressed || w.Against != "r06" || !w.Tip.Outlying {
		t.Errorf("seven releases and one far below: %+v, %+v", w, w.Tip)
	}
}

// The tip test calls a release worse that its neighbour alone does not: that was low itself.
func TestTipDecides(t *testing.T) {
	s := raw(0.5, 10, 10.1, 9.9, 10, 10.1, 9.9, 10, 10.1, 9.9, 9.8, 9.35)
	w := s.course(Options{}).Newest
	if w.Verdict != compare.Regressed || *w.P != w.Tip.P || !strings.Contains(w.Note, "outside what they let expect") {
		t.Errorf("%+v, tip %+v", w, w.Tip)
	}
}

// Another unit with the newest release: it fails all the same, and the note says that the unit may be why. One that came earlier
// says nothing.
func TestNewestOnAnotherUnit(t *testing.T) {
	l := lab{releases: 10, boots: 5}
	for at, want := range map[int]bool{9: true, 8: false} {
		s := l.series(throughput, rand.New(rand.NewPCG(12, 12)), from(9, -0.07))
		for i := range s.Releases {
			s.Releases[i].Unit = map[bool]string{true: "b2", false: "a1"}[i >= at]
		}
		w := s.course(Options{}).Newest
		if w.Verdict != compare.Regressed || strings.HasSuffix(w.Note, "with it changed unit a1 -> b2") != want {
			t.Errorf("another unit from release %d on: %s, %q", at, w.Verdict, w.Note)
		}
	}
}

// Sessions that drift far more than the margin: the gate goes by the difference to the references.
func TestGateByReference(t *testing.T) {
	l := lab{releases: 6, boots: 5, drift: 0.10}
	for at, want := range map[int]bool{5: true, 99: false} {
		s := l.series(throughput, rand.New(rand.NewPCG(11, 11)), from(at, -0.07))
		if w := s.course(Options{}).Newest; (w.Verdict == compare.Regressed) != want {
			t.Errorf("worse from release %d: %+v", at, w)
		}
	}
}
