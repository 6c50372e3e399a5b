package peer

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// datagrams is a UDP socket as a connection with whoever sent to it last: each Read is a datagram, and Write goes
// nowhere before one has come.
type datagrams struct {
	net.PacketConn

	once  sync.Once
	heard chan struct{} // closed when the first datagram has come

	mu     sync.Mutex
	remote net.Addr
}

// listenPacket opens the socket that the module sends to.
func (n Network) listenPacket(host netip.Addr, port uint16) (*datagrams, netip.AddrPort, error) {
	pc, err := n.ListenPacket("udp", netip.AddrPortFrom(host, port).String())
	if err != nil {
		return nil, netip.AddrPort{}, cannotListen(host, port, err)
	}
	if c, ok := pc.(interface{ SetReadBuffer(int) error }); ok {
		_ = c.SetReadBuffer(receiveBuffer) // without it the system's own buffer serves
	}
	addr, err := addrPort(pc.LocalAddr())
	if err != nil {
		_ = pc.Close()
		return nil, addr, err
	}
	return &datagrams{PacketConn: pc, heard: make(chan struct{})}, addr, nil
}

func (d *datagrams) Read(p []byte) (int, error) {
	n, from, err := d.ReadFrom(p)
	if from != nil {
		d.mu.Lock()
		d.remote = from
		d.mu.Unlock()
		d.once.Do(func() { close(d.heard) })
	}
	return n, err
}

func (d *datagrams) Write(p []byte) (int, error) {
	to := d.RemoteAddr()
	if to == nil {
		return 0, fmt.Errorf("peer: nobody has sent to %s yet", d.LocalAddr())
	}
	return d.WriteTo(p, to)
}

// RemoteAddr is who sent last; nil when nobody did.
func (d *datagrams) RemoteAddr() net.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remote
}
