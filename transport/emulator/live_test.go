package emulator

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// Another firmware restarts the module under the same host: its version and its quirks are there after `ready`, what
// flash holds stays, and so do the faults that were counted.
func TestFlash(t *testing.T) {
	bubble(t, Config{Faults: []string{"busy@1"}}, func(r *rig) {
		r.do("AT", "\r\nbusy p...\r\n")
		r.ok("AT+CIPRECONNINTV=123")
		for _, f := range []struct{ load, version string }{{"2.0.89", "2.0.89"}, {"t01-2.0.97", "2.0.97"}} {
			if err := r.m.Flash(f.load); err != nil {
				t.Fatal(err)
			}
			r.expect("\r\nready\r\n")
			r.send("AT+GMR\r\n")
			if got := r.until("\r\n\r\nOK\r\n"); !strings.Contains(got, "component_version_sdk_"+f.version+"\r\n") || r.m.Firmware() != f.version {
				t.Errorf("%s: %q", f.load, got)
			}
			r.do("AT+CIPRECONNINTV?", "+CIPRECONNINTV:123\r\n\r\nOK\r\n")
		}
		if err := r.m.Flash("9.9.9"); err == nil || r.m.Firmware() != "2.0.97" {
			t.Errorf("an unknown release is loaded: %v", err)
		}
		if n := r.m.Injected()["busy"]; n != 1 {
			t.Errorf("%d faults counted", n)
		}
	})
}

// A firmware that is loaded while there is no supply starts when it comes back.
func TestFlashWithoutSupply(t *testing.T) {
	bubble(t, Config{}, func(r *rig) {
		r.m.Supply(false)
		if err := r.m.Flash("2.0.89"); err != nil {
			t.Fatal(err)
		}
		r.quiet(time.Minute)
		r.m.Supply(true)
		r.expect("\r\nready\r\n")
		r.send("AT+GMR\r\n")
		if got := r.until("\r\n\r\nOK\r\n"); !strings.Contains(got, "sdk_2.0.89\r\n") {
			t.Errorf("AT+GMR: %q", got)
		}
	})
}

// Before it is switched on, and after its end, a module takes another firmware as well.
func TestFlashOff(t *testing.T) {
	m, err := New(Config{Link: LinkMemory})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Flash("2.0.75"); err != nil || m.Firmware() != "2.0.75" {
		t.Errorf("%v, %s", err, m.Firmware())
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Flash("2.0.89"); err != nil {
		t.Error(err)
	}
}

// sendTime is how long one CIPSEND of n bytes takes.
func (r *rig) sendTime(n int) time.Duration {
	r.do("AT+CIPSEND=0,"+strconv.Itoa(n), prompt)
	start := time.Now()
	r.send(payload(n))
	r.expect(taken(n))
	return time.Since(start)
}

// The rate of the radio follows from what is set while the module runs: the air time of a send of the build that waits
// for it is 8 n / rate.
func TestRadioAtRunTime(t *testing.T) {
	bubble(t, Config{RadioLatency: None}, func(r *rig) {
		peer := r.connect()
		defer peer.Close()
		go func() {
			b := make([]byte, 4096)
			for {
				if _, err := peer.Read(b); err != nil {
					return
				}
			}
		}()
		const n = 1000
		line := time.Duration(n+len(taken(n))) * 5 * time.Microsecond // 10 bit times a byte at 2 Mbaud
		expect := func(what string, air time.Duration) {
			t.Helper()
			check(t, what, r.sendTime(n), line+air)
		}
		expect("at the default rate", 400*time.Microsecond)
		if err := r.m.Attenuate(31); err != nil { // -79 dBm: 17.2 Mbit/s on the air, of which 0.6 are payload
			t.Fatal(err)
		}
		expect("attenuated", 775194*time.Nanosecond)
		if point, dB := r.m.Air(); point.RSSI != -79 || dB != 31 {
			t.Errorf("%d dBm behind %d dB", point.RSSI, dB)
		}
		if err := r.m.Attenuate(0); err != nil {
			t.Fatal(err)
		}
		expect("no longer attenuated", 400*time.Microsecond)
		if err := r.m.Attenuate(53); err == nil {
			t.Error("a signal of -101 dBm is heard")
		}
		if err := r.m.SetRadio(1e6, 0); err != nil {
			t.Fatal(err)
		}
		expect("at 1 Mbit/s", 8*time.Millisecond)
		if rate, loss := r.m.Radio(); rate != 1e6 || loss != 0 {
			t.Errorf("rate %v, loss %v", rate, loss)
		}
		if err := r.m.Outage(300 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r.sendTime(n)
		check(t, "a send in an outage ends", time.Since(began), 300*time.Millisecond+8*time.Millisecond+time.Duration(len(taken(n)))*5*time.Microsecond)
		if left := r.m.OutageLeft(); left != 0 {
			t.Errorf("an outage that is over goes on for %v", left)
		}
		if r.m.SetRadio(100, 0) == nil || r.m.SetRadio(1e6, 1) == nil || r.m.Outage(-1) == nil {
			t.Error("a rate, a loss or an outage outside its range is taken")
		}
		if err := r.m.SetRadio(1e6, 0.5); err != nil {
			t.Fatal(err)
		}
		again := time.Duration(0)
		for range 200 {
			again += r.sendTime(n) - line - 8*time.Millisecond
		}
		// Each frame is sent again with probability 1/2, so once more in the mean: standard deviation of the sum 20 air times.
		if mean := float64(again) / float64(8*time.Millisecond) / 200; mean < 0.6 || mean > 1.4 {
			t.Errorf("a frame is sent again %v times, want about once", mean)
		}
	})
}

// The next host finds another line.
func TestWire(t *testing.T) {
	bubble(t, Config{}, func(r *rig) {
		r.ok("AT")
		r.conn.Close()
		if err := r.m.Wire(500_000, FlowRTSCTS, 0); err != nil {
			t.Fatal(err)
		}
		if r.m.Wire(1, "", 0) == nil || r.m.Wire(0, "xonxoff", 0) == nil {
			t.Error("a line that there is not is taken")
		}
		conn, err := r.m.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if baud, flow := r.m.Line(); baud != 500_000 || flow != FlowRTSCTS {
			t.Errorf("the line has %d bit/s and flow control %s", baud, flow)
		}
		if id := conn.Identity(); id["baud"] != "500000" || id["flow"] != "rtscts" {
			t.Errorf("identity %v", id)
		}
		start := time.Now()
		if _, err := conn.Write([]byte("AT\r\n")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 0, 6)
		for len(got) < 6 {
			b := make([]byte, 6)
			n, err := conn.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b[:n]...)
		}
		check(t, "AT", time.Since(start), 10*20*time.Microsecond+defaultLatency)
	})
}
