package st67

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// everywhere runs a test on the emulated modules whose dialogues differ: releases, the manual, and both builds.
func everywhere(t *testing.T, test func(t *testing.T, m *Module, network *memnet.Network)) {
	t.Helper()
	for _, profile := range []string{"t01-2.0.106", "t01-2.0.75", "manual"} {
		for _, build := range []string{emulator.BuildUART, emulator.BuildSPI} {
			t.Run(profile+"/"+build, func(t *testing.T) {
				onModule(t, emulator.Config{Profile: profile, Build: build}, test)
			})
		}
	}
}

// host is the peer's address.
const host = "192.168.67.9"

// accepted connects link 0 to a peer in memory with dial, and returns the peer's end.
func accepted(t *testing.T, network *memnet.Network, port string, dial func(to netip.AddrPort) error) net.Conn {
	t.Helper()
	l, err := network.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := dial(netip.MustParseAddrPort(net.JoinHostPort(host, port))); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// arrives takes n bytes at the peer.
func arrives(t *testing.T, c net.Conn, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	c.SetReadDeadline(time.Now().Add(time.Minute))
	if k, err := io.ReadFull(c, p); err != nil {
		t.Fatalf("%d of %d bytes arrived: %v", k, n, err)
	}
	return p
}

// nothing arrives for a second.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Second))
	if n, err := c.Read(make([]byte, 100)); n > 0 || err == io.EOF {
		t.Errorf("%d bytes more, %v", n, err)
	}
}

// within is a context in virtual time.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
