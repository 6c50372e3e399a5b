package analysis

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"st67bench/results"
)

func TestTight(t *testing.T) {
	// The interval of the median of six values is their range: half width 2/100.
	six := []float64{98, 99, 100, 100, 101, 102}
	if w, ok := Tight(six, 0.02, 6); !ok || math.Abs(w-0.02) > 1e-15 {
		t.Errorf("range 98..102 about 100 is %v, %v; want 0.02, tight", w, ok)
	}
	if _, ok := Tight(six, 0.019, 6); ok {
		t.Error("0.02 is tighter than 0.019")
	}
	if w, ok := Tight(six, 0.02, 7); ok || math.Abs(w-0.02) > 1e-15 {
		t.Errorf("six values of at least seven: %v, %v", w, ok)
	}
	if w, ok := Tight(six[:5], 1, 1); ok || !math.IsInf(w, 1) {
		t.Errorf("five values have an interval: %v, %v", w, ok)
	}
	if w, ok := Tight(nil, 1, 0); ok || !math.IsInf(w, 1) {
		t.Errorf("no values: %v, %v", w, ok)
	}
	if w, ok := Tight([]float64{0, 0, 0, 0, 0, 0}, 0.01, 6); !ok || w != 0 {
		t.Errorf("six zeros: %v, %v; nothing varies", w, ok)
	}
	if _, ok := Tight([]float64{-1, 0, 0, 0, 0, 1}, 0.5, 6); ok {
		t.Error("a width is no fraction of a median of 0")
	}
}

// play runs a plan with a made-up case function and returns the order of cases.
func play(t *testing.T, p Plan, repeat func(key string, n int) results.Result) []string {
	t.Helper()
	var done []results.Result
	var order []string
	n := map[string]int{}
	for {
		i, more := p.Next(done, time.Duration(len(done))*time.Second)
		if !more {
			return order
		}
		if len(done) > 1000 {
			t.Fatal("the plan does not end")
		}
		key := p.Cases[i]
		r := repeat(key, n[key])
		r.Case = key
		n[key]++
		done, order = append(done, r), append(order, key)
	}
}

func goodput(v float64) results.Result {
	return results.Result{Outcome: results.Pass, Metrics: map[string]float64{"goodput": v}}
}

func count(order []string) map[string]int {
	n := map[string]int{}
	for _, k := range order {
		n[k]++
	}
	return n
}

func TestNextStopsWhenTight(t *testing.T) {
	p := Plan{Cases: []string{"steady", "noisy", "refused", "broken", "flaky"}, Min: 6, Max: 20, Until: map[string]float64{"goodput": 0.02}}
	order := play(t, p, func(key string, n int) results.Result {
		switch key {
		case "noisy":
			return goodput(100 + 20*float64(n%3))
		case "refused":
			return results.Result{Outcome: results.Refused}
		case "broken":
			return results.Result{Outcome: results.Error}
		case "flaky":
			if n == 2 || n == 3 {
				return results.Result{Outcome: results.Error}
			}
		}
		return goodput(100)
	})
	want := map[string]int{"steady": 6, "noisy": 20, "refused": 1, "broken": 3, "flaky": 8}
	for key, n := range count(order) {
		if n != want[key] {
			t.Errorf("%s ran %d times, want %d", key, n, want[key])
		}
	}
}

func TestNextInterleaves(t *testing.T) {
	blocks := [][]int{{2, 0, 1}, {1, 2, 0}}
	p := Plan{Cases: []string{"a", "b", "c"}, Min: 2, Max: 3, Order: blocks}
	order := play(t, p, func(string, int) results.Result { return goodput(1) })
	want := []string{"c", "a", "b", "b", "c", "a", "a", "b", "c"}
	if !slices.Equal(order, want) {
		t.Errorf("order %v, want %v: a block holds every case once", order, want)
	}
}

func TestNextKeepsBudgetAndMin(t *testing.T) {
	p := Plan{Cases: []string{"a", "b"}, Min: 6, Max: 20, Until: map[string]float64{"goodput": 0.001}, Budget: 15 * time.Second}
	order := play(t, p, func(_ string, n int) results.Result { return goodput(float64(n)) })
	if len(order) != 15 {
		t.Errorf("%d repeats of a second each in a budget of 15 s", len(order))
	}
	p.Budget = time.Second
	if order := play(t, p, func(_ string, n int) results.Result { return goodput(float64(n)) }); len(order) != 12 {
		t.Errorf("%d repeats, want the least that was promised, 2 x 6", len(order))
	}
}

func TestNextIsPure(t *testing.T) {
	p := Plan{Cases: []string{"a", "b"}, Min: 1, Max: 2}
	done := []results.Result{{Case: "b", Outcome: results.Pass}}
	first, _ := p.Next(done, 0)
	for range 3 {
		if again, _ := p.Next(done, 0); again != first {
			t.Fatal("the same results give another case")
		}
	}
	if first != 0 {
		t.Errorf("case %d is next, want 0, which has no repeat", first)
	}
	if i, more := (Plan{}).Next(nil, 0); more {
		t.Errorf("a plan without cases gives case %d", i)
	}
}

func ExampleTight() {
	goodput := []float64{7.02e6, 7.10e6, 7.08e6, 7.15e6, 7.11e6, 7.05e6}
	halfWidth, tight := Tight(goodput, 0.02, 6)
	fmt.Printf("±%.1f %%, tight: %v\n", 100*halfWidth, tight)
	// Output: ±0.9 %, tight: true
}
