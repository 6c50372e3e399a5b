package bench

import (
	"context"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/transport/emulator"
)

// sameAll holds every value of a series against its closed form.
func sameAll(t *testing.T, name string, values []float64, want time.Duration) {
	t.Helper()
	if len(values) == 0 {
		t.Errorf("no %s", name)
	}
	for i, v := range values {
		if math.Abs(v-want.Seconds()) > 1e-8 {
			t.Errorf("%s %d is %v s, the closed form gives %v", name, i, v, want)
			return
		}
	}
}

// ways is the closed form of a request and a reply of 64 B on the emulated line of 2 Mbaud: to the peer the command and its
// latency, OK with the prompt, the payload on the line and in the air; back the air, and what the module gives.
func ways(m *emulator.Module, given time.Duration) (up, down time.Duration) {
	truth := m.Truth()
	air := truth.AirTime(64) + truth.RadioLatency
	up = truth.Command(len("AT+CIPSEND=0,64\r\n"), len("\r\nOK\r\n\r\n>")) + truth.LineTime(64) + air
	return up, air + given
}

// TestRequests: over TCP and UDP, with either version of IP and in each role the way is the same, for the emulated radio carries
// payload. In active mode the reply comes as +IPD, whose data are whole with the CRLF behind them. In passive mode there
// is a notice, and a read of which the reply is all.
func TestRequests(t *testing.T) {
	for _, fields := range []string{"mode: active", "protocol: udp", `ip: "6"`, "role: server", "delay: 20ms", "mode: passive, read: 1460", "buffer: 9216, mode: passive"} {
		t.Run(fields, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{})
				res, values := series(t.Context(), t, r, "kind: request-response, sends: 50, "+fields)
				if res.Outcome != results.Pass {
					t.Fatalf("%s %s", res.Outcome, res.Err)
				}
				truth := w.module.Truth()
				given := truth.LineTime(len("+IPD:0,64,") + 64 + len("\r\n"))
				delay := time.Duration(0)
				switch fields {
				case "delay: 20ms":
					delay = 20 * ms
				case "mode: passive, read: 1460", "buffer: 9216, mode: passive":
					given = truth.LineTime(len("+IPD:0,64\r\n")) +
						truth.Command(len("AT+CIPRECVDATA=0,1460\r\n"), len("+CIPRECVDATA:64,")+64+len("\r\n\r\nOK\r\n"))
				}
				up, down := ways(w.module, given)
				sameAll(t, "delay_up", values["delay_up"], up)
				sameAll(t, "delay_down", values["delay_down"], down)
				sameAll(t, "rtt", values["rtt"], up+delay+down)
				sum := 0.0
				for _, stage := range []string{"command", "prompt", "host", "payload", "radio", "peer", "wait", "data"} {
					sum += res.Metrics["stage_"+stage]
				}
				if math.Abs(sum-(up+delay+down).Seconds()) > 1e-8 {
					t.Errorf("the stages add up to %v s, the round trip is %v", sum, up+delay+down)
				}
				if res.Metrics["loss"] != 0 || res.Metrics["received"] != 50*64 {
					t.Errorf("%v", res.Metrics)
				}
			})
		})
	}
}

// TestLongReply: a reply of 10000 B is read 2920 at a time from a buffer that it does not fit, and is whole.
func TestLongReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		res, values := series(t.Context(), t, r, "kind: request-response, mode: passive, reply: 10000, read: 2920, sends: 20")
		if res.Outcome != results.Pass || res.Metrics["received"] != 200_000 || len(values["rtt"]) != 20 {
			t.Errorf("%s %s: %v", res.Outcome, res.Err, res.Metrics)
		}
	})
}

// TestLostDatagrams: of the requests over a radio that loses one datagram in ten, each way, those that are answered have the ways
// of the closed form, and the air time of frames that were sent again, so that each is held against its own instants at the
// peer; the others have none, and are counted. Both arrive with a probability of 0.81: of 300 there are 57 lost with a
// standard deviation of sqrt(300 x 0.19 x 0.81) = 6.8. A reply that is lost is 64 B of loss; one after which none came is not known yet.
func TestLostDatagrams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{Loss: 0.1, Seed: 3})
		res, values := series(t.Context(), t, r, "kind: request-response, protocol: udp, schedule: fixed, every: 20ms, sends: 300")
		if res.Outcome != results.Pass {
			t.Fatalf("%s %s", res.Outcome, res.Err)
		}
		lost := res.Metrics["datagrams_lost"]
		if math.Abs(lost-57) > 3*6.8 || res.Metrics["datagrams"]+lost != 300 || len(values["rtt"]) != int(300-lost) {
			t.Errorf("%v lost, %v came, %d round trips", lost, res.Metrics["datagrams"], len(values["rtt"]))
		}
		if down := res.Metrics["loss"] / 64; down != math.Trunc(down) || down == 0 || down > lost {
			t.Errorf("%v B lost of replies of 64 B, %v datagrams", res.Metrics["loss"], lost)
		}
		truth := w.module.Truth()
		up, down := ways(w.module, truth.LineTime(len("+IPD:0,64,")+64+len("\r\n")))
		for name, way := range map[string]time.Duration{"delay_up": up, "delay_down": down} {
			for _, v := range values[name] {
				again := (v - way.Seconds()) / truth.AirTime(64).Seconds() // frames that were sent again
				if k := math.Round(again); k < 0 || k > 6 || math.Abs(again-k) > 1e-3 {
					t.Fatalf("%s of %v s is that of another request: the closed form gives %v", name, v, way)
				}
			}
		}
	})
}

// TestEchoes: the module's own figure is the echo's way over the radio and back in whole ms. Of a radio that loses frames, echoes are
// lost, and have no time.
func TestEchoes(t *testing.T) {
	for _, quirk := range []string{"", "-ping-after-ok"} { // of the manual's module the time comes before OK, and a time-out ends in ERROR
		t.Run(quirk, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := emulator.Config{Loss: 0.05, Seed: 1, RadioLatency: 3200 * time.Microsecond, RadioRate: math.Inf(1)}
				if quirk != "" {
					cfg.Quirks = []string{quirk}
				}
				r, _ := rig(t, cfg)
				res, values := series(t.Context(), t, r, "kind: ping, sends: 200")
				if res.Outcome != results.Pass {
					t.Fatalf("%s %s", res.Outcome, res.Err)
				}
				sameAll(t, "rtt", values["rtt"], 6*ms) // 6.4 ms
				lost := res.Metrics["datagrams_lost"]
				if n := float64(len(values["rtt"])); lost == 0 || n+lost != 200 || res.Metrics["datagrams"] != n {
					t.Errorf("%v lost, %v answered, %v", lost, n, res.Metrics)
				}
			})
		})
	}
}

// TestNoEcho: a host that answers no echo is an error that says so.
func TestNoEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{RadioLatency: 600 * ms})
		res := once(t, r, "kind: ping, sends: 10")
		if want := "none of 10 echoes was answered by 127.0.0.1"; res.Outcome != results.Error || res.Err[:min(len(res.Err), len(want))] != want {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
	})
}

// TestLoads: AT under load. Up, an AT that is due at random waits for the rest of the send of B that is going on, uniform over
// (0, B), and is then as quick as ever: the mean of 100 is within 2.58 B/sqrt(12 x 100) of B/2 in 99 % of all cases. Down, its OK waits
// for what the module has said before it; the line is the load's.
func TestLoads(t *testing.T) {
	for _, load := range []string{"up", "down"} {
		t.Run(load, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := rig(t, emulator.Config{})
				res, values := series(t.Context(), t, r, "kind: at-roundtrip, schedule: poisson, every: 200ms, sends: 100, load: "+load)
				if res.Outcome != results.Pass {
					t.Fatalf("%s %s", res.Outcome, res.Err)
				}
				truth := w.module.Truth()
				alone := truth.Command(len("AT\r\n"), len("\r\nOK\r\n"))
				block := truth.Send(len("AT+CIPSEND=1,1460\r\n"), 1460)
				switch load {
				case "up":
					sameAll(t, "service", values["service"], alone)
					length := (block.Prompt + block.Final).Seconds()
					mean, _ := interval(values["rtt"], 1)
					want, within := alone.Seconds()+length/2, 2.58*length/math.Sqrt(12*100)
					if math.Abs(mean-want) > within || slices.Max(values["rtt"]) > length+2*alone.Seconds() {
						t.Errorf("the mean round trip is %v s and the longest %v, the closed form gives %v ± %v", mean, slices.Max(values["rtt"]), want, within)
					}
				case "down":
					for _, v := range values["service"] {
						if v < alone.Seconds() {
							t.Errorf("a round trip of %v s, %v alone", v, alone)
						}
					}
				}
				if res.Metrics["goodput"] < 1e6 || res.Metrics["loss"] != 0 {
					t.Errorf("%v", res.Metrics)
				}
			})
		})
	}
}

// TestTooFew: fewer events than make a median are no result.
func TestTooFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{CommandLatency: 30 * time.Millisecond})
		res := once(t, r, "kind: at-roundtrip, duration: 100ms")
		if res.Outcome != results.Error || res.Err != "too short: "+strconv.Itoa(4)+" round trips; a median needs 6: sends: 6 would be enough, or a longer duration" {
			t.Errorf("%s %s", res.Outcome, res.Err)
		}
	})
}

// TestEventsDoNotAllocate: hours of events take no more memory than a few.
func TestEventsDoNotAllocate(t *testing.T) {
	l := newLatency(workload(t, "{kind: at-roundtrip, sends: 5000}"), 1, 1)
	rec := NewRecorder(time.Now(), nil, nil)
	now := time.Now()
	one := func(time.Time) (event, error) { return event{sent: now, end: now}, nil }
	l.Sends = 100_000 // the kept values' slices have grown by then
	if err := l.events(t.Context(), &Rig{}, rec, now, one); err != nil {
		t.Fatal(err)
	}
	grow := testing.AllocsPerRun(1, func() {
		l.n = 0
		l.Sends = 1000
		if err := l.events(t.Context(), &Rig{}, rec, now, one); err != nil {
			t.Fatal(err)
		}
	})
	if grow > 4 {
		t.Errorf("%v allocations for 1000 events", grow)
	}
}

// TestRemotePeer: with the peer behind a control connection, in real time, its instants come by its own clock. On one
// machine both clocks are one, so that each way is at least what the line needs for it, but for the uncertainty that is stated.
func TestRemotePeer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key := peer.NewKey()
	served := make(chan error, 1)
	go func() { served <- peer.ServeControl(ctx, ln, key, peer.ServeOptions{}) }()
	defer func() {
		cancel()
		<-served
	}()
	far, err := peer.Dial(ctx, ln.Addr().String(), key, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	r, w := rig(t, emulator.Config{}, realSockets)
	r.Peer = far
	res, values := series(ctx, t, r, "kind: request-response, sends: 40, delay: 5ms")
	if res.Outcome != results.Pass {
		t.Fatalf("%s %s", res.Outcome, res.Err)
	}
	doubt, known := res.Metrics["clock_uncertainty"]
	if !known || doubt <= 0 || len(values["delay_up"]) != 40 {
		t.Fatalf("uncertainty %v, %d delays", doubt, len(values["delay_up"]))
	}
	up, down := ways(w.module, 0)
	for i := range values["delay_up"] {
		if values["delay_up"][i] < up.Seconds()-doubt || values["delay_down"][i] < down.Seconds()-doubt {
			t.Errorf("request %d: %v s up and %v s down are less than %v and %v", i, values["delay_up"][i], values["delay_down"][i], up, down)
		}
	}
	if p := res.Metrics["stage_peer"]; p < 0.005 {
		t.Errorf("the peer took %v s, and was asked to wait for 5 ms", p)
	}
}
