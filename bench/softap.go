package bench

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// The module's own access point, for role softap.
const (
	accessName    = "st67bench"
	accessPass    = "st67bench-ap"
	accessChannel = 6
)

// How long the peer may take to join the module's access point, by hand or by what joins it again by itself, and how often it
// is looked whether it has.
const (
	guestLimit = time.Minute
	guestEvery = 200 * time.Millisecond
)

// ownAccess begins the module's own access point and returns its address there.
func ownAccess(ctx context.Context, r *Rig) (netip.Addr, error) {
	if err := r.Module.SoftAP(ctx, accessName, accessPass, accessChannel); err != nil {
		return netip.Addr{}, refused(err)
	}
	address, err := r.Module.SoftAPAddress(ctx)
	return address, refused(err)
}

// reach opens the peer's end of a connection to the module's own access point, whose station the peer has to be: it tries
// until the peer has joined.
func reach[E endpoint](ctx context.Context, r *Rig, at netip.AddrPort, open func() (E, error)) (end E, err error) {
	limited, cancel := context.WithTimeout(ctx, guestLimit)
	defer cancel()
	tick := time.NewTicker(guestEvery)
	defer tick.Stop()
	for {
		if end, err = open(); err == nil {
			return end, nil
		}
		select {
		case <-tick.C:
		case <-limited.Done():
			if ctx.Err() != nil {
				return end, context.Cause(ctx)
			}
			return end, alone(r, at, err)
		}
	}
}

// alone says in words why the peer did not reach the module's access point.
func alone(r *Rig, at netip.AddrPort, err error) error {
	now, cancel := context.WithCancel(context.Background())
	cancel() // what has come by now
	guest, absent := r.Module.AwaitGuest(now)
	if absent != nil {
		return fmt.Errorf("%w join the module's access point: no station came within %v; while this case runs, have the %s peer's machine join the Wi-Fi network %q with the password %q",
			ErrCannot, guestLimit, r.Peer.Kind(), accessName, accessPass)
	}
	return fmt.Errorf("a station has joined the module's access point as %s, but the %s peer does not reach %s; is it the peer's machine, and does its route lead there? %w",
		guest, r.Peer.Kind(), at, err)
}
