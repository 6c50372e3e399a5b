package trace

import (
	"testing"

	"pgregory.net/rapid"
)

// TestEnvelopeKeepsExtremes: the least and the greatest of each stretch are those of its samples, looked at one by one, whatever
// the blocks and gaps.
func TestEnvelopeKeepsExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &Memory{}
		values := map[int64]float32{}
		at := int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "blocks") {
			at += int64(rapid.SampledFrom([]int{0, 0, 3, 40}).Draw(t, "gap"))
			b := Block{Index: at, Amps: rapid.SliceOfN(rapid.Float32Range(0, 1), 1, 50).Draw(t, "amps")}
			for i, v := range b.Amps {
				values[at+int64(i)] = v
			}
			m.Add(b)
			at = b.End()
		}
		from := rapid.Int64Range(0, at-1).Draw(t, "from")
		to := rapid.Int64Range(from+1, at).Draw(t, "to")
		e, err := NewEnvelope(m, from, to, rapid.IntRange(1, 30).Draw(t, "stretches"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range e.Low {
			var want []float32
			for n := e.Start(i); n < e.Start(i+1); n++ {
				if v, ok := values[n]; ok {
					want = append(want, v)
				}
			}
			if e.Seen[i] != (len(want) > 0) {
				t.Fatalf("stretch %d: seen is %v, it has %d samples", i, e.Seen[i], len(want))
			}
			for _, v := range want {
				if v < e.Low[i] || v > e.High[i] {
					t.Fatalf("stretch %d: %v is outside of %v to %v", i, v, e.Low[i], e.High[i])
				}
			}
		}
	})
}
