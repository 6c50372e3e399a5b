package energy

import (
	"math"

	"st67bench/results"
)

// State is what the module does, as far as its current tells.
type State int

// The states, by rising current. Off is CHIP_EN low or no supply; Sleep is standby, hibernation, and sleep between beacons;
// Idle is awake without data: the low-power firmware that listens for a beacon, and the application that waits.
const (
	Off State = iota
	Sleep
	Idle
	Receive
	Transmit
	states
)

var stateNames = [states]string{"off", "sleep", "idle", "receive", "transmit"}

func (s State) String() string { return stateNames[s] }

// level is a border between two states: the higher one begins at or above enter and ends at or below leave, so that noise
// does not change the state.
type level struct{ enter, leave float32 }

// levels are the borders of the states. Off and sleep are told apart by the mean of many samples, since an
// instrument's noise is as large as what lies between them.
type levels struct {
	off    float64  // A
	border [3]level // above sleep, idle and receive
}

// defaultLevels lie between the currents of the module's states, as far as they are published or assumed: shutdown 0.2 µA
// | hibernation 2.5 µA, sleep 79 µA, standby 90 µA | beacon 38 mA, application 57 mA | receiving 65 mA |
// transmitting 167 mA (Bluetooth) to 377 mA (802.11b, datasheet DS14784). Between the application and receiving there is
// little room.
var defaultLevels = levels{off: 0.7e-6, border: [3]level{{0.5e-3, 0.5e-3 / 3}, {61.5e-3, 60.3e-3}, {150e-3, 120e-3}}}

const (
	// restless is the share of the samples inside of a border from which on the border lies in the middle of a state.
	restless = 0.01
	// apart is how many times higher the current awake is than that asleep, at least.
	apart = 10
	// distinct is the same of two states of a module that is awake; the application and receiving are 1.14 apart. What is closer is
	// the noise of one state.
	distinct = 1.05
)

// findLevels takes the default of each border unless the samples show that it lies in the middle of a state: then it
// lies between the two groups into which they fall.
func findLevels(h *histogram) levels {
	l := defaultLevels
	l.border[0] = wakeLevel(h)
	for i, around := range [2][2]float32{{l.border[0].enter, 120e-3}, {61.5e-3, 1}} {
		b := &l.border[i+1]
		if h.share(b.leave, b.enter) < restless {
			continue
		}
		if low, high, ok := h.split(around[0], around[1]); ok && high >= distinct*low {
			width := math.Sqrt(float64(b.enter / b.leave))
			b.enter, b.leave = float32(math.Sqrt(low*high)*width), float32(math.Sqrt(low*high)/width)
		}
	}
	return l
}

// wakeLevel is the border above sleep. A rail that feeds more than the module may never come below the default.
func wakeLevel(h *histogram) level {
	b := defaultLevels.border[0]
	if h.share(b.leave, b.enter) < restless && h.share(0, b.enter) > 0 {
		return b
	}
	low, high, ok := h.split(float32(defaultLevels.off), 1) // noise that reaches to 0 and below has no logarithm, and is no state
	if !ok || high < apart*low {
		return b
	}
	enter := math.Sqrt(low * high)
	return level{float32(enter), float32(enter / 3)}
}

// next is the state that a sample leads to: 0 is asleep.
func (l *levels) next(state int, v float32) int {
	for state < len(l.border) && v >= l.border[state].enter {
		state++
	}
	for state > 0 && v <= l.border[state-1].leave {
		state--
	}
	return state
}

// band is what a sample has to lie between for the state to stay.
func (l *levels) band(state int) (low, high float32) {
	low, high = float32(math.Inf(-1)), float32(math.Inf(1))
	if state > 0 {
		low = l.border[state-1].leave
	}
	if state < len(l.border) {
		high = l.border[state].enter
	}
	return low, high
}

// String names the borders, for the notes of an answer.
func (l levels) String() string {
	amps := func(v float32) string { return results.FormatQuantity(float64(v), "A") }
	from := "default levels"
	if l != defaultLevels {
		from = "levels by the trace's own histogram"
	}
	return from + ": off below " + amps(float32(l.off)) + ", awake from " + amps(l.border[0].enter) + " until " + amps(l.border[0].leave) +
		", receive from " + amps(l.border[1].enter) + ", transmit from " + amps(l.border[2].enter) + " until " + amps(l.border[2].leave)
}
