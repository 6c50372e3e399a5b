package bench

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
	"st67bench/transport/emulator/wifi"
)

// What an upload changed in the module is as before when it is over, also when it failed: sizes, CIPMUX, the links, the server
// and the access point.
func TestUploadsAreUndone(t *testing.T) {
	for workload, want := range map[string]results.Outcome{
		"kind: cipsendl, length: 60kB, report: 500, transmit: 300, sends: 1": results.Pass,
		"kind: cipsendl, length: 60kB, report: 500, sends: 1, total: 1000B":  results.Pass,
		"kind: cipsendl, length: 1000, report: 500, sends: 1":                results.Error,   // too short
		"kind: cipsendl, length: 200kB, report: 100000, transmit: 200":       results.Refused, // by the firmware
		"kind: passthrough, length: 1000, sends: 30":                         results.Pass,
		"kind: passthrough, length: 100, sends: 30":                          results.Error, // too short
		"kind: cipsend, role: server, links: 2, sends: 20":                   results.Pass,
	} {
		synctest.Test(t, func(t *testing.T) {
			r, w := rig(t, emulator.Config{})
			settings := []string{"AT+CIPSENDLCFG?", "AT+CIPMUX?", "AT+CWMODE?", "AT+CIPSTATE?", "AT+CIPSERVER?"}
			before := answers(t, r, settings)
			if res := once(t, r, workload); res.Outcome != want {
				t.Errorf("%s: %s %s, want %s", workload, res.Outcome, res.Err, want)
			}
			if after := answers(t, r, settings); !slices.Equal(before, after) {
				t.Errorf("%s: the module has %q, before %q; commands %q", workload, after, before, w.lines)
			}
		})
	}
}

// answers are what the module says to each command.
func answers(t *testing.T, r *Rig, commands []string) []string {
	t.Helper()
	var all []string
	for _, c := range commands {
		lines, err := r.Module.Command(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		all = append(all, lines...)
	}
	return all
}

// The module's own access point has a peer as its station, or the case cannot be had: after a minute it says what to do. A
// station that is there without reaching the server is another thing.
func TestNobodyJoinsTheAccessPoint(t *testing.T) {
	for _, tt := range []struct {
		guests  []wifi.Station
		outcome results.Outcome
		says    string
	}{
		{nil, results.Skipped, `have the in-process peer's machine join the Wi-Fi network "st67bench" with the password "st67bench-ap"`},
		{[]wifi.Station{{MAC: "02:00:00:00:00:10"}}, results.Error, "a station has joined the module's access point as 192.168."},
	} {
		synctest.Test(t, func(t *testing.T) {
			network := wifi.AccessPoint{
				SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword, BSSID: "02:00:00:00:00:01", Channel: 6, RSSI: -50,
				Security: wifi.WPA2, Protocol: "ax", Beacon: 100, DTIM: 1, Address: netip.MustParsePrefix("127.67.0.2/8"),
				Gateway: netip.MustParseAddr("127.0.0.1"), Join: time.Second, DHCP: time.Second,
			}
			r, _ := rig(t, emulator.Config{Air: &wifi.Air{AccessPoints: []wifi.AccessPoint{network}, Stations: tt.guests}})
			elsewhere := memnet.New() // where the module's access point is not
			r.Peer = peer.Local(peer.Network{Listen: elsewhere.Listen, Dial: elsewhere.Dial}, netip.MustParseAddr("127.0.0.1"))
			begin := time.Now()
			res := once(t, r, "kind: cipsend, role: softap, sends: 20")
			if res.Outcome != tt.outcome || !strings.Contains(res.Err, tt.says) {
				t.Errorf("%s %q, want %s with %q", res.Outcome, res.Err, tt.outcome, tt.says)
			}
			if took := time.Since(begin); took < time.Minute || took > 90*time.Second {
				t.Errorf("it took %v", took)
			}
			if mode := answers(t, r, []string{"AT+CWMODE?"}); !slices.Equal(mode, []string{"+CWMODE:1"}) {
				t.Errorf("the module has %q", mode)
			}
		})
	}
}

// A context that ends in the middle of any upload leaves the module listening, without links.
func TestUploadsEndWithTheirContext(t *testing.T) {
	for _, workload := range []string{
		"kind: cipsend, duration: 1h", "kind: cipsendl, length: 1GB", "kind: cipsendl, length: 2GB, cancel: 1GB", "kind: cipsendex, duration: 1h",
		"kind: passthrough, duration: 1h", "kind: passthrough, duration: 1h, rate: 1kbit/s, length: 1000", "kind: cipsend, duration: 1h, rate: 1kbit/s",
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{})
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(3*time.Second, func() { cancel(errors.New("enough")) })
			if res, _ := outcomeOf(ctx, t, r, workload); res.Outcome != results.Aborted {
				t.Errorf("%s: %+v", workload, res)
			}
			if state := answers(t, r, []string{"AT+CIPMUX?", "AT+CIPSTATE?"}); !slices.Equal(state, []string{"+CIPMUX:1"}) {
				t.Errorf("%s: the module has %q", workload, state)
			}
		})
	}
}

// The progress reports of a CIPSENDL are a course: bytes over all sends, in order.
func TestReportsAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		_, values := series(t.Context(), t, r, "kind: cipsendl, length: 58400, report: 5840, sends: 3, links: 2")
		var want []float64
		for n := 1; n <= 30; n++ {
			want = append(want, float64(5840*n))
		}
		if !slices.Equal(values["report_sent"], want) || !slices.Equal(values["report_received"], want) {
			t.Errorf("sent %v, received %v, want %v", values["report_sent"], values["report_received"], want)
		}
	})
}

// Blocks of the stream divide the sends where they can.
func TestBlockOfLongSends(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2920: 2920, 2921: 127, 100_000: 2500, 292_000: 2920, 1 << 20: 2048, 1_000_003: 2920} {
		if got := blockOf(n); got != want {
			t.Errorf("sends of %d B have blocks of %d, want %d", n, got, want)
		}
		if want > peer.MaxBlock {
			t.Errorf("a block of %d B is too long", want)
		}
	}
}

// Sends are due at fixed times from the begin on, whatever the ones before took.
func TestOfferedSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o offer
		begin := time.Now()
		o.start(begin, 8e6, 1000) // one a millisecond
		for i, busy := range []time.Duration{0, 3500 * time.Microsecond, 0, 0, 0, 0} {
			due, err := o.next(t.Context())
			if err != nil || due.Sub(begin) != time.Duration(i)*time.Millisecond {
				t.Errorf("send %d is due after %v, %v", i, due.Sub(begin), err)
			}
			time.Sleep(busy)
		}
		// Send 1 began at 1 ms and took until 4.5 ms: sends 2 and 3 were due 2.5 and 1.5 ms before, send 4 only 0.5 ms.
		if o.late != 2 || time.Since(begin) != 5*time.Millisecond {
			t.Errorf("%d late after %v", o.late, time.Since(begin))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := o.next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
