package main

import (
	"context"
	"strconv"
	"time"

	"st67bench/bench/peer"
)

// ceilingTime is how long iperf3 measures each direction.
const ceilingTime = 2 * time.Second

// networkCeiling is what TCP carries between this host and a remote peer, in bit/s and by the receiver's count, which no figure of a
// module in that network can exceed: network_ceiling_up to the peer and network_ceiling_down from it. Where one is
// missing, network_ceiling_note says why; that keeps nobody from measuring.
func networkCeiling(ctx context.Context, p peer.Peer) map[string]string {
	remote, ok := p.(*peer.Remote)
	if !ok {
		return map[string]string{"network_ceiling_note": "no network between harness and peer: the peer is in this process"}
	}
	found := map[string]string{}
	for _, direction := range []struct {
		name    string
		reverse bool
	}{{"network_ceiling_up", false}, {"network_ceiling_down", true}} {
		rate, err := iperf3Rate(ctx, remote, direction.reverse)
		if err != nil {
			found["network_ceiling_note"] = "not measured: " + err.Error()
			break
		}
		found[direction.name] = strconv.FormatFloat(rate, 'g', 4, 64)
	}
	return found
}

// iperf3Rate runs iperf3 between here and the remote peer.
func iperf3Rate(ctx context.Context, remote *peer.Remote, reverse bool) (float64, error) {
	server, err := remote.Iperf3Server(ctx, ceilingTime)
	if err != nil {
		return 0, err
	}
	defer server.Close()
	at := server.Addr()
	r, err := peer.Iperf3(ctx, peer.Iperf3Options{Host: at.Addr().String(), Port: at.Port(), Time: ceilingTime, Reverse: reverse})
	if err != nil {
		return 0, err
	}
	rate, _ := r.Rate() // Iperf3 has seen to it that there is one
	return rate, nil
}
