package power

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"st67bench/results/trace"
)

// nominal33 converts by the nominal figures at 3.3 V.
func nominal33() ppk2Conversion {
	c, _ := ppk2Metadata{}.conversion(3.3)
	return c
}

// frame is a frame of the wire, as documented: 14 bits of the converter, 3 of the range, 6 of the counter from bit 18 on,
// 8 of the digital channels.
func frame(adc, r, counter int, logic byte) []byte {
	return binary.LittleEndian.AppendUint32(nil, uint32(adc)|uint32(r)<<14|uint32(counter%64)<<18|uint32(logic)<<24)
}

// constant are n frames of about 1 mA in range 2, from a counter on.
func constant(counter, n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, frame(0x0f3, 2, counter+i, 0x80)...)
	}
	return b
}

// sample is what is known of one sample.
type sample struct {
	index       int64
	amps, plain float32
	digital     byte
}

// decoded is what a decoder made of a stream.
type decoded struct {
	samples []sample
	events  []trace.Event
	err     error
}

// add takes a block, and holds it against what every block has to be.
func (d *decoded) add(b trace.Block) error {
	next := int64(0)
	if n := len(d.samples); n > 0 {
		next = d.samples[n-1].index + 1
	}
	if b.Index != next && !slices.ContainsFunc(b.Events, func(e trace.Event) bool {
		return e.Kind == trace.Gap && e.Index == b.Index && e.Value == float64(b.Index-next)
	}) {
		d.err = fmt.Errorf("samples from %d to %d are missing, and no event says so: %+v", next, b.Index, b.Events)
	}
	if len(b.Amps) == 0 || len(b.Plain) != len(b.Amps) || len(b.Digital) != len(b.Amps) || b.Index < next {
		d.err = fmt.Errorf("block of %d, %d, %d values at %d after %d", len(b.Amps), len(b.Plain), len(b.Digital), b.Index, next)
		return d.err
	}
	for _, e := range b.Events {
		if e.Index < b.Index || e.Index >= b.End() {
			d.err = fmt.Errorf("event %+v is not in its block %d to %d", e, b.Index, b.End())
		}
	}
	for i := range b.Amps {
		for _, v := range []float32{b.Amps[i], b.Plain[i]} {
			if !(v <= 1.2 && v >= -1.2) {
				d.err = fmt.Errorf("%g A is passed on", v)
			}
		}
		d.samples = append(d.samples, sample{b.Index + int64(i), b.Amps[i], b.Plain[i], b.Digital[i]})
	}
	d.events = append(d.events, b.Events...)
	return nil
}

// decode feeds pieces to a decoder.
func decode(t testing.TB, pieces ...[]byte) decoded {
	t.Helper()
	var got decoded
	since := time.Now()
	d := newPPK2Decoder(nominal33(), since, got.add)
	for _, p := range pieces {
		if err := d.feed(p, since); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.finish(); err != nil {
		t.Fatal(err)
	}
	if got.err != nil {
		t.Error(got.err)
	}
	return got
}

// gaps are the numbers of samples that are missing.
func (d decoded) gaps() (n []int) {
	for _, e := range d.events {
		if e.Kind == trace.Gap {
			n = append(n, int(e.Value))
		}
	}
	return n
}

// Frames whose current is known from outside, in µA: with the nominal figures, and with those of a real instrument.
func TestPPK2GoldenVectors(t *testing.T) {
	real, missing := parsePPK2Metadata(ppk2Real).conversion(3.3)
	if len(missing) > 0 {
		t.Errorf("a real instrument lacks %v", missing)
	}
	plain := nominal33()
	for _, v := range []struct {
		frame         string
		plain, real   float64
		within, withR float64 // half of the last digit that is known
	}{
		{"d0071401", 85.2023, 86.4223, 5e-5, 5e-5},
		{"d0471401", 865.387, 914.245, 5e-4, 5e-4},
		{"d0871401", 8734.156, 9474.655, 5e-4, 5e-4},
		{"d0c71401", 102243.04, 106001.31, 5e-3, 5e-3},
		{"28001401", 1.7039, 0.5697, 5e-5, 5e-5},
	} {
		b, _ := hex.DecodeString(v.frame)
		w := binary.LittleEndian.Uint32(b)
		if got := plain.amps(w) * 1e6; math.Abs(got-v.plain) > v.within {
			t.Errorf("%s: %.6f uA, want %v", v.frame, got, v.plain)
		}
		if got := real.amps(w) * 1e6; math.Abs(got-v.real) > v.withR {
			t.Errorf("%s: %.6f uA with a real calibration, want %v", v.frame, got, v.real)
		}
		if ppk2Counter(b) != 5 || w>>ppk2LogicShift != 1 {
			t.Errorf("%s: counter %d, channels %#x; want 5 and 1", v.frame, ppk2Counter(b), w>>ppk2LogicShift)
		}
	}
}

func TestPPK2RangesAboveTheHighestAreTheHighest(t *testing.T) {
	c := nominal33()
	for r := 5; r < 8; r++ {
		b, top := frame(100, r, 0, 0), frame(100, 4, 0, 0)
		if got, want := c.amps(binary.LittleEndian.Uint32(b)), c.amps(binary.LittleEndian.Uint32(top)); got != want {
			t.Errorf("range %d: %g A, want %g", r, got, want)
		}
	}
}

func TestPPK2InStep(t *testing.T) {
	got := decode(t, constant(60, 2500))
	if len(got.samples) != 2500 || len(got.events) != 0 {
		t.Fatalf("%d samples, events %+v", len(got.samples), got.events)
	}
	for i, s := range got.samples {
		if s.index != int64(i) || s.digital != 0x80 || s.amps != s.plain {
			t.Fatalf("sample %d: %+v", i, s)
		}
	}
}

// Of a gap the counter knows the length modulo 64.
func TestPPK2Gaps(t *testing.T) {
	for lost, want := range map[int][]int{1: {1}, 5: {5}, 63: {63}, 64: nil, 65: {1}} {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			got := decode(t, constant(7, 100), constant(7+100+lost, 100))
			if !slices.Equal(got.gaps(), want) || len(got.events) != len(want) || len(got.samples) != 200 {
				t.Fatalf("gaps %v, %d samples, events %+v", got.gaps(), len(got.samples), got.events)
			}
			if last := got.samples[199].index; last != int64(199+lost%64) {
				t.Errorf("the last index is %d: times are off", last)
			}
		})
	}
}

// A frame whose counter alone is wrong is missing; those around it are not.
func TestPPK2OddFrames(t *testing.T) {
	for odd := 1; odd <= 4; odd++ {
		b := constant(0, 100)
		for i := range odd {
			copy(b[(50+i)*4:], frame(0x0f3, 2, 50+i+20+7*i, 0x80))
		}
		got := decode(t, b)
		if !slices.Equal(got.gaps(), []int{odd}) || len(got.samples) != 100-odd {
			t.Errorf("%d odd frames: gaps %v, %d samples", odd, got.gaps(), len(got.samples))
		}
	}
}

// Whatever byte is lost, at most eight frames are, the index goes on rightly, and no value or channel is wrong.
func TestPPK2LostBytes(t *testing.T) {
	for first := range 4 {
		for n := 1; n <= 7; n++ {
			b := constant(0, 100)
			b = slices.Delete(b, 50*4+first, 50*4+first+n)
			got := decode(t, b)
			if missing := 100 - len(got.samples); missing < 1 || missing > 8 || got.samples[len(got.samples)-1].index != 99 {
				t.Errorf("%d bytes lost at %d: %d samples missing, last index %d", n, first, missing, got.samples[len(got.samples)-1].index)
			}
			for _, s := range got.samples {
				if s.digital != 0x80 || s.amps != got.samples[0].amps {
					t.Errorf("%d bytes lost at %d: %+v", n, first, s)
				}
			}
		}
	}
}

func TestPPK2StrayBytes(t *testing.T) {
	for n := 1; n <= 7; n++ {
		stray := make([]byte, n)
		b := constant(0, 100)
		got := decode(t, stray, b) // at the start
		if len(got.samples) != 100 || len(got.events) != 0 {
			t.Errorf("%d stray bytes at the start: %d samples, %+v", n, len(got.samples), got.events)
		}
		got = decode(t, b[:200], stray, b[200:]) // within
		if missing := 100 - len(got.samples); missing > 8 || got.samples[len(got.samples)-1].index != 99 {
			t.Errorf("%d stray bytes within: %d samples missing, last index %d", n, missing, got.samples[len(got.samples)-1].index)
		}
	}
}

// A current that rises by four steps of the converter a sample looks like a counter in another cut.
func TestPPK2RisingCurrentIsNoCounter(t *testing.T) {
	for skip := range 4 {
		var b []byte
		for i := range 400 {
			adc := 4 * i
			if skip > 0 && i > 20 { // where frames begin elsewhere than at the begin, the rise has to end
				adc = 80
			}
			b = append(b, frame(adc, 2, i, byte(i))...)
		}
		got := decode(t, b[skip:])
		if len(got.samples) < 399 || got.samples[5].digital != byte(5+(skip+3)/4) {
			t.Errorf("from byte %d on: %d samples, the sixth is %+v", skip, len(got.samples), got.samples[5])
		}
	}
}

// 297 A cannot be: x = 16383*4*1.8/163840/0.043 = 16.74, and x*(x+1) is that by the nominal figures.
func TestPPK2Implausible(t *testing.T) {
	b := constant(0, 100)
	copy(b[50*4:], frame(16383, 4, 50, 0))
	copy(b[51*4:], frame(16383, 4, 51, 0))
	copy(b[52*4:], frame(16383, 4, 52, 0)) // the two before are those that the filter leaves out
	got := decode(t, b)
	if len(got.events) != 2 || got.events[0].Kind != trace.Implausible || math.Abs(got.events[0].Value-297.1) > 0.1 ||
		!slices.Equal(got.gaps(), []int{1}) || got.events[0].Index != 53 {
		t.Errorf("%+v", got.events)
	}
	for _, s := range got.samples {
		if (s.index == 50 || s.index == 51) && s.plain != s.amps {
			t.Errorf("%+v", s)
		}
	}
	// As long as it lasts it is one event.
	for i := 20; i < 90; i++ {
		copy(b[i*4:], frame(16383, 4, i, 0))
	}
	got = decode(t, b)
	if len(got.events) != 2 || !slices.Equal(got.gaps(), []int{68}) || len(got.samples) != 32 {
		t.Errorf("%d samples, %+v", len(got.samples), got.events)
	}
}

// From 1 A on: x = adc*4*1.8/163840/0.043, and x*(x+1) = 1 at adc = 604.8.
func TestPPK2OverRange(t *testing.T) {
	var b []byte
	for i := range 5000 {
		adc := 600
		if i >= 1000 && i < 1100 || i >= 1500 && i < 1600 || i >= 4000 && i < 4100 {
			adc = 620
		}
		b = append(b, frame(adc, 4, i, 0)...)
	}
	got := decode(t, b)
	if len(got.events) != 2 || got.events[0].Index != 1000 || got.events[1].Index != 4000 || got.events[0].Kind != trace.OverRange ||
		math.Abs(got.events[0].Value-1.035) > 0.001 || len(got.samples) != 5000 {
		t.Errorf("%+v", got.events)
	}
}

// Small values are passed on as they are, negative ones too.
func TestPPK2DoesNotClamp(t *testing.T) {
	c := nominal33()
	c[0].offset = 20
	var got decoded
	d := newPPK2Decoder(c, time.Now(), got.add)
	var b []byte
	for i := range 20 {
		b = append(b, frame(3+i%4, 0, i, 0)...) // -8 to 4 quarter steps of 0.0107 uA
	}
	if err := d.feed(b, time.Now()); err != nil || d.finish() != nil {
		t.Fatal(err)
	}
	for i, s := range got.samples {
		want := float64(4*(3+i%4)-20) * 1.8 / 163840 / 1031.64
		if math.Abs(float64(s.amps)-want) > 1e-12 {
			t.Errorf("sample %d: %g A, want %g", i, s.amps, want)
		}
	}
}

// Bytes that the host dropped are as many samples, whatever the counter hides.
func TestPPK2LostByTheHost(t *testing.T) {
	b := constant(0, 3000)
	for _, c := range []struct{ from, to, samples int }{
		{400, 400 + 4*640, 640}, {402, 402 + 4*1000, 1001}, {401, 401 + 4*64 + 2, 65}, {400, 404, 1},
	} {
		var got decoded
		now := time.Now()
		d := newPPK2Decoder(nominal33(), now, got.add)
		for _, c := range []chunk{{data: b[:c.from], time: now}, {data: b[c.to:], time: now, lost: c.to - c.from}} {
			if err := d.take(c); err != nil {
				t.Fatal(err)
			}
		}
		d.finish()
		if got.err != nil || len(got.gaps()) != 1 || got.gaps()[0] > c.samples+1 || got.gaps()[0] < c.samples ||
			got.samples[len(got.samples)-1].index != 2999 {
			t.Errorf("%d bytes: gaps %v, want %d; %v", c.to-c.from, got.gaps(), c.samples, got.err)
		}
	}
}

// Bytes that are no frames, such as those of another instrument, are an error after 10 s of them.
func TestPPK2NoFrames(t *testing.T) {
	unraced(t)
	d := newPPK2Decoder(nominal33(), time.Now(), func(trace.Block) error { return nil })
	p := bytes.Repeat([]byte("uart:~$ "), 50_000) // 1 s
	for i := range 12 {
		if err := d.feed(p, time.Now()); (err != nil) != (i >= 10) {
			t.Fatalf("after %d s: %v", i+1, err)
		}
	}
}

// mixed is a stream with everything in it that makes a decoder lose step.
func mixed() []byte {
	var b []byte
	for i := range 400 {
		b = append(b, frame(200+i, i/37%5, i, byte(i))...)
	}
	b = append(b, constant(400+5, 60)...)
	b = append(b, constant(400+65+63, 60)[3:]...)
	b = append(b, 1, 2, 3)
	b = append(b, constant(1, 60)...)
	b = append(b, frame(16383, 4, 61, 0)...)
	b = append(b, frame(16383, 4, 62, 0)...)
	b = append(b, frame(16383, 4, 63, 0)...)
	b = append(b, constant(0, 30)...)
	return append(b, 9, 9)
}

// However the bytes are cut, the same comes out.
func TestPPK2Chunks(t *testing.T) {
	unraced(t)
	b := mixed()
	want := decode(t, b)
	if len(want.gaps()) < 4 {
		t.Fatalf("the stream is too good: gaps %v", want.gaps())
	}
	same := func(what string, got decoded) {
		t.Helper()
		if !slices.Equal(got.samples, want.samples) || !slices.Equal(got.events, want.events) {
			t.Fatalf("%s: %d samples and %d events, want %d and %d", what, len(got.samples), len(got.events), len(want.samples), len(want.events))
		}
	}
	for at := range b {
		same(fmt.Sprint("cut at ", at), decode(t, b[:at], b[at:]))
	}
	for size := 1; size < 40; size++ {
		same(fmt.Sprint("pieces of ", size), decode(t, slices.Collect(slices.Chunk(b, size))...))
	}
}

func FuzzPPK2Decoder(f *testing.F) {
	f.Add(mixed(), 3)
	f.Add(constant(0, 100), 17)
	f.Add([]byte("uart:~$ "), 1)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		whole := decode(t, b)
		cut := decode(t, slices.Collect(slices.Chunk(b, max(1, size)))...)
		if !slices.Equal(cut.samples, whole.samples) || !slices.Equal(cut.events, whole.events) {
			t.Errorf("in pieces of %d: %d samples and %d events, want %d and %d", size, len(cut.samples), len(cut.events), len(whole.samples), len(whole.events))
		}
	})
}
