package core

import "fmt"

// Version is a release of the T01 image by its SDK version, ordered: 2.0.97 is
// V(2, 0, 97). Zero is no version.
type Version uint32

// V is the version a.b.c; b and c are 0 to 999.
func V(a, b, c uint32) Version { return Version(a*1_000_000 + b*1_000 + c) }

// The releases that ST has shipped.
const (
	V2_0_75  Version = 2_000_075
	V2_0_89  Version = 2_000_089
	V2_0_97  Version = 2_000_097
	V2_0_106 Version = 2_000_106
)

func (v Version) String() string {
	return fmt.Sprintf("%d.%d.%d", v/1_000_000, v/1_000%1_000, v%1_000)
}

// within says whether v is from since on and before before; zero bounds nothing.
func (v Version) within(since, before Version) bool {
	return v >= since && (before == 0 || v < before)
}
