package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// idleTick is how often an idle repeat looks whether it is over.
const idleTick = 250 * time.Millisecond

// idle is the module left alone: while it runs the host writes nothing, since every transfer is a wake.
type idle struct {
	scenarios.Workload
	seed uint64

	sink       peer.Sink // of the connection; nil: none
	linked     bool      // link 0 is open
	before     int       // keep-alive of link 0
	kept       bool      // it may be another one now
	mqtt       bool
	fixed, off bool // the address is set by hand; the radio is off
}

func newIdle(w scenarios.Workload, seed uint64) Workload { return &idle{Workload: w, seed: seed} }

// Prepare makes the settings that are the idle module's own, and its connection.
func (w *idle) Prepare(ctx context.Context, r *Rig) error {
	if err := w.clock(ctx, r); err != nil {
		return refused(err)
	}
	if w.Radio == "off" {
		w.off = true
		return refused(r.Module.RadioOff(ctx))
	}
	if err := w.join(ctx, r); err != nil {
		return err
	}
	if err := w.network(ctx, r); err != nil {
		return refused(err)
	}
	return w.connect(ctx, r)
}

// join makes sure that the module is in its network. A module that will hibernate does without on a rig that has none.
func (w *idle) join(ctx context.Context, r *Rig) error {
	in, err := r.Module.InNetwork(ctx)
	if err != nil || in || w.Silent() && r.Wifi.SSID == "" {
		return err
	}
	_, err = r.Module.Join(ctx, r.Wifi)
	return err
}

// sources are the numbers of the 32 kHz clock's sources by their words; found is 0.
var sources = map[string]int{"rc": st67.ClockRC, "crystal": st67.ClockCrystal, "external": st67.ClockExternal}

// clock sets the source of the 32 kHz clock, which restarts the module when it is another one.
func (w *idle) clock(ctx context.Context, r *Rig) error {
	source := sources[w.Clock]
	if source > st67.ClockRC && !slices.Contains(r.Clocks, w.Clock) {
		return fmt.Errorf("%w take its 32 kHz clock from %s: lse: %s in the rig file says that the part is there", ErrCannot, w.Clock, w.Clock)
	}
	return r.Module.SetClock(ctx, source)
}

// network sets the addresses.
func (w *idle) network(ctx context.Context, r *Rig) error {
	if err := r.Module.UseIPv6(ctx, w.IPv6 == "on"); err != nil {
		return err
	}
	if w.Address == "static" {
		w.fixed = true
		return r.Module.FixAddress(ctx)
	}
	return nil
}

// connect makes the connection that the idle module keeps.
func (w *idle) connect(ctx context.Context, r *Rig) error {
	alive := int(w.KeepAlive / time.Second)
	switch w.Connected {
	case "tcp", "tls":
		if alive > 0 {
			var err error
			if w.before, err = r.Module.KeepAlive(ctx, 0); err != nil {
				return err
			}
			w.kept = true
			if err := r.Module.SetKeepAlive(ctx, 0, alive); err != nil {
				return refused(err)
			}
		}
		var err error
		if w.sink, err = r.Peer.Sink(ctx, peer.Stream{Seed: w.seed, Block: 1}, peer.Options{Protocol: w.Connected}); err != nil {
			return err
		}
		w.linked = true
		return r.Module.Connect(ctx, 0, w.Connected, w.sink.Addr())
	case "mqtt":
		o, err := brokerOptions(r)
		if err != nil {
			return err
		}
		o.ClientID, o.KeepAlive = "st67-"+r.Module.Unit(), alive
		w.mqtt = true
		return r.Module.MQTTConnect(ctx, o)
	}
	return nil
}

// Run waits.
func (w *idle) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	begin, before := time.Now(), r.Module.Unsolicited()
	if w.fixed && w.Power == "standby" {
		rec.Condition("address_note", "by ST's release notes, power save does not work with a static address: hold this against address: dhcp")
	}
	if why := w.FewWakes(r.AP); why != "" {
		rec.Condition("wakes_note", why)
	}
	length := w.IdleTime(r.AP)
	for {
		passed := time.Since(begin)
		if passed >= length {
			break
		}
		rec.Progress(time.Now(), passed.Seconds()/length.Seconds())
		if err := sleep(ctx, min(idleTick, length-passed)); err != nil {
			return err
		}
	}
	rec.Metric("host_wakes", float64(r.Module.Unsolicited()-before))
	return nil
}

// Verify asks whether the module is still in what was measured.
func (w *idle) Verify(ctx context.Context, r *Rig) error {
	if w.Power == "hibernate" {
		if !r.Module.Hibernating() {
			return errors.New("the module started in the middle of its hibernation: something woke it")
		}
		return nil
	}
	in, err := r.Module.InNetwork(ctx)
	switch {
	case err != nil:
		return err
	case !in && w.Radio != "off":
		return errors.New("the module has lost its network meanwhile: these figures are not those of an associated module")
	case w.linked && !r.Module.LinkUp(0):
		return fmt.Errorf("the connection to the peer was lost meanwhile (%s)", r.Module.LastEvent())
	case w.mqtt && !r.Module.BrokerUp():
		return fmt.Errorf("the connection to the MQTT broker was lost meanwhile (%s)", r.Module.LastEvent())
	}
	return nil
}

// Conclude ends the connection, and brings the module back to its network when it had to leave it.
func (w *idle) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.mqtt {
		errs = append(errs, r.Module.MQTTClose(ctx))
	}
	if w.linked {
		errs = append(errs, r.Module.CloseLink(ctx, 0))
	}
	if w.kept {
		errs = append(errs, r.Module.SetKeepAlive(ctx, 0, w.before))
	}
	if w.sink != nil {
		errs = append(errs, w.sink.Close())
	}
	if w.fixed || w.off {
		errs = append(errs, w.comeBack(ctx, r))
	}
	return errors.Join(errs...)
}

// comeBack joins as before, also when ctx has no time for it.
func (w *idle) comeBack(ctx context.Context, r *Rig) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), returnTime)
	defer cancel()
	if w.fixed {
		if err := r.Module.LeaseAddress(ctx); err != nil {
			return err
		}
	}
	if w.off && !r.Module.Hibernating() {
		if err := r.Module.RadioOn(ctx); err != nil {
			return err
		}
	}
	if r.Wifi.SSID == "" { // the rig has no network
		return nil
	}
	_, err := r.Module.Join(ctx, r.Wifi)
	return err
}
