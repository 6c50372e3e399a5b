package bench

import (
	"context"
	"errors"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/power"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// Rig is everything that a workload drives, opened by the caller.
type Rig struct {
	Module *st67.Module
	Peer   peer.Peer
	Link   Link
	Meter  power.Meter // of the supply current; nil when the rig has none
	// Reopen opens the link anew with settings beside the rig's own ("flow", "speed", "frame"; none for the rig's own), and
	// puts new ones in place of Module and Link. nil when there is but one way to open it. A setting that this rig
	// cannot do wraps ErrCannot, and leaves the open link as it is.
	Reopen func(ctx context.Context, settings map[string]string) error
	Hooks  Hooks        // nil when the rig has none
	Wifi   st67.Wifi    // the network that the module joins
	AP     scenarios.AP // what is known of that network's access point
	Clocks []string     // sources of the module's 32 kHz clock that are there beside its RC oscillator
	Broker *peer.Broker // of MQTT; nil when there is none
	Deaf   bool         // nothing wakes a module that sleeps: neither its link nor a line to its wake-up pin
	// Log gives take each line of the module's log port, on a goroutine of its own, until stop is called; nil when the rig
	// has none.
	Log func(take func(line string)) (stop func())
	// Neighbour opens a second module on the same air, as the partner of Bluetooth; nil when the rig has none. Close is
	// the caller's.
	Neighbour func(ctx context.Context) (module *st67.Module, closeIt func() error, err error)
	// Refer tells the trace that the next Write carries these bytes of our own seeded stream, so that at.log can name them by reference.
	Refer func(stream uint32, offset int64, p []byte)

	settings map[string]string // that the link was opened with
}

// Hooks set what is not in the module: attenuators, the access point, supplies.
type Hooks interface {
	// Set gives the value to the hook of that name, and returns what the hook says that it is now; "" when it says nothing.
	Set(ctx context.Context, name, value string) (now string, err error)
}

// ErrCannot marks what this rig cannot do, though another one can: the case is SKIPPED.
var ErrCannot = errors.New("this rig cannot")

// Link is what the runner asks of the open link.
type Link interface {
	// Identity is what is compared: "link", "baud", "flow".
	Identity() map[string]string
	// Counters are totals since the link was opened: overruns, framing errors.
	Counters() map[string]uint64
	// Drain hands over the link's own series gathered since the last call.
	Drain(emit func(series string, t time.Time, v float64))
	// LineTime is the least time that the messages of these sizes, in bytes, take one after the other with a module
	// of zero latency; false when the link has no closed form.
	LineTime(toModule, fromModule []int) (time.Duration, bool)
}

// Workload is one kind of measurement. Prepare, Run and Conclude are called once per repeat, in this order;
// Conclude also after a failed Run.
type Workload interface {
	Prepare(ctx context.Context, r *Rig) error
	Run(ctx context.Context, r *Rig, rec *Recorder) error
	Conclude(ctx context.Context, r *Rig) error
}
