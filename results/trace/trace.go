package trace

import (
	"iter"
	"time"
)

// Kind says what one sample is.
type Kind string

const (
	// Point is the current at one instant: charge is integrated by trapezoids.
	Point Kind = "point"
	// Average is the mean over the sample's own period: charge is integrated by rectangles.
	Average Kind = "average"
)

// NotGiven is the key of [Header].Calibration whose value names what the instrument should have said of its calibration and did
// not, such as "R0 GS1": samples are made by the nominal figures of these.
const NotGiven = "not given"

// Header says what is the same for a whole trace.
type Header struct {
	Instrument  string            `json:"instrument"`            // such as "ppk2"
	Identity    map[string]string `json:"identity,omitempty"`    // serial, firmware, as the instrument says
	Calibration map[string]string `json:"calibration,omitempty"` // as the instrument says
	Kind        Kind              `json:"kind"`
	Rate        float64           `json:"rate"`                 // nominal, samples/s
	Volts       float64           `json:"volts,omitempty"`      // V of the supply; 0 when not known
	VoltsFrom   string            `json:"volts_from,omitempty"` // "set" or "measured"; measured ones may be in Block.Volts too
	MinAmps     float64           `json:"min_amps,omitempty"`   // below it the instrument says nothing; A
	MaxAmps     float64           `json:"max_amps,omitempty"`   // its range ends there; A
	Accuracy    float64           `json:"accuracy,omitempty"`   // as a fraction of the reading, by its maker
	Bandwidth   float64           `json:"bandwidth,omitempty"`  // Hz, by its maker
	Digital     []string          `json:"digital,omitempty"`    // names of the channels that Block.Digital holds, bit 0 first; "" for one that is not connected
	Start       time.Time         `json:"start"`                // zero of all times of the trace: in a run that of the run
}

// Block is a run of samples as an instrument gave them, without a gap inside.
// Its slices are valid until the function that it was handed to returns.
type Block struct {
	// Index counts samples from the start of the trace, lost ones too: where it is not the end of the block
	// before, there is a gap, and a gap is never filled.
	Index int64
	// Time is when the host had read the last byte of the block, with its monotonic reading; zero when not known.
	Time time.Time
	Amps []float32 // A, one a period
	// Plain are the same samples without the filters that the instrument's maker asks for; nil when there are none.
	Plain   []float32
	Digital []byte    // state of the digital channels, one byte a sample; nil when there are none
	Volts   []float32 // V, one a sample; nil when the instrument does not measure it
	Events  []Event
}

// End is the index after the block's last sample.
func (b Block) End() int64 { return b.Index + int64(len(b.Amps)) }

// Slice is the block from index from to before index to, both inside of it. Events are those of that part.
func (b Block) Slice(from, to int64) Block {
	i, j := from-b.Index, to-b.Index
	s := Block{Index: from, Time: b.Time, Amps: b.Amps[i:j]}
	if b.Plain != nil {
		s.Plain = b.Plain[i:j]
	}
	if b.Digital != nil {
		s.Digital = b.Digital[i:j]
	}
	if b.Volts != nil {
		s.Volts = b.Volts[i:j]
	}
	for _, e := range b.Events {
		if e.Index >= from && e.Index < to {
			s.Events = append(s.Events, e)
		}
	}
	return s
}

// Event is something that the instrument said, or that its driver found, beside samples.
type Event struct {
	Index int64         `json:"index"` // of the sample before which it happened
	T     time.Duration `json:"t"`     // when the host had read it, since Header.Start
	Kind  EventKind     `json:"kind"`
	Text  string        `json:"text,omitempty"`
	Value float64       `json:"value,omitempty"` // see the kinds
}

// EventKind names what happened.
type EventKind string

const (
	Gap         EventKind = "gap"         // samples are missing; Value is how many, Text says how it is known
	Compressed  EventKind = "compressed"  // fewer samples came than the wall clock asks for, without a gap; Value is the fraction that is missing
	OverRange   EventKind = "over-range"  // the current was at or beyond the end of the instrument's range; Value in A
	Implausible EventKind = "implausible" // a value that cannot be: the stream was out of step; Value in A
	PowerDown   EventKind = "power-down"  // the instrument's output is off
	Stamp       EventKind = "stamp"       // Value is the instrument's own time in s since its start
	Voltage     EventKind = "voltage"     // Value is the output in V
	Warning     EventKind = "warning"     // the instrument's own words
)

// Mark is a named instant on the host's clock: "start" and "end" of what is measured; "chip_en high", "chip_en low",
// "supply high" and "supply low" are edges that a digital channel of that name, or the current, can show.
type Mark struct {
	Name string        `json:"name"`
	T    time.Duration `json:"t"` // since Header.Start, monotonic
}

// Arrival is when the host had read the samples before an index.
type Arrival struct {
	Index int64         `json:"index"`
	T     time.Duration `json:"t"` // since Header.Start
}

// Clock says when each sample was, on the host's clock.
type Clock struct {
	Method   string        `json:"method"`   // how it was found; see the alignment of package energy
	Offset   time.Duration `json:"offset"`   // of sample 0, since Header.Start: its instant, or the begin of its period
	Period   float64       `json:"period"`   // s from one sample to the next
	Residual float64       `json:"residual"` // s, how far off it may be
}

// Time is the instant of an index, since Header.Start; an index may lie between two samples.
func (c Clock) Time(index float64) time.Duration {
	return c.Offset + time.Duration(index*c.Period*1e9)
}

// Index is that of an instant.
func (c Clock) Index(t time.Duration) float64 {
	return (t - c.Offset).Seconds() / c.Period
}

// From is the clock of a trace that begins at the index first of this one.
func (c Clock) From(first int64) Clock {
	c.Offset = c.Time(float64(first))
	return c
}

// NominalMethod is that of a clock which nothing ties to the host's; its Residual is not known, and 0.
const NominalMethod = "nominal"

// Nominal is the clock of a trace of which nothing else is known: its samples begin at Header.Start.
func Nominal(h Header) Clock { return Clock{Method: NominalMethod, Period: 1 / h.Rate} }

// Side is what is kept beside the samples: NAME.json.
type Side struct {
	Schema   int               `json:"schema"` // 1
	Header   Header            `json:"header"`
	Samples  int64             `json:"samples"`         // those of the file, lost ones too
	First    int64             `json:"first,omitempty"` // index of the first one, in the session that the trace is a part of
	Gaps     []Span            `json:"gaps,omitempty"`
	Events   []Event           `json:"events,omitempty"`
	Marks    []Mark            `json:"marks,omitempty"`
	Arrivals []Arrival         `json:"arrivals,omitempty"`
	Clock    Clock             `json:"clock"`
	Files    map[string]string `json:"files"` // SHA-256, in hexadecimal: of "session.raw", the entry of NAME.ppk2, "volts.f32" and "plain.f32"
}

// Span is [From, To) in samples.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Reader gives a trace, as often as it is asked.
type Reader interface {
	Side() Side
	// Blocks are the samples from index from to before index to, in order, without what was lost. A block is valid until
	// the next one is asked for. Memory does not grow with the range.
	Blocks(from, to int64) iter.Seq2[Block, error]
}
