package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/scenarios"
)

// servicePort is where the module listens when it is the server.
const servicePort = 5067

// acceptLimit is how long the module may take to say that a client has come, which the peer knows already.
const acceptLimit = 10 * time.Second

// endpoint is the peer's end of a connection: a sink, a source or an echo.
type endpoint interface {
	comparable
	Addr() netip.AddrPort
	Close() error
}

// serves says whether others come to the module.
func serves(w scenarios.Workload) bool { return w.Role == "server" || w.Role == "softap" }

// stage makes the module ready for the connections of a workload: IPv6, and the server when others come to it. It
// returns where the peer dials, which is not valid when the module dials.
func stage(ctx context.Context, r *Rig, w scenarios.Workload) (netip.AddrPort, error) {
	if w.IP == "6" { // Restore puts it back
		if err := r.Module.UseIPv6(ctx, true); err != nil {
			return netip.AddrPort{}, err
		}
	}
	if !serves(w) {
		return netip.AddrPort{}, nil
	}
	address, err := serviceAddress(ctx, r, w)
	if err != nil {
		return netip.AddrPort{}, err
	}
	protocol := w.Protocol
	if w.IP == "6" {
		protocol += "6"
	}
	if err := r.Module.Serve(ctx, protocol, servicePort); err != nil {
		return netip.AddrPort{}, refused(err)
	}
	return netip.AddrPortFrom(address, servicePort), nil
}

// serviceAddress is where the module serves: as a station, or behind its own access point, which it begins.
func serviceAddress(ctx context.Context, r *Rig, w scenarios.Workload) (netip.Addr, error) {
	if w.Role == "softap" {
		return ownAccess(ctx, r)
	}
	if w.IP != "6" {
		return r.Module.Address(), nil
	}
	address, ok, err := r.Module.Address6(ctx)
	if err == nil && !ok {
		err = fmt.Errorf("%w reach the module's server by IPv6: it has no global address in this network", ErrCannot)
	}
	return address, err
}

// connect opens the peer's end of a connection and the connection, and returns its link: the one that was asked for, or
// where the module serves the one that it gave. at is stage's.
func connect[E endpoint](ctx context.Context, r *Rig, w scenarios.Workload, at netip.AddrPort, link int,
	open func(peer.Options) (E, error)) (end E, id int, err error) {
	var none E
	options := sinkOptions(w)
	options.Connect = at
	if w.Role == "softap" {
		end, err = reach(ctx, r, at, func() (E, error) { return open(options) })
	} else {
		end, err = open(options)
	}
	if err != nil {
		return none, link, err
	}
	if at.IsValid() {
		id, err = welcome(ctx, r, at)
		return end, id, err
	}
	if err = r.Module.Connect(ctx, link, w.Protocol, end.Addr()); err != nil {
		err = fmt.Errorf("connect link %d to the peer at %s: %w", link, end.Addr(), err)
	}
	return end, link, err
}

// sinkOptions are those of an end that the module connects to.
func sinkOptions(w scenarios.Workload) peer.Options {
	return peer.Options{Protocol: w.Protocol, IPv6: w.IP == "6"}
}

// welcome is the link of the client that has come.
func welcome(ctx context.Context, r *Rig, at netip.AddrPort) (link int, err error) {
	limited, cancel := context.WithTimeout(ctx, acceptLimit)
	defer cancel()
	link, err = r.Module.Accept(limited)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("the peer has connected to %s, and the module did not say so within %v; is it the module that is there? %w", at, acceptLimit, err)
	}
	return link, err
}

// strike ends the server that stage began, and the access point.
func strike(ctx context.Context, r *Rig, w scenarios.Workload) error {
	if !serves(w) {
		return nil
	}
	err := r.Module.StopServing(ctx)
	if w.Role == "softap" {
		err = errors.Join(err, r.Module.StopSoftAP(ctx))
	}
	return err
}

// integrity are the metrics of payload that arrived; sent is what was given to the other end in all, or negative when
// what is on its way is no loss.
func integrity(rec *Recorder, got peer.Report, sent int64) {
	lost := got.Lost
	if sent >= 0 {
		lost = sent - got.Good - got.Corrupt
	}
	rec.Metric("received", float64(got.Good))
	rec.Metric("loss", float64(lost))
	rec.Metric("duplicate", float64(got.Duplicate))
	rec.Metric("reordered", float64(got.Reordered))
	rec.Metric("corrupt", float64(got.Corrupt))
	rec.Metric("foreign", float64(got.Foreign))
}

// share is how much of a repeat is done, 1 or more when its first stop unit is reached.
func share(w scenarios.Workload, elapsed float64, bytes int64, sends int) float64 {
	var done float64
	if w.Duration > 0 {
		done = max(done, elapsed/w.Duration.Seconds())
	}
	if w.Total > 0 {
		done = max(done, float64(bytes)/float64(w.Total))
	}
	if w.Sends > 0 {
		done = max(done, float64(sends)/float64(w.Sends))
	}
	return done
}

// fairness is Jain's index over what arrived of each link, in bytes: 1 when all carried the same, 1/n when one carried all
// (R. Jain, D. Chiu, W. Hawe, DEC TR-301, 1984).
func fairness[L any](links []L, arrived func(L) int64) float64 {
	var sum, squares float64
	for _, l := range links {
		x := float64(arrived(l))
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(links)) * squares)
}
