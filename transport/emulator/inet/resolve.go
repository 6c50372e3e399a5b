package inet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"st67bench/transport/emulator/core"
)

// resolveTimeout is how long a name is asked for, about what lwIP's four tries
// take.
const resolveTimeout = 10 * time.Second

// dnsKey is where AT+CIPDNS is stored.
const dnsKey = "inet/dns"

// servers is AT+CIPDNS.
type servers struct {
	Manual bool
	List   [3]netip.Addr // those that are not set are the unspecified address
}

// defaultServers are those of a module that was told none (manual 4.1.4.3).
var defaultServers = [3]netip.Addr{
	netip.AddrFrom4([4]byte{208, 67, 222, 222}),
	netip.AddrFrom4([4]byte{8, 8, 8, 8}),
	netip.IPv4Unspecified(),
}

var errUnknown = errors.New("the name has no address of this kind")

// resolve returns the address of host, which may be an address itself.
func (f *Family) resolve(ctx context.Context, host string, v6 bool) (netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	all := f.known(strings.TrimSuffix(host, "."))
	if all == nil {
		var err error
		if all, err = f.ask(ctx, host, v6); err != nil {
			return netip.Addr{}, err
		}
	}
	for _, a := range all {
		if a = a.Unmap(); a.Is6() == v6 {
			return a, nil
		}
	}
	return netip.Addr{}, errUnknown
}

// known is the addresses of a name in the table, in any case.
func (f *Family) known(host string) []netip.Addr {
	for name, all := range f.Hosts {
		if strings.EqualFold(name, host) {
			return all
		}
	}
	return nil
}

// ask asks for a name: the servers of AT+CIPDNS as far as they are on this
// machine, because those of the module's own network are not there, else the
// resolver that the family was given.
func (f *Family) ask(ctx context.Context, host string, v6 bool) ([]netip.Addr, error) {
	network := "ip4"
	if v6 {
		network = "ip6"
	}
	for _, server := range f.dns.List {
		if !f.dns.Manual || !server.IsLoopback() {
			continue
		}
		r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return f.Dial(ctx, network, netip.AddrPortFrom(server, 53).String())
		}}
		return r.LookupNetIP(ctx, network, host)
	}
	if f.Lookup == nil {
		return nil, errUnknown
	}
	return f.Lookup(ctx, network, host)
}

// domain is AT+CIPDOMAIN="name"[,1 IPv4 before IPv6|2 IPv4|3 IPv6].
func (f *Family) domain(c *core.Call) error {
	host := string(c.Args.Text(0, 127))
	network := c.Args.IntOr(1, 1, 1, 3)
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case host == "":
		return core.BadValue
	case network == 3 && !f.v6:
		return core.NotAllowed
	case !f.Online():
		return core.Failed
	}
	a, err := f.resolve(f.ctx, host, network == 3)
	if err != nil && network == 1 && f.v6 {
		a, err = f.resolve(f.ctx, host, true)
	}
	c.CatchUp()
	if err != nil {
		return core.BadAddress
	}
	c.Line(`+CIPDOMAIN:"%s"`, a)
	return nil
}

func (f *Family) queryDNS(c *core.Call) error {
	l := f.dns.List
	c.Line(`+CIPDNS:%d,"%s","%s","%s"`, bit(f.dns.Manual), l[0], l[1], l[2])
	return nil
}

// setDNS is AT+CIPDNS=<enable>[,"server"]...; without a server, and for those
// that DHCP gives, the defaults are in force.
func (f *Family) setDNS(c *core.Call) error {
	manual := c.Args.Int(0, 0, 1) == 1
	var given []netip.Addr
	for i := 1; i < c.Args.Len(); i++ {
		if !c.Args.Has(i) {
			continue
		}
		a, err := netip.ParseAddr(string(c.Args.Text(i, 45)))
		if c.Args.Err() == nil && (err != nil || a.IsUnspecified()) {
			return core.BadAddress
		}
		given = append(given, a)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if !manual && c.Args.Len() > 1 || repeats(given) {
		return core.BadValue
	}
	f.dns = servers{manual, defaultServers}
	if len(given) > 0 {
		f.dns.List = [3]netip.Addr{netip.IPv4Unspecified(), netip.IPv4Unspecified(), netip.IPv4Unspecified()}
		copy(f.dns.List[:], given)
	}
	f.m.Save(dnsKey, f.dns)
	return nil
}

// repeats says whether two of the addresses are the same.
func repeats(all []netip.Addr) bool {
	for i, a := range all {
		if slices.Contains(all[:i], a) {
			return true
		}
	}
	return false
}
