package core

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Whatever happens in whatever order, also a little out of it, the pieces have no
// gaps, their charge is that of the closed form, and looks ahead change nothing.
func TestTimelineRandom(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 67))
		r := &Radio{BeaconLoss: 0.3 * float64(seed%2), Drift: 1e-3 * float64(seed%3), Loss: 0.1}
		if seed%5 == 4 {
			r.Outages = []Outage{{After: time.Second, For: 300 * time.Millisecond, Every: 5 * time.Second}}
		}
		start := associated(t, r, quietAP, 1)
		at := start
		for range 2000 {
			at = at.Add(time.Duration(rng.ExpFloat64() * 50e6))
			early := at.Add(-time.Duration(rng.IntN(3e6)))
			randomStep(r, rng, early)
			if rng.IntN(200) == 0 {
				r.Timeline.Charge(at, at.Add(time.Hour))
			}
		}
		checkPieces(t, r.Timeline, start, at.Add(time.Minute))
		if r.free[0].Sub(at) > time.Hour {
			t.Errorf("the radio is busy until %v", r.free[0])
		}
	}
}

func randomStep(r *Radio, rng *rand.Rand, at time.Time) {
	switch rng.IntN(14) {
	case 0, 1, 2:
		r.Up(at, rng.IntN(6000))
	case 3, 4, 5:
		r.Down(at, rng.IntN(6000))
	case 6, 7:
		r.rest(r.serve(at, rng.IntN(2) == 0).Add(time.Duration(rng.IntN(20)) * time.Millisecond))
	case 8:
		r.setMode(at, PowerMode(rng.IntN(4)))
	case 9:
		r.SetDTIM(at, rng.IntN(20), rng.IntN(2) == 0)
	case 10:
		r.Associate(at, Association{RSSI: -rng.IntN(100), Protocol: "n", Beacon: time.Duration(rng.IntN(300)) * time.Millisecond, DTIM: rng.IntN(5), TWT: true})
	case 11:
		r.Leave(at)
	case 12:
		r.StartTWT(at, Flow{rng.IntN(32), rng.IntN(256), 1 + rng.IntN(65535)})
	default:
		r.EndTWT(at, rng.IntN(9)-1)
		r.setMode(at, PowerStandby)
	}
}

func checkPieces(t *testing.T, tl *Timeline, start, end time.Time) {
	t.Helper()
	pieces, err := tl.States(start, end)
	if err != nil {
		t.Fatal(err)
	}
	sum, last := 0.0, start
	for p := range pieces {
		if !p.From.Equal(last) || !p.To.After(p.From) || p.Amps <= 0 {
			t.Fatalf("a piece of %v from %v to %v follows %v", p.State, p.From, p.To, last)
		}
		sum += p.Amps * p.To.Sub(p.From).Seconds()
		last = p.To
	}
	if !last.Equal(end) {
		t.Errorf("the pieces end at %v, not %v", last, end)
	}
	near(t, "charge", sum, charge(t, tl, start, end), 1e-9)
	for i := 1; i < tl.awake.n; i++ {
		if tl.awake.at(i).from <= tl.awake.at(i-1).to {
			t.Fatalf("times awake %d and %d lie over each other", i-1, i)
		}
	}
	for _, q := range tl.air {
		for i := 1; i < q.n; i++ {
			if q.at(i).from < q.at(i-1).to {
				t.Fatalf("spans %d and %d lie over each other", i-1, i)
			}
		}
	}
}
