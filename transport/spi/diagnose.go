package spi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Diagnose says in words which wire or which firmware image a fault of the link
// points to: head is the first bytes that the module sent in place of a header
// (8 of them, or nil), err the wait that failed (or nil), both as Link.Fault
// gives them. A wait that failed says more than a header, so it comes first;
// empty when neither says anything.
//
// The causes of a lost first bit and of 01 55 are those of ST's community threads
// 843361, 854629, 860379 and 860997.
func Diagnose(head []byte, err error) string {
	var late *LineError
	if errors.As(err, &late) {
		if text := diagnoseLines(late, head); text != "" {
			return text
		}
	}
	if len(head) < headerSize {
		return ""
	}
	return diagnoseHeader(head[:headerSize])
}

// diagnoseLines judges a wait for RDY. An RDY that stays high after something
// that was no header is judged by that.
func diagnoseLines(e *LineError, head []byte) string {
	switch {
	case e.AfterCS:
		return "RDY rises when CS goes low: CS is inverted; this module's CS is active high, so remove the inverter or the cs-low setting of the line"
	case !e.RDY && !e.Enable:
		return "CHIP_EN is low: the module is held in reset"
	case !e.RDY:
		return "RDY never rises after CS: the module is off or in reset (supply, CHIP_EN, BOOT low), or the wire of RDY or CS is open or swapped"
	case len(head) > 0:
		return ""
	}
	return "RDY does not fall after a header was clocked: RDY is stuck or on the wrong wire, or the module gets no clock or no MOSI"
}

// diagnoseHeader judges eight bytes in place of a header.
func diagnoseHeader(h []byte) string {
	switch {
	case same(h, 0x00):
		return "MISO stays low: the module is in reset or without power, or MISO is not wired"
	case same(h, 0xFF):
		return "MISO stays high: nothing drives it; MISO is not wired to the module, or the module is off and MISO is pulled up"
	case h[0] == 0x01 && h[1] == 0x55:
		return "01 55 is the magic of the image that the first modules were sold with: load the T01 image; if that is loaded, the first bit is lost: look at CLK"
	case h[0] == 0x8A:
		return firstBit
	case h[0] == 0x55 && h[1] == 0xAA && h[6] == 0xFF && h[7] == 0xFF:
		return "every bit of MISO is inverted: there is an inverting level shifter in its wire"
	case h[0] == 0x55 && h[1] == 0xAA:
		return "the magic's bytes are reversed: the controller sends the lowest bit first or 16-bit words; set 8-bit words, highest bit first"
	case bytes.Equal(h[:wordSize], filler[:]):
		return "filler in place of a header: the module is in the middle of a frame; reset it by CHIP_EN"
	}
	if _, ok := parseHeader(h); ok {
		return "a header that is right before bytes that the module did not mean: its length was changed on the wire; lower the clock, shorten the wires, look at ground"
	}
	if binary.LittleEndian.Uint16(h) == magic {
		return fmt.Sprintf("the magic is right, the length of %d is not (at most %d): bits were lost within the header; lower the clock, shorten the wires, look at ground",
			binary.LittleEndian.Uint16(h[2:]), MaxPayload)
	}
	if lost := lostBits(h); lost == 1 {
		return firstBit
	} else if lost > 1 {
		return fmt.Sprintf("the first %d bits of the header are missing: the clock ran before the module was ready; look at CS, at RDY and at spikes on CLK", lost)
	}
	if late := lateBits(h); late > 0 {
		return fmt.Sprintf("the header comes %d bits late: there are spikes on CLK, or the clock's mode is not 0", late)
	}
	if printable(h) {
		return "text in place of a header: this firmware image speaks plain text here; load an image with AT over SPI"
	}
	return fmt.Sprintf("% x is no header: the firmware image does not match (load the T01 image), or bits change on the wire: lower the clock, shorten the wires", h)
}

const firstBit = "the first bit of each header is lost: the clock line's set-up (mode 0 needs CLK low while idle; lower the clock), or a firmware image that does not match the host: load the T01 image"

func same(h []byte, b byte) bool { return bytes.Count(h, []byte{b}) == len(h) }

// wireMagic is the magic as it comes over the wire, highest bit first.
const wireMagic = 0xAA55

// lostBits is how many bits, 1 to 7, are missing before what is left of the
// magic; 0 when it is not that.
func lostBits(h []byte) int {
	head := binary.BigEndian.Uint16(h)
	for n := 1; n < 8; n++ {
		if head>>n == wireMagic&(1<<(16-n)-1) {
			return n
		}
	}
	return 0
}

// lateBits is how many bits, 1 to 40, come before the magic; 0 when it is not
// there.
func lateBits(h []byte) int {
	bits := binary.BigEndian.Uint64(h)
	for n := 1; n <= 40; n++ {
		if uint16(bits>>(48-n)) == wireMagic {
			return n
		}
	}
	return 0
}

func printable(h []byte) bool {
	for _, b := range h {
		if b != '\r' && b != '\n' && (b < ' ' || b > '~') {
			return false
		}
	}
	return true
}
