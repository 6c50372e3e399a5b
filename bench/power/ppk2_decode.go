package power

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"st67bench/results/trace"
)

const (
	ppk2Rate    = 100_000 // samples/s, always; lower ones are averages of Nordic's application
	ppk2MaxAmps = 1.0
	// ppk2Block is 10 ms of samples: what comes 100 times a second is enough for the watch and for alignment.
	ppk2Block = 1000
	// ppk2Wild is what no PPK2 carries: a value beyond it was no current.
	ppk2Wild = 1.2 * ppk2MaxAmps
	// ppk2Calm is for how many samples the current is within the range before the next event of it.
	ppk2Calm = ppk2Rate / 100
	// ppk2Astray bytes without step, those of 10 s, come from something else.
	ppk2Astray = 10 * ppk2Rate * ppk2Frame
)

// ppk2Decoder makes blocks of the bytes of a PPK2. It is a function of the bytes and of their instants alone: how they
// are cut into pieces makes no difference.
//
// It is in step while the counter of each frame follows that of the frame before. A frame is passed on only when the
// counter of the next one is right too, so that a byte that is lost inside does not give it the digital channels of
// another. Else, and when a value cannot be, it looks for step anew (ppk2Search). What lies between is a gap.
type ppk2Decoder struct {
	conversion ppk2Conversion
	since      time.Time // of Event.T
	emit       func(trace.Block) error

	now     time.Time // when the bytes at hand were read
	pending []byte    // the begin of what was not decided, at most a few frames
	search  ppk2Search
	locked  bool
	begun   bool   // it has been in step
	counter byte   // of the next frame
	held    bool   // what is pending begins with a frame that was in step
	astray  int    // bytes since step was lost
	dropped int    // bytes since the last frame that was passed on
	why     string // it lost step
	events  []trace.Event

	filter spikeFilter
	calm   int // samples for which the current has been within the range
	index  int64
	block  trace.Block
}

func newPPK2Decoder(c ppk2Conversion, since time.Time, emit func(trace.Block) error) *ppk2Decoder {
	return &ppk2Decoder{
		conversion: c, since: since, emit: emit, calm: ppk2Calm,
		pending: make([]byte, 0, 2*ppk2Window),
		block: trace.Block{
			Amps: make([]float32, 0, ppk2Block), Plain: make([]float32, 0, ppk2Block), Digital: make([]byte, 0, ppk2Block),
		},
	}
}

// feed decodes bytes that were read at the instant now.
func (d *ppk2Decoder) feed(p []byte, now time.Time) error {
	d.now = now
	for len(p) > 0 {
		var n int
		var err error
		switch {
		case !d.locked:
			n, err = 1, d.look(p[0])
		case len(d.pending) > 0:
			n, err = d.join(p)
		default:
			if n, err = d.frames(p); err == nil && d.locked { // less than two frames are left
				d.pending = append(d.pending, p[n:]...)
				return nil
			}
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// join passes on the frames that begin in what is pending and end in p, and says how many bytes of p that took.
func (d *ppk2Decoder) join(p []byte) (n int, err error) {
	held := len(d.pending)
	whole := (held + ppk2Frame - 1) / ppk2Frame * ppk2Frame
	d.pending = append(d.pending, p[:min(whole+ppk2Frame-held, len(p))]...)
	taken := len(d.pending) - held
	done, err := d.frames(d.pending)
	switch {
	case err != nil:
		return 0, err
	case !d.locked:
		return taken, d.again(done)
	case done < whole: // p has ended
		d.pending = append(d.pending[:0], d.pending[done:]...)
		return taken, nil
	}
	d.pending = d.pending[:0]
	return whole - held, nil
}

// look searches for step with one more byte.
func (d *ppk2Decoder) look(b byte) error {
	d.pending = append(d.pending, b)
	if start, ok := d.search.see(d.pending, d.dropped, &d.conversion); ok {
		return d.lock(start)
	}
	if len(d.pending) == cap(d.pending) {
		d.drop(len(d.pending) - ppk2Window)
	}
	if d.astray++; d.astray > ppk2Astray {
		return fmt.Errorf("ppk2: no step in the last %d bytes, after %d samples; the newest are % x; is it the port of a PPK2, and not in use by "+
			"another program?", d.astray, d.index, d.pending[len(d.pending)-8:])
	}
	return nil
}

// again decodes what is pending from its byte n on, after step was found or lost.
func (d *ppk2Decoder) again(n int) error {
	rest := slices.Clone(d.pending[n:])
	d.pending = d.pending[:0]
	return d.feed(rest, d.now)
}

// lost is told that bytes are missing before those that come next.
func (d *ppk2Decoder) lost(bytes int) error {
	if err := d.rest(); err != nil {
		return err
	}
	d.unlock(fmt.Sprintf("the host did not take %d bytes in time", bytes))
	d.dropped += bytes
	return nil
}

// finish passes on what was held back, at the end of the bytes.
func (d *ppk2Decoder) finish() error {
	if err := d.rest(); err != nil {
		return err
	}
	return d.flush()
}

// rest passes on the last frame, after which nothing comes, and drops what is pending.
func (d *ppk2Decoder) rest() error {
	if d.locked && len(d.pending) >= ppk2Frame && ppk2Counter(d.pending) == d.counter {
		if err := d.sample(binary.LittleEndian.Uint32(d.pending)); err != nil {
			return err
		}
		d.pending = append(d.pending[:0], d.pending[ppk2Frame:]...)
	}
	d.drop(len(d.pending))
	return nil
}

func (d *ppk2Decoder) drop(n int) {
	d.dropped += n
	d.pending = append(d.pending[:0], d.pending[n:]...)
}

// frames passes on the frames at the begin of p that are in step, each with the counter of the next one in sight, and
// says how many bytes that were. Afterwards either less than two frames are left, or step is lost.
func (d *ppk2Decoder) frames(p []byte) (n int, err error) {
	for ; len(p)-n >= 2*ppk2Frame; n += ppk2Frame {
		q := p[n : n+2*ppk2Frame]
		right := ppk2Counter(q) == d.counter
		if !right || ppk2Counter(q[ppk2Frame:]) != (d.counter+1)%ppk2Counts {
			d.held = right
			d.unlock("its counter says so; 64 more, or a multiple of it, would look the same")
			return n, nil
		}
		if err := d.sample(binary.LittleEndian.Uint32(q)); err != nil || !d.locked {
			return n, err
		}
	}
	return n, nil
}

// sample passes on a frame that is in step, unless it cannot be.
func (d *ppk2Decoder) sample(frame uint32) error {
	r := ppk2Range(frame)
	plain := d.conversion.amps(frame)
	wild := !(math.Abs(plain) <= ppk2Wild) // also not a number
	if wild && !d.filter.skips(r) {
		d.unlock("a value that cannot be")
		d.events = append(d.events, trace.Event{Kind: trace.Implausible, Value: plain, Text: "the stream was out of step, or the current far beyond the range"})
		return nil
	}
	amps := d.filter.next(r, plain)
	if wild { // the filter leaves this sample out; there is no other figure for it
		plain = amps
	}
	if amps < ppk2MaxAmps {
		d.calm++
	} else {
		if d.calm >= ppk2Calm {
			d.note(trace.Event{Kind: trace.OverRange, Value: amps, Text: "the PPK2 measures up to 1 A"})
		}
		d.calm = 0
	}
	b := &d.block
	b.Amps = append(b.Amps, float32(amps))
	b.Plain = append(b.Plain, float32(plain))
	b.Digital = append(b.Digital, byte(frame>>ppk2LogicShift))
	d.counter = (d.counter + 1) % ppk2Counts
	d.index++
	if len(b.Amps) == ppk2Block {
		return d.flush()
	}
	return nil
}

// unlock begins to look for step.
func (d *ppk2Decoder) unlock(why string) {
	if d.locked {
		d.why = why
	}
	d.locked = false
	d.search = ppk2Search{}
}

// lock goes on in step, with the frame that begins at pending[start].
func (d *ppk2Decoder) lock(start int) error {
	if d.held && d.dropped == 0 && start%ppk2Frame == 0 { // it was whole
		d.locked = true
		if err := d.sample(binary.LittleEndian.Uint32(d.pending)); err != nil {
			return err
		}
		if d.locked {
			d.pending = append(d.pending[:0], d.pending[ppk2Frame:]...)
			start -= ppk2Frame
		}
	}
	if d.begun && (d.dropped+start)%ppk2Frame != 0 {
		start += ppk2Frame // the first frame of the run may have bytes of another at its begin
	}
	d.locked, d.held = true, false
	d.drop(start)
	missing := d.missing(ppk2Counter(d.pending))
	if missing > 0 {
		if err := d.flush(); err != nil {
			return err
		}
		if missing >= ppk2Counts {
			d.filter = spikeFilter{}
		}
		d.index += missing
		d.block.Index = d.index
		d.events = append(d.events, trace.Event{Kind: trace.Gap, Value: float64(missing), Text: d.why})
	}
	for _, e := range d.events {
		d.note(e)
	}
	d.events = d.events[:0]
	d.begun, d.dropped, d.astray, d.counter = true, 0, 0, ppk2Counter(d.pending)
	return d.again(0)
}

// missing is how many samples lie between the last one that was passed on and a frame with that counter. It is at least
// as many as the bytes that were dropped make, but for one that a stray byte may have spoiled, and fits the counter.
func (d *ppk2Decoder) missing(counter byte) int64 {
	if !d.begun {
		return 0
	}
	least := int64(max(0, d.dropped/ppk2Frame-1))
	return least + ((int64(counter)-int64(d.counter)-least)%ppk2Counts+ppk2Counts)%ppk2Counts
}

// note adds an event before the next sample.
func (d *ppk2Decoder) note(e trace.Event) {
	e.Index, e.T = d.index, d.now.Sub(d.since)
	d.block.Events = append(d.block.Events, e)
}

// flush emits the block.
func (d *ppk2Decoder) flush() error {
	b := &d.block
	if len(b.Amps) == 0 {
		return nil
	}
	b.Time = d.now
	err := d.emit(*b)
	b.Index, b.Amps, b.Plain, b.Digital, b.Events = d.index, b.Amps[:0], b.Plain[:0], b.Digital[:0], b.Events[:0]
	return err
}
