package meter

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// binary is a PowerShield stream, taken apart as documented: samples, and the records between them.
type binaryStream struct {
	amps    []float64
	records []record
}

type record struct {
	at   int // samples before it
	id   byte
	data []byte
}

// parseBinary reads until the end record; sizes are those of the instrument.
func parseBinary(t *testing.T, b []byte, sizes map[byte]int) (s binaryStream, rest []byte) {
	t.Helper()
	for len(b) >= 2 {
		if b[0] != 0xF0 {
			s.amps = append(s.amps, float64(int(b[0]&0x0F)<<8|int(b[1]))*math.Pow(16, -float64(b[0]>>4)))
			b = b[2:]
			continue
		}
		size, ok := sizes[b[1]]
		if b[1] == 0xF1 || b[1] == 0xF2 {
			size, ok = strings.Index(string(b), "\r\n\xFF\xFF")+4, true
		}
		if !ok || len(b) < size || string(b[size-2:size]) != "\xFF\xFF" {
			t.Fatalf("record % x after %d samples", b[:min(len(b), 12)], len(s.amps))
		}
		s.records = append(s.records, record{len(s.amps), b[1], b[2 : size-2]})
		if b = b[size:]; s.records[len(s.records)-1].id == 0xF4 {
			break
		}
	}
	return s, b
}

var (
	v3Sizes  = map[byte]int{0xF3: 9, 0xF4: 4, 0xF5: 8, 0xF6: 4, 0xF7: 6, 0xEE: 6}
	lpmSizes = map[byte]int{0xF3: 9, 0xF4: 4, 0xF5: 4, 0xF6: 4, 0xF7: 6, 0xEE: 6}
)

// stamps are the time stamps in ms and the samples before each.
func (s binaryStream) stamps() (all [][2]int) {
	for _, r := range s.records {
		if r.id == 0xF3 {
			all = append(all, [2]int{r.at, int(binary.BigEndian.Uint32(r.data))})
		}
	}
	return all
}

// v3 is a STLINK-V3PWR that is ready to start at 100 kS/s.
func v3(t *testing.T, c Config) *host {
	c.Kind = "v3pwr"
	h := plug(t, c)
	h.do("power_monitor\r\n", "ack power_monitor\r\n\r\n")
	h.do("format bin_hexa\r\n", "ack format bin_hexa\r\n\r\n")
	h.do("freq 100000\r\n", "ack freq 100000\r\n\r\n")
	h.do("acqtime inf\r\n", "ack acqtime inf\r\n\r\n")
	h.do("pwr vout on\r\n", "ack pwr on\r\n\r\n")
	return h
}

// run measures for d, stops, and is what came in between; the answer to stop is checked.
func (h *host) run(d time.Duration, sizes map[byte]int) binaryStream {
	h.t.Helper()
	h.do("start\r\n", "ack start\r\n\r\n")
	b := h.hear(d)
	h.write("stop\r\n")
	b = append(b, h.hear(100*time.Millisecond)...)
	s, rest := parseBinary(h.t, b, sizes)
	if !strings.HasSuffix(string(rest), "ack stop\r\n\r\n") {
		h.t.Errorf("after the end: %q", rest)
	}
	return s
}

// Samples of the protocol's golden vectors: the bytes, and the current in A.
func TestShieldGoldenVectors(t *testing.T) {
	s := &shield{m: &Meter{}, format: "bin_hexa"}
	for b, amps := range map[string]float64{"\x52\xA0": 640.869e-6, "\x3B\xB8": 0.732422, "\x41\x23": 4.44031e-3, "\x64\xFF": 1279. / 16777216} {
		if got := s.encode(nil, amps); string(got) != b {
			t.Errorf("%v A is % x, want % x", amps, got, b)
		}
	}
	if got := s.encode(nil, 76.2939e-6); string(got) != "\x65\x00" { // as a number that of the vector 50 50
		t.Errorf("76.2939 uA is % x", got)
	}
	s.format = "ascii_dec"
	if got := string(s.encode(nil, 640.9e-6)); got != "6409-07\r\n" {
		t.Errorf("640.9 uA is %q", got)
	}
}

func TestV3PWR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "v3pwr", Source: constant(640.869e-6)})
		h.do("volt 3300m\n", "PowerShield > error: volt refused without power_monitor\r\n\r\n")
		h.do("powershield\n", "PowerShield > ack STLINK-V3PWR 003500253133510F37363734\r\n\r\n")
		h.do("power_monitor\r\n", "ack power_monitor\r\n\r\n")
		h.do("format bin_dec\n", "error: parameter not allowed\r\n\r\n")
		h.do("format bin_hex\n", "ack format bin_hex\r\n\r\n")
		h.do("freq 99\n", "error: parameter not allowed\r\n\r\n")
		h.do("freq 100k\n", "ack freq 100k\r\n\r\n")
		h.do("acqtime 250m\n", "ack acqtime 250m\r\n\r\n")
		h.do("volt 1500m\n", "error: parameter not allowed\r\n\r\n")
		h.do("volt vout 3000m\n", "ack volt vout 3000m\r\n\r\n")
		h.do("start\n", "error: calibration is running\r\n\r\n")
		time.Sleep(time.Second)
		h.do("volt get\n", "ack volt get 2993-03\r\n\r\n") // 2992.5 mV
		h.do("start\n", "ack start\r\n\r\n")
		s, rest := parseBinary(t, h.hear(time.Second), v3Sizes)
		if len(s.amps) != 25_000 || len(rest) != 0 || len(s.stamps()) != 25 {
			t.Errorf("%d samples, %d stamps, then %q", len(s.amps), len(s.stamps()), rest)
		}
		for i, st := range s.stamps() {
			if st != [2]int{1000 * i, 10 * i} {
				t.Errorf("stamp %d: %v", i, st)
			}
		}
		for i, a := range s.amps {
			if a != 672./1048576 { // 52 A0
				t.Fatalf("sample %d: %v A", i, a)
			}
		}
		h.unplug()
	})
}

func TestLPM01A(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "lpm01a", Source: constant(640.9e-6)})
		const prompt = "\r\nPowerShield > "
		if got := string(h.hear(time.Second)); !strings.HasSuffix(got, "PowerShield > ") {
			t.Errorf("banner %q", got)
		}
		h.do("volt 3300m\n", prompt+"error: volt refused without htc\r\n\r\n")
		h.do("htc\n", prompt+"error: command not recognized\r\n\r\n")
		for _, line := range []string{"htc", "acqmode dyn", "funcmode high", "pwrend on", "output current", "format ascii_dec", "freq 1k", "acqtime 250-3", "trigsrc sw", "volt 3300m"} {
			h.do(line+"\n", prompt+"ack "+line+"\r\n\r\n")
		}
		if got := string(h.hear(1500 * time.Millisecond)); got != prompt+"calibration request handled\r\n\r\n" {
			t.Errorf("after volt: %q", got)
		}
		h.do("volt get\n", prompt+"ack volt get 3292-03\r\n\r\n")
		h.do("start\n", prompt+"ack start\r\n\r\n")
		text := string(h.hear(time.Second))
		if n := strings.Count(text, "6409-07\r\n"); n != 250 {
			t.Errorf("%d samples", n)
		}
		if !strings.HasPrefix(text, "TimeStamp: 000s 000ms, buff 00%\r\n6409-07\r\n") || !strings.Contains(text, "TimeStamp: 000s 240ms, buff 00%\r\n") ||
			!strings.HasSuffix(text, "end\r\n\r\nsummary beg\r\nsummary end\r\n"+prompt+"Acquisition completed\r\n\r\n") {
			t.Errorf("%.60q … %q", text, text[len(text)-120:])
		}
		h.do("freq 20k\n", prompt+"ack freq 20k\r\n\r\n")
		h.do("start\n", prompt+"error: ascii_dec goes up to 10000 Hz\r\n\r\n")
		h.do("acqtime 11\n", prompt+"error: parameter not allowed\r\n\r\n")
		h.unplug()
	})
}

// During a binary acquisition an answer comes as a record.
func TestShieldAnswersWhileItMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := v3(t, Config{Source: constant(1e-3)})
		h.do("start\n", "ack start\r\n\r\n")
		b := h.hear(25 * time.Millisecond)
		h.write("pwr off\nvolt 3000m\n")
		b = append(b, h.hear(25*time.Millisecond)...)
		h.write("stop\n")
		s, _ := parseBinary(t, append(b, h.hear(time.Second)...), v3Sizes)
		var texts []string
		for _, r := range s.records {
			if r.id == 0xF1 || r.id == 0xF2 {
				texts = append(texts, fmt.Sprintf("%x %s", r.id, r.data))
			}
		}
		if fmt.Sprintf("%q", texts) != `["f2 ack pwr off\r\n" "f1 error: volt refused during an acquisition\r\n"]` {
			t.Errorf("%q", texts)
		}
		if s.amps[0] == 0 || s.amps[len(s.amps)-1] != 0 {
			t.Errorf("from %v to %v A", s.amps[0], s.amps[len(s.amps)-1])
		}
		h.unplug()
	})
}

func TestShieldFaults(t *testing.T) {
	for fault, check := range map[string]func(s binaryStream) bool{
		"gap:1000@2501": func(s binaryStream) bool {
			return fmt.Sprint(s.stamps()[:4]) == "[[0 0] [1000 10] [2000 20] [3000 40]]"
		},
		"gap:5@2501": func(s binaryStream) bool {
			return fmt.Sprint(s.stamps()[:4]) == "[[0 0] [1000 10] [2000 20] [2995 30]]"
		},
		"stamp-jump:7@501": func(s binaryStream) bool { return fmt.Sprint(s.stamps()[:3]) == "[[0 0] [1000 17] [2000 27]]" },
		"metadata@501":     func(s binaryStream) bool { return s.records[1].id == 0xF6 && s.records[1].at == 500 },
		"metadata:ee@501":  func(s binaryStream) bool { return s.records[1].id == 0xEE && s.records[1].at == 500 },
		"metadata:f7@501": func(s binaryStream) bool {
			return s.records[1].id == 0xF7 && binary.BigEndian.Uint16(s.records[1].data) == 3292
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := v3(t, Config{Source: constant(1e-3), Faults: []string{fault}})
			if s := h.run(103*time.Millisecond, v3Sizes); !check(s) {
				t.Errorf("%s: %v", fault, s.records)
			}
			h.unplug()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		h := v3(t, Config{Source: constant(1e-3), Faults: []string{"deaf"}})
		h.do("start\n", "ack start\r\n\r\n")
		h.write("pwr off\n")
		b := h.hear(100 * time.Millisecond)
		h.write("stop\n")
		s, rest := parseBinary(t, append(b, h.hear(time.Second)...), v3Sizes)
		if n := len(s.amps); s.amps[n-1] == 0 || len(s.records) != len(s.stamps())+1 || string(rest) != "ack stop\r\n\r\n" {
			t.Errorf("deaf: %v A at last, %v, then %q", s.amps[n-1], s.records, rest)
		}
		h.unplug()
	})
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "v3pwr", Source: constant(0), Faults: []string{"refuse:bin_hexa"}})
		h.do("power_monitor\n", "ack power_monitor\r\n\r\n")
		h.do("format bin_hexa\n", "error: bin_hexa is not supported\r\n\r\n")
		h.do("format bin_hex\n", "ack format bin_hex\r\n\r\n")
		h.unplug()
	})
}

// Each instrument trips where its range ends, and says so in a record of its own size.
func TestOverCurrent(t *testing.T) {
	for _, c := range []struct {
		kind  string
		amps  float64
		after int // samples that still come; -1: it does not trip
	}{{"v3pwr", 0.377, -1}, {"v3pwr", 0.51, 1}, {"lpm01a", 57e-3, -1}, {"lpm01a", 65e-3, 501}, {"lpm01a", 0.2, 1}} {
		synctest.Test(t, func(t *testing.T) {
			source := constant(c.amps)
			h := plug(t, Config{Kind: c.kind, Source: source})
			h.write("htc\nhtc\npower_monitor\nformat bin_hexa\nfreq 100k\nacqtime 0\npwr on\n")
			h.hear(time.Second)
			h.write("start\n")
			text := string(h.hear(103 * time.Millisecond))
			_, data, _ := strings.Cut(text, "ack start\r\n\r\n")
			sizes := v3Sizes
			if c.kind == "lpm01a" {
				sizes = lpmSizes
			}
			s, _ := parseBinary(t, []byte(data), sizes)
			last := s.records[len(s.records)-1].id
			if c.after < 0 {
				if len(s.amps) < 9000 || last == 0xF4 || !source.Supplied() {
					t.Errorf("%s at %v A: %d samples, last record %x", c.kind, c.amps, len(s.amps), last)
				}
			} else if len(s.amps) != c.after || last != 0xF4 || s.records[1].id != 0xF5 || source.Supplied() {
				t.Errorf("%s at %v A: %d samples, records %v", c.kind, c.amps, len(s.amps), s.records)
			}
			h.unplug()
		})
	}
}

// The trigger input is digital channel 0: the first sample is at its rising edge.
func TestHardwareTrigger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		source := &steady{amps: func(at time.Duration) float64 { return at.Seconds() * 1e-3 }}
		h := v3(t, Config{Source: source, Digital: func(dst []byte, from time.Time, rate float64) error {
			for i := range dst {
				dst[i] = 0
				if from.Sub(start)+time.Duration(float64(i)/rate*1e9) >= 2*time.Second {
					dst[i] = 1
				}
			}
			return nil
		}})
		h.do("trigsrc hw\n", "ack trigsrc hw\r\n\r\n")
		h.do("start\n", "ack start\r\n\r\n")
		s, _ := parseBinary(t, h.hear(2100*time.Millisecond), v3Sizes)
		if len(s.amps) == 0 || math.Abs(s.amps[0]-2e-3) > 1e-6 {
			t.Fatalf("%d samples, the first %v A", len(s.amps), s.amps)
		}
		h.unplug()
	})
}
