package core

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// associated returns a radio in standby with an access point, from start on.
func associated(t testing.TB, r *Radio, ap Association, factor int) (start time.Time) {
	t.Helper()
	start = time.Unix(1_000_000, 0)
	r.Timeline = NewTimeline(start, Currents{})
	r.Wake = 4 * time.Millisecond
	if r.Rate == 0 {
		r.Rate = 20e6
	}
	r.begin(start, 1)
	r.SetDTIM(start, factor, false)
	r.Associate(start, ap)
	r.setMode(start, PowerStandby)
	return start
}

var quietAP = Association{RSSI: -48, Protocol: "ax", Beacon: 102400 * time.Microsecond, DTIM: 1, TWT: true}

// sampled is the charge by samples of one second at a time.
func sampled(t testing.TB, tl *Timeline, from time.Time, seconds int, rate float64) float64 {
	t.Helper()
	dst := make([]float32, int(rate))
	sum := 0.0
	for k := range seconds {
		if err := tl.Samples(dst, from.Add(time.Duration(k)*time.Second), rate); err != nil {
			t.Fatal(err)
		}
		for _, v := range dst {
			sum += float64(v)
		}
	}
	return sum / rate
}

func charge(t testing.TB, tl *Timeline, from, to time.Time) float64 {
	t.Helper()
	q, err := tl.Charge(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func near(t testing.TB, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got-want) > share*math.Abs(want) {
		t.Errorf("%s: %g, want %g within %g", what, got, want, share)
	}
}

// The mean currents of BL616 are published in the README of bouffalo_sdk's
// examples/pmu/wl_ble_lp: 810, 319 and 154 µA.
func TestDTIMCurrent(t *testing.T) {
	for n, published := range map[int]float64{1: 810e-6, 3: 319e-6, 10: 154e-6} {
		r := new(Radio)
		start := associated(t, r, quietAP, n)
		period := time.Duration(n) * 102400 * time.Microsecond
		from := start.Add(period/2 + time.Hour/2/period*period)
		const wakes = 25
		closed := 78.6e-6 + 74.8e-6/period.Seconds()
		mean := charge(t, r.Timeline, from, from.Add(wakes*period)) / (wakes * period).Seconds()
		near(t, "charge", mean, closed, 1e-6)
		near(t, "published", mean, published, 0.03)

		// 102.4 s are 1000, 333.3 and 100 wakes; the edge is the second after.
		const seconds = 512
		near(t, "samples", sampled(t, r.Timeline, from, seconds, 10e3),
			charge(t, r.Timeline, from, from.Add(seconds*time.Second)), 1e-4)
		near(t, "samples against the model", sampled(t, r.Timeline, from, seconds, 1000)/seconds, closed, 1e-3)
	}
}

// A sample rate that does not fit the wakes changes nothing.
func TestSamplesKeepCharge(t *testing.T) {
	r := new(Radio)
	start := associated(t, r, quietAP, 3)
	at := start
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		at = at.Add(time.Duration(rng.IntN(300)) * time.Millisecond)
		r.Up(at, 1+rng.IntN(20_000))
		r.Down(at, 1+rng.IntN(20_000))
	}
	for _, rate := range []float64{7, 997, 12_345.6, 100_000} {
		dst := make([]float32, int(30*rate))
		if err := r.Timeline.Samples(dst, start, rate); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range dst {
			sum += float64(v)
		}
		end := start.Add(time.Duration(math.Round(float64(len(dst)) * 1e9 / rate)))
		near(t, "samples", sum/rate, charge(t, r.Timeline, start, end), 1e-5)
	}
	pieces, err := r.Timeline.States(start, start.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	sum, last := 0.0, start
	for p := range pieces {
		if !p.From.Equal(last) || !p.To.After(p.From) {
			t.Fatalf("a piece from %v to %v follows %v", p.From, p.To, last)
		}
		sum += p.Amps * p.To.Sub(p.From).Seconds()
		last = p.To
	}
	near(t, "pieces", sum, charge(t, r.Timeline, start, start.Add(30*time.Second)), 1e-9)
}

// A TWT agreement costs its awake time at the beacon's current: SP + 16.25 ms, of
// which ST's wiki names the parts. Interval and period are the manual's example.
func TestTWTCurrent(t *testing.T) {
	r := new(Radio)
	start := associated(t, r, quietAP, 1)
	f := Flow{Exponent: 13, Duration: 128, Mantissa: 1000}
	if f.ServicePeriod() != 32768*time.Microsecond || f.Interval() != 8192*time.Millisecond || f.Awake() != 49018*time.Microsecond {
		t.Errorf("%v every %v, awake %v", f.ServicePeriod(), f.Interval(), f.Awake())
	}
	if id, ok := r.StartTWT(start, f); id != 0 || !ok {
		t.Fatal(id, ok)
	}
	from := start.Add(time.Minute)
	closed := 78.6e-6 + (38e-3-78.6e-6)*0.049018/8.192
	near(t, "one flow", charge(t, r.Timeline, from, from.Add(100*f.Interval()))/819.2, closed, 1e-9)
	near(t, "its samples", sampled(t, r.Timeline, from, 8192/8, 1000)/1024, closed, 1e-3)

	// The same flow again, half an interval later, costs the same again.
	r.StartTWT(start.Add(f.Interval()/2), f)
	near(t, "two flows", charge(t, r.Timeline, from, from.Add(100*f.Interval()))/819.2, 2*closed-78.6e-6, 1e-9)
	// At the same time it costs nothing.
	r.EndTWT(start.Add(f.Interval()/2), 1)
	r.StartTWT(start.Add(f.Interval()/2), f)
	r.EndTWT(start.Add(f.Interval()/2), 1)
	r.StartTWT(start.Add(2*f.Interval()), f)
	near(t, "two flows at once", charge(t, r.Timeline, from, from.Add(100*f.Interval()))/819.2, closed, 1e-9)

	if f := (Flow{Exponent: 31, Duration: 255, Mantissa: 65535}); f.Interval() != 65535<<31*time.Microsecond || f.Interval() < 0 {
		t.Errorf("the longest interval is %v", f.Interval())
	}
}

// A flow that is never over keeps the module listening.
func TestTWTContinuous(t *testing.T) {
	r := new(Radio)
	start := associated(t, r, quietAP, 1)
	r.StartTWT(start, Flow{Exponent: 0, Duration: 255, Mantissa: 1})
	from := start.Add(time.Hour)
	near(t, "always", charge(t, r.Timeline, from, from.Add(time.Second)), 38e-3, 1e-9)
	if at := r.Down(from, 2500); at.Sub(from) > 10*time.Millisecond {
		t.Errorf("a station that listens gets data after %v", at.Sub(from))
	}
}

// Traffic for longer than the records reach leaves the sum right, and says that the
// details are gone.
func TestTimelineForgets(t *testing.T) {
	r := &Radio{}
	start := associated(t, r, quietAP, 1)
	at, n := start.Add(time.Second), 3*mostSpans
	for range n {
		at = r.Up(at.Add(100*time.Millisecond), 2500) // 1 ms
	}
	end := at.Add(time.Second)
	if _, err := r.Timeline.Charge(start.Add(time.Second), end); !errors.Is(err, ErrForgotten) {
		t.Errorf("a look back past the records gives %v", err)
	}
	if err := r.Timeline.Samples(make([]float32, 10), start, 10); !errors.Is(err, ErrForgotten) {
		t.Errorf("samples past the records give %v", err)
	}
	for i := range r.Timeline.air {
		if q := &r.Timeline.air[i]; len(q.buf) > mostSpans {
			t.Errorf("%d records", len(q.buf))
		}
	}
	// 4 ms of waking, 1 ms of sending, 10 ms of waiting for each; and the beacons
	// between, of which a share falls into these times.
	awake := 38e-3*4e-3 + 290e-3*1e-3 + 57e-3*10e-3
	asleep := end.Sub(start).Seconds() - float64(n)*15e-3
	want := float64(n)*awake + asleep*(78.6e-6+74.8e-6/0.1024)
	near(t, "the sum", charge(t, r.Timeline, start, end), want, 1e-3)
	sum := charge(t, r.Timeline, time.Time{}, end)
	tail := charge(t, r.Timeline, end.Add(-time.Minute), end)
	near(t, "the last minute", sum-charge(t, r.Timeline, time.Time{}, end.Add(-time.Minute)), tail, 1e-6)
}
