package bench

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/transport/at"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// beside lets a rig open a second module in the air of the first; opened counts how many are open.
func beside(t *testing.T, r *Rig, air *emulator.Ether) (opened *int) {
	opened = new(int)
	r.Neighbour = func(ctx context.Context) (*st67.Module, func() error, error) {
		m, err := emulator.New(emulator.Config{Link: emulator.LinkMemory, Ether: air, Unit: 2, Dial: memnet.New().Dial})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		s := at.New(conn, st67.Grammar())
		module, err := st67.Open(ctx, s, st67.Options{})
		*opened++
		return module, func() error {
			*opened--
			_ = s.Close()
			return m.Close()
		}, err
	}
	return opened
}

// Notifications go one after the other: each takes its messages' time on the line and the module's latency, and goes with the
// next connection event, 30 ms after the last. Sixteen may wait for it; those are what an event brings, whatever the line can do.
func TestNotify(t *testing.T) {
	const (
		byteTime = 5 * time.Microsecond // 10 bit times at 2 Mbaud
		latency  = 300 * time.Microsecond
		interval = 30 * time.Millisecond
		waiting  = 16
	)
	for _, length := range []int{1, 20, 100, 244} {
		synctest.Test(t, func(t *testing.T) {
			air := emulator.NewEther()
			r, w := rig(t, emulator.Config{Ether: air, Baud: 2_000_000, CommandLatency: latency})
			opened := beside(t, r, air)
			digits := strconv.Itoa(length)
			res, samples := passed(t, r, "kind: ble-notify, duration: 6s, length: "+digits)
			m := res.Metrics

			line := time.Duration(len("AT+BLEGATTSNTFY=0,0,"+digits+"\r\n")+len("\r\nOK\r\n\r\n>")+length+
				len("Recv "+digits+" bytes\r\n")+len("\r\nSEND OK\r\n")) * byteTime
			if want := 8 * float64(length) / line.Seconds(); math.Abs(m["ceiling"]-want) > 1e-6*want {
				t.Errorf("length %d: ceiling %v, the closed form gives %v", length, m["ceiling"], want)
			}
			// One event's sixteen, at the most, over the events of 6 s: one event more or less at either end.
			per := min(waiting/interval.Seconds(), 1/(line+latency).Seconds())
			if math.Abs(m["rate"]-per) > 2*interval.Seconds()/6*per {
				t.Errorf("length %d: rate %v, the closed form gives %v", length, m["rate"], per)
			}
			if m["loss"] != 0 || m["duplicate"] != 0 || m["corrupt"] != 0 || m["foreign"] != 0 || m["received"] != m["sent"] || m["sent"] != m["sends"]*float64(length) {
				t.Errorf("length %d: %v", length, m)
			}
			delays := 0
			for _, s := range samples {
				if s.Series == "delay_up" {
					delays++
				}
			}
			if delays != int(m["sends"]) {
				t.Errorf("length %d: %d delays of %v notifications", length, delays, m["sends"])
			}
			if *opened != 0 || !endsWith(w.lines, "AT+BLEINIT") {
				t.Errorf("length %d: %d modules are open, the commands end in %q", length, *opened, w.lines[len(w.lines)-8:])
			}
		})
	}
}

// Without a second module the case is skipped, whether it is the workload or the background.
func TestNoNeighbour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		for _, workload := range []string{"kind: ble-notify", "kind: cipsend, ble: connected"} {
			res := once(t, r, workload)
			if res.Outcome != results.Skipped || !strings.Contains(res.Err, "no second module") {
				t.Errorf("%s: %s %q", workload, res.Outcome, res.Err)
			}
		}
		if r.Module.LinkUp(0) {
			t.Errorf("a connection is left: %q", w.lines)
		}
	})
}

// A client that goes away in mid-run is an error that says so, and Bluetooth is off again.
func TestNotifyLosesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := emulator.NewEther()
		r, w := rig(t, emulator.Config{Ether: air})
		opened := beside(t, r, air)
		good := r.Neighbour
		r.Neighbour = func(ctx context.Context) (*st67.Module, func() error, error) {
			module, closeIt, err := good(ctx)
			time.AfterFunc(3*time.Second, func() { _ = module.BLEDisconnect(t.Context()) })
			return module, closeIt, err
		}
		res := once(t, r, "kind: ble-notify, duration: 20s")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "the Bluetooth client: not connected") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
		if *opened != 0 || !endsWith(w.lines, "AT+BLEINIT") {
			t.Errorf("%d modules are open, the commands are %q", *opened, w.lines)
		}
		r.Neighbour = good
		passed(t, r, "kind: ble-notify, duration: 2s")
	})
}

// What Bluetooth does in the background holds while the workload runs, and is undone after it, also when it fails.
func TestBluetoothInTheBackground(t *testing.T) {
	for level, during := range map[string][]string{
		"off":         nil,
		"advertising": {"AT+BLEINIT", "AT+BLEADVSTART"},
		"scanning":    {"AT+BLEINIT", "AT+BLESCAN"},
		"connected":   {"AT+BLEINIT", "AT+BLEADVSTART"},
	} {
		for _, fault := range []string{"", "send-fail@30"} {
			synctest.Test(t, func(t *testing.T) {
				air := emulator.NewEther()
				cfg := emulator.Config{Ether: air}
				if fault != "" {
					cfg.Faults = []string{fault}
				}
				r, w := rig(t, cfg)
				opened := beside(t, r, air)
				res := once(t, r, "kind: cipsend, sends: 100, ble: \""+level+"\"")
				if want := map[bool]results.Outcome{true: results.Pass, false: results.Error}[fault == ""]; res.Outcome != want {
					t.Errorf("%s %s: %s %s", level, fault, res.Outcome, res.Err)
				}
				send, off := -1, -1
				for i, l := range w.lines {
					switch {
					case l == "AT+CIPSEND" && send < 0:
						send = i
					case l == "AT+BLEINIT":
						off = i
					}
				}
				for _, l := range during {
					if !strings.Contains(strings.Join(w.lines[:send], " "), l) {
						t.Errorf("%s %s: no %s before the first send: %q", level, fault, l, w.lines[:send])
					}
				}
				if on := len(during) > 0; on != (off > send) || *opened != 0 {
					t.Errorf("%s %s: Bluetooth is not off again, or %d modules are open: %q", level, fault, *opened, w.lines[off:])
				}
			})
		}
	}
}
