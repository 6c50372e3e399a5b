package st67

import (
	"slices"
	"strings"
	"testing"
)

// TestVersions: the lines are the manual's example, 2.2.2.3, and forms of other releases.
func TestVersions(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		want := map[string]string{
			"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "at_version": "1.0.0.1", "built": "Apr 30 2025 11:46:58",
			"macsw": "1.6.38", "phyrf": "00f7ad715", "btble": "1.8.25", "btblecontroller": "1.6.89",
		}
		if got := m.Identity(); !equalMaps(got, want) {
			t.Errorf("got %v", got)
		}
	})
	lines := [][]byte{[]byte(" component_version_bt_host_1.2 "), []byte("AT version: 2.0"), []byte("_version_"), []byte("noise")}
	want := map[string]string{"module": "ST67W611M1", "image": "T01", "bt_host": "1.2", "at_version": "2.0"}
	if got := versions(lines); !equalMaps(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestUnit: the known answer is `printf %s 40:82:7b:00:00:01 | sha256sum`.
func TestUnit(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		if got := m.Unit(); got != "bf85de41" {
			t.Errorf("got %q, want %q", got, "bf85de41")
		}
		if strings.Contains(m.Unit(), "7b") && strings.Contains(m.Unit(), "4082") {
			t.Error("the unit shows the MAC address")
		}
	})
	if got := (&Module{}).Unit(); got != "" {
		t.Errorf("without a MAC address: %q", got)
	}
}

func TestConditions(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		want := map[string]string{
			"temperature": "34.5", "vbat": "3.326", "heap": "148408", "lwip_heap": "84044", "state": "connected",
		}
		got, err := m.Conditions(t.Context())
		if err != nil || !equalMaps(got, want) {
			t.Errorf("got %v, %v", got, err)
		}
		f.set(func(f *fake) {
			delete(f.settings, "VBAT")
			f.settings["TEMP"] = "%f"
			f.settings["CWSTATE"] = "0"
			f.settings["SYSRAM"] = "1000"
			f.answers["AT+CWJAP?"] = `+CWJAP:"home","AA:BB:CC:DD:EE:01",6,-48,0` + "\r\n" + ok
		})
		want = map[string]string{"heap": "1000", "state": "idle", "rssi": "-48", "channel": "6", "bssid": "aa:bb:cc:dd:ee:01"}
		got, err = m.Conditions(t.Context())
		if err != nil || !equalMaps(got, want) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestFields(t *testing.T) {
	for s, want := range map[string][]string{
		`2,"home"`:           {"2", "home"},
		`2,"a, b",1,3`:       {"2", "a, b", "1", "3"},
		`2,"a\"b\\",`:        {"2", `a"b\`},
		`100,0,0,0,0,`:       {"100", "0", "0", "0", "0"},
		``:                   {""},
		` 1 , 2 `:            {"1", "2"},
		`0,,"x"`:             {"0", "", "x"},
		`"not closed, three`: {`"not closed`, "three"},
	} {
		if got := trimEmpty(fields(s)); !slices.Equal(got, trimEmpty(want)) {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

// trimEmpty drops empty fields at the end: whether a trailing comma begins one does not matter to any reader.
func trimEmpty(f []string) []string {
	for len(f) > 1 && f[len(f)-1] == "" {
		f = f[:len(f)-1]
	}
	return f
}
