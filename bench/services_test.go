package bench

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/transport/at"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// joined opens an emulated module that has joined, over a line in memory whose commands are noted. Its sockets, and the
// peer's, are those of net; nil is this machine's.
func joined(t *testing.T, cfg emulator.Config, net *memnet.Network) (*Rig, *wire) {
	t.Helper()
	cfg.Link = emulator.LinkMemory
	var ends peer.Network
	if net != nil {
		cfg.Dial, cfg.Listen, cfg.ListenPacket = net.Dial, net.Listen, net.ListenPacket
		ends = peer.Network{Listen: net.Listen, ListenPacket: net.ListenPacket, Dial: net.Dial}
	}
	m, err := emulator.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Conn: conn}
	s := at.New(w, st67.Grammar())
	t.Cleanup(func() {
		_ = s.Close()
		_ = m.Close()
	})
	air := st67.Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}
	module, err := st67.Open(t.Context(), s, st67.Options{Wifi: air})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := module.Join(t.Context(), air); err != nil {
		t.Fatal(err)
	}
	w.lines = nil
	return &Rig{Module: module, Peer: peer.Local(ends, netip.MustParseAddr("127.0.0.1")), Link: conn}, w
}

// outcomeOf runs the one case of a workload once, and gives its result and its samples.
func outcomeOf(ctx context.Context, t *testing.T, r *Rig, workload string) (results.Result, []results.Sample) {
	t.Helper()
	j := &memory{samples: map[int]*kept{}}
	run := runner(t, r, j, "name: one\nworkload: {"+workload+"}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
	if err := run.Run(ctx); err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if len(j.results) != 1 {
		t.Fatalf("%d results", len(j.results))
	}
	var samples []results.Sample
	if k := j.samples[1]; k != nil {
		samples = k.values
	}
	return j.results[0], samples
}

// passed is outcomeOf for a workload that has to be measured.
func passed(t *testing.T, r *Rig, workload string) (results.Result, []results.Sample) {
	t.Helper()
	res, samples := outcomeOf(t.Context(), t, r, workload)
	if res.Outcome != results.Pass {
		t.Fatalf("%s: %s %s", workload, res.Outcome, res.Err)
	}
	return res, samples
}

// endsWith says whether the last command of this name is the last but the conditions' queries.
func endsWith(lines []string, name string) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		switch {
		case lines[i] == name:
			return true
		case !strings.HasSuffix(lines[i], "?") && lines[i] != "AT+TEMP":
			return false
		}
	}
	return false
}

var errEnough = errors.New("enough")
