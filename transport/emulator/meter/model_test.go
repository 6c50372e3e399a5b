package meter

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stream measures for d with a PPK2 without calibration, and gives currents in A by the documented formula.
func stream(t *testing.T, c Config, d time.Duration) (amps []float64, frames []frame) {
	synctest.Test(t, func(t *testing.T) {
		c.Kind, c.Faults = "ppk2", append(c.Faults, "missing")
		h := plug(t, c)
		h.write("\x06")
		frames = parseFrames(h.hear(d + 3*time.Millisecond)) // between two batches
		h.unplug()
	})
	for _, f := range frames {
		amps = append(amps, documented(f.adc, []float64{1031.64, 101.65, 10.15, 0.94, 0.043}[f.r], 1, 1, 0, 0, 0, 3))
	}
	return amps, frames
}

// step is a current that goes from 1 mA to 20 mA after 500 ms.
func step() *steady {
	return &steady{amps: func(at time.Duration) float64 {
		if at < 500*time.Millisecond {
			return 1e-3
		}
		return 20e-3
	}}
}

// A clock that is 5000 ppm fast takes 1005 samples in the time of 1000, and meets an edge so much later by its count.
func TestClock(t *testing.T) {
	for ppm, edge := range map[float64]int{0: 50_000, 5000: 50_250, -5000: 49_750} {
		amps, _ := stream(t, Config{Source: step(), Model: Model{PPM: ppm}}, time.Second)
		at := 0
		for amps[at] < 10e-3 {
			at++
		}
		if at != edge {
			t.Errorf("%v ppm: the edge is at sample %d, want %d", ppm, at, edge)
		}
	}
}

// One time constant after a step, 1 - 1/e of it has come.
func TestSmear(t *testing.T) {
	amps, _ := stream(t, Config{Source: step(), Model: Model{RC: time.Millisecond}}, time.Second)
	if got, want := amps[50_000+99], 1e-3+19e-3*(1-1/math.E); math.Abs(got-want) > 0.005*want {
		t.Errorf("%v A after 1 ms, want %v", got, want)
	}
	if got := amps[49_999]; math.Abs(got-1e-3) > 5e-6 {
		t.Errorf("%v A before the step", got)
	}
}

// Three samples are wrong after a change of range, and no others.
func TestSpike(t *testing.T) {
	amps, frames := stream(t, Config{Source: step(), Model: Model{Spike: 0.5}}, time.Second)
	for i := 10; i < len(amps); i++ {
		want := 1e-3
		if i >= 50_000 {
			want = 20e-3
		}
		if i >= 50_000 && i < 50_003 {
			want *= 1.5
		}
		if math.Abs(amps[i]-want) > 5e-3*want {
			t.Fatalf("sample %d: %v A in range %d, want %v", i, amps[i], frames[i].r, want)
		}
	}
}

// Noise of two steps has that deviation and no mean, and is the same with the same seed.
func TestNoise(t *testing.T) {
	run := func(seed uint64) []float64 {
		_, frames := stream(t, Config{Source: constant(20e-3), Model: Model{Noise: 2, Seed: seed}}, time.Second)
		adc := make([]float64, len(frames))
		for i, f := range frames {
			adc[i] = float64(f.adc)
		}
		return adc
	}
	a, b, c := run(1), run(1), run(2)
	mean, square, same, other := 0.0, 0.0, 0, 0
	for i, v := range a {
		mean += v / float64(len(a))
		square += v * v / float64(len(a))
		if v == b[i] {
			same++
		}
		if v == c[i] {
			other++
		}
	}
	// By the formula: a = 4 adc, x = (sqrt(1 + 4 I) - 1)/2, adc = x 0.94 163840/1.8/4. The mean of 1e5 is known to 2/316.
	want := (math.Sqrt(1.08) - 1) / 2 * 0.94 * 163840 / 1.8 / 4
	if math.Abs(mean-want) > 0.03 || math.Abs(math.Sqrt(square-mean*mean)-2) > 0.05 {
		t.Errorf("mean %v, want %v; deviation %v, want 2", mean, want, math.Sqrt(square-mean*mean))
	}
	if same != len(a) || other > len(a)/2 {
		t.Errorf("%d of %d the same with the same seed, %d with another", same, len(a), other)
	}
}

// Nothing that a host says makes an instrument panic or take memory without bound; what comes after is answered.
func FuzzInput(f *testing.F) {
	f.Add(uint8(0), "\x19\x06\x07\x0d\x0c\xe4\x25\x04\x00\x00\xc0\x7f\x08\x09\x11\x07\x20\xff")
	f.Add(uint8(1), "power_monitor\nformat bin_hexa\nfreq 100k\nacqtime 1-9\nacqtime 5u\nvolt vout\nvolt\nstart\nstop\ntrigsrc hw\nstart\n")
	f.Add(uint8(2), "htc\nhtc\nacqtime inf\nstart\npwr auto\npwr\npwrend\nformat\nfreq\ntemp\npsrst\n")
	f.Add(uint8(3), "*RST;FORM REAL;FORM:BORD;SENS:ELOG:PER 1e309;SENS:ELOG:PER NaN;INIT:ELOG;TRIG:ELOG;FETC:ELOG? 1e9;FETC:ELOG? 5,(@1)\nABOR:ELOG\n")
	f.Add(uint8(4), "CH1:VOLT nan;OUTP CH1,ON;MEAS:CURR? CH1;SYST:ERR?;*OPC?;:;?;,(@\n")
	f.Add(uint8(3), strings.Repeat("x", 3*longestCommand)+"\n*IDN?\n")
	f.Fuzz(func(t *testing.T, kind uint8, input string) {
		c := Config{Kind: Kinds()[int(kind)%len(Kinds())], Source: constant(1e-3), Faults: []string{"stall:1@300", "supply-drop@100/50"}}
		if c.Kind != "psu-poll" {
			c.Faults = append(c.Faults, "gap:7@100/50")
		}
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		m.begin()
		for i := 0; i < len(input); i += 7 {
			m.instrument.input([]byte(input[i:min(i+7, len(input))]))
			m.advance(time.Now().Add(20 * time.Millisecond))
			m.instrument.tick(time.Now())
		}
		if room := m.out.room(); room < 0 {
			t.Errorf("a room of %d", room)
		}
		_ = m.end()
	})
}

// One batch of each stream, as the instrument makes it, takes no allocation.
func TestBatchesDoNotAllocate(t *testing.T) {
	for kind, start := range map[string]string{
		"ppk2":          "\x06",
		"v3pwr":         "power_monitor\nformat bin_hexa\nfreq 100k\nacqtime 0\nstart\n",
		"lpm01a":        "htc\nhtc\nformat ascii_dec\nfreq 10k\nacqtime 0\nstart\n",
		"keysight-elog": "FORM REAL\nSENS:ELOG:FUNC:CURR:MINM ON\nSENS:ELOG:PER 0.0004096\nINIT:ELOG\n",
	} {
		m, one := batches(t, kind, start)
		if n := testing.AllocsPerRun(50, one); n > 0 {
			t.Errorf("%s: %v allocations a batch", kind, n)
		}
		if m.taken == 0 {
			t.Errorf("%s takes no samples", kind)
		}
	}
}

// batches starts an instrument, and is what makes 10 ms of it after the other.
func batches(t testing.TB, kind, start string) (*Meter, func()) {
	m, err := New(Config{Kind: kind, Source: constant(1e-3)})
	if err != nil {
		t.Fatal(err)
	}
	m.begin()
	m.instrument.input([]byte(start))
	now := time.Now()
	return m, func() {
		now = now.Add(batch)
		m.advance(now)
		m.out.clear()
	}
}

// BenchmarkBatch makes 10 ms of an instrument's stream; x/real-time is how often it could.
func BenchmarkBatch(b *testing.B) {
	for kind, start := range map[string]string{"ppk2": "\x06", "v3pwr": "power_monitor\nformat bin_hexa\nfreq 100k\nacqtime 0\nstart\n"} {
		b.Run(kind, func(b *testing.B) {
			_, one := batches(b, kind, start)
			b.ReportAllocs()
			for b.Loop() {
				one()
			}
			b.ReportMetric(batch.Seconds()*float64(b.N)/b.Elapsed().Seconds(), "x/real-time")
		})
	}
}
