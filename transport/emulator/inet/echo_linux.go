package inet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// echoHeader is the length of an ICMP echo's header: type, code, checksum,
// identifier, sequence number.
const echoHeader = 8

// Types of an echo: its request, and its answer.
var echoTypes = map[bool][2]byte{false: {8, 0}, true: {128, 129}}

var echoNumber atomic.Uint32

// SystemEcho is this machine's ICMP echo, by a datagram socket that needs no
// privilege where net.ipv4.ping_group_range has the user's group. The kernel sets
// identifier and checksum.
func SystemEcho(ctx context.Context, to netip.Addr, size int) (time.Duration, error) {
	conn, err := echoSocket(to.Is6())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if t, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(t)
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	types, number := echoTypes[to.Is6()], uint16(echoNumber.Add(1))
	p := make([]byte, echoHeader+size)
	p[0] = types[0]
	binary.BigEndian.PutUint16(p[6:], number)
	sent := time.Now()
	if _, err := conn.WriteTo(p, &net.UDPAddr{IP: to.AsSlice(), Zone: to.Zone()}); err != nil {
		return 0, fmt.Errorf("ICMP echo: %w", err)
	}
	for {
		n, _, err := conn.ReadFrom(p)
		if err != nil {
			return 0, fmt.Errorf("ICMP echo: %w", err)
		}
		if n >= echoHeader && p[0] == types[1] && binary.BigEndian.Uint16(p[6:]) == number {
			return time.Since(sent), nil
		}
	}
}

func echoSocket(v6 bool) (net.PacketConn, error) {
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if v6 {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil, fmt.Errorf("%w: %w", ErrNoEcho, err)
	}
	if err != nil {
		return nil, fmt.Errorf("ICMP echo: %w", err)
	}
	file := os.NewFile(uintptr(fd), "icmp")
	defer file.Close() // the connection has a descriptor of its own
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, fmt.Errorf("ICMP echo: %w", err)
	}
	return conn, nil
}
