package main

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// uploadRun measures a workload once in virtual time.
func uploadRun(t *testing.T, workload string, change func(*emulator.Config)) (results.Result, scenarios.Workload, map[string]uint64) {
	t.Helper()
	s, err := scenarios.Parse("upload.yaml", []byte("name: upload\nworkload: {"+workload+"}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	run, injected, err := virtualRun(t, s, change)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Results) != 1 {
		t.Fatalf("%d results", len(run.Results))
	}
	return run.Results[0], s.Workload, injected
}

func passed(t *testing.T, r results.Result) {
	t.Helper()
	if r.Outcome != results.Pass {
		t.Fatalf("%s %s", r.Outcome, r.Err)
	}
}

// Faults within a CIPSENDL: what the peer counts is what was injected.
func TestInjectedFaultsOfLongSends(t *testing.T) {
	t.Parallel()
	for fault, metric := range map[string]string{"drop": "loss", "flip": "corrupt", "duplicate": "duplicate"} {
		for _, workload := range []string{
			"kind: cipsendl, length: 300kB, sends: 1", "kind: cipsendl, length: 100kB, sends: 6, links: 3", "kind: cipsendl, length: 292kB, sends: 1, protocol: tls",
		} {
			r, w, injected := uploadRun(t, workload, func(c *emulator.Config) { c.Faults = []string{fault + ":every=4999@1/1"} })
			passed(t, r)
			if n := injected[fault]; n < 50 {
				t.Fatalf("%s of %s: only %d bytes were altered", fault, workload, n)
			}
			for _, name := range []string{"loss", "corrupt", "duplicate", "reordered", "foreign"} {
				want := 0.0
				if name == metric {
					want = float64(injected[fault])
				}
				if got := r.Metrics[name]; got != want {
					t.Errorf("%s of %s on %s: %s is %v, injected was %v", fault, workload, w.Protocol, name, got, want)
				}
			}
			if w.Links > 1 {
				near(t, r, "sent", 600_000)
			}
		}
	}
}

// A line without flow control that is faster than the radio: the module's UART loses what it has no room for, and never
// counts it. The send is cancelled when nothing goes on, the loss is what was lost, and the repeat says why; with flow control
// none is lost.
func TestOverrunIsMeasured(t *testing.T) {
	for _, workload := range []string{"kind: cipsendl, length: 400kB", "kind: passthrough, total: 400kB", "kind: cipsendl, length: 400kB, protocol: tls"} {
		for _, flow := range []string{emulator.FlowNone, emulator.FlowRTSCTS} {
			r, w, injected := uploadRun(t, workload, func(c *emulator.Config) {
				c.Faults, c.RadioRate, c.Flow = []string{"overrun:1000"}, 400e3, flow
			})
			passed(t, r)
			lost := injected["overrun"]
			if (lost > 100_000) != (flow == emulator.FlowNone) {
				t.Errorf("%s, flow %s: %d B were lost on the line", workload, flow, lost)
			}
			near(t, r, "loss", float64(lost))
			near(t, r, "received", r.Metrics["sent"]-float64(lost))
			near(t, r, "foreign", 0)
			said := strings.Contains(r.Conditions["short_note"], "over-run")
			if want := w.Kind == "cipsendl" && flow == emulator.FlowNone; said != want {
				t.Errorf("%s, flow %s: %q", workload, flow, r.Conditions["short_note"])
			}
			if flow == emulator.FlowRTSCTS && w.Protocol == "tcp" { // the radio is the limit
				within(t, r, "goodput", 400e3, 1e-3)
			}
		}
	}
}

// meddled is a module's UDP socket: of its datagrams every 10th is lost, every 7th comes twice, and every 8th only after the
// next one.
type meddled struct {
	net.PacketConn
	n, lost, twice, swapped int
	held                    []byte
}

func (m *meddled) WriteTo(p []byte, to net.Addr) (int, error) {
	m.n++
	if m.held != nil {
		if _, err := m.PacketConn.WriteTo(p, to); err != nil {
			return 0, err
		}
		p, m.held = m.held, nil
		return m.PacketConn.WriteTo(p, to)
	}
	switch {
	case m.n%10 == 0:
		m.lost++
		return len(p), nil
	case m.n%7 == 0:
		m.twice++
		if _, err := m.PacketConn.WriteTo(p, to); err != nil {
			return 0, err
		}
	case m.n%8 == 0:
		m.swapped++
		m.held = append([]byte(nil), p...)
		return len(p), nil
	}
	return m.PacketConn.WriteTo(p, to)
}

// Datagrams that are lost, doubled and out of order are counted as such, to the byte and one by one.
func TestMeddledDatagrams(t *testing.T) {
	t.Parallel()
	const n = 201
	for _, kind := range []string{"cipsend, rate: 200kbit/s", "cipsendex", "passthrough, rate: 200kbit/s"} {
		var socket atomic.Pointer[meddled]
		r, w, _ := uploadRun(t, "kind: "+kind+", protocol: udp, length: 1000, sends: 201", func(c *emulator.Config) {
			listen := c.ListenPacket
			c.ListenPacket = func(network, address string) (net.PacketConn, error) {
				conn, err := listen(network, address)
				m := &meddled{PacketConn: conn}
				socket.Store(m)
				return m, err
			}
		})
		passed(t, r)
		m := socket.Load()
		if m.n != n || m.lost < 10 || m.twice < 10 || m.swapped < 10 {
			t.Fatalf("%s: %d datagrams, %d lost, %d doubled, %d swapped", kind, m.n, m.lost, m.twice, m.swapped)
		}
		want := map[string]float64{
			"datagrams": float64(n - m.lost + m.twice), "foreign": 0, "corrupt": 0,
			"loss": float64(1000 * m.lost), "duplicate": float64(1000 * m.twice), "reordered": float64(1000 * m.swapped),
		}
		if w.Kind != "passthrough" { // whose datagrams are the module's
			want["datagrams_lost"], want["datagrams_duplicate"], want["datagrams_reordered"] = float64(m.lost), float64(m.twice), float64(m.swapped)
		}
		for name, v := range want {
			if r.Metrics[name] != v {
				t.Errorf("%s: %s is %v, injected was %v", w.Kind, name, r.Metrics[name], v)
			}
		}
	}
}
