package main

import (
	"fmt"
	"net"
	"net/netip"

	"st67bench/bench/st67"
)

// localAddress is this host's address in the module's subnet, which is where
// the module can reach it without a router.
func localAddress(station st67.Station) (netip.Addr, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		prefix, ok := toPrefix(n)
		if ok && prefix.Contains(station.IP) {
			return prefix.Addr(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("no interface of this host is in the module's subnet (module %s): connect the host to the same network, or give the rig `peer: {address: …}`", station.IP)
}

// toPrefix keeps the host part of the address.
func toPrefix(n *net.IPNet) (netip.Prefix, bool) {
	addr, ok := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	if !ok {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr.Unmap(), ones), true
}
