package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// faultyPackets is a UDP socket of the module to which some datagrams come not, twice, or after the one that follows.
type faultyPackets struct {
	*memnet.PacketConn
	drop, double, swap int // every how many-th; 0 for none

	n     int
	later [][]byte // come next
	from  netip.AddrPort
}

func (f *faultyPackets) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	for {
		if len(f.later) > 0 {
			n := copy(p, f.later[0])
			f.later = f.later[1:]
			return n, f.from, nil
		}
		n, from, err := f.PacketConn.ReadFromUDPAddrPort(p)
		if err != nil {
			return n, from, err
		}
		f.n++
		f.from = from
		is := func(every int) bool { return every > 0 && f.n%every == 0 }
		switch {
		case is(f.drop):
			continue
		case is(f.double):
			f.later = append(f.later, bytes.Clone(p[:n]))
		case is(f.swap):
			first := bytes.Clone(p[:n])
			if n, from, err = f.PacketConn.ReadFromUDPAddrPort(p); err != nil {
				return n, from, err
			}
			f.n++
			f.later = append(f.later, first)
		}
		return n, from, err
	}
}

// Datagrams that are lost, doubled or overtaken on the way are counted as such, of any length and in both modes: 400 are sent, of which
// every k-th is hit, and an overtaken one counts once.
func TestDatagramFaultsAreCounted(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, length := range []int{20, 48, 333, 1400} {
		for _, mode := range []string{"active", fmt.Sprintf("passive, read: %d", length)} {
			for _, tt := range []struct {
				faultyPackets
				metric, bytes string
				count         int
			}{
				{faultyPackets{drop: 9}, "datagrams_lost", "loss", 400 / 9},
				{faultyPackets{double: 7}, "datagrams_duplicate", "duplicate", 400 / 7},
				{faultyPackets{swap: 11}, "datagrams_reordered", "reordered", 400 / 11}, // the one that is overtaken comes late
			} {
				r, _ := virtualRepeat(t, fmt.Sprintf("workload: {kind: receive, protocol: udp, mode: %s, length: %d, rate: %dbit/s, sends: 400}",
					mode, length, 40*length*8), func(c *emulator.Config) {
					listen := c.ListenPacket
					c.ListenPacket = func(network, address string) (net.PacketConn, error) {
						pc, err := listen(network, address)
						if err != nil {
							return nil, err
						}
						faulty := tt.faultyPackets
						faulty.PacketConn = pc.(*memnet.PacketConn)
						return &faulty, nil
					}
				})
				for metric, each := range map[string]int{
					"datagrams_lost": 1, "datagrams_duplicate": 1, "datagrams_reordered": 1, "loss": length, "duplicate": length, "reordered": length,
				} {
					want := 0
					if metric == tt.metric || metric == tt.bytes {
						want = tt.count * each
					}
					if got := r.Metrics[metric]; got != float64(want) {
						t.Errorf("length %d, %s, %s: %s is %v, injected were %d", length, mode, tt.metric, metric, got, want)
					}
				}
				near(t, r, "corrupt", 0)
				near(t, r, "foreign", 0)
			}
		}
	}
}

// A piece that is overwritten on the way by text that looks like the module's own replies is counted byte by byte, and the
// dialog goes on. The stream and the text, and so where they agree by chance, are known.
func TestReceptionsThatLookLikeReplies(t *testing.T) {
	const text = "\r\nOK\r\n\r\nERROR\r\n+IPD:0,5,hello\r\n\r\nSEND OK\r\n\r\n>+CIP:0,DISCONNECTED\r\nready\r\n"
	const n, hit = 1000, 30
	for _, mode := range []string{"active", "passive, read: 1000"} {
		r, _ := virtualRepeat(t, "workload: {kind: receive, protocol: udp, mode: "+mode+", length: 1000, rate: 400kbit/s, sends: 100}",
			func(c *emulator.Config) { c.Faults = []string{fmt.Sprintf("replies@%d", hit)} })
		due := make([]byte, n)
		peer.Stream{Seed: 67 + uint64(r.Seq), Block: n}.Fill(due, (hit-1)*n)
		wrong := 0
		for i, c := range []byte(strings.Repeat(text, n/len(text)+1)[:n]) {
			if c != due[i] {
				wrong++
			}
		}
		corrupt := r.Metrics["corrupt"] // a byte that agrees in the midst of others that do not may count with them
		if corrupt < float64(wrong) || corrupt > n {
			t.Errorf("%s: %v bytes are corrupt, %d of %d were changed", mode, corrupt, wrong, n)
		}
		near(t, r, "received", 100*n-corrupt)
		near(t, r, "loss", 0)
		near(t, r, "foreign", 0)
		near(t, r, "duplicate", 0)
	}
}

// What goes wrong with a download ends as an error of its repeat that says what happened, and the run goes on.
func TestDownloadErrors(t *testing.T) {
	unraced(t)
	t.Parallel()
	// The first connection of a run is that which finds out what +IPD means.
	refuse := func(c *emulator.Config) { c.Faults = []string{"refuse@2"} }
	for _, tt := range []struct {
		workload string
		change   func(*emulator.Config)
		outcome  results.Outcome
		says     string
	}{
		{"{kind: receive, sends: 19}", nil, results.Error, "too short: 19 blocks of 1460 B arrived; a rate needs 20"},
		{"{kind: receive}", refuse, results.Error, "connect link 0 to the peer at 127.0.0.1:"},
		{"{kind: bidirectional}", refuse, results.Error, "connect link 0 to the peer at 127.0.0.1:"},
		{"{kind: receive, mode: passive, read: 4000}", func(c *emulator.Config) { c.Quirks = []string{"buf-2920"} }, results.Refused, "ERR CODE:"},
		{"{kind: bidirectional, length: 8000}", nil, results.Refused, "ERR CODE:"},
		{"{kind: receive, duration: 100s}", func(c *emulator.Config) { c.Faults = []string{"deauth@10s"} }, results.Error, "lost link 0 after "},
		{"{kind: receive, mode: passive, duration: 100s}", func(c *emulator.Config) { c.Faults = []string{"deauth@10s"} }, results.Error, "link 0"},
		{"{kind: receive, total: 100MB}", func(c *emulator.Config) { c.Outages = []emulator.Outage{{After: 10 * time.Second, For: time.Hour}} }, results.Error, "nothing has arrived for 30s"},
	} {
		s, err := scenarios.Parse("one.yaml", []byte("name: one\ntitle: t\nworkload: "+tt.workload+"\nrepeats: {min: 1, max: 1}\nwarmup: 0\n"))
		if err != nil {
			t.Fatal(err)
		}
		run, _, err := virtualRun(t, s, tt.change)
		if err != nil && tt.outcome != results.Error {
			t.Fatal(err)
		}
		if len(run.Results) != 1 {
			t.Fatalf("%s: %d results", tt.workload, len(run.Results))
		}
		if r := run.Results[0]; r.Outcome != tt.outcome || !strings.Contains(r.Err, tt.says) {
			t.Errorf("%s: %s %q, want %s with %q", tt.workload, r.Outcome, r.Err, tt.outcome, tt.says)
		}
	}
}
