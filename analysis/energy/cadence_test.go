package energy

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// A day of wakes at every beacon whose clock wanders by 2 ppm: residuals from one straight line would be of the order of a
// second, those from the schedule stay below 0.2 ms.
func TestCadenceOfADay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7))
	const n = 843_750
	onsets := make([]float64, 0, n)
	at, skipped := 0.0, 0
	for i := range n {
		at += beacon * (1 + 30e-6 + 2e-6*math.Sin(2*math.Pi*float64(i)/n))
		if i%1000 == 500 {
			skipped++
			continue
		}
		onsets = append(onsets, at+100e-6*(2*random.Float64()-1))
	}
	c, ok := findCadence(onsets)
	if !ok || len(c.beats) != len(onsets) || missing(c.beats) != skipped {
		t.Fatalf("%v, %d beats of %d, %d missing of %d", ok, len(c.beats), len(onsets), missing(c.beats), skipped)
	}
	near(t, "interval", c.interval, beacon*(1+30e-6), 3e-6)
	if c.jitter < 40e-6 || c.jitter > 60e-6 {
		t.Errorf("jitter %v", c.jitter)
	}
}

// After a new association the schedule is the same with another phase: what follows is on it again.
func TestCadenceShifts(t *testing.T) {
	var onsets []float64
	for k := range 100 {
		onsets = append(onsets, 1+float64(k)*0.3072)
	}
	for k := range 100 {
		onsets = append(onsets, 1+0.1024+float64(k+102)*0.3072)
	}
	c, ok := findCadence(onsets)
	if !ok || len(c.beats) != 200 || c.beats[150].phase != c.beats[99].phase+1 {
		t.Fatalf("%d beats", len(c.beats))
	}
	near(t, "interval", c.interval, 0.3072, 1e-9)
	if n := missing(c.beats); n != 1 && n != 2 { // 2.33 intervals between them
		t.Errorf("%d missing", n)
	}
}

func TestNoCadence(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	at, onsets := 0.0, []float64{}
	for range 1000 {
		at += random.ExpFloat64()
		onsets = append(onsets, at)
	}
	if c, ok := findCadence(onsets); ok {
		t.Errorf("1000 wakes at random are on a schedule of %v s", c.interval)
	}
	for _, few := range [][]float64{nil, {1}, {1, 2}} {
		if _, ok := findCadence(few); ok {
			t.Errorf("%v are a schedule", few)
		}
	}
}

// Whatever is skipped and put between, the interval is found and everything is counted.
func TestCadenceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := float64(rapid.IntRange(1, 20).Draw(t, "beacons")) * beacon
		n := rapid.IntRange(50, 300).Draw(t, "wakes")
		seed := rapid.Uint64().Draw(t, "seed")
		random := rand.New(rand.NewPCG(seed, 1))
		ppm := rapid.Float64Range(-100, 100).Draw(t, "ppm")
		jitter := rapid.Float64Range(0, 1e-3).Draw(t, "jitter")
		var onsets []float64
		skipped, extra := 0, 0
		for k := range n {
			at := 3 + float64(k)*interval*(1+ppm*1e-6)
			if k > 0 && k < n-1 && random.Float64() < 0.15 {
				skipped++
			} else {
				onsets = append(onsets, at+jitter*(2*random.Float64()-1))
			}
			if k < n-1 && random.Float64() < 0.15 {
				extra++
				onsets = append(onsets, at+0.012+random.Float64()*(interval-0.024))
			}
		}
		c, ok := findCadence(onsets)
		if !ok || len(c.beats) != len(onsets)-extra || missing(c.beats) != skipped {
			t.Fatalf("%v, interval %v of %v: %d beats of %d, %d skipped of %d", ok, c.interval, interval, len(c.beats), len(onsets)-extra, missing(c.beats), skipped)
		}
		if math.Abs(c.interval/(interval*(1+ppm*1e-6))-1) > 2*jitter/interval/float64(n)+1e-9 {
			t.Fatalf("interval %v, want %v", c.interval, interval*(1+ppm*1e-6))
		}
	})
}

// What two clocks agree on does not change the answer: a trace that begins later, with a current twice as high, shows the
// same cadence and twice the charge.
func TestMeasureIsInvariant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shift := rapid.IntRange(0, 5000).Draw(t, "shift")
		scale := rapid.Float64Range(0.5, 2).Draw(t, "scale")
		pulses := beacons(2, 10, 0.0003)
		plain := train{floor: 80e-6, length: 10, rate: 4000, pulses: pulses}.trace()
		for i := range pulses {
			pulses[i].amps *= scale
			pulses[i].at += float64(shift) / 4000
		}
		other := train{floor: scale * 80e-6, length: 10 + float64(shift)/4000, rate: 4000, pulses: pulses}.trace()
		a, err := Measure(plain, clockOf(plain), Question{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Measure(other, clockOf(other), Question{Span: Span{clockOf(other).Time(float64(shift)), clockOf(other).Time(float64(shift + 40_000))}})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"wake_interval", "wakes", "wake_time"} {
			near(t, name, b.Metrics[name], a.Metrics[name], 1e-3)
		}
		for _, name := range []string{"current", "wake_charge", "current_floor"} {
			near(t, name, b.Metrics[name], scale*a.Metrics[name], 2e-3)
		}
	})
}
