package chart

import (
	"math"
	"slices"
	"testing"
	"time"
)

// Of 100 000 values the one peak, the one hole, the first and the last are drawn, in order, and no more than asked for.
func TestExtremesKeepsPeaks(t *testing.T) {
	const n, most = 100_000, 800
	at, v := make([]time.Duration, n), make([]float64, n)
	for i := range v {
		at[i], v[i] = time.Duration(i)*time.Millisecond, math.Sin(float64(i)/1000)
	}
	v[41_003], v[77_777] = 50, -50
	kept := Extremes(at, v, most)
	if len(kept) > most || len(kept) < most/2 || !slices.IsSorted(kept) {
		t.Errorf("%d kept, sorted %v", len(kept), slices.IsSorted(kept))
	}
	for _, i := range []int{0, 41_003, 77_777, n - 1} {
		if !slices.Contains(kept, i) {
			t.Errorf("value %d is not drawn", i)
		}
	}
	if unique := slices.Compact(slices.Clone(kept)); len(unique) != len(kept) {
		t.Error("a value is drawn twice")
	}
}

// Stretches are of time: a burst is drawn as narrow as it was.
func TestExtremesOfBurst(t *testing.T) {
	at, v := []float64{0}, []float64{1}
	for i := range 1000 {
		at, v = append(at, 50+float64(i)*1e-6), append(v, float64(i%7))
	}
	at, v = append(at, 100), append(v, 2)
	if got, want := Extremes(at, v, 100), []int{0, 1, 7, 1001}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestExtremesOfFew(t *testing.T) {
	if got := Extremes([]float64{0, 1, 2}, []float64{5, 3, 4}, 4); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("%v", got)
	}
	if got := Extremes([]float64{}, []float64{}, 4); len(got) != 0 {
		t.Errorf("%v", got)
	}
	same := make([]float64, 100)
	if got := Extremes(same, same, 10); !slices.Equal(got, []int{0, 99}) {
		t.Errorf("%v; all at one time and equal", got)
	}
}
