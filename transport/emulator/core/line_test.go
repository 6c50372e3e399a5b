package core

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// LineTime against exact arithmetic: 10 bits a byte, rounded to the nanosecond.
func TestLineTime(t *testing.T) {
	for _, c := range []struct {
		n    int64
		baud int
		want time.Duration
	}{{1, 2_000_000, 5000}, {6144, 2_000_000, 30_720_000}, {1, 921600, 10851}, {1000, 921600, 10850694}, {5, Unpaced, 0}} {
		if got := LineTime(c.n, c.baud); got != c.want {
			t.Errorf("%d bytes at %d bit/s take %v, want %v", c.n, c.baud, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n, baud := rapid.Int64Range(0, 1<<40).Draw(t, "n"), rapid.IntRange(300, 100_000_000).Draw(t, "baud")
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(n), big.NewInt(10_000_000_000)), big.NewInt(int64(baud)))
		want, _ := exact.Float64()
		if want > 1e17 {
			return
		}
		if got := float64(LineTime(n, baud)); math.Abs(got-want) > math.Max(0.5, want*1e-15) {
			t.Errorf("%d bytes at %d bit/s take %v ns, want %v", n, baud, got, want)
		}
	})
}

func TestLine(t *testing.T) {
	var l Line
	start := time.Unix(1000, 0)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for i, c := range []struct {
		at   time.Duration
		n    int
		baud int
		end  time.Duration
	}{
		{0, 3, 921600, 32552},            // 3 bytes are 32552.08 ns
		{100, 1, 921600, 43403},          // the line is busy; 4 bytes are 43402.8
		{50000, 1, 921600, 60851},        // it was free
		{50000, 2, 2_000_000, 70851},     // another rate after the bytes before
		{50000, 2, Unpaced, 70851},       // no time, after the bytes before
		{1000000, 2, Unpaced, 1000000},   // no time
		{1000000, 2, 2_000_000, 1010000}, // and a rate again
	} {
		if got := l.Send(at(c.at), c.n, c.baud); !got.Equal(at(c.end)) {
			t.Errorf("step %d ends after %v, want %v", i, got.Sub(start), c.end)
		}
	}
}

// The input gives each byte the instant that the line model says, however it is
// taken out, and drops exactly what has arrived.
func TestInputArrivals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, start := newInput(), time.Unix(1000, 0)
		var arrivals []time.Time
		var line Line
		now := start
		for range rapid.IntRange(1, 20).Draw(t, "writes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60000).Draw(t, "gap")))
			p := make([]byte, rapid.IntRange(1, 10).Draw(t, "bytes"))
			for i := range p {
				p[i] = byte(len(arrivals))
				arrivals = append(arrivals, line.Send(now, 1, 921600))
			}
			in.put(p, now, 921600)
		}
		for k := 0; k < len(arrivals); {
			if rapid.Bool().Draw(t, "drop") {
				at := arrivals[rapid.IntRange(k, len(arrivals)-1).Draw(t, "until")]
				for n := in.drop(at); n > 0; n-- {
					if arrivals[k].After(at) {
						t.Fatalf("byte %d was dropped before it arrived", k)
					}
					k++
				}
				if k < len(arrivals) && !arrivals[k].After(at) {
					t.Fatalf("byte %d has arrived and was not dropped", k)
				}
				continue
			}
			p := make([]byte, rapid.IntRange(1, 8).Draw(t, "take"))
			n, at, ok := in.take(p, false)
			if !ok || int(p[n-1]) != (k+n-1)%256 {
				t.Fatalf("took %v", p[:n])
			}
			if k += n; !at.Equal(arrivals[k-1]) {
				t.Fatalf("byte %d arrives after %v, want %v", k-1, at.Sub(start), arrivals[k-1].Sub(start))
			}
		}
	})
}

func TestRadioOutages(t *testing.T) {
	r := &Radio{Rate: 8e9, Outages: []Outage{{After: 100, For: 50, Every: 200}, {After: 120, For: 10}}} // a byte is 1 ns
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		at, n int
		end   int
	}{{0, 50, 50}, {60, 40, 150}, {0, 150, 200}, {160, 100, 260}, {310, 30, 380}, {90, 400, 640}} {
		r.free = [2]time.Time{}
		r.begin(start, 1)
		if got := r.Up(start.Add(time.Duration(c.at)), c.n).Sub(start); got != time.Duration(c.end) {
			t.Errorf("%d bytes at %d end at %d, want %d", c.n, c.at, got, c.end)
		}
	}
}
