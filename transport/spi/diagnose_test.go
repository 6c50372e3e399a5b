package spi

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

func TestDiagnose(t *testing.T) {
	boot := uint64(0xAA55_0900_0000_0000) // the boot frame's header, as it comes over the wire
	bits := func(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
	for _, c := range []struct {
		head []byte
		want string
	}{
		{bits(0), "MISO stays low"},
		{bits(^uint64(0)), "MISO stays high"},
		{bits(0x0155_0000_0000_0100), "load the T01 image"}, // as in ST community 860997
		{bits(0x8A00_0000_0000_0000), "first bit"},
		{bits(boot << 1), "first bit"},
		{bits(boot << 3), "first 3 bits"},
		{bits(boot >> 1), "1 bits late"},
		{bits(boot >> 11), "11 bits late"},
		{bits(^boot), "inverted"},
		{bits(0x55AA_0009_0000_0000), "reversed"},
		{bits(0x55AA_9000_0000_0000), "reversed"},
		{bits(0xAA55_FFFF_0000_0000), "length of 65535"},
		{bits(boot), "its length was changed"},
		{bits(0xDDCC_BBAA_DDCC_BBAA), "middle of a frame"},
		{[]byte("\r\nready\r"), "text"},
		{bits(0x1234_5678_9ABC_DEF0), "12 34 56 78"},
		{nil, ""},
	} {
		if got := Diagnose(c.head, nil); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("% x: %q; want %q", c.head, got, c.want)
		}
	}
	low := LineError{Waited: time.Second, CS: true}
	if d := Diagnose(nil, &low); !strings.Contains(d, "held in reset") {
		t.Error(d)
	}
	stuck := LineError{Waited: time.Second, RDY: true, CS: true, Enable: true}
	if d := Diagnose(bits(0), &stuck); !strings.Contains(d, "MISO stays low") {
		t.Error(d)
	}
}
