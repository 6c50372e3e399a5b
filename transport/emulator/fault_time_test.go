package emulator

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"time"

	"st67bench/transport/emulator/core"
)

// logBuffer is a log port that is read.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A restart at a time comes whatever the module is doing: idle, in a command, in
// a data phase.
func TestFaultRestartAtATime(t *testing.T) {
	for name, c := range map[string]struct {
		fault string
		lines [2]string // command, and what it says before the restart
	}{
		"idle":           {"crash@5s", [2]string{}},
		"in a command":   {"reboot@5s", [2]string{`AT+PING="192.168.67.1",64,1,1000,9000`, ""}},
		"in a data mode": {"brown-out@5s", [2]string{"AT+CIPSEND=0,100", prompt}},
	} {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			bubble(t, Config{Faults: []string{c.fault}, Log: &log}, func(r *rig) {
				booted := time.Now()
				peer := r.connect()
				defer peer.Close()
				r.ok("AT+CWAUTOCONN=0")
				if c.lines[1] != "" {
					r.do(c.lines[0], c.lines[1])
				}
				r.expect("\r\nready\r\n")
				// The fault counts from switching on, which was a boot and the
				// 9 bytes of `ready` before.
				check(t, "ready", time.Since(booted), 5*time.Second)
				r.ok("AT")
				r.quiet(time.Minute)
			})
			if said := log.String() != ""; said != (name == "in a data mode") {
				t.Errorf("the log port said %q", log.String())
			}
		})
	}
}

// While it waits for a real answer a command is ended by a restart too.
func TestFaultRestartInsideAWait(t *testing.T) {
	bubble(t, Config{CommandLatency: 10 * time.Second, Faults: []string{"crash@3s/3s"}}, func(r *rig) {
		io.WriteString(r, "AT\r\n")
		for range 3 {
			r.expect("\r\nready\r\n")
		}
		if got := r.m.Injected()["crash"]; got != 3 {
			t.Errorf("%d crashes are counted", got)
		}
	})
}

func TestFaultBrownOut(t *testing.T) {
	var log logBuffer
	bubble(t, Config{Faults: []string{"brown-out@2"}, Log: &log}, func(r *rig) {
		peer := r.connect()
		r.ok("AT+CWAUTOCONN=0")
		r.do("AT+CIPSEND=0,3", prompt)
		io.WriteString(r, "abc")
		r.expect(taken(3))
		r.quiet(time.Second)
		r.do("AT+CIPSEND=0,3", prompt)
		io.WriteString(r, "def")
		r.expect("\r\nready\r\n")
		r.quiet(time.Second)
		if got, err := io.ReadAll(peer); string(got) != "abc" || err != nil {
			t.Errorf("the peer received %q, %v", got, err)
		}
	})
	if log.String() != "reset: brown-out\r\n" {
		t.Errorf("the log port said %q", log.String())
	}
}

// Every fault of the table is parsed with and without its trigger.
func TestFaultGrammar(t *testing.T) {
	arguments := map[string]string{"lose": ":0.1%", "overrun": ":128", "drift": ":-500", "leak": ":64"}
	for _, f := range core.FaultTable() {
		s := f.Name + arguments[f.Name]
		_, bare := core.ParseFault(s)
		_, counted := core.ParseFault(s + "@3/2")
		_, timed := core.ParseFault(s + "@5s/1m")
		if bare != nil || (counted == nil) != (f.Counts() != "") || (timed == nil) != f.Timed {
			t.Errorf("%s: %v; counted, which it is by %q: %v; timed (%v): %v", s, bare, f.Counts(), counted, f.Timed, timed)
		}
	}
	for _, s := range []string{"lose", "lose:2", "lose:x", "lose:-1%", "overrun:-1", "drift:300000", "drift:x", "urc:here", "short:0", "split:0",
		"decay:0s", "decay:5", "merge:1", "crash@0", "crash@-1s", "crash@5s/0s", "crash@5s/2", "crash@2/5s", "busy@5s", "deauth:1", "drop:every=0", "reboot:every=5"} {
		if _, err := core.ParseFault(s); err == nil {
			t.Errorf("%s is taken", s)
		}
	}
}

// The access point ends the association: at a time, or before the prompt of a
// send, whose payload then goes nowhere.
func TestFaultDeauth(t *testing.T) {
	const lost = "+CIP:0,DISCONNECTED\r\n+CW:DISCONNECTED\r\n+CW:ERROR,7\r\n"
	bubble(t, Config{}, func(r *rig) {
		peer := r.connect()
		r.ok("AT+CWRECONNCFG=0,0")
		r.quiet(time.Second)
		if err := r.m.Inject("deauth@5s"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r.expect(lost)
		check(t, "the loss", time.Since(start), 5*time.Second+time.Duration(len(lost))*5*time.Microsecond)
		if rest, err := io.ReadAll(peer); len(rest) > 0 || err != nil {
			t.Errorf("the peer reads %q, %v", rest, err)
		}
		r.quiet(time.Minute)
	})
	bubble(t, faults("deauth@2"), func(r *rig) {
		peer := r.connect()
		defer peer.Close()
		r.ok("AT+CWRECONNCFG=0,0")
		r.do("AT+CIPSEND=0,3", prompt)
		io.WriteString(r, "abc")
		r.expect(taken(3))
		r.do("AT+CIPSEND=0,3", lost+prompt)
		io.WriteString(r, "abc")
		r.expect("\r\nSEND FAIL\r\n")
		r.do("AT+CIPSEND=0,3", "\r\nERROR\r\n")
	})
}

// The rate falls in a straight line, from what it was to a ten thousandth.
func TestFaultDecay(t *testing.T) {
	bubble(t, Config{Baud: Unpaced}, func(r *rig) {
		peer := r.connect()
		go io.Copy(io.Discard, peer)
		r.ok("AT+CWAUTOCONN=0")
		send := func() time.Duration {
			start := time.Now()
			r.do("AT+CIPSEND=0,1000", prompt)
			io.WriteString(r, payload(1000))
			r.expect(taken(1000))
			return time.Since(start) - 250*time.Microsecond
		}
		check(t, "a send before", send(), 400*time.Microsecond)
		if err := r.m.Inject("decay:10s@0s"); err != nil {
			t.Fatal(err)
		}
		r.quiet(5*time.Second - 250*time.Microsecond)
		check(t, "a send after half the time", send(), 800*time.Microsecond)
		r.quiet(10 * time.Second)
		check(t, "a send at the end", send(), 4*time.Second)
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
	})
}

// A module whose RC clock drifts says so where it counts: in core.Faults, from
// which the radio's wake-ups and the time of day take it.
func TestFaultDrift(t *testing.T) {
	bubble(t, faults("drift:500", "drift:-120"), func(r *rig) {
		if d := r.m.faults.Drift(); d != -120e-6 {
			t.Errorf("the clock is off by %v", d)
		}
		if err := r.m.Inject("drift:0"); err != nil || r.m.faults.Drift() != 0 {
			t.Errorf("%v, off by %v", err, r.m.faults.Drift())
		}
	})
}
