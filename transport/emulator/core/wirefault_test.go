package core

import (
	"fmt"
	"testing"
)

// faults arms a list.
func faults(t *testing.T, list ...string) *Faults {
	t.Helper()
	var parsed []Fault
	for _, s := range list {
		f, err := ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	return NewFaults(parsed, 3)
}

// Each fault of the SPI link hits the transactions that its list says, and sends
// do not count for it.
func TestWireFaults(t *testing.T) {
	for _, c := range []struct {
		list string
		n    int // payload of every transaction
		want string
	}{
		{"stall:3@2/6", 0, "[2 3 4 8 9 10]"},
		{"stall", 0, "[1]"},
		{"stall:5@1/2", 0, "[1 2 3 4 5 6 7 8 9 10 11 12]"}, // storms that overlap are one
		{"old-magic@3/4", 0, "[3 7 11]"},
		{"lost-bit@12", 0, "[12]"},
		{"header:7@2/5", 0, "[2 7 12]"},
		{"body:9@2/5", 9, "[]"}, // none is long enough
		{"body:9@2/5", 10, "[2 7 12]"},
		{"drop@1/1", 10, "[]"},
	} {
		f := faults(t, c.list)
		hits := []int{}
		for i := range 12 {
			f.Send(100)
			if f.Frame(c.n) != (FrameHit{Header: -1, Body: -1}) {
				hits = append(hits, i+1)
			}
		}
		if got := fmt.Sprint(hits); got != c.want {
			t.Errorf("%s hits %s, want %s", c.list, got, c.want)
		}
		name := f.armed[0].Name
		if n := f.Injected()[name]; name != "drop" && n != uint64(len(hits)) {
			t.Errorf("%s is counted %d times, hit %d", c.list, n, len(hits))
		}
	}
}

// Offsets that are not given are drawn from the seed, and two faults of a kind
// do not undo each other.
func TestWireFaultPlaces(t *testing.T) {
	f := faults(t, "header@1/1", "body@1/1", "header:2@1/1", "lost-edge@2/3")
	seen := map[int]bool{}
	for range 200 {
		hit := f.Frame(5)
		if hit.Header < 0 || hit.Header >= headerBytes || hit.Body < 0 || hit.Body >= 5 {
			t.Fatalf("%+v", hit)
		}
		seen[hit.Header] = true
	}
	if len(seen) != headerBytes || f.Injected()["header"] != 200 {
		t.Errorf("places %v, injected %v", seen, f.Injected())
	}
	var lost []int
	for i := range 9 {
		if f.Edge() {
			lost = append(lost, i+1)
		}
	}
	if got := fmt.Sprint(lost); got != "[2 5 8]" || f.Injected()["lost-edge"] != 3 {
		t.Errorf("edges %s are lost", got)
	}
}
