package core

import (
	"testing"
	"time"
)

const (
	beacon = 102400 * time.Microsecond
	frame  = 2500 // 1 ms at 20 Mbit/s
)

// What comes in waits for the beacon, then the module starts up for 4 ms; what
// follows finds it awake for 10 ms.
func TestDownlinkUnderDTIM(t *testing.T) {
	r := new(Radio)
	start := associated(t, r, quietAP, 3)
	window := r.Timeline.currents.BeaconTime()
	after := func(d time.Duration) time.Duration { return r.Down(start.Add(d), frame).Sub(start) }
	first := 3*beacon + window + 5*time.Millisecond // with the frame's own time
	for _, c := range []struct{ at, end time.Duration }{
		{3*beacon - 200*time.Millisecond, first},                    // waits
		{3*beacon - 100*time.Millisecond, first + time.Millisecond}, // behind it
		{first, first + 2*time.Millisecond},                         // awake
		{first + 11*time.Millisecond, first + 12*time.Millisecond},  // still: 10 ms after the last
		{first + 23*time.Millisecond, first + 3*beacon},             // asleep again
		{9 * beacon, 9*beacon + window + 5*time.Millisecond},        // at the beacon itself
		{9*beacon + 100*time.Millisecond, 12*beacon + window + 5*time.Millisecond},
	} {
		if got := after(c.at); got != c.end {
			t.Errorf("sent at %v it is there at %v, want %v", c.at, got, c.end)
		}
	}
	// The module wakes for another reason: what comes then does not queue up
	// behind what is held for the beacon.
	after(13 * beacon)
	up := r.Up(start.Add(13*beacon+20*time.Millisecond), frame)
	if want := start.Add(13*beacon + 25*time.Millisecond); !up.Equal(want) {
		t.Errorf("sent from sleep at %v, want %v", up.Sub(start), want.Sub(start))
	}
	if got := r.Down(up.Add(2*time.Millisecond), frame).Sub(up); got != 3*time.Millisecond {
		t.Errorf("an answer takes %v", got)
	}
	if got := after(15*beacon - time.Second); got < 15*beacon-time.Second {
		t.Errorf("a frame of before comes at %v", got)
	}
}

func TestDownlinkUnderTWT(t *testing.T) {
	r := new(Radio)
	start := associated(t, r, quietAP, 1)
	f := Flow{Exponent: 13, Duration: 128, Mantissa: 1000}
	r.StartTWT(start, f)
	for _, c := range []struct{ at, end time.Duration }{
		{time.Second, 8193 * time.Millisecond},
		{8192*time.Millisecond + 30*time.Millisecond, 8223 * time.Millisecond}, // in the service period
		{9 * time.Second, 16385 * time.Millisecond},
	} {
		if got := r.Down(start.Add(c.at), frame).Sub(start); got != c.end {
			t.Errorf("sent at %v it is there at %v, want %v", c.at, got, c.end)
		}
	}
	r.Leave(start.Add(20 * time.Second))
	if _, ok := r.TWT(0); ok {
		t.Error("an agreement outlives the association")
	}
}

func TestTWTNeeds(t *testing.T) {
	r := new(Radio)
	deaf := quietAP
	deaf.TWT = false
	start := associated(t, r, deaf, 1)
	f := Flow{Exponent: 10, Duration: 10, Mantissa: 1000}
	if _, ok := r.StartTWT(start, f); ok {
		t.Error("an access point without TWT agrees")
	}
	r.Associate(start, quietAP)
	for id := range MaxFlows {
		if got, ok := r.StartTWT(start, f); got != id || !ok {
			t.Errorf("flow %d is %d, %v", id, got, ok)
		}
	}
	if _, ok := r.StartTWT(start, f); ok {
		t.Error("there is a ninth flow")
	}
	if !r.EndTWT(start, 3) || r.EndTWT(start, 3) || r.EndTWT(start, -1) || r.EndTWT(start, 8) {
		t.Error("flows end that are not there, or the reverse")
	}
	if id, ok := r.StartTWT(start, f); id != 3 || !ok {
		t.Errorf("the free number is not used: %d, %v", id, ok)
	}
	r.setMode(start, PowerNormal)
	if _, ok := r.StartTWT(start, f); ok {
		t.Error("a station that saves no power makes an agreement")
	}
}

// wakes are the beacon windows of a timeline.
func wakes(t *testing.T, r *Radio, from time.Time, d time.Duration) (list []Piece) {
	t.Helper()
	pieces, err := r.Timeline.States(from, from.Add(d))
	if err != nil {
		t.Fatal(err)
	}
	for p := range pieces {
		if p.State == StateBeacon {
			list = append(list, p)
		}
	}
	return list
}

// A missed beacon lengthens the window, and the next comes sooner: for DTIM 10
// after 8, 6, 6, 3 and 3 beacons.
func TestMissedBeacons(t *testing.T) {
	r := &Radio{BeaconLoss: 0.5}
	start := associated(t, r, quietAP, 10)
	usual := r.Timeline.currents.BeaconTime()
	level, seen, at := 0, [6]int{}, int64(0)
	next := [6]int64{10, 8, 6, 6, 3, 3}
	for i, w := range wakes(t, r, start, time.Hour)[1:] {
		early := []time.Duration{0, 2, 2, 15, 15, 50}[level] * time.Millisecond
		tbtt := w.From.Add(early).Sub(start)
		gap := int64(tbtt/beacon) - at
		if tbtt%beacon != 0 || i > 0 && (gap > next[level] || level > 0 && gap != next[level]) {
			t.Fatalf("wake %d is %v after %v, at level %d", i, tbtt, time.Duration(at)*beacon, level)
		}
		at = int64(tbtt / beacon)
		seen[level]++
		open := []time.Duration{4, 4, 4, 40, 40, 110}[level] * time.Millisecond
		switch w.To.Sub(w.From) {
		case usual + early:
			level = 0
		case open:
			level = min(level+1, 5)
		default:
			t.Fatalf("wake %d at level %d lasts %v", i, level, w.To.Sub(w.From))
		}
	}
	for l, n := range seen[1:] {
		near(t, "share of level", float64(n)/float64(seen[l]), map[bool]float64{true: 1, false: 0.5}[l == 4], 0.3)
	}
}

// Looking at a timeline does not change it, and the seed alone decides.
func TestMissedBeaconsRepeat(t *testing.T) {
	whole, parts := &Radio{BeaconLoss: 0.2}, &Radio{BeaconLoss: 0.2}
	start := associated(t, whole, quietAP, 3)
	associated(t, parts, quietAP, 3)
	sum, from := 0.0, start
	for range 500 {
		to := from.Add(41 * time.Second)
		sum += charge(t, parts.Timeline, from, to)
		from = to
	}
	if parts.Timeline.base.n < 30 {
		t.Errorf("%d stretches: the long one was not split", parts.Timeline.base.n)
	}
	near(t, "in parts", sum, charge(t, whole.Timeline, start, from), 1e-9)
	near(t, "again", charge(t, parts.Timeline, start, from), sum, 1e-9)
	if model := 78.6e-6 + 74.8e-6/0.3072; sum/from.Sub(start).Seconds() < model*1.1 {
		t.Errorf("missed beacons cost nothing: %v A", sum/from.Sub(start).Seconds())
	}
}

// In an outage no beacon comes; what is held comes after the first one behind it.
func TestBeaconsInAnOutage(t *testing.T) {
	r := &Radio{Outages: []Outage{{After: 2 * time.Second, For: time.Second}}}
	start := associated(t, r, quietAP, 1)
	at := r.Down(start.Add(2100*time.Millisecond), frame).Sub(start)
	if want := 30*beacon + r.Timeline.currents.BeaconTime() + 5*time.Millisecond; at != want {
		t.Errorf("it is there at %v, want %v", at, want)
	}
	long := 0
	for _, w := range wakes(t, r, start, 4*time.Second) {
		if w.To.Sub(w.From) >= 4*time.Millisecond {
			long++
		}
	}
	if long < 5 {
		t.Errorf("%d long windows in an outage of ten beacons", long)
	}
}

// A clock that is off by 526 ppm costs 20 µA at every DTIM: that is what the
// published key figures (730, 320, 190 µA with the RC oscillator, 700, 300, 170 with
// the crystal) show. With the crystal there is no drift.
func TestClockDrift(t *testing.T) {
	for _, n := range []int{1, 3, 10} {
		mean := func(source int) float64 {
			r := &Radio{Drift: -526e-6}
			start := associated(t, r, quietAP, n)
			r.SetClock(start, source)
			from := start.Add(100*beacon*time.Duration(n) + beacon/2)
			return charge(t, r.Timeline, from, from.Add(time.Duration(n)*beacon)) / (float64(n) * 0.1024)
		}
		near(t, "what the drift costs", mean(ClockRC)-mean(2), 20e-6, 0.01)
	}
	// TWT: a clock that is 2000 ppm slow is 60 ms late after 30 s (manual 7.1.9.3).
	r := &Radio{Drift: -2000e-6}
	start := associated(t, r, quietAP, 1)
	r.StartTWT(start, Flow{Exponent: 10, Duration: 1, Mantissa: 29297}) // 30.000128 s
	late := r.Down(start.Add(time.Second), frame).Sub(start) - time.Millisecond - 30*time.Second
	near(t, "lateness", late.Seconds(), 0.060, 0.01)
}

func TestPayloadRate(t *testing.T) {
	for _, c := range []struct {
		protocol string
		rssi     int
		want     float64
	}{{"ax", -48, 20e6}, {"n", -48, 20e6}, {"g", -48, 20e6}, {"b", -48, 6.6e6}, {"ax", -82, 5.16e6}, {"n", -90, 3.9e6}, {"b", -99, 0.6e6}} {
		ap := quietAP
		ap.Protocol, ap.RSSI = c.protocol, c.rssi
		r := new(Radio)
		start := associated(t, r, ap, 1)
		near(t, c.protocol, r.rate(), c.want, 1e-9)
		r.Fixed = true
		near(t, "fixed", r.rate(), 20e6, 1e-9)
		r.Fixed = false
		r.Leave(start)
		near(t, "alone", r.rate(), 20e6, 1e-9)
	}
}

// Traffic does not allocate, asleep or awake, but for the records' growth.
func TestRadioDoesNotAllocate(t *testing.T) {
	r := new(Radio)
	at := associated(t, r, quietAP, 1)
	if n := testing.AllocsPerRun(20_000, func() {
		at = r.Up(at.Add(200*time.Millisecond), frame)
		r.Down(at.Add(50*time.Millisecond), frame)
		at = r.serve(at.Add(100*time.Millisecond), false)
		r.rest(at)
	}); n > 0.01 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRadioUp(b *testing.B) {
	r := new(Radio)
	at := associated(b, r, quietAP, 1)
	b.ReportAllocs()
	for b.Loop() {
		at = r.Up(at.Add(200*time.Millisecond), frame)
	}
}

// BenchmarkHourOfSamples is an hour of DTIM 1 at 1000 samples/s.
func BenchmarkHourOfSamples(b *testing.B) {
	r := new(Radio)
	start := associated(b, r, quietAP, 1)
	for b.Loop() {
		sampled(b, r.Timeline, start, 3600, 1000)
	}
}
