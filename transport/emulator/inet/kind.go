package inet

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"st67bench/transport/emulator/core"
)

// Protocols of a connection.
const (
	protoTCP = "TCP"
	protoUDP = "UDP"
	protoSSL = "SSL"
)

// kind is the type of a connection: "TCP", "UDP" or "SSL", and whether it is over
// IPv6 (manual 4.1.7.1.2).
type kind struct {
	proto string
	v6    bool
}

// parseKind reads a type in any case, as the firmware does.
func parseKind(p []byte) (kind, bool) {
	name, v6 := strings.CutSuffix(strings.ToUpper(string(p)), "V6")
	i := slices.Index([]string{protoTCP, protoUDP, protoSSL}, name)
	if i < 0 {
		return kind{}, false
	}
	return kind{name, v6}, true
}

func (k kind) udp() bool { return k.proto == protoUDP }

func (k kind) tls() bool { return k.proto == protoSSL }

// String is the type as the manual writes it: "TCPv6".
func (k kind) String() string {
	if k.v6 {
		return k.proto + "v6"
	}
	return k.proto
}

// spec is what a connection is opened with.
type spec struct {
	kind  kind
	host  string // as the host gave it
	port  uint16
	peer  netip.AddrPort // what host and port are; set by dial
	local uint16         // UDP: port to bind, 0 for any
	mode  int64          // UDP: how the remote end changes
	// keepAlive in seconds replaces that of CIPTCPOPT; negative: omitted.
	keepAlive int64
	timeout   time.Duration
}

// Ways in which a UDP connection takes a datagram from elsewhere for its new
// remote end.
const (
	remoteFixed = 0
	remoteOnce  = 1
	remoteAny   = 2
)

// parseSpec reads the parameters of CIPSTART from the type on, parameter i.
// After the port, TCP and SSL take keep-alive, local address and time-out; UDP
// takes local port, mode and these three. The firmware ignores the local
// address.
func (f *Family) parseSpec(a *core.Args, i int) (spec, error) {
	name, host := a.Text(i, 8), a.Text(i+1, 64)
	port := a.Int(i+2, 1, 65535)
	if err := a.Err(); err != nil {
		return spec{}, err
	}
	k, ok := parseKind(name)
	s := spec{kind: k, host: string(host), port: uint16(port)}
	if !ok || k.v6 && !f.v6 || s.host == "" {
		return s, core.BadValue
	}
	i += 3
	if k.udp() {
		s.local = uint16(a.IntOr(i, 0, 0, 65535))
		s.mode = a.IntOr(i+1, remoteFixed, remoteFixed, remoteAny)
		i += 2
	}
	s.keepAlive = a.IntOr(i, -1, 0, maxKeepAlive)
	a.TextOr(i+1, "", 64)
	s.timeout = time.Duration(a.IntOr(i+2, 0, 0, 20000)) * time.Millisecond
	if s.timeout == 0 {
		s.timeout = startTimeout
	}
	if a.Len() > i+3 {
		return s, core.BadCount
	}
	return s, a.Err()
}
