package iperf

import (
	"math"
	"testing"
)

// The rows are those that the firmware's source gives for these numbers; the
// widths follow its three formats (%d.%02d, %d.%d, %4d).
func TestFields(t *testing.T) {
	for _, c := range []struct {
		bytes float32
		want  string
	}{
		{0, "0.00 Byte"}, {1023, "1023 Byte"}, {1024, "1.00 KByte"}, {1279263, "1.22 MByte"},
		{13316915, "12.7 MByte"}, {122683392, " 117 MByte"}, {10480000, "9.99 MByte"}, {10485760, "10.0 MByte"},
		{104800000, "99.9 MByte"}, {104857600, " 100 MByte"}, {1073741824, "1.00 GByte"},
		{float32(math.Inf(1)), "2147483647"}, {float32(math.NaN()), "2147483647"},
	} {
		if got := byteField(c.bytes); got != c.want {
			t.Errorf("%v bytes are %q, want %q", c.bytes, got, c.want)
		}
	}
	for _, c := range []struct {
		bytes float32
		want  string
	}{
		{0, "0.00 bit"}, {124, " 992 bit"}, {125, "1.00 Kbits"}, {1279263, "10.2 Mbits"}, {1171875, "9.38 Mbits"},
		{25e6, " 200 Mbits"}, {125e6, "1.00 Gbits"}, {1e12, "8000 Gbits"},
	} {
		if got := bitField(c.bytes); got != c.want {
			t.Errorf("%v bytes/s are %q, want %q", c.bytes, got, c.want)
		}
	}
}

func TestTenths(t *testing.T) {
	for _, c := range []struct{ at, start, sec, tenth int64 }{
		{1_000_328, 0, 1, 0},
		{1_949_999, 0, 1, 9},
		{1_950_000, 0, 1, 10}, // the firmware does not carry
		{12_470_000, 10_500_000, 2, 0},
		{12_440_000, 10_500_000, 1, 9},
		{10_500_000, 10_500_000, 0, 0},
	} {
		if sec, tenth := tenths(c.at, c.start); sec != c.sec || tenth != c.tenth {
			t.Errorf("%d after %d is %d.%d, want %d.%d", c.at, c.start, sec, tenth, c.sec, c.tenth)
		}
	}
}
