package main

import (
	"context"
	"net"
	"strconv"
	"time"

	"st67bench/bench/peer"
)

// ceilingTime is how long iperf3 measures each direction.
const ceilingTime = 2 * time.Second

// networkCeiling is what TCP carries between this host and the peer's network, in bit/s and by the receiver's count, which no figure of a
// module in that network can exceed: network_ceiling_up to it and network_ceiling_down from it. Its other end is the server of iperf3
// that the rig names, or one that a remote peer starts. Where a figure is missing, network_ceiling_note says why; that keeps
// nobody from measuring.
func networkCeiling(ctx context.Context, p peer.Peer, named string) map[string]string {
	remote, far := p.(*peer.Remote)
	if !far && named == "" {
		return map[string]string{"network_ceiling_note": "no network between harness and peer: the peer is in this process"}
	}
	found := map[string]string{}
	for _, direction := range []struct {
		name    string
		reverse bool
	}{{"network_ceiling_up", false}, {"network_ceiling_down", true}} {
		var rate float64
		var err error
		if named != "" {
			rate, err = namedRate(ctx, named, direction.reverse)
		} else {
			rate, err = remoteRate(ctx, remote, direction.reverse)
		}
		if err != nil {
			found["network_ceiling_note"] = "not measured: " + err.Error()
			break
		}
		found[direction.name] = strconv.FormatFloat(rate, 'g', 4, 64)
	}
	return found
}

// namedRate runs iperf3 against a server that is there, HOST:PORT.
func namedRate(ctx context.Context, server string, reverse bool) (float64, error) {
	host, text, err := net.SplitHostPort(server)
	if err != nil {
		return 0, err // the rig file was checked
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, err
	}
	return iperf3Rate(ctx, host, uint16(port), reverse)
}

// remoteRate runs iperf3 against a server that the remote peer starts for it.
func remoteRate(ctx context.Context, remote *peer.Remote, reverse bool) (float64, error) {
	server, err := remote.Iperf3Server(ctx, ceilingTime)
	if err != nil {
		return 0, err
	}
	defer server.Close()
	return iperf3Rate(ctx, server.Addr().Addr().String(), server.Addr().Port(), reverse)
}

func iperf3Rate(ctx context.Context, host string, port uint16, reverse bool) (float64, error) {
	r, err := peer.Iperf3(ctx, peer.Iperf3Options{Host: host, Port: port, Time: ceilingTime, Reverse: reverse})
	if err != nil {
		return 0, err
	}
	rate, _ := r.Rate() // Iperf3 has seen to it that there is one
	return rate, nil
}
