package iperf

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"

	"st67bench/transport/emulator/core"
)

// Bytes of datagrams and of what is in them.
const (
	datagramSize = 1470
	moduleHeader = 12
	cleanHeader  = 16
	reportSize   = 40
)

// socket is a net.PacketConn whose datagrams cost no allocation.
type socket interface {
	net.PacketConn
	ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error)
}

// open opens a socket that is bound to address.
func (r *run) open(address string) (socket, error) {
	conn, err := r.f.ListenPacket("udp4", address)
	if err != nil {
		return nil, err
	}
	s, ok := conn.(socket)
	if !ok {
		conn.Close()
		return nil, errors.ErrUnsupported
	}
	return s, nil
}

// unmapped is a as IPv4 when it is one in IPv6.
func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// dialect is how a run's datagrams are laid out.
type dialect struct {
	header int   // bytes of it
	first  int32 // id of the first datagram
	filler []byte
}

func (r *run) dialect() dialect {
	if r.quirks.Has(core.IperfClean) {
		return dialect{cleanHeader, 1, make([]byte, datagramSize-cleanHeader)}
	}
	return dialect{moduleHeader, 0, repeat("0123456789", datagramSize-moduleHeader)}
}

// fill lays out a datagram of datagramSize bytes that was stamped then.
func (d dialect) fill(p []byte, id int32, stamp int64) {
	d.head(p, id, stamp)
	copy(p[d.header:], d.filler)
}

// head writes a datagram's header.
func (d dialect) head(p []byte, id int32, stamp int64) {
	binary.BigEndian.PutUint32(p, uint32(id))
	binary.BigEndian.PutUint32(p[4:], uint32(stamp/second))
	binary.BigEndian.PutUint32(p[8:], uint32(stamp%second))
	if d.header == cleanHeader {
		binary.BigEndian.PutUint32(p[12:], uint32(id>>31))
	}
}

// putReport writes a server's report of a test that took span µs.
func putReport(p []byte, t tally, span int64) {
	for i, v := range [...]uint32{
		flagVersion1, uint32(t.bytes >> 32), uint32(t.bytes),
		uint32(span / second), uint32(span % second),
		uint32(t.lost), uint32(t.disordered), uint32(t.datagrams),
		uint32(t.jitter / second), uint32(t.jitter % second),
	} {
		binary.BigEndian.PutUint32(p[4*i:], v)
	}
}

// parseReport reads a server's report; ok is false when its version is not known.
// The firmware takes the seconds of the jitter for milliseconds.
func parseReport(p []byte) (t tally, span int64, ok bool) {
	word := func(i int) uint32 { return binary.BigEndian.Uint32(p[4*i:]) }
	t = tally{
		bytes: uint64(word(1))<<32 | uint64(word(2)),
		lost:  int32(word(5)), disordered: int32(word(6)), datagrams: int32(word(7)),
		jitter: int32(word(8)*1000 + word(9)),
	}
	return t, int64(word(3))*second + int64(word(4)), word(0)&flagVersion1 != 0
}
