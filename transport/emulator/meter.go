package emulator

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"st67bench/transport/emulator/meter"
)

// Meter returns an emulated current meter in the module's supply, with what Digital gives on its digital channels. Its
// configuration's Source and Digital are set here.
func (m *Module) Meter(c meter.Config) (*meter.Meter, error) {
	c.Source, c.Digital = m, m.Digital
	return meter.New(c)
}

// Digital fills dst with the digital channels of a meter on the emulated rig, from the instant from on, at rate samples
// per second (1 to 10 million): bit 0 is CHIP_EN, which is high from the switching on of a module with a serial line,
// and low without supply. The others are low: nothing is connected to them.
func (m *Module) Digital(dst []byte, from time.Time, rate float64) error {
	return m.past.Enabled(dst, from, rate)
}

// ServeMeter offers a meter on a listener, to one client at a time; another one is disconnected at once. It closes the
// listener, and returns nil when ctx has ended, else what the listener or the meter failed with. An unplugged meter is
// plugged in again for the next client.
func ServeMeter(ctx context.Context, l net.Listener, m *meter.Meter) error {
	ctx, fail := context.WithCancelCause(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer fail(nil)
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			if cause := context.Cause(ctx); cause == nil || !errors.Is(cause, ctx.Err()) {
				return errors.Join(cause, err)
			}
			return nil
		}
		clients.Go(func() {
			if err := m.Serve(ctx, conn); err != nil && !errors.Is(err, meter.ErrUnplugged) && !errors.Is(err, meter.ErrTaken) {
				fail(err)
			}
		})
	}
}
