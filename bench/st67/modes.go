package st67

import (
	"context"
	"errors"
)

// running is what was started in the module and Restore has to end.
type running struct {
	server, iperf, mqtt, ble, twt, dtim, standby, fixed bool
	pin                                                 int // that wakes the module; 0: none was set
}

// PeerError says that an MQTT broker or a Bluetooth peer could not be reached, or is reached no longer.
type PeerError struct {
	Peer string // "MQTT broker 10.0.0.1:1883"
	What string // what happened to it
	Err  error  // the answer that showed it; nil when there was none
}

func (e *PeerError) Error() string {
	text := e.Peer + ": " + e.What
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the answer that showed it, or nil.
func (e *PeerError) Unwrap() error { return e.Err }

// leaveModes makes the module listen to commands.
func (m *Module) leaveModes(ctx context.Context) error {
	if m.through != nil {
		return m.through.Quit(ctx)
	}
	return m.resync(ctx)
}

// finish ends what was started.
func (m *Module) finish(ctx context.Context) error {
	var errs []error
	for _, s := range []struct {
		on  bool
		end func(context.Context) error
	}{
		{m.on.iperf, m.IperfStop},
		{m.on.mqtt, m.MQTTClose},
		{m.on.ble, m.BLEOff},
		{m.on.server, m.StopServing},
		{m.on.twt, m.TWTOff},
		{m.on.dtim, m.DTIMOff},
		{m.on.standby, m.Awake},
		{m.on.pin != 0, m.NotWokenBy},
		{m.on.fixed, m.LeaseAddress},
	} {
		if s.on && ctx.Err() == nil {
			errs = append(errs, s.end(ctx))
		}
	}
	return errors.Join(errs...)
}
