package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// ownAddress is the rig's peer address, on which this host has to be able to listen.
func ownAddress(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return address, err
	}
	ln, err := net.Listen("tcp", netip.AddrPortFrom(address, 0).String())
	if err == nil {
		return address, ln.Close()
	}
	const windows = syscall.Errno(10049) // WSAEADDRNOTAVAIL
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, windows) {
		return address, fmt.Errorf("peer.address %s is none of this host's (%s): give the one that the module reaches, or leave it out", address, strings.Join(hostAddresses(), ", "))
	}
	return address, fmt.Errorf("peer.address %s: %w", address, err)
}

// listenTCP is net.Listen for an address that a person gave.
func listenTCP(address string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	const windows = syscall.Errno(10048) // WSAEADDRINUSE
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows) {
		return nil, fmt.Errorf("%w: another program has it (ss -ltnp names it); end that one, or take another port", err)
	}
	return ln, err
}
