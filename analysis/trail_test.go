package analysis

import "testing"

// A trail of any length keeps its shape in bounded memory: here every value is its
// own position, so that what is kept must be evenly spread from the first on.
func TestTrailIsBounded(t *testing.T) {
	const most, n = 1 << 10, 5<<10 + 3
	l := Trail{Most: most}
	for i := range n {
		l.Add(0, float64(i))
	}
	if len(l.V) >= most || len(l.V) < most/2 || len(l.T) != len(l.V) {
		t.Fatalf("%d values are kept of %d", len(l.V), n)
	}
	for i, v := range l.V {
		if v != float64(i*l.Every) {
			t.Fatalf("value %d is that of sample %v, want %d", i, v, i*l.Every)
		}
	}
}
