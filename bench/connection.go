package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"st67bench/bench/peer"
	"st67bench/scenarios"
)

// servicePort is where the module listens when it is the server.
const servicePort = 5067

// The module's own access point, for role softap.
const (
	accessName    = "st67bench"
	accessPass    = "st67bench-ap"
	accessChannel = 6
)

// endpoint is the peer's end of a connection: a sink, a source or an echo.
type endpoint interface {
	comparable
	Addr() netip.AddrPort
	Close() error
}

// stage makes the module ready for the connections of a workload: IPv6, and the server when others come to it. It
// returns where the peer dials, which is not valid when the module dials.
func stage(ctx context.Context, r *Rig, w scenarios.Workload) (netip.AddrPort, error) {
	if w.IP == "6" { // Restore puts it back
		if err := r.Module.UseIPv6(ctx, true); err != nil {
			return netip.AddrPort{}, err
		}
	}
	if w.Role == "" || w.Role == "client" {
		return netip.AddrPort{}, nil
	}
	address := r.Module.Address()
	if w.Role == "softap" {
		err := r.Module.SoftAP(ctx, accessName, accessPass, accessChannel)
		if err == nil {
			address, err = r.Module.SoftAPAddress(ctx)
		}
		if err != nil {
			return netip.AddrPort{}, refused(err)
		}
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

// connect opens the peer's end of a connection and the connection, and returns its link: the one that was asked for, or
// where the module serves the one that it gave. at is stage's.
func connect[E endpoint](ctx context.Context, r *Rig, w scenarios.Workload, at netip.AddrPort, link int,
	open func(peer.Options) (E, error)) (end E, id int, err error) {
	var none E
	end, err = open(peer.Options{Protocol: w.Protocol, IPv6: w.IP == "6", Connect: at})
	if err != nil {
		return none, link, err
	}
	if at.IsValid() {
		id, err = r.Module.Accept(ctx)
	} else if id, err = link, r.Module.Connect(ctx, link, w.Protocol, end.Addr()); err != nil {
		err = fmt.Errorf("connect link %d to the peer at %s: %w", link, end.Addr(), err)
	}
	return end, id, err
}

// strike ends the server that stage began, and the access point.
func strike(ctx context.Context, r *Rig, w scenarios.Workload) error {
	if w.Role == "" || w.Role == "client" {
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
