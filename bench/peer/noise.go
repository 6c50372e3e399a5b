package peer

import "encoding/binary"

// The constants of SplitMix64, and their inverses modulo 2^64.
const (
	golden    = 0x9e3779b97f4a7c15
	mixA      = 0xbf58476d1ce4e5b9
	mixB      = 0x94d049bb133111eb
	goldenInv = 0xf1de83e19937733d
	mixAInv   = 0x96de1b173f119089
	mixBInv   = 0x319642b2d24d8ec3
)

// mix is the finalizer of SplitMix64, a bijection of the 64-bit words.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * mixA
	z = (z ^ z>>27) * mixB
	return z ^ z>>31
}

// unmix is the inverse of mix.
func unmix(z uint64) uint64 {
	z = (z ^ z>>31 ^ z>>62) * mixBInv
	z = (z ^ z>>27 ^ z>>54) * mixAInv
	return z ^ z>>30 ^ z>>60
}

// wordIndex is the number of the word that has the value v; of all 2^64 numbers, of which few are plausible.
func wordIndex(v, key uint64) uint64 { return (unmix(v) - key) * goldenInv }

// noise fills p with payload from the stream offset on.
func noise(p []byte, key uint64, offset int64) {
	counter := key + uint64(offset/wordSize)*golden
	var w [wordSize]byte
	if r := offset % wordSize; r != 0 {
		binary.LittleEndian.PutUint64(w[:], mix(counter))
		p = p[copy(p, w[r:]):]
		counter += golden
	}
	for ; len(p) >= 4*wordSize; p = p[4*wordSize:] { // four at a time: they do not depend on each other
		c1 := counter + golden
		c2 := c1 + golden
		c3 := c2 + golden
		binary.LittleEndian.PutUint64(p[0:8], mix(counter))
		binary.LittleEndian.PutUint64(p[8:16], mix(c1))
		binary.LittleEndian.PutUint64(p[16:24], mix(c2))
		binary.LittleEndian.PutUint64(p[24:32], mix(c3))
		counter = c3 + golden
	}
	for ; len(p) >= wordSize; p = p[wordSize:] {
		binary.LittleEndian.PutUint64(p, mix(counter))
		counter += golden
	}
	if len(p) > 0 {
		binary.LittleEndian.PutUint64(w[:], mix(counter))
		copy(p, w[:])
	}
}
