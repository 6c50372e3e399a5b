package analysis

import (
	"slices"
	"testing"
	"time"

	"st67bench/results"
)

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
	p := Plan{Cases: []string{"steady", "noisy", "refused", "broken", "flaky", "without"}, Min: 6, Max: 20, Until: map[string]float64{"goodput": 0.02}}
	order := play(t, p, func(key string, n int) results.Result {
		switch key {
		case "noisy":
			return goodput(100 + 20*float64(n%3))
		case "refused":
			return results.Result{Outcome: results.Refused}
		case "broken":
			return results.Result{Outcome: results.Error}
		case "without":
			return results.Result{Outcome: results.Pass, Metrics: map[string]float64{"sends": 100}}
		case "flaky":
			if n == 2 || n == 3 {
				return results.Result{Outcome: results.Error}
			}
		}
		return goodput(100)
	})
	// Tight is looked at from the sixth repeat on, and of at least five values; three more follow.
	want := map[string]int{"steady": 9, "noisy": 20, "refused": 1, "broken": 3, "flaky": 10, "without": 6}
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
