package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The field pwr was called power, and its words are AT+PWR's own numbers too: all mean the same, and give the same hash as before.
func TestPowerHasOneMeaning(t *testing.T) {
	const before = "fdd37e135d1ea05a" // of {kind: cipsend, power: standby}, of the release before there was pwr
	for _, workload := range []string{"power: standby", "pwr: standby", "pwr: 2", "power: 2"} {
		s, err := parseWorkload("{kind: cipsend, " + workload + "}")
		if err != nil {
			t.Fatal(err)
		}
		if c := s.Expand()[0]; c.Workload.Power != "standby" || c.Hash != before {
			t.Errorf("%s: %s, hash %s", workload, c.Workload.Power, c.Hash)
		}
	}
}

// A factor keeps the name that the file has, which is in the cases' keys.
func TestPowerAsFactor(t *testing.T) {
	for name, keys := range map[string][]string{"power": {"power=normal", "power=standby"}, "pwr": {"pwr=normal", "pwr=standby"}} {
		s, err := Parse("a.yaml", []byte("name: a\nworkload: {kind: ping}\nsweep: {"+name+": [0, standby]}\nlimits: {rtt_p50: {max: 1s, where: {"+name+": 2}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range s.Expand() {
			if c.Key != keys[i] || c.Workload.Power != []string{"normal", "standby"}[i] || s.Limits[0].Applies(c) != (i == 1) {
				t.Errorf("%s: %s, %s", name, c.Key, c.Workload.Power)
			}
		}
	}
	s, err := Parse("a.yaml", []byte("name: a\nneeds: [hook:power]\nworkload: {kind: ping, pwr: standby}\nsweep: {power: ['on', 'off']}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c := s.Expand()[1]; c.Hooks["power"] != "off" || c.Workload.Power != "standby" {
		t.Errorf("the hook of that name: %v, %s", c.Hooks, c.Workload.Power)
	}
}

// Of the two names one is used.
func TestPowerTwice(t *testing.T) {
	for text, want := range map[string]string{
		"workload: {kind: ping, pwr: standby, power: normal}":                         "a.yaml:2:38: power is the same as line 2 gives by its other name; keep pwr",
		"workload: {kind: ping, pwr: standby}\nsweep: {power: [normal]}":              "a.yaml:3:9: power is given in workload on line 2 and swept here; keep one",
		"workload: {kind: ping}\nsweep: {power: [normal], pwr: [standby]}":            "a.yaml:3:26: pwr is swept by its other name already; keep pwr",
		"workload: {kind: ping, pwr: sleepy}":                                         "a.yaml:2:29: unknown pwr \"sleepy\"; allowed here: normal, standby, hibernate",
		"workload: {kind: ping}\nsweep: {pwr: [standby, 2]}":                          "a.yaml:3:24: level 2 is the same as standby before it; keep one",
		"workload: {kind: ping, clock: rc}":                                           "a.yaml:2:24: clock is no field of ping",
		"workload: {kind: idle}\nsweep: {clock: [1, rc]}":                             "a.yaml:3:20: level rc is the same as 1 before it; keep one",
		"workload: {kind: idle, pwr: standby, twt: '13:128:1000:perhaps'}":            "a.yaml:2:43: unknown twt",
		"workload: {kind: idle, pwr: standby, dtim: 10, sends: 9}":                    "a.yaml:2:55: 9 is outside 10..10000000; a figure per wake needs 10",
		"workload: {kind: idle, pwr: standby, duration: 10s}\nsweep: {dtim: [1, 10]}": "a.yaml:2:48: 10s has room for 9 wakes for beacons at one in 1.024s; a figure per wake needs 10: duration: 11s",
	} {
		_, err := Parse("a.yaml", []byte("name: a\n"+text+"\n"))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n%v\nwant %s", text, err, want)
		}
	}
}

// What an idle module cannot be asked for is told with the reason, at the field that a person would change.
func TestSenselessIdle(t *testing.T) {
	for workload, want := range map[string]string{
		"{kind: ping, pwr: ~hibernate}":                                  "a module that hibernates hears nothing",
		"{kind: idle, twt: ~'13:128:1000'}":                              "a target wake time needs pwr: standby",
		"{kind: idle, pwr: hibernate, dtim: ~3}":                         "SLWKDTIM has an effect with pwr: standby only",
		"{kind: idle, pwr: standby, twt: '13:128:1000', duration: ~80s}": "80s has room for 9 service periods at one in 8.192s; a figure per wake needs 10: duration: 82s",
		"{kind: idle, radio: 'off', connected: ~tcp}":                    "radio: off leaves the network, so that it cannot be connected",
		"{kind: idle, pwr: hibernate, connected: ~mqtt}":                 "a module that hibernates leaves the network, so that it cannot be connected",
		"{kind: idle, radio: 'off', address: ~static}":                   "radio: off leaves the network, so that it has no address",
		"{kind: idle, pwr: hibernate, ipv6: ~'on'}":                      "a module that hibernates leaves the network, so that it has no address",
		"{kind: idle, pwr: standby, radio: 'off', dtim: ~3}":             "radio: off leaves the network, so that there are no beacons",
		"{kind: idle, pwr: standby, radio: 'off', twt: ~'10:32:1000'}":   "radio: off leaves the network, and with it its access point",
		"{kind: idle, pwr: hibernate, ble: ~advertising}":                "a module that hibernates does nothing by Bluetooth",
		"{kind: idle, keepalive: ~60s}":                                  "there is no connection to be kept alive",
		"{kind: idle, connected: tcp, keepalive: ~1500ms}":               "the module takes whole seconds",
		"{kind: idle, broadcast: ~'on'}":                                 "this is of standby alone",
		"{kind: idle, pwr: standby, depth: ~2}":                          "this is of hibernation alone",
		"{kind: idle, sends: ~20}":                                       "the module wakes at no interval here",
	} {
		_, err := parseWorkload(strings.Replace(workload, "~", "", 1))
		at := "a.yaml:3:" + strconv.Itoa(len("workload: ")+strings.Index(workload, "~")+1) + ": "
		if err == nil || !strings.HasPrefix(err.Error(), at+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\n%v, want %s%s", workload, err, at, want)
		}
	}
	for _, workload := range []string{
		"{kind: idle}", "{kind: idle, pwr: hibernate, depth: 2}", "{kind: idle, pwr: hibernate, radio: 'off'}", "{kind: idle, pwr: standby, dtim: 10, sends: 10}",
		"{kind: idle, pwr: standby, twt: '13:128:1000:demand', duration: 82s}", "{kind: idle, pwr: 2, connected: mqtt, keepalive: 60s, ipv6: 'on', address: static}",
		"{kind: idle, pwr: standby, radio: 'off', ble: advertising, clock: 2}", "{kind: idle, pwr: standby, broadcast: 'on', settle: 10s}",
	} {
		if _, err := parseWorkload(workload); err != nil {
			t.Errorf("%s\n%v", workload, err)
		}
	}
}

// The example of the manual, 1,1,13,128,1000, is 32.768 ms every 8.192 s (7.1.7.3); beacons are 100 x 1024 us apart.
func TestWakeInterval(t *testing.T) {
	for _, row := range []struct {
		w        Workload
		ap       AP
		interval time.Duration
		twt      bool
	}{
		{Workload{Power: "standby", TWT: "13:128:1000"}, AP{}, 8192 * time.Millisecond, true},
		{Workload{Power: "standby", TWT: "31:255:65535:demand"}, AP{}, 65535 << 31 * time.Microsecond, true},
		{Workload{Power: "standby", TWT: "off"}, AP{}, 102400 * time.Microsecond, false},
		{Workload{Power: "standby"}, AP{DTIM: 3}, 307200 * time.Microsecond, false},
		{Workload{Power: "standby", DTIM: 10}, AP{DTIM: 2}, 1024 * time.Millisecond, false},
		{Workload{Power: "standby", DTIM: 3}, AP{Beacon: 204800 * time.Microsecond}, 614400 * time.Microsecond, false},
		{Workload{Power: "normal"}, AP{DTIM: 3}, 0, false},
		{Workload{Power: "hibernate"}, AP{}, 0, false},
		{Workload{Power: "standby", Radio: "off"}, AP{}, 0, false},
	} {
		if interval, twt := row.w.WakeInterval(row.ap); interval != row.interval || twt != row.twt {
			t.Errorf("%+v: %v, %v", row.w, interval, twt)
		}
	}
	w := Workload{Power: "standby", TWT: "13:128:1000:suggest", Duration: 84 * time.Second, Sends: 10}
	a, on := w.Agreement()
	if !on || a.Setup != "suggest" || w.ServicePeriod() != 32768*time.Microsecond || w.IdleTime(AP{}) != 81920*time.Millisecond {
		t.Errorf("%+v, %v, %v", a, w.ServicePeriod(), w.IdleTime(AP{}))
	}
	if w.Power = "normal"; w.IdleTime(AP{}) != 84*time.Second || w.Asleep() {
		t.Errorf("%v", w.IdleTime(AP{}))
	}
}

// Sources of the clock are what the rig file says that is there; an emulated module has all.
func TestClockSources(t *testing.T) {
	emulated, real := LinkURL{Scheme: "emulated"}, LinkURL{Scheme: "spi"}
	for _, row := range []struct {
		rig  Rig
		want []string
	}{
		{Rig{Module: real}, []string{"rc"}},
		{Rig{Module: real, LSE: "none"}, []string{"rc"}},
		{Rig{Module: real, LSE: "crystal"}, []string{"rc", "crystal"}},
		{Rig{Module: real, LSE: "external"}, []string{"rc", "external"}},
		{Rig{Module: emulated}, []string{"rc", "crystal", "external"}},
		{Rig{Module: emulated, LSE: "none"}, []string{"rc"}},
	} {
		if got := row.rig.ClockSources(); !slices.Equal(got, row.want) {
			t.Errorf("%v %s: %v", row.rig.Module.Scheme, row.rig.LSE, got)
		}
	}
}

// An idle module is measured by its current. TWT and a broker are needed by all when every case has a use for them; else those cases
// are skipped by themselves.
func TestPowerNeeds(t *testing.T) {
	for text, want := range map[string]string{
		"workload: {kind: idle, pwr: standby, twt: '10:32:1000'}":                   "meter twt-ap",
		"workload: {kind: idle, pwr: standby}\nsweep: {twt: ['off', '10:32:1000']}": "meter",
		"workload: {kind: idle, connected: mqtt}":                                   "meter mqtt",
		"workload: {kind: idle}\nsweep: {connected: [none, mqtt]}":                  "meter",
	} {
		s, err := Parse("a.yaml", []byte("name: a\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.Needs, " "); got != want {
			t.Errorf("%s needs %q", text, got)
		}
	}
}
