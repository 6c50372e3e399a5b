package power

import (
	"bytes"
	"fmt"

	"st67bench/results/trace"
)

// shieldEnd ends metadata.
var shieldEnd = []byte{0xFF, 0xFF}

// metadata takes F0, a kind, and what belongs to it.
func (s *shieldStream) metadata(p []byte) int {
	kind := p[1]
	if kind == 0xF1 || kind == 0xF2 {
		return s.message(p)
	}
	size := s.profile.sizes[kind]
	switch {
	case size == 0:
		return s.slip(p, 0)
	case len(p) < size:
		return 0
	case !bytes.Equal(p[size-2:size], shieldEnd):
		return s.slip(p, 0)
	}
	s.proof()
	s.notice(kind, p[2:size-2])
	return size
}

// message takes an error (F1) or an information (F2): text up to FF FF.
func (s *shieldStream) message(p []byte) int {
	end := bytes.Index(p, shieldEnd)
	switch {
	case end < 0 && len(p) < shieldText && isWords(bytes.TrimSuffix(p[2:], shieldEnd[:1])):
		return 0
	case end < 0 || !isWords(p[2:end]):
		return s.slip(p, 0)
	}
	s.proof()
	s.words(string(bytes.TrimSpace(p[2:end])))
	return end + len(shieldEnd)
}

// proof says that something came that comes in step only.
func (s *shieldStream) proof() {
	if s.searching {
		s.inStep()
	}
	s.trusted = s.block.End()
}

// notice passes on what a piece of metadata says.
func (s *shieldStream) notice(kind byte, body []byte) {
	switch {
	case kind == 0xF3 && len(body) >= 4:
		s.stamp(body)
	case kind == 0xF4:
		s.ended = true
	case kind == 0xF5:
		s.why = "over-current; "
		text := "over-current"
		if len(body) > 0 { // the STLINK-V3PWR's has four bytes whose meaning is not documented
			text = fmt.Sprintf("metadata F5, over-current on an X-NUCLEO-LPM01A: % X", body)
		}
		s.event(trace.OverRange, float64(s.profile.maxAmps), text)
	case kind == 0xF6:
		s.why += "its output is off; "
		s.event(trace.PowerDown, 0, "")
		s.said(powerDown)
	case kind == 0xF7:
		s.event(trace.Voltage, float64(uint16(body[0])<<8|uint16(body[1]))/1000, "")
	default:
		s.event(trace.Warning, 0, fmt.Sprintf("metadata %02X: % X", kind, body))
	}
}

// powerDown is what said is told of metadata F6.
const powerDown = "power down"
