package trace

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
)

// frameSize is that of a sample in session.raw: float32 little-endian in µA, then a big-endian word with two bits for each of
// eight digital channels, the first in the lowest: 01 low, 10 high, 11 both (in a sample that is a mean), 00 not known.
const frameSize = 4 + 2

// micro makes A of µA and back. Both are rounded once: 1e6 is exact in float32, 1e-6 is not.
const micro = float32(1e6)

var notANumber = float32(math.NaN())

// logicWord is the word for a state of eight channels.
func logicWord(state byte) uint16 {
	var word uint16
	for c := range 8 {
		word |= 1 << (2*c + int(state>>c&1))
	}
	return word
}

var (
	words   = makeWords()   // of a state
	nibbles = makeNibbles() // state of four channels, of one byte of a word
)

func makeWords() (t [256]uint16) {
	for i := range t {
		t[i] = logicWord(byte(i))
	}
	return t
}

func makeNibbles() (t [256]byte) {
	for i := range t {
		for c := range 4 {
			t[i] |= byte(i >> (2*c + 1) & 1 << c)
		}
	}
	return t
}

// appendFrames appends samples as session.raw has them, and what is no number as a lost one. digital may be nil.
func appendFrames(dst []byte, amps []float32, digital []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(amps)*frameSize)[:n+len(amps)*frameSize]
	out := dst[n:]
	for i, a := range amps {
		f := out[i*frameSize : i*frameSize+frameSize : i*frameSize+frameSize]
		word := uint16(0)
		if digital != nil {
			word = words[digital[i]]
		}
		a *= micro
		if !isNumber(a) {
			a, word = notANumber, 0
		}
		binary.LittleEndian.PutUint32(f, math.Float32bits(a))
		binary.BigEndian.PutUint16(f[4:], word)
	}
	return dst
}

func isNumber(a float32) bool { return a-a == 0 } // neither NaN nor infinite

// parseFrames reads samples up to the first lost one, and returns how many there were. digital may be nil.
func parseFrames(src []byte, amps []float32, digital []byte) int {
	n := len(src) / frameSize
	amps = amps[:n]
	src = src[:n*frameSize]
	for i := range amps {
		f := src[i*frameSize : i*frameSize+frameSize : i*frameSize+frameSize]
		a := math.Float32frombits(binary.LittleEndian.Uint32(f)) / micro
		if !isNumber(a) {
			n = i
			break
		}
		amps[i] = a
	}
	if digital != nil {
		for i := range digital[:n] {
			digital[i] = nibbles[src[i*frameSize+4]]<<4 | nibbles[src[i*frameSize+5]]
		}
	}
	return n
}

// lostFrames is how many samples at the begin of src are lost.
func lostFrames(src []byte) int {
	n := 0
	for ; (n+1)*frameSize <= len(src); n++ {
		if isNumber(math.Float32frombits(binary.LittleEndian.Uint32(src[n*frameSize:]))) {
			break
		}
	}
	return n
}

// mapSize is how many ranges the overview of a trace has at most.
const mapSize = 10000

// minimap is the overview that Nordic's program shows under its chart: least and largest current of each range of samples, all
// ranges equally long. When there are too many, each two become one.
type minimap struct {
	low, high [mapSize]float32 // µA
	n         int              // ranges
	fold      int64            // samples in a range
	in        int64            // samples in the last range
}

func newMinimap() *minimap { return &minimap{fold: 1} }

// add takes samples in A.
func (m *minimap) add(amps []float32) {
	for len(amps) > 0 {
		part := amps[:min(int64(len(amps)), m.begin())]
		low, high := m.low[m.n-1], m.high[m.n-1]
		for _, a := range part {
			if a *= micro; isNumber(a) {
				low, high = min(low, a), max(high, a)
			}
		}
		m.low[m.n-1], m.high[m.n-1] = low, high
		m.in += int64(len(part))
		amps = amps[len(part):]
	}
}

// lost takes n samples that are missing.
func (m *minimap) lost(n int64) {
	for n > 0 {
		part := min(n, m.begin())
		m.in += part
		n -= part
	}
}

// begin makes room for a sample, and returns for how many there is.
func (m *minimap) begin() int64 {
	if m.n > 0 && m.in < m.fold {
		return m.fold - m.in
	}
	if m.n == mapSize {
		for i := range mapSize / 2 {
			m.low[i] = min(m.low[2*i], m.low[2*i+1])
			m.high[i] = max(m.high[2*i], m.high[2*i+1])
		}
		m.n /= 2
		m.fold *= 2
	}
	m.low[m.n], m.high[m.n] = math.MaxFloat32, -math.MaxFloat32
	m.n++
	m.in = 0
	return m.fold
}

// point is one of minimap.raw: µs since the begin, nA.
type point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// json is minimap.raw. Nordic's program raises what is below 200 nA to that, for its logarithmic axis, and marks a range
// without a sample by a least value above its largest.
func (m *minimap) json(rate float64) ([]byte, error) {
	type ranges struct {
		Length int     `json:"length"`
		Min    []point `json:"min"`
		Max    []point `json:"max"`
	}
	r := ranges{Length: m.n, Min: make([]point, m.n), Max: make([]point, m.n)}
	for i := range m.n {
		size := m.fold
		if i == m.n-1 {
			size = m.in
		}
		x := (float64(int64(i)*m.fold) + float64(size-1)/2) * 1e6 / rate
		r.Min[i], r.Max[i] = point{x, math.MaxFloat64}, point{x, -math.MaxFloat64}
		if m.low[i] <= m.high[i] {
			r.Min[i].Y, r.Max[i].Y = max(200, float64(m.low[i])*1e3), max(200, float64(m.high[i])*1e3)
		}
	}
	return json.Marshal(map[string]any{
		"lastElementFoldCount": m.in % m.fold, "data": r, "maxNumberOfElements": mapSize, "numberOfTimesToFold": m.fold,
	})
}

// metadata is metadata.json of a .ppk2.
type metadata struct {
	Metadata struct {
		Rate  float64  `json:"samplesPerSecond"`
		Start *float64 `json:"startSystemTime,omitempty"` // ms since 1970
	} `json:"metadata"`
	Version int `json:"formatVersion"`
}

// formatVersion of a .ppk2 that is written, and read.
const formatVersion = 2
