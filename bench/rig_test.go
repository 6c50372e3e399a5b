package bench

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/transport/at"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// wire is the line to an emulated module, with what is at its end. It notes the commands that the module is sent.
type wire struct {
	*emulator.Conn
	module  *emulator.Module
	network *memnet.Network // nil with realSockets

	mu     sync.Mutex
	lines  []string    // the names of the commands since the module has joined
	whole  []string    // with what is set
	times  []time.Time // of these
	silent bool        // nothing is noted: it would allocate

	lost      string // a command that the module does not get: it is sent AT in its place
	deafAfter string // a command after which the module hears nothing any more, as one that sleeps and that the line cannot wake
	deaf      bool
}

func (w *wire) Write(p []byte) (int, error) {
	if w.silent {
		return w.Conn.Write(p)
	}
	w.mu.Lock()
	deaf, lost := w.deaf, false
	if line := strings.TrimSuffix(string(p), "\r\n"); strings.HasPrefix(line, "AT") && !deaf {
		name, _, _ := strings.Cut(line, "=")
		w.lines, w.whole, w.times = append(w.lines, name), append(w.whole, line), append(w.times, time.Now())
		lost, w.deaf = name == w.lost, line == w.deafAfter
	}
	w.mu.Unlock()
	switch {
	case deaf:
		return len(p), nil
	case lost:
		_, err := w.Conn.Write([]byte("AT\r\n"))
		return len(p), err
	}
	return w.Conn.Write(p)
}

// sent are the commands with what is set.
func (w *wire) sent() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.whole)
}

// between are the commands that were written from one instant up to another.
func (w *wire) between(from, to time.Time) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for i, at := range w.times {
		if !at.Before(from) && at.Before(to) {
			lines = append(lines, w.whole[i])
		}
	}
	return lines
}

// option is what a rig has otherwise than by default.
type option int

const (
	// realSockets has module and peer use this machine's sockets, in real time, in place of a network in memory.
	realSockets option = iota + 1
	// noNetwork is a rig file without wifi.
	noNetwork
)

// rig opens an emulated module that has joined, over a line in memory, with a peer on the same network.
func rig(t testing.TB, cfg emulator.Config, options ...option) (*Rig, *wire) {
	t.Helper()
	w := &wire{}
	var ends peer.Network
	if !slices.Contains(options, realSockets) {
		w.network = memnet.New()
		ends = peer.Network{Listen: w.network.Listen, ListenPacket: w.network.ListenPacket, Dial: w.network.Dial}
		cfg.Dial, cfg.Listen, cfg.ListenPacket = ends.Dial, ends.Listen, ends.ListenPacket
	}
	cfg.Link = emulator.LinkMemory
	var err error
	if w.module, err = emulator.New(cfg); err != nil {
		t.Fatal(err)
	}
	if w.Conn, err = w.module.Open(); err != nil {
		t.Fatal(err)
	}
	s := at.New(w, st67.Grammar())
	t.Cleanup(func() {
		_ = s.Close()
		_ = w.module.Close()
	})
	air := st67.Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}
	if slices.Contains(options, noNetwork) {
		air = st67.Wifi{}
	}
	module, err := st67.Open(t.Context(), s, st67.Options{Wifi: air})
	if err == nil && air.SSID != "" {
		_, err = module.Join(t.Context(), air)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.lines, w.whole, w.times = nil, nil, nil
	if dial := ends.Dial; dial != nil { // the module's own access point is on the same air
		ends.Dial = func(ctx context.Context, kind, address string) (net.Conn, error) {
			return dial(ctx, kind, strings.Replace(address, "192.168.4.1", module.Address().String(), 1))
		}
	}
	return &Rig{Module: module, Peer: peer.Local(ends, netip.MustParseAddr("127.0.0.1")), Link: w.Conn, Wifi: air}, w
}

// outcomeOf runs the one case of a workload once, and gives its result and its samples.
func outcomeOf(ctx context.Context, t *testing.T, r *Rig, workload string) (results.Result, []results.Sample) {
	t.Helper()
	j := &memory{samples: map[int]*kept{}}
	run := runner(t, r, j, "name: one\nworkload: {"+workload+"}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
	run.Quantiles, run.Trend, run.Decay = analysis.Quantiles, analysis.Trend, analysis.Decay
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

// once is outcomeOf without the samples.
func once(t *testing.T, r *Rig, workload string) results.Result {
	t.Helper()
	res, _ := outcomeOf(t.Context(), t, r, workload)
	return res
}

// series is outcomeOf with the samples' values by series.
func series(ctx context.Context, t *testing.T, r *Rig, workload string) (results.Result, map[string][]float64) {
	t.Helper()
	res, samples := outcomeOf(ctx, t, r, workload)
	values := map[string][]float64{}
	for _, s := range samples {
		values[s.Series] = append(values[s.Series], s.V)
	}
	return res, values
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
