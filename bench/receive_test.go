package bench

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// workload reads a workload as a scenario has it.
func workload(t testing.TB, text string) scenarios.Workload {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte("name: t\ntitle: t\nworkload: "+text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return s.Workload
}

// prepared is a download that was started.
func prepared(t testing.TB, r *Rig, text string) *receive {
	t.Helper()
	w := newReceive(workload(t, text), 1).(*receive)
	if err := w.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := w.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// The full buffer of a link that nobody reads holds up the one that is read (quirk block-all): of that one comes what was
// handed over before. Where the firmware does without, it goes on.
func TestFullBufferBlocksAllLinks(t *testing.T) {
	for quirk, blocks := range map[string]bool{"block-all": true, "-block-all": false} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{Quirks: []string{quirk}})
			w := prepared(t, r, "{kind: receive, mode: passive, read: 4608, links: 2}")
			rec := NewRecorder(time.Now(), nil, nil)
			unread, read := w.links[0], w.links[1]
			w.links = w.links[1:]
			var came []int64 // in the first, and in the second half of 5 s
			for range 2 {
				before := read.bytes.Load()
				for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); {
					if err := w.step(t.Context(), r, rec, true); err != nil {
						t.Fatal(err)
					}
				}
				came = append(came, read.bytes.Load()-before)
			}
			// The task takes the links in turn, and waits for the unread one once its buffer of 4608 B is full: with its fourth block of
			// 1460 B at the latest. How much of the other has passed by then depends on which source began; after that nothing does.
			if blocks && (came[0] > 100_000 || came[1] > 0) || !blocks && (came[0] < 250_000 || came[1] < 250_000) {
				t.Errorf("%s: %d B came of the link that is read", quirk, came)
			}
			w.links = []*download{unread, read}
			if err := w.Conclude(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a download changes is as before when it has ended, also when it is cut off: connections, receive mode, buffers,
// server and access point.
func TestDownloadLeavesNothing(t *testing.T) {
	for _, kind := range []string{"receive", "bidirectional"} {
		for _, fields := range []string{
			"mode: active", "mode: passive, buffer: 9216", "mode: passive, role: server, buffer: 3000", "role: softap", "protocol: tls, ip: 6",
			"protocol: udp, rate: 100kbit/s", "mode: passive, poll: length", "mode: passive, poll: timer, every: 1s",
		} {
			synctest.Test(t, func(t *testing.T) {
				r, _ := rig(t, emulator.Config{})
				state := func() (lines []string) {
					for _, line := range []string{"AT+CIPRECVMODE?", "AT+CIPRECVBUF=0?", "AT+CIPRECVBUF=4?", "AT+CIPSERVER?", "AT+CWMODE?", "AT+CIPSTATE?", "AT+CWSTATE?"} {
						l, _ := r.Module.Command(t.Context(), line) // CIPSTATE? of no connection is an error to some firmware
						lines = append(lines, line+" "+strings.Join(l, ";"))
					}
					return lines
				}
				before := state()
				w, err := NewWorkload(workload(t, "{kind: "+kind+", duration: 100s, "+fields+"}"), 1)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				enough := errors.New("enough")
				time.AfterFunc(3*time.Second, func() { cancel(enough) })
				if err := w.Prepare(ctx, r); err != nil {
					t.Fatalf("%s: %v", fields, err)
				}
				begin := time.Now()
				if err := w.Run(ctx, r, NewRecorder(begin, nil, nil)); !errors.Is(err, enough) || time.Since(begin) > 4*time.Second {
					t.Errorf("%s: a run that is cut off ends with %v after %v", fields, err, time.Since(begin))
				}
				if err := w.Conclude(t.Context(), r); err != nil {
					t.Errorf("%s: %v", fields, err)
				}
				if after := state(); !slices.Equal(before, after) {
					t.Errorf("%s, %s: before\n%q, after\n%q", kind, fields, before, after)
				}
			})
		}
	}
}

// A source on another machine is asked for many blocks at a time, and in the end for the rest: the delays are the same.
func TestDelaysOfAFarSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		var got [2][]float64
		for i, far := range []bool{false, true} {
			w := prepared(t, r, "{kind: receive, length: 100, rate: 200kbit/s, sends: 500}")
			w.links[0].delays.far = far
			rec := NewRecorder(time.Now(), nil, nil)
			for begin := time.Now(); !w.over(begin, time.Now(), rec); {
				if err := w.step(t.Context(), r, rec, true); err != nil {
					t.Fatal(err)
				}
				if n := len(rec.Kept("delay_down")); far && n > 0 {
					t.Fatalf("%d blocks were asked for during the measurement", n)
				}
			}
			w.stop(rec)
			got[i] = rec.Kept("delay_down")
			if err := w.Conclude(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if len(got[0]) != 500 || len(got[1]) != 500 || math.Abs(got[0][250]-got[1][250]) > 1e-8 {
			t.Errorf("%d and %d delays", len(got[0]), len(got[1]))
		}
	})
}

// A greeting that is lost on the air is sent again.
func TestLostGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := 0
		for seed := range uint64(8) {
			r, w := rig(t, emulator.Config{Loss: 0.6, Seed: seed})
			if res := once(t, r, "kind: receive, protocol: udp, rate: 400kbit/s, duration: 20s"); res.Outcome != results.Pass {
				t.Errorf("seed %d: %s", seed, res.Err)
			}
			if count(w.lines, "AT+CIPSEND") > 1 {
				lost++
			}
		}
		if lost == 0 {
			t.Error("no greeting was lost")
		}
	})
}

// A step of passive mode, and the payload of active mode, do not allocate: neither a read, nor a look at lengths, nor a
// block's delay, of harness, emulated module and source together.
func TestDownloadDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, fields := range []string{"mode: active", "mode: passive, read: 1460", "mode: passive, read: 4608", "mode: passive, poll: length, read: 1460", "mode: passive, poll: timer, every: 100us, read: 4608"} {
		r, line := rig(t, emulator.Config{Baud: 100_000_000, CommandLatency: emulator.None, RadioLatency: emulator.None, RadioRate: math.Inf(1)})
		line.silent = true
		w := prepared(t, r, "{kind: receive, duration: 60s, "+fields+"}")
		rec := NewRecorder(time.Now(), nil, nil)
		const blocks = 200
		pass := func() {
			for until := w.links[0].bytes.Load() + blocks*1460; w.links[0].bytes.Load() < until; {
				if err := w.step(t.Context(), r, rec, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 3 {
			pass()
		}
		if n := testing.AllocsPerRun(5, pass); n > blocks/100 { // the values that are kept for quantiles grow
			t.Errorf("%s: %v allocations in %d blocks", fields, n, blocks)
		}
		w.stop(rec)
		if err := w.Conclude(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
}
