package bench

import (
	"context"
	"math"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// near1 says whether two figures agree to 1 %.
func near1(a, b float64) bool { return a > 0 && math.Abs(a-b) <= 0.01*b }

// The four directions agree with the module's own count, here on its AT port, to 1 %, once the time is long enough for what
// it has queued and not sent to be less than that: 48 segments or 16 datagrams.
func TestIperfAgreesWithTheModule(t *testing.T) {
	for _, workload := range []string{
		"protocol: tcp, direction: tx", "protocol: udp, direction: tx",
		"protocol: tcp, direction: rx", "protocol: udp, direction: rx, rate: 8Mbit/s",
	} {
		synctest.Test(t, func(t *testing.T) {
			r, w := rig(t, emulator.Config{Quirks: []string{"iperf-on-at"}})
			res, samples := passed(t, r, "kind: iperf, duration: 10s, "+workload)
			m := res.Metrics
			figure := m["goodput"]
			if strings.Contains(workload, "tcp, direction: rx") {
				figure = m["throughput"]
			}
			if !near1(m["module_goodput"], figure) {
				t.Errorf("%s: %v", workload, m)
			}
			if by := res.Conditions["iperf_by"]; res.Conditions["iperf_tool"] != "native" || !strings.HasSuffix(by, "as receiver") || res.Conditions["iperf_note"] != "" {
				t.Errorf("%s: conditions %v", workload, res.Conditions)
			}
			if rows := len(samples); rows < 9 || rows > 10 {
				t.Errorf("%s: %d rows in 10 s", workload, rows)
			}
			if !endsWith(w.lines, "AT+IPERFSTOP") {
				t.Errorf("%s: the commands are %q", workload, w.lines)
			}
		})
	}
}

// Where the module prints nothing that the rig sees, the sender's figures are called the sender's, and goodput is absent.
func TestIperfWithoutAReport(t *testing.T) {
	for _, protocol := range []string{"tcp", "udp, rate: 8Mbit/s"} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{})
			res, _ := passed(t, r, "kind: iperf, direction: rx, duration: 2s, protocol: "+protocol)
			_, has := res.Metrics["goodput"]
			_, own := res.Metrics["module_goodput"]
			if has || own || res.Conditions["iperf_by"] != "the peer, as sender" || res.Metrics["sent"] == 0 {
				t.Errorf("%s: %v, %v", protocol, res.Metrics, res.Conditions)
			}
			if note := res.Conditions["iperf_note"]; strings.HasPrefix(note, peer.IperfNoReport) != (protocol != "tcp") {
				t.Errorf("%s: note %q", protocol, note)
			}
		})
	}
}

// A module that answers the end of a download gives its exact count: the sender's is the result no more.
func TestIperfWithTheModulesReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{Quirks: []string{"iperf-report"}})
		res, _ := passed(t, r, "kind: iperf, direction: rx, duration: 2s, protocol: udp, rate: 8Mbit/s")
		// 8 Mbit/s for 2 s in datagrams of 1470 B: 1361 of them; the ending one stands for the first in the module's count.
		if m := res.Metrics; m["received"] != 1361*1470 || m["sent"] != 1361*1470 || m["datagrams"] != 1361 || m["datagrams_lost"] != 0 || !near1(m["goodput"], 8e6) {
			t.Errorf("%v, %v", res.Metrics, res.Conditions)
		}
	})
}

// A module that cannot reach the peer, and one whose peer ends early, are errors in one sentence, and the module is told to
// stop; so it is when the run is interrupted.
func TestIperfFailures(t *testing.T) {
	const workload = "kind: iperf, duration: 10s"
	for name, c := range map[string]struct {
		spoil func(t *testing.T, r *Rig, cancel context.CancelCauseFunc)
		want  results.Outcome
		text  string
	}{
		"no way to the peer": {func(_ *testing.T, r *Rig, _ context.CancelCauseFunc) {
			elsewhere := memnet.New()
			r.Peer = peer.Local(peer.Network{Listen: elsewhere.Listen}, netip.MustParseAddr("127.0.0.1"))
		}, results.Error, "nobody came within 30s; check that the module can reach it"},
		"the peer ends": {func(_ *testing.T, r *Rig, _ context.CancelCauseFunc) { r.Peer = leaver{r.Peer} },
			results.Error, "was ended after"},
		"interrupted": {func(_ *testing.T, _ *Rig, cancel context.CancelCauseFunc) {
			time.AfterFunc(3*time.Second, func() { cancel(errEnough) })
		}, results.Aborted, "enough"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, w := rig(t, emulator.Config{})
			good := r.Peer
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			c.spoil(t, r, cancel)
			res, _ := outcomeOf(ctx, t, r, workload)
			if res.Outcome != c.want || !strings.Contains(res.Err, c.text) || len(res.Metrics) > 0 {
				t.Errorf("%s: %s %q, %v", name, res.Outcome, res.Err, res.Metrics)
			}
			if !endsWith(w.lines, "AT+IPERFSTOP") {
				t.Errorf("%s: the commands are %q", name, w.lines)
			}
			r.Peer = good
			passed(t, r, workload)
		})
	}
}

// leaver is a peer whose ends end after two seconds.
type leaver struct{ peer.Peer }

func (p leaver) Iperf(ctx context.Context, end peer.IperfEnd, o peer.IperfOptions) (*peer.IperfTest, error) {
	test, err := p.Peer.(peer.IperfPeer).Iperf(ctx, end, o)
	if err == nil {
		time.AfterFunc(2*time.Second, func() { _ = test.Close() })
	}
	return test, err
}

// A test that was left over is ended. One over UDP says that it is over for 3.5 s more, in which the module is busy; this is
// waited for.
func TestIperfAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		if err := r.Module.Iperf(t.Context(), st67.IperfOptions{Direction: "tx", Protocol: "udp", To: netip.MustParseAddrPort("127.0.0.1:5001"), Time: time.Hour}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		passed(t, r, "kind: iperf, duration: 2s")
	})
}

// A module that stays busy is an error with the mend.
func TestIperfBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		if err := r.Module.Iperf(t.Context(), st67.IperfOptions{Direction: "rx", Protocol: "tcp"}); err != nil {
			t.Fatal(err)
		}
		w.lost = "AT+IPERFSTOP"
		res := once(t, r, "kind: iperf, duration: 2s")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "AT+IPERFSTOP did not end it: reset it with AT+RST") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
	})
}

// Without the program, cases that need it are skipped, and say how to get it.
func TestIperfProgramIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		for _, direction := range []string{"tx", "rx"} {
			res := once(t, r, "kind: iperf, tool: iperf, duration: 2s, direction: "+direction)
			if res.Outcome != results.Skipped || !strings.Contains(res.Err, "sudo apt-get install iperf") {
				t.Errorf("%s: %s %q", direction, res.Outcome, res.Err)
			}
		}
	})
}

// A total that was not printed is not there.
func TestIperfReportWithoutTotal(t *testing.T) {
	row := func(from, to string) string { return "[  0]  " + from + "-" + to + " sec  1.25 MByte  10.5 Mbits/sec" }
	for _, c := range []struct {
		lines []string
		want  bool
	}{
		{[]string{row("0.0", "1.0"), row("1.0", "2.0"), row("0.0", "2.0")}, true},
		{[]string{row("0.0", "1.0"), row("1.0", "2.0")}, false},
		{[]string{row("0.0", "1.9")}, true},
		{[]string{row("0.0", "0.4")}, false},
		{nil, false},
	} {
		p := &iperfReport{}
		for _, l := range c.lines {
			p.add(l)
		}
		if _, ok := p.total(2 * time.Second); ok != c.want {
			t.Errorf("%q has a total: %v", c.lines, ok)
		}
	}
}
