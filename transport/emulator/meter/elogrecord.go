package meter

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shortest is the least period, in s, for what is logged.
func (e *elog) shortest() float64 {
	return elogQuantity * float64(e.amps.quantities()+e.volt.quantities())
}

// setPeriod takes a period, which becomes a multiple of the resolution.
func (e *elog) setPeriod(args []string) int {
	v, code := parameter(args, e.shortest()*(1-1e-9), elogLongest)
	if code == 0 {
		e.period = math.Ceil(v/e.resolution*(1-1e-9)) * e.resolution
	}
	return code
}

func (e *elog) setResolution(args []string) int {
	if len(args) == 0 {
		return scpiParameter
	}
	switch strings.ToUpper(args[0]) {
	case "RES20":
		e.resolution = elogFine
	case "RES40":
		e.resolution = elogCoarse
	default:
		return scpiParameter
	}
	return 0
}

func (e *elog) setTrigger(args []string) int {
	if len(args) == 0 {
		return scpiParameter
	}
	source := strings.ToUpper(args[0])
	if !slices.Contains([]string{"BUS", "EXT", "IMM", "IMMEDIATE", "EXTERNAL"}, source) && !strings.HasPrefix(source, "PIN") {
		return scpiParameter
	}
	e.source = source
	return 0
}

// initiate makes the log ready; it begins with the trigger.
func (e *elog) initiate([]string) int {
	e.width = e.amps.quantities() + e.volt.quantities()
	if e.width == 0 || e.period < e.shortest()*(1-1e-9) {
		return scpiConflict
	}
	records := max(1, int(e.m.conf.Model.FIFO.Seconds()/e.period))
	if n := records * e.width; cap(e.ring) >= n {
		e.ring = e.ring[:n]
	} else {
		e.ring = make([]float32, n)
	}
	e.first, e.n = 0, 0
	e.initiated, e.running = true, true
	switch {
	case strings.HasPrefix(e.source, "IMM"):
		return e.trigger(nil)
	case e.source != "BUS":
		e.initiated = false
		e.m.measure(time.Now(), 1/e.period, 0, true)
	}
	return 0
}

func (e *elog) trigger([]string) int {
	if !e.initiated {
		return scpiConflict
	}
	e.initiated = false
	e.m.measure(time.Now(), 1/e.period, 0, false)
	return 0
}

// samples puts records into the ring, in place of the oldest when it is full.
func (e *elog) samples(amps []float32, _ []byte) {
	volts := float32(e.voltsNow())
	for i, a := range amps {
		low, high := a, a
		if e.amps.extremes {
			low, high = e.extremes(e.m.run.n-int64(len(amps)-i), a)
		}
		r := e.record()
		r = put(r, e.amps, a, low, high)
		put(r, e.volt, volts, volts, volts)
	}
}

// put writes what is logged of a quantity, and is what is left of the record.
func put(r []float32, what elogged, mean, low, high float32) []float32 {
	if what.mean {
		r[0], r = mean, r[1:]
	}
	if what.extremes {
		r[0], r[1], r = low, high, r[2:]
	}
	return r
}

// record is the place of the next one in the ring.
func (e *elog) record() []float32 {
	room := len(e.ring) / e.width
	if e.n == room {
		e.first = (e.first + 1) % room
		e.n--
	}
	at := (e.first + e.n) % room * e.width
	e.n++
	return e.ring[at : at+e.width]
}

// extremes are those of the parts of sample n, whose mean is a.
func (e *elog) extremes(n int64, a float32) (low, high float32) {
	parts := e.parts[:min(elogParts, int(math.Round(e.period/e.resolution)))]
	if e.m.conf.Source.Current(parts, e.m.instant(n), e.m.trueRate()*float64(len(parts))) != nil {
		return a, a
	}
	return slices.Min(parts), slices.Max(parts)
}

func (e *elog) lost(int) {}

// fetch takes records out of the ring: FETC:ELOG? MOST.
func (e *elog) fetch(args []string) ([]byte, int) {
	most, code := parameter(args, 1, elogRecords)
	switch {
	case code != 0:
		return nil, code
	case !e.running:
		return nil, scpiStale
	}
	out := e.scratch[:0]
	n := min(e.n, int(most))
	for range n {
		at := e.first * e.width
		for _, v := range e.ring[at : at+e.width] {
			out = e.value(out, v)
		}
		e.first = (e.first + 1) % (len(e.ring) / e.width)
		e.n--
	}
	e.scratch = out
	if e.ascii {
		return out[:max(len(out)-1, 0)], 0
	}
	size := strconv.Itoa(len(out))
	return append([]byte("#"+strconv.Itoa(len(size))+size), out...), 0
}

func (e *elog) value(to []byte, v float32) []byte {
	switch {
	case e.ascii:
		return append(scientific(to, float64(v)), ',')
	case e.littleFirst:
		return binary.LittleEndian.AppendUint32(to, math.Float32bits(v))
	}
	return binary.BigEndian.AppendUint32(to, math.Float32bits(v))
}
