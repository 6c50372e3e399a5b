package meter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// Records between the samples: the marker, an ID, what belongs to it, and FF FF.
const (
	marker       = 0xF0
	recordError  = 0xF1 // text
	recordInfo   = 0xF2 // text
	recordStamp  = 0xF3 // ms, with the highest bit when samples were lost for want of room; then the queue's fill in %
	recordEnd    = 0xF4
	recordTrip   = 0xF5
	recordDown   = 0xF6
	recordVolts  = 0xF7
	overflowFlag = 1 << 31
)

// stampEvery is the time between two stamps.
const stampEvery = 10 * time.Millisecond

// ready says whether an acquisition can begin.
func (s *shield) ready() error {
	switch {
	case !s.settled.IsZero():
		return errors.New("calibration is running")
	case s.format == "ascii_dec" && s.freq > asciiRate:
		return fmt.Errorf("ascii_dec goes up to %d Hz", asciiRate)
	}
	return nil
}

func (s *shield) begin() {
	if s.power == "auto" {
		s.m.conf.Source.Supply(true)
	}
	limit := int64(math.Ceil(s.length.Seconds() * float64(s.freq)))
	s.over, s.ahead = 0, 0
	s.m.measure(time.Now(), float64(s.freq), limit, s.trigger != "sw")
}

// stop ends an acquisition by command.
func (s *shield) stop() {
	if s.m.run.on {
		s.m.run.on = false
		s.done()
	}
}

// done says that the acquisition has ended.
func (s *shield) done() {
	if s.power == "auto" && !s.keep {
		s.m.conf.Source.Supply(false)
	}
	if s.format == "ascii_dec" {
		s.m.say([]byte("end\r\n"))
	} else {
		s.m.say([]byte{marker, recordEnd, 0xFF, 0xFF})
	}
	if s.notice != "" { // the LPM01A says it in words too
		s.m.say([]byte("\r\nsummary beg\r\nsummary end\r\n"))
		s.say("Acquisition completed")
	}
}

// trip is over-current: the output goes off, and the acquisition ends.
func (s *shield) trip() {
	s.m.conf.Source.Supply(false)
	if s.format == "ascii_dec" {
		s.m.run.on = false
		s.say("error: overcurrent")
		s.done()
		return
	}
	r := make([]byte, s.overCurrent)
	r[0], r[1] = marker, recordTrip
	copy(r[len(r)-2:], "\xFF\xFF")
	s.m.say(r)
	s.m.say([]byte{marker, recordDown, 0xFF, 0xFF})
	s.m.run.on = false
	s.done()
}

func (s *shield) hit(f *fault) {
	switch f.name {
	case "stamp-jump":
		s.ahead += time.Duration(f.value) * time.Millisecond
	case "metadata":
		s.m.say(s.record(byte(f.value)))
	}
}

// record is one of the given ID, of the size that this instrument gives it.
func (s *shield) record(id byte) []byte {
	sizes := map[byte]int{recordEnd: 4, recordTrip: s.overCurrent, recordDown: 4, recordVolts: 6}
	size := sizes[id]
	switch {
	case id == recordError || id == recordInfo:
		return []byte{marker, id, 't', 'e', 'x', 't', '\r', '\n', 0xFF, 0xFF}
	case id == recordStamp:
		return s.stamp(nil)
	case size == 0:
		size = 6
	}
	r := make([]byte, size)
	r[0], r[1], r[size-2], r[size-1] = marker, id, 0xFF, 0xFF
	if id == recordVolts {
		binary.BigEndian.PutUint16(r[2:], uint16(s.milliNow()))
	}
	return r
}

// stamp appends the time of the next sample that is converted.
func (s *shield) stamp(to []byte) []byte {
	return s.stampAt(to, s.m.run.n)
}

func (s *shield) stampAt(to []byte, n int64) []byte {
	ms := uint32(n*1000/int64(s.freq)+s.ahead.Milliseconds()) &^ overflowFlag
	fill := s.m.out.fill() * 99
	if s.format == "ascii_dec" {
		to = digits(append(to, "TimeStamp: "...), int(ms/1000), 3)
		to = digits(append(to, "s "...), int(ms%1000), 3)
		to = digits(append(to, "ms, buff "...), int(fill), 2)
		return append(to, "%\r\n"...)
	}
	if s.overflow {
		s.overflow = false
		ms |= overflowFlag
	}
	to = append(to, marker, recordStamp)
	to = binary.BigEndian.AppendUint32(to, ms)
	return append(to, byte(fill), 0xFF, 0xFF)
}

func (s *shield) samples(amps []float32, _ []byte) {
	n := s.m.run.n - int64(len(amps))
	every := max(1, int64(stampEvery.Seconds()*float64(s.freq)))
	for i := 0; i < len(amps) && s.m.run.on; {
		s.out = s.out[:0]
		if n%every == 0 {
			s.out = s.stampAt(s.out, n)
		}
		stamped := len(s.out)
		k := min(len(amps)-i, int(every-n%every))
		k, tripped := s.watch(amps[i : i+k])
		for _, a := range amps[i : i+k] {
			s.out = s.encode(s.out, float64(a))
		}
		s.flush(stamped)
		if tripped {
			s.trip()
		}
		i, n = i+k, n+int64(k)
	}
}

// flush sends what was encoded: a stamp, and samples after it. What does not fit is lost.
func (s *shield) flush(stamped int) {
	if s.m.cut && len(s.out) > stamped {
		s.m.cut = false
		s.out = append(s.out[:stamped], s.out[stamped+1:]...)
	}
	if !s.m.say(s.out) {
		s.overflow = true
	}
}

// watch looks for over-current: with the n-th sample the instrument trips.
func (s *shield) watch(amps []float32) (n int, trips bool) {
	held := int(tripAfter.Seconds() * float64(s.freq))
	for i, a := range amps {
		if float64(a) <= s.tripHeld {
			s.over = 0
			continue
		}
		if s.over++; float64(a) > s.tripAt || s.over > held {
			return i + 1, true
		}
	}
	return len(amps), false
}

func (s *shield) lost(int) {}

// encode appends a sample: 12 bits and a power of 16 in two bytes, or four digits and a power of ten.
func (s *shield) encode(to []byte, amps float64) []byte {
	base, most, steepest := 16.0, 4095.0, 14
	if s.format == "ascii_dec" {
		base, most, steepest = 10, 9999, 12
	}
	e := 0
	scaled := max(amps, 0)
	for e < steepest && math.Round(scaled*base) <= most {
		scaled *= base
		e++
	}
	m := uint16(min(max(math.Round(scaled+s.m.jitter()), 0), most))
	if s.format == "ascii_dec" {
		to = append(digits(to, int(m), 4), '-')
		return append(digits(to, e, 2), "\r\n"...)
	}
	return append(to, byte(e)<<4|byte(m>>8), byte(m))
}

// digits appends n in decimal, with zeros before it up to the width.
func digits(to []byte, n, width int) []byte {
	scale := 1
	for i := 1; i < width || scale <= n/10; i++ {
		scale *= 10
	}
	for ; scale > 0; scale /= 10 {
		to = append(to, byte('0'+n/scale%10))
	}
	return to
}
