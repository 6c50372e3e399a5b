package iperf

import (
	"fmt"
	"math"
)

// fieldSize is how many characters the firmware keeps of a number with its unit.
const fieldSize = 10

var (
	byteUnits = [...]string{"Byte", "KByte", "MByte", "GByte"}
	bitUnits  = [...]string{"bit", "Kbits", "Mbits", "Gbits"}
)

// byteField is a number of bytes in the largest unit, of 1024 each, that leaves
// at least 1.
func byteField(n float32) string { return field(n, 1024, byteUnits[:]) }

// bitField is the same of bits a second, of 1000 each.
func bitField(bytesPerSecond float32) string { return field(8*bytesPerSecond, 1000, bitUnits[:]) }

// field has three digits, as the firmware's single precision rounds them.
func field(v, step float32, units []string) string {
	unit := 0
	for unit < len(units)-1 && v >= step {
		v /= step
		unit++
	}
	var s string
	switch {
	case v < 9.995:
		v += 0.005
		whole := integer(v)
		s = fmt.Sprintf("%d.%02d %s", whole, integer(decimals(v, whole, 100)), units[unit])
	case v < 99.95:
		v += 0.05
		whole := integer(v)
		s = fmt.Sprintf("%d.%d %s", whole, integer(decimals(v, whole, 10)), units[unit])
	default:
		s = fmt.Sprintf("%4d %s", integer(v+0.5), units[unit])
	}
	return s[:min(len(s), fieldSize)]
}

// decimals is what v has beyond whole, times scale. Each product is rounded to
// single precision before they are subtracted.
func decimals(v float32, whole int32, scale float32) float32 {
	return float32(v*scale) - float32(float32(whole)*scale)
}

// integer cuts v as the module's processor does: what does not fit, or is no
// number, is the nearest or the largest one that does.
func integer(v float32) int32 {
	switch {
	case v != v, v >= math.MaxInt32:
		return math.MaxInt32
	case v <= math.MinInt32:
		return math.MinInt32
	}
	return int32(v)
}
