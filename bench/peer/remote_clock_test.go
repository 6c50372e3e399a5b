package peer

import (
	"math/rand/v2"
	"testing"
	"time"
)

// measured is what a burst of n round trips finds when the other clock is ahead by offset(t): each way takes base and a random part,
// which differs between the ways.
func measured(r *rand.Rand, at int64, n int, base, noise float64, offset func(int64) int64) anchor {
	var best anchor
	for i := range n {
		there, back := int64(base+noise*r.ExpFloat64()), int64(base+noise*r.ExpFloat64())
		t1, t4 := at, at+there+back
		t2 := t1 + there + offset(t1+there)
		a := anchor{at: t1 + (t4-t1)/2, offset: ((t2 - t1) + (t2 - t4)) / 2, half: (t4-t1)/2 + 1}
		if i == 0 || a.half < best.half {
			best = a
		}
	}
	return best
}

// The true offset is always within the uncertainty, before and after a measurement, whatever the drift; and the drift is found.
func TestClockModelKeepsItsBound(t *testing.T) {
	for _, drift := range []float64{0, 3e-6, -40e-6, 90e-6} {
		r := rand.New(rand.NewPCG(1, 2))
		offset := func(at int64) int64 { return -12_345_678_901 + int64(drift*float64(at)) }
		var m clockModel
		const second = int64(time.Second)
		for at := int64(0); at < 300*second; at += 10 * second {
			m.add(measured(r, at, 8, 150e3, 100e3, offset))
			for _, when := range []int64{at - 5*second, at, at + 5*second, at + 10*second} {
				got, within := m.at(when)
				if d := got - offset(when); d > within || d < -within {
					t.Fatalf("drift %v, %d s: the offset is %d ns off, within %d", drift, when/second, d, within)
				}
				if here := m.here(when + offset(when)); here-when > within+1 || when-here > within+1 {
					t.Fatalf("drift %v, %d s: converted %d ns off, within %d", drift, when/second, here-when, within)
				}
			}
		}
		// Two round trips 100 s and more apart, each known to about 200 us, tell the rates apart to 4e-6.
		if d := m.rate - drift; d > 4e-6 || d < -4e-6 {
			t.Errorf("the drift is %v, found %v", drift, m.rate)
		}
		if len(m.anchors) != 30 {
			t.Errorf("drift %v: a clock that was never set was taken for one: %d measurements are left", drift, len(m.anchors))
		}
	}
}

// A rate that cannot be told from none is none, so that durations stay as the other clock counted them.
func TestClockModelInventsNoDrift(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var m clockModel
	for at := int64(0); at < 20; at++ {
		m.add(measured(r, at*int64(time.Second), 8, 10e6, 5e6, func(int64) int64 { return 77 }))
		if m.rate != 0 {
			t.Fatalf("after %d s a drift of %v", at, m.rate)
		}
	}
}

// A clock that was set, or stood still, is followed at once.
func TestClockModelFollowsASetClock(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var m clockModel
	set := int64(0)
	for at := range int64(40) {
		if at == 20 {
			set = 2e9
		}
		m.add(measured(r, at*int64(time.Second), 8, 100e3, 50e3, func(int64) int64 { return set }))
	}
	if got, within := m.at(40 * int64(time.Second)); got-set > within || set-got > within {
		t.Errorf("the offset is %d +- %d, want %d", got, within, set)
	}
}

// The memory of the model is bounded.
func TestClockModelIsBounded(t *testing.T) {
	var m clockModel
	for at := range int64(1000) {
		m.add(anchor{at: at * int64(time.Second), offset: 5, half: 1000})
	}
	if len(m.anchors) != keepAnchors || m.ref.at < 900*int64(time.Second) {
		t.Errorf("%d measurements, of which that at %d s counts", len(m.anchors), m.ref.at/int64(time.Second))
	}
}

// A clock 3 s ahead that runs 50 ppm fast: what arrives there is told in this host's clock, and the offset and its uncertainty are right.
func TestRemoteClockIsConverted(t *testing.T) {
	const ahead, rate = 3 * time.Second, 50e-6
	skew := func(d time.Duration) time.Duration { return ahead + d + time.Duration(rate*float64(d)) }
	r := dialRemote(t, ServeOptions{skew: skew})
	offset, within := r.Clock()
	if d := (offset - ahead).Abs(); d > within+time.Millisecond || within <= 0 || within > 100*time.Millisecond {
		t.Errorf("the offset is %v +- %v, want %v", offset, within, ahead) // a wall clock may be slewed against the monotonic one by as much in between
	}
	s := Stream{Seed: 5, Block: 100}
	k, err := r.Sink(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	c := dialEnd(t, TCP, k.Addr().String())
	defer c.Close()
	for i := range int64(20) {
		sent := time.Now()
		send(t, c, bytesOf(s, i*100, 100))
		if err := k.Wait(t.Context(), (i+1)*100); err != nil {
			t.Fatal(err)
		}
		back := time.Now()
		if err := r.Synchronize(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, within := r.Clock()
		at := make([]time.Time, 1)
		if k.Arrived(i, at) != 1 || at[0].Before(sent.Add(-within)) || at[0].After(back.Add(within)) {
			t.Errorf("block %d was sent at %v, waited for until %v, and arrived at %v +- %v", i, sent, back, at[0], within)
		}
	}
}
