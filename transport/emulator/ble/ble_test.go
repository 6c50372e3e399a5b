package ble

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Advertising events: interval N * 0.625 ms, each delayed by 0 to 10 ms (Bluetooth Core
// 6.B.4.4.2.2.1), and the one after an instant does not depend on where one looks from.
func TestAdvertisingEvents(t *testing.T) {
	a := &advertiser{advParameters: advParameters{least: 32}, start: epoch, seed: 7}
	at := epoch.Add(-1)
	late := 0
	for k := range 1000 {
		next := a.after(at)
		grid := epoch.Add(time.Duration(k) * 20 * time.Millisecond)
		if d := next.Sub(grid); d < 0 || d >= 10*time.Millisecond {
			t.Fatalf("event %d is %v behind its interval", k, d)
		}
		if next.Sub(grid) >= 5*time.Millisecond {
			late++
		}
		if again := a.after(next.Add(-1)); !again.Equal(next) {
			t.Fatalf("event %d is at %v and at %v", k, next, again)
		}
		at = next
	}
	if late < 400 || late > 600 {
		t.Errorf("%d of 1000 delays are in the upper half", late)
	}
}

// A scanner hears inside its window, on channel 37, 38, 39 in turn.
func TestScanWindow(t *testing.T) {
	f := &Family{scanning: epoch, settings: settings{scan: scanParameters{interval: 160, window: 16}}} // 100 ms, 10 ms
	from := &Family{}
	for _, c := range []struct {
		after    time.Duration
		channels int
		want     bool
	}{
		{0, 7, true}, {9999 * time.Microsecond, 7, true}, {10 * time.Millisecond, 7, false}, {99 * time.Millisecond, 7, false},
		{105 * time.Millisecond, 7, true}, {5 * time.Millisecond, 1, true}, {5 * time.Millisecond, 2, false},
		{105 * time.Millisecond, 2, true}, {205 * time.Millisecond, 4, true}, {305 * time.Millisecond, 1, true},
	} {
		a := &advertiser{advParameters: advParameters{channels: c.channels}}
		if got := f.hears(from, a, epoch.Add(c.after)); got != c.want {
			t.Errorf("after %v on channels %d: heard %v", c.after, c.channels, got)
		}
	}
	f.scan.filter = 1
	if f.hears(from, &advertiser{advParameters: advParameters{channels: 7}}, epoch) {
		t.Error("the white list let a stranger in")
	}
	f.bonds = []bond{{}}
	if !f.hears(from, &advertiser{advParameters: advParameters{channels: 7}}, epoch) {
		t.Error("the white list kept a bonded peer out")
	}
}

// Packets of the central wait for the events that the peripheral listens to.
func TestConnectionEvents(t *testing.T) {
	l := &link{anchor: epoch, interval: 8, latency: 2} // 10 ms
	c, p := &end{link: l, role: central}, &end{link: l, role: peripheral}
	for _, x := range []struct {
		e           *end
		after, want time.Duration
	}{
		{p, -time.Second, 0}, {p, 0, 10 * time.Millisecond}, {p, 1, 10 * time.Millisecond}, {p, 25 * time.Millisecond, 30 * time.Millisecond},
		{c, 0, 30 * time.Millisecond}, {c, 25 * time.Millisecond, 30 * time.Millisecond}, {c, 30 * time.Millisecond, 60 * time.Millisecond},
	} {
		if got := x.e.next(epoch.Add(x.after)).Sub(epoch); got != x.want {
			t.Errorf("role %d after %v: %v, want %v", x.e.role, x.after, got, x.want)
		}
	}
}

// Events run in the order of instant, module and planning, and a module that leaves
// takes its own along.
func TestEtherOrder(t *testing.T) {
	e := NewEther()
	a, b := &Family{unit: address{5: 1}}, &Family{unit: address{5: 2}}
	var said string
	e.mu.Lock()
	plan := func(f *Family, ms int, name string) {
		e.plan(f, epoch.Add(time.Duration(ms)*time.Millisecond), func(time.Time) { said += name })
	}
	plan(b, 2, "d")
	plan(b, 1, "c")
	plan(a, 1, "a")
	plan(a, 1, "b")
	plan(b, 3, "x")
	e.run(epoch.Add(2 * time.Millisecond))
	e.forget(b)
	e.run(epoch.Add(time.Second))
	e.mu.Unlock()
	if said != "abcd" || len(e.events) != 0 {
		t.Errorf("they ran as %q, %d are left", said, len(e.events))
	}
}

func TestFields(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "\x02\x01\x06": true, "\x02\x01\x06\x00\xff": true, "\x02\x01": false, "\x01\x09": true, "\x03\x01\x06": false, "\x02\x01\x06\x05\x09abcd": true,
	} {
		fields, got := parseFields([]byte(text))
		if got != ok {
			t.Errorf("%q: %v", text, got)
		}
		if len(text) == 9 && string(fields[nameField]) != "abcd" {
			t.Errorf("%q has the name %q", text, fields[nameField])
		}
	}
}

// A host that takes nothing makes nothing grow.
func TestVoiceIsBounded(t *testing.T) {
	var v voice
	for range 10 * mostMessages {
		v.add(epoch, nil)
	}
	if len(v.queue) != mostMessages {
		t.Errorf("%d messages wait, want %d", len(v.queue), mostMessages)
	}
}
