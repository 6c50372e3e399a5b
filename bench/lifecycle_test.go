package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results"
	"st67bench/transport/emulator"
)

// airHooks switch the emulated access point; one that is stuck says that it does and does not.
type airHooks struct {
	m     *emulator.Module
	stuck bool
}

func (h airHooks) Set(_ context.Context, name, value string) (string, error) {
	if name != "ap" {
		return "", fmt.Errorf("%w set %s", ErrCannot, name)
	}
	if h.stuck && value == "on" {
		return value, nil
	}
	return value, h.m.AP(emulator.DefaultSSID, value == "on")
}

// Every way to connect gives a rate, and the module is as it was.
func TestConnectEveryWay(t *testing.T) {
	for _, w := range []string{
		"kind: connect, sends: 20",
		"kind: connect, sends: 20, protocol: udp",
		"kind: connect, sends: 20, protocol: tls",
		"kind: connect, sends: 20, ip: 6",
		"kind: connect, sends: 20, role: server",
		"kind: connect, sends: 20, role: server, protocol: tls",
		"kind: connect, sends: 20, role: softap",
	} {
		t.Run(w, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := rig(t, emulator.Config{})
				res := once(t, r, w)
				if res.Outcome != results.Pass || res.Metrics["sends"] != 20 || res.Metrics["rate"] <= 0 {
					t.Errorf("%s %s %v", res.Outcome, res.Err, res.Metrics)
				}
				if res.Conditions["heap"] != res.Conditions["heap_after"] && !strings.Contains(w, "softap") {
					t.Errorf("free heap %s before, %s after", res.Conditions["heap"], res.Conditions["heap_after"])
				}
			})
		})
	}
}

// A connection that fails is an error that says which one; too few are no rate.
func TestConnectFails(t *testing.T) {
	for w, c := range map[string]struct {
		module emulator.Config
		want   string
	}{
		"kind: connect, sends: 40":      {emulator.Config{Faults: []string{"refuse@30"}}, "connect 30: connect link 0 to the peer at 127.0.0.1:"},
		"kind: connect, duration: 0.1s": {emulator.Config{RadioLatency: 10 * time.Millisecond}, "too short: 5 connections; a rate needs 20"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, c.module)
			res := once(t, r, w)
			if res.Outcome != results.Error || !strings.HasPrefix(res.Err, c.want) || strings.Contains(res.Err, "\n") {
				t.Errorf("%s %q, want %q", res.Outcome, res.Err, c.want)
			}
			if r.Module.LinkUp(0) {
				t.Error("the link is still open")
			}
		})
	}
}

// A join that is refused says why, and the module is in its network again at the end.
func TestJoinRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		r.Wifi.Password = "another one"
		res := once(t, r, "kind: join")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "wrong password") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
		if c, err := r.Module.Conditions(t.Context()); err != nil || c["state"] != "connected" {
			t.Errorf("the module is left %v, %v", c["state"], err)
		}
	})
}

// The emulated module misses an access point after 20 beacons of 102.4 ms, and with AT+CWRECONNCFG tries to join one second
// after that, 3.048 s after the outage began. An attempt takes 200 ms, also one that finds nothing, and the next one begins
// one second later, at 4.248 s: the access point is back since 4 s, and the module is in the network at 4.448 s, with an
// address after another 100 ms.
func TestRecoverByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, line := rig(t, emulator.Config{})
		r.Hooks = airHooks{m: line.module}
		if _, err := r.Module.Command(t.Context(), "AT+CWRECONNCFG=1,0"); err != nil {
			t.Fatal(err)
		}
		res := once(t, r, "kind: recover, outage: ap, away: 4s")
		if res.Outcome != results.Pass {
			t.Fatalf("%s %s", res.Outcome, res.Err)
		}
		for name, want := range map[string]float64{"notice": 2.048, "stage_associate": 0.448, "stage_address": 0.1} {
			if got := res.Metrics[name]; math.Abs(got-want) > 1e-3 {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	})
}

// An outage that the module does not notice: a peer of UDP, whose payload in the air is lost; an access point that is back
// before 20 beacons. The next payload needs no connection: less than a radio's way and a send.
func TestRecoverUnnoticed(t *testing.T) {
	for w, lost := range map[string]float64{
		"kind: recover, outage: peer, away: 1s, protocol: udp": 1460,
		"kind: recover, outage: ap, away: 1s":                  0,
	} {
		synctest.Test(t, func(t *testing.T) {
			r, line := rig(t, emulator.Config{})
			r.Hooks = airHooks{m: line.module}
			res := once(t, r, w)
			if _, noticed := res.Metrics["notice"]; noticed || res.Outcome != results.Pass || res.Metrics["loss"] != lost || res.Metrics["duration"] > 0.012 {
				t.Errorf("%s: %s %s %v", w, res.Outcome, res.Err, res.Metrics)
			}
		})
	}
}

// An access point that does not come back ends as an error within its time, and a rig without the hook is no error.
func TestRecoverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		r.Hooks = airHooks{m: w.module, stuck: true}
		begin := time.Now()
		res := once(t, r, "kind: recover, outage: ap, away: 4s")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "within 2m0s of the return of the ap") || !strings.Contains(res.Err, "not found") || strings.Contains(res.Err, "\n") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
		if took := time.Since(begin); took > 4*time.Minute {
			t.Errorf("it took %v", took)
		}
		r.Hooks = nil
		if err := w.module.AP(emulator.DefaultSSID, true); err != nil {
			t.Fatal(err)
		}
		if res = once(t, r, "kind: recover, outage: ap"); res.Outcome != results.Skipped {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
	})
}

// A soak over every way to connect; its refusal; and what it says when the module goes.
func TestSoakWays(t *testing.T) {
	for w, want := range map[string]results.Outcome{
		"kind: soak, duration: 20s, role: server":             results.Pass,
		"kind: soak, duration: 5s, protocol: tls":             results.Pass,
		"kind: soak, total: 1MB, protocol: udp, length: 1460": results.Pass,
		"kind: soak, duration: 5s, length: 8192":              results.Refused,
		"kind: soak, duration: 0.1s":                          results.Error,
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{})
			if res := once(t, r, w); res.Outcome != want {
				t.Errorf("%s: %s %s", w, res.Outcome, res.Err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{Faults: []string{"close@500"}})
		res := once(t, r, "kind: soak, duration: 20s")
		if res.Outcome != results.Error || !strings.HasPrefix(res.Err, "after 8s and 499 sends, with goodput of 1.4") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
	})
}

// heapWatch looks at this process's heap at the first sample after an hour, and at the latest.
type heapWatch struct {
	hour, now uint64
	samples   int
}

func (h *heapWatch) Add(s results.Sample) {
	h.samples++
	if hours := s.T.Hours(); hours >= 1 && h.hour == 0 || hours >= 23.9 && s.Series == "heap" {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		if h.now = m.HeapAlloc; h.hour == 0 {
			h.hour = m.HeapAlloc
		}
	}
}

func (h *heapWatch) Close() (string, error) { return "samples", nil }

type watchedJournal struct {
	memory
	watch *heapWatch
}

func (j *watchedJournal) Samples(int) (SampleWriter, error) { return j.watch, nil }

// A soak of a day needs no more memory than one of an hour, but for what is bounded or not the harness's own: 8 B for each of
// the first 2^20 latencies, and the 16 B that the emulated module keeps of each use of its radio. Another 10 B for each of
// the 14 000 sends would be too much. They leave a sample for each second at the most.
func TestSoakMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, line := rig(t, emulator.Config{RadioRate: 4e3})
		line.silent = true
		j := &watchedJournal{watch: &heapWatch{}}
		run := runner(t, r, j, "name: one\ntitle: One\nworkload: {kind: soak, duration: 24h}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
		if err := run.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		sends := j.results[0].Metrics["sends"]
		grown := int64(j.watch.now) - int64(j.watch.hour)
		if sends < 14_000 || j.watch.hour == 0 || grown > 512<<10 {
			t.Errorf("the heap grew by %d B over %v sends", grown, sends)
		}
		if j.watch.samples > 86_400+24*60+2 {
			t.Errorf("%d samples", j.watch.samples)
		}
	})
}

// A course of any length keeps a straight line straight, in 256 to 512 parts.
func TestCourse(t *testing.T) {
	for _, n := range []int{1, 255, 511, 512, 513, 100_003} {
		var c course
		for i := range n {
			c.add(float64(i), 5-3*float64(i))
		}
		if len(c.x) >= courseParts || n >= courseParts/2 && len(c.x) < courseParts/2-1 {
			t.Errorf("%d points make %d parts", n, len(c.x))
		}
		for i, x := range c.x {
			if math.Abs(c.y[i]-(5-3*x)) > 1e-6*float64(n) {
				t.Fatalf("%d points: part %d is %v at %v", n, i, c.y[i], x)
			}
		}
	}
}
