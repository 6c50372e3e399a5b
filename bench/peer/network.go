package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// dialTime is how long the peer tries to reach a module that is the server.
const dialTime = 10 * time.Second

// Network is how the peer reaches the network; a nil function is that of package net.
type Network struct {
	Listen       Listen
	ListenPacket func(network, address string) (net.PacketConn, error)
	Dial         func(ctx context.Context, network, address string) (net.Conn, error)
}

// Protocols of a connection.
const (
	TCP = "tcp"
	UDP = "udp"
	TLS = "tls"
)

// Options say how a stream travels.
type Options struct {
	Protocol string // TCP (default), UDP or TLS
	IPv6     bool   // listen on the host's IPv6 address
	// Connect is the module's server, which the peer dials; when it is not valid, the peer listens.
	Connect netip.AddrPort
	// Port is where the peer listens, as after a program on it was started again; 0 for one that is free.
	Port uint16
}

func (n Network) withDefaults() Network {
	if n.Listen == nil {
		n.Listen = net.Listen
	}
	if n.ListenPacket == nil {
		n.ListenPacket = net.ListenPacket
	}
	if n.Dial == nil {
		n.Dial = new(net.Dialer).DialContext
	}
	return n
}

// dial reaches the module's server.
func (n Network) dial(ctx context.Context, o Options) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := n.Dial(ctx, "tcp", o.Connect.String())
	if err != nil || o.Protocol != TLS {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // the module's server makes its own certificate
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// listen opens the socket that the module connects to.
func (n Network) listen(host netip.Addr, o Options) (net.Listener, netip.AddrPort, error) {
	ln, err := n.Listen("tcp", netip.AddrPortFrom(host, o.Port).String())
	if err != nil {
		return nil, netip.AddrPort{}, cannotListen(host, o.Port, err)
	}
	addr, err := addrPort(ln.Addr())
	if err == nil && o.Protocol == TLS {
		ln, err = secured(ln)
	}
	if err != nil {
		_ = ln.Close()
		return nil, addr, err
	}
	return ln, addr, nil
}

// cannotListen says what keeps the peer from listening.
func cannotListen(host netip.Addr, port uint16, err error) error {
	if port != 0 && !errors.Is(err, syscall.EADDRNOTAVAIL) {
		return fmt.Errorf("peer: cannot listen on port %d of %s again: %w; another program may have taken it, or the system keeps it for a while", port, host, err)
	}
	return fmt.Errorf("peer: cannot listen on %s, which has to be an address of this host: %w", host, err)
}
