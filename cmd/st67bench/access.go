package main

import (
	"context"
	"net"
	"net/netip"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// reach is how a peer on this host reaches the module, which is the station in its network.
func (s *session) reach(station st67.Station) peer.Network {
	network := s.network
	if s.emulated() {
		network.Dial = onThisHost(network.Dial, station.IP)
	}
	return network
}

// onThisHost dials an emulated module at the address that it has as a station, also where it says that it is in a network of
// its own: that of its access point leads nowhere, for it is on this host.
func onThisHost(dial dialFunc, station netip.Addr) dialFunc {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Is4() && !to.Addr().IsLoopback() {
			address = netip.AddrPortFrom(station, to.Port()).String()
		}
		return dial(ctx, network, address)
	}
}
