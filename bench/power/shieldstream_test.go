package power

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/results/trace"
)

// decodeShield feeds a stream in pieces of a size, and returns all that is emitted, in one block for each run without a gap.
func decodeShield(t testing.TB, profile shieldProfile, in []byte, piece int) *trace.Memory {
	t.Helper()
	all := &trace.Memory{}
	s := newShieldStream(&profile, time.Unix(0, 0), func(b trace.Block) error {
		for _, e := range b.Events {
			if len(b.Amps) > 0 && (e.Index < b.Index || e.Index >= b.End()) {
				t.Errorf("event %+v is not of the block [%d, %d)", e, b.Index, b.End())
			}
		}
		all.Add(b)
		return nil
	}, func(string) {})
	s.opening = false
	for i := 0; i < len(in); i += piece {
		if err := s.feed(in[i:min(i+piece, len(in))], time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.finish(); err != nil {
		t.Fatal(err)
	}
	return all
}

func amps(m *trace.Memory) (all []float32) {
	for _, b := range m.Data {
		all = append(all, b.Amps...)
	}
	return all
}

// pairs are samples with noise in all bits of the mantissa, so that each is told from its neighbours.
func pairs(n int) (in []byte) {
	random := rand.New(rand.NewPCG(6, 7))
	for i := range n {
		in = binary.BigEndian.AppendUint16(in, uint16(5+i/100%2)<<12|uint16(256+random.IntN(3840-256)))
	}
	return in
}

func stampOf(ms uint32) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0xF0, 0xF3}, ms), 0, 0xFF, 0xFF)
}

// wide is an instrument whose range has no end.
var wide = shieldProfile{maxAmps: math.MaxFloat32, mostAmps: math.MaxFloat32, sizes: v3pwr.sizes}

// The vectors are worked out from the format: 52 A0 is 0x2A0 * 16^-5 = 672/1048576 A, and so on.
func TestShieldGoldenVectors(t *testing.T) {
	for _, v := range []struct {
		bytes []byte
		amps  float64
	}{
		{[]byte{0x52, 0xA0}, 672.0 / 1048576},
		{[]byte{0x3B, 0xB8}, 3000.0 / 4096},
		{[]byte{0x41, 0x23}, 291.0 / 65536},
		{[]byte{0x50, 0x50}, 80.0 / 1048576},
		{[]byte{0x00, 0x00}, 0},
		{[]byte{0xEF, 0xFF}, 4095 * math.Pow(16, -14)},
	} {
		got := amps(decodeShield(t, wide, v.bytes, 2))
		if len(got) != 1 || got[0] != float32(v.amps) {
			t.Errorf("% X: %v, want %v", v.bytes, got, float32(v.amps))
		}
	}
	// As printed by others: 640.869 uA, 0.732422 A, 4.44031 mA, 76.2939 uA.
	got := amps(decodeShield(t, wide, []byte{0x52, 0xA0, 0x3B, 0xB8, 0x41, 0x23, 0x50, 0x50}, 3))
	for i, want := range []float64{640.869e-6, 0.732422, 4.44031e-3, 76.2939e-6} {
		if math.Abs(float64(got[i])-want) > 1e-6*want {
			t.Errorf("sample %d: %v, want %v", i, got[i], want)
		}
	}
}

// every is a stream with all that may come.
func every(profile shieldProfile) []byte {
	in := pairs(1000)
	for ms, meta := range [][]byte{
		{0xF0, 0xF6, 0xFF, 0xFF},
		append([]byte{0xF0, 0xF5}, append(bytes.Repeat([]byte{7}, profile.sizes[0xF5]-4), 0xFF, 0xFF)...),
		{0xF0, 0xF7, 0x0C, 0xE4, 0xFF, 0xFF},
		[]byte("\xF0\xF1range overflow\r\n\xFF\xFF"),
		[]byte("\xF0\xF2calibration done\r\n\xFF\xFF"),
		[]byte("\r\nPowerShield > calibration request handled\r\n\r\n"),
		{0xF0, 0x12, 0x34},       // no such metadata
		{0xF0, 0xFE, 0xFF, 0xFF}, // nor this
		{0x41},                   // half a sample
		{0x0D, 0x0A, 0x01, 0x02}, // begins like a text
		{0x20, 0xFF},             // 16 A/256*255 = 0.996 A: over the range, and of an LPM01A implausible
	} {
		in = slices.Concat(in, stampOf(uint32(ms)*10), pairs(500), meta, pairs(500))
	}
	return slices.Concat(in, stampOf(250), pairs(3000), []byte{0xF0, 0xF4, 0xFF, 0xFF}, pairs(100))
}

func TestShieldChunking(t *testing.T) {
	for _, profile := range []shieldProfile{v3pwr, lpm01a} {
		in := every(profile)
		want := decodeShield(t, profile, in, len(in))
		if len(want.Meta.Gaps) == 0 || len(want.Meta.Events) < 10 {
			t.Fatalf("%s: %d gaps, %d events: not the stream that was meant", profile.name, len(want.Meta.Gaps), len(want.Meta.Events))
		}
		sizes := []int{1, 2, 3, 5, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1000, 2048, 4095, 4096, 4097}
		for range 20 {
			sizes = append(sizes, 1+rand.IntN(4097))
		}
		for _, size := range sizes {
			got := decodeShield(t, profile, in, size)
			if !slices.Equal(amps(got), amps(want)) || !reflect.DeepEqual(got.Meta, want.Meta) {
				t.Fatalf("%s: pieces of %d bytes give something else:\n%+v\n%+v", profile.name, size, got.Meta, want.Meta)
			}
		}
	}
}

// Metadata between any two samples takes none of them away. At odd offsets, half a sample is what is lost.
func TestShieldMetadataAtEveryOffset(t *testing.T) {
	for _, profile := range []shieldProfile{v3pwr, lpm01a} {
		in := pairs(200)
		want := amps(decodeShield(t, profile, in, len(in)))
		for kind, size := range profile.sizes {
			if kind == 0xF4 {
				continue
			}
			meta := append([]byte{0xF0, kind}, append(make([]byte, size-4), 0xFF, 0xFF)...)
			for at := 0; at <= len(in); at += 2 {
				got := decodeShield(t, profile, slices.Concat(in[:at], meta, in[at:]), 1+at%7)
				if !slices.Equal(amps(got), want) || len(got.Meta.Gaps) > 0 {
					t.Fatalf("%s: metadata %02X at %d: %d of %d samples, gaps %v", profile.name, kind, at, len(amps(got)), len(want), got.Meta.Gaps)
				}
			}
			for at := 1; at < len(in)-2*shieldProof; at += 2 { // the byte before it is alone: a sample of which half is missing
				got := decodeShield(t, profile, slices.Concat(in[:at], meta, in[at+1:], in), 4097)
				for _, b := range got.Data {
					if i := slices.Index(want, b.Amps[0]); i < 0 {
						t.Fatalf("%s: metadata %02X at %d: a sample of %v A was never sent", profile.name, kind, at, b.Amps[0])
					}
				}
			}
		}
	}
}

// A block that is missing shows in the next time stamp, and is as long as that says.
func TestShieldStampTellsLoss(t *testing.T) {
	for _, lost := range []int{300, 1000, 64_000} {
		var in []byte
		for ms := range 100 {
			in = append(in, stampOf(uint32(ms*10))...)
			in = append(in, pairs(1000)...)
		}
		const frame = 9 + 2000
		cut := 50*frame + 9 + 400 // in the middle of the 51st ms*10
		bytes := lost/1000*frame + lost%1000*2
		got := decodeShield(t, lpm01a, slices.Concat(in[:cut], in[min(cut+bytes, len(in)):]), 4096)
		gaps := got.Meta.Gaps
		if lost == 64_000 { // all the rest was cut
			if len(gaps) != 0 {
				t.Errorf("gaps at the end: %v", gaps)
			}
			continue
		}
		if len(gaps) != 1 || gaps[0].To-gaps[0].From != int64(lost) || got.Meta.Samples != 100_000 {
			t.Errorf("%d lost: gaps %v, %d samples in all", lost, gaps, got.Meta.Samples)
		}
	}
}

// The instrument's ms are whole ones, cut off or rounded, its clock is not quite ours, and a stamp may come some samples late:
// none of that is a loss.
func TestShieldStampQuantisation(t *testing.T) {
	unraced(t)
	for _, ppm := range []float64{-90, 0, 90} {
		random := rand.New(rand.NewPCG(1, 2))
		var in []byte
		samples := 0
		for range 3000 { // 30 s
			n := 990 + random.IntN(21)
			ms := (float64(samples)/100 + 0.37) * (1 + ppm*1e-6)
			in = append(append(in, stampOf(uint32(ms))...), pairs(n)...)
			samples += n
		}
		got := decodeShield(t, lpm01a, in, 8192)
		stamps := 0
		for _, e := range got.Meta.Events {
			if e.Kind != trace.Stamp {
				t.Errorf("%g ppm: %+v", ppm, e)
			} else if stamps++; math.Abs(e.Value-float64(e.Index)/shieldRate) > 0.004 {
				t.Errorf("%g ppm: stamp %+v", ppm, e)
			}
		}
		if len(got.Meta.Gaps) > 0 || got.Meta.Samples != int64(samples) || stamps != 30 {
			t.Errorf("%g ppm: gaps %v, %d of %d samples, %d stamps", ppm, got.Meta.Gaps, got.Meta.Samples, samples, stamps)
		}
	}
}

func TestShieldNotices(t *testing.T) {
	in := slices.Concat(pairs(10), []byte{0xF0, 0xF5, 0xFF, 0xFF}, pairs(10), []byte{0xF0, 0xF7, 0x0C, 0xE4, 0xFF, 0xFF},
		pairs(10), []byte{0xF0, 0xF6, 0xFF, 0xFF}, pairs(10), []byte("\xF0\xF1too hot\r\n\xFF\xFF"), pairs(10))
	got := decodeShield(t, lpm01a, in, 5)
	want := []trace.Event{
		{Index: 10, T: time.Second, Kind: trace.OverRange, Value: float64(float32(0.05)), Text: "over-current"},
		{Index: 20, T: time.Second, Kind: trace.Voltage, Value: 3.3},
		{Index: 30, T: time.Second, Kind: trace.PowerDown},
		{Index: 40, T: time.Second, Kind: trace.Warning, Text: "too hot"},
	}
	if !slices.Equal(got.Meta.Events, want) {
		t.Errorf("got  %+v\nwant %+v", got.Meta.Events, want)
	}
}

// A current over the range is an event once, not with each of its samples.
func TestShieldOverRange(t *testing.T) {
	spike := bytes.Repeat([]byte{0x31, 0x00}, 50) // 256/4096 = 62.5 mA
	got := decodeShield(t, lpm01a, slices.Concat(pairs(9), spike, pairs(2000), spike, pairs(5)), 64)
	var at []int64
	for _, e := range got.Meta.Events {
		if e.Kind == trace.OverRange && e.Value == 0.0625 {
			at = append(at, e.Index)
		}
	}
	if !slices.Equal(at, []int64{9, 2059}) || got.Meta.Samples != 2114 || len(got.Meta.Gaps) > 0 {
		t.Errorf("over range at %v, %d samples, gaps %v", at, got.Meta.Samples, got.Meta.Gaps)
	}
}

// What cannot be is left out, and said.
func TestShieldResync(t *testing.T) {
	for name, odd := range map[string][]byte{
		"unknown metadata": {0xF0, 0x3A, 0xFF},
		"half a sample":    {0x41},
		"noise":            {0xFF, 0x00, 0xF1, 0x0F, 0x00, 0xF3, 0xF3},
	} {
		in := slices.Concat(pairs(500), odd, pairs(3000))
		got := decodeShield(t, v3pwr, in, 100)
		var kinds []trace.EventKind
		for _, e := range got.Meta.Events {
			kinds = append(kinds, e.Kind)
		}
		if len(got.Meta.Gaps) == 0 || !slices.Contains(kinds, trace.Implausible) || !slices.Contains(kinds, trace.Gap) {
			t.Errorf("%s: gaps %v, events %v", name, got.Meta.Gaps, kinds)
		}
		// What comes in the end is in step, and not shifted by more than what was left out.
		if tail := amps(decodeShield(t, v3pwr, pairs(3000), 64))[200:]; !slices.Equal(amps(got)[len(amps(got))-len(tail):], tail) {
			t.Errorf("%s: the end is not in step", name)
		}
		if total := len(in) / 2; got.Meta.Samples < int64(total-5) || got.Meta.Samples > int64(total+5) {
			t.Errorf("%s: %d samples, %d bytes", name, got.Meta.Samples, len(in))
		}
	}
}

// However much was not read in time: it is a gap, and no noise.
func TestShieldDropOfSeconds(t *testing.T) {
	s := newShieldStream(&v3pwr, time.Time{}, func(trace.Block) error { return nil }, func(string) {})
	s.opening = false
	s.drop(3 * shieldNoise)
	if err := s.feed(append([]byte{0xFF}, pairs(1000)...), time.Time{}); err != nil || s.searching || s.block.End() < 3*shieldNoise/2 {
		t.Errorf("%v, searching %v, at %d", err, s.searching, s.block.End())
	}
}

func TestShieldDrop(t *testing.T) {
	in := pairs(3000)
	all := &trace.Memory{}
	s := newShieldStream(&v3pwr, time.Time{}, func(b trace.Block) error { all.Add(b); return nil }, func(string) {})
	s.opening = false
	s.feed(in[:1001], time.Time{})
	s.drop(2000)
	s.feed(in[3001:], time.Time{})
	s.finish()
	if g := all.Meta.Gaps; len(g) != 1 || g[0].From != 500 || g[0].To < 1499 || g[0].To > 1502 {
		t.Errorf("gaps %v, want [500, 1500) or so", g)
	}
	want := amps(decodeShield(t, v3pwr, in, 64))
	if got := amps(all); !slices.Equal(got[len(got)-1400:], want[1600:]) {
		t.Error("the end is not in step")
	}
}

// A block's instant is when its last sample came, also when it was kept back for a while.
func TestShieldArrivals(t *testing.T) {
	in := slices.Concat(pairs(5000), stampOf(50), pairs(300), []byte{0x41}, pairs(5000))
	for _, piece := range []int{1, 64, 999, 6000, len(in)} {
		came := map[int64]time.Time{} // by the number of the sample, of those that are read before the half one
		s := newShieldStream(&v3pwr, time.Time{}, func(b trace.Block) error {
			if last := b.End() - 1; last < 5000 && !b.Time.Equal(came[last]) {
				t.Errorf("pieces of %d: sample %d came at %d, not %d", piece, last, came[last].Unix(), b.Time.Unix())
			}
			return nil
		}, func(string) {})
		s.opening = false
		for i := 0; i < len(in); i += piece {
			at := time.Unix(int64(i), 0)
			for b := i; b < min(i+piece, 10_000); b++ {
				came[int64(b/2)] = at // the second byte of a sample counts
			}
			if err := s.feed(in[i:min(i+piece, len(in))], at); err != nil {
				t.Fatal(err)
			}
		}
		s.finish()
	}
}

func TestShieldNoise(t *testing.T) {
	s := newShieldStream(&v3pwr, time.Time{}, func(trace.Block) error { return nil }, func(string) {})
	s.opening = false
	err := s.feed(bytes.Repeat([]byte{0xFF}, 2*shieldNoise), time.Time{})
	if err == nil || !strings.Contains(err.Error(), "FF FF FF") {
		t.Errorf("a stream without samples: %v", err)
	}
}

func TestShieldOpening(t *testing.T) {
	for text, ok := range map[string]bool{
		"\r\nPowerShield > ack start\r\n\r\n": true,
		"ack start\r\n\r\n":                   true,
		"\r\nack start\r\n":                   true,
		"calibration done\r\n\r\n\r\nPowerShield > ack start\r\n\r\n": true,
		"\r\nPowerShield > error: no voltage\r\n\r\n":                 false,
		"\x50\x51\xF2\xF2" + strings.Repeat("\xF0", 20):               false,
	} {
		for piece := 1; piece < 40; piece++ {
			all := &trace.Memory{}
			s := newShieldStream(&lpm01a, time.Time{}, func(b trace.Block) error { all.Add(b); return nil }, func(string) {})
			in := append([]byte(text), pairs(200)...)
			var err error
			for i := 0; i < len(in) && err == nil; i += piece {
				err = s.feed(in[i:min(i+piece, len(in))], time.Time{})
			}
			s.finish()
			if ok && (err != nil || !slices.Equal(amps(all), amps(decodeShield(t, lpm01a, pairs(200), 64)))) {
				t.Fatalf("%q in pieces of %d: %d samples, %v", text, piece, len(amps(all)), err)
			} else if !ok && err == nil {
				t.Fatalf("%q was taken for an acknowledgement", text)
			}
		}
	}
}

// An answer to a command comes between two samples, with an empty line before it or without.
func TestShieldAnswerInTheStream(t *testing.T) {
	for _, text := range []string{"\r\nPowerShield > ack pwr off\r\n\r\n", "ack pwr off\r\n\r\n", "error: busy\r\n\r\n"} {
		for piece := 1; piece < 50; piece++ {
			var said []string
			all := &trace.Memory{}
			s := newShieldStream(&lpm01a, time.Time{}, func(b trace.Block) error { all.Add(b); return nil }, func(t string) { said = append(said, t) })
			s.opening, s.listening = false, true
			in := slices.Concat(pairs(50), []byte(text), pairs(50))
			for i := 0; i < len(in); i += piece {
				s.feed(in[i:min(i+piece, len(in))], time.Time{})
			}
			s.finish()
			// The last sample may wait for more bytes: it could be the begin of an answer.
			if !slices.Equal(said, []string{strings.TrimSpace(text)}) || len(amps(all)) < 99 || len(all.Meta.Gaps) > 0 {
				t.Fatalf("%q in pieces of %d: said %q, %d samples, gaps %v", text, piece, said, len(amps(all)), all.Meta.Gaps)
			}
		}
	}
}

// Whatever comes: no sample beyond what is plausible, each one accounted for once, and never more of them than bytes.
func FuzzShieldStream(f *testing.F) {
	f.Add(slices.Concat(pairs(80), stampOf(0), pairs(3), []byte{0xF0, 0xF5, 0xFF, 0xFF}, stampOf(90), []byte{0x41}, pairs(80)), uint8(7))
	f.Add([]byte("\xF0\xF1no\r\n\xFF\xFF\r\nack pwr on\r\n\r\n\xF0\x12\xF0\xF4\xFF\xFF"), uint8(64))
	f.Add([]byte("\r\nPowerShield > ack start\r\n\r\n\x52\xA0"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		for _, profile := range []shieldProfile{v3pwr, lpm01a} {
			whole := decodeShield(t, profile, in, max(len(in), 1))
			parts := decodeShield(t, profile, in, int(piece)+1)
			if !slices.Equal(amps(whole), amps(parts)) || !reflect.DeepEqual(whole.Meta, parts.Meta) {
				t.Errorf("pieces of %d give something else", piece)
			}
			for _, a := range amps(whole) {
				if a < 0 || a > profile.mostAmps {
					t.Errorf("a sample of %v A", a)
				}
			}
			if 2*len(amps(whole)) > len(in) {
				t.Errorf("%d samples of %d bytes", len(amps(whole)), len(in))
			}
		}
	})
}
