package energy

import "time"

// Span is [From, To) in time, since trace.Header.Start.
type Span struct{ From, To time.Duration }

// Question is what is asked of a trace.
type Question struct {
	Span                   // what counts; the zero value is the whole trace
	Settle   time.Duration // left out at the begin, such as the time after an association
	Interval time.Duration // of the wakes that the module was asked for; 0 when it was asked for none
	TWT      bool          // they are those of a TWT agreement, not of DTIM beacons
	Service  time.Duration // nominal TWT service period
	Beacon   time.Duration // beacon interval of the access point; 0 for 102.4 ms
	Asleep   bool          // the module was in standby or hibernation, so that there is a floor to find
	Silent   bool          // the radio was off, so that the module draws no more than its processor does
	Off      bool          // the module had no supply or CHIP_EN low: next to no current is right
	Bits     float64       // payload that was delivered in the span; 0 for none
	Idle     float64       // W of the module when it is associated and idle, for figures above that; 0 when not known
	Events   []Span        // transactions, each from its command to its end
}

// Problem is something that makes figures doubtful or void.
type Problem struct {
	Name string // such as "compressed"; see the checks
	Text string // what was found, with its figures
	Do   string // what to do about it
	Void bool   // figures of this span are void: those of Metrics, or all of them when it is empty
	// Metrics are those, by name of the metric table, that it takes away or makes doubtful.
	Metrics []string
}

// Figures are the answer.
type Figures struct {
	Metrics map[string]float64 // by name of the metric table; what could not be measured is absent
	// Intervals of some metrics, in which they lie with 95 % confidence as far as chance goes. What the instrument's own
	// accuracy does, the same to every sample, is not in them.
	Intervals map[string]Interval
	Problems  []Problem
	Notes     []string // sentences for whoever reads the figures
}

// Interval is from Low to High.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}
