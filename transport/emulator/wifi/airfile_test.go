package wifi

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// basis is what an access point of a test has when its file says nothing.
var basis = AccessPoint{
	SSID: "def", Password: "def-password", BSSID: "02:67:00:00:00:fe", Channel: 6, RSSI: -48, Security: WPA2, Protocol: "ax",
	Beacon: 100, DTIM: 1, TWT: true, Address: netip.MustParsePrefix("127.67.0.2/8"), Gateway: netip.MustParseAddr("127.0.0.1"),
	Join: joinTime, DHCP: leaseTime,
}

func TestParseAir(t *testing.T) {
	air, err := ParseAir([]byte(`
aps:
  - ssid: bench
    password: "secret word"
    bssid: "0A:00:00:00:00:01"
    channel: 14
    rssi: -100
    security: wpa2-wpa3
    protocol: n
    country: JP
    hidden: true
    wps: on
    beacon: 300
    dtim: 10
    twt: off
    off: true
    refuse: 25
    dhcp: false
    address: 10.0.0.7/24
    gateway: 10.0.0.1
    join: 1.5s
    lease: 0s
  - ssid: "123"
  - ssid: third
    password: password
stations:
  - {mac: "02:00:00:00:00:10", address: 192.168.4.77, joins: 2s, leaves: 30s}
  - mac: "02:00:00:00:00:11"
hosts:
  broker.example: [127.0.0.1, "::1"]
`), "air.yaml", basis)
	if err != nil {
		t.Fatal(err)
	}
	open, third := basis, basis
	open.SSID, open.Password, open.Security, open.BSSID = "123", "", Open, "02:67:00:00:00:ff"
	third.SSID, third.Password, third.BSSID = "third", "password", "02:67:00:00:01:00"
	want := Air{
		AccessPoints: []AccessPoint{{
			SSID: "bench", Password: "secret word", BSSID: "0a:00:00:00:00:01", Channel: 14, RSSI: -100, Security: WPA2WPA3,
			Protocol: "n", Country: "JP", Hidden: true, WPS: true, Beacon: 300, DTIM: 10, Off: true, Refuse: 25, NoDHCP: true,
			Address: netip.MustParsePrefix("10.0.0.7/24"), Gateway: netip.MustParseAddr("10.0.0.1"), Join: 1500 * time.Millisecond,
		}, open, third},
		Stations: []Station{
			{MAC: "02:00:00:00:00:10", Address: netip.MustParseAddr("192.168.4.77"), Joins: 2 * time.Second, Leaves: 30 * time.Second},
			{MAC: "02:00:00:00:00:11"},
		},
		Hosts: map[string][]netip.Addr{"broker.example": {netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}},
	}
	if !reflect.DeepEqual(air, want) {
		t.Errorf("the air is\n%+v\nwant\n%+v", air, want)
	}
}

// Every mistake is told with its place, all at once.
func TestParseAirMistakes(t *testing.T) {
	for text, want := range map[string][]string{
		"":                      {"a.yaml:1:1: the file has 0 documents"},
		"aps: [":                {"a.yaml:", "not YAML"},
		"a\n---\nb\n":           {"a.yaml:1:1: the file has 2 documents"},
		"[]":                    {"a.yaml:1:1: the air must be keys with values"},
		"hosts: {}":             {"a.yaml:1:1: the air has no aps"},
		"aps: {}\nap: 1":        {"a.yaml:1:6: aps must be a list", "a.yaml:2:1: the air has no key \"ap\"; it has aps, hosts, stations"},
		"aps: [1]":              {"a.yaml:1:7: an access point must be keys with values"},
		"aps:\n  - channel: 15": {"a.yaml:2:14: \"15\" is not a whole number from 1 to 14", "a.yaml:2:5: an access point has no ssid"},
		"aps: [{ssid: }]":       {"a value is missing"},
		"aps: [{ssid: a, rssi: 1}, {ssid: \"\"}]":                   {"1:23: \"1\" is not a whole number from -100 to 0", "\"\" has 0 bytes; it must have 1 to 32"},
		"aps: [{ssid: \"a\\nb\"}]":                                  {"has a control character"},
		"aps: [{ssid: a, security: wpa4}]":                          {"\"wpa4\" is not one of open, wep, wpa,"},
		"aps: [{ssid: a, security: wpa2}]":                          {"access point \"a\": a password goes with each security but open"},
		"aps: [{ssid: a, password: b, security: open}]":             {"access point \"a\": a password goes with"},
		"aps: [{ssid: a, bssid: \"1\"}]":                            {"\"1\" is not an address such as aa:bb"},
		"aps: [{ssid: a, bssid: \"02:67:00:00:00:ff\"}, {ssid: b}]": {"access point \"b\": BSSID 02:67:00:00:00:ff is that of another one"},
		"aps: [{ssid: a, hidden: maybe, twt: 1}]":                   {"\"maybe\" is not true or false", "\"1\" is not true or false"},
		"aps: [{ssid: a, address: 10.0.0.1, gateway: \"::1\", join: -1s, lease: 1}]": {
			"\"10.0.0.1\" is not an address with its prefix", "\"::1\" is not an address such as 127", "\"-1s\" is not a time", "\"1\" is not a time"},
		"aps: []\nstations: [{joins: 2s}, {mac: \"02:00:00:00:00:10\", joins: 2s, leaves: 1s}]": {
			"a station has no mac", "station 02:00:00:00:00:10 leaves before it joins"},
		"aps: []\nhosts: [a]":                     {"2:8: hosts must be names with lists"},
		"aps: []\nhosts: {a: 1, b: [x]}":          {"2:12: a must be a list", "2:19: \"x\" is not an address"},
		"aps: [" + strings.Repeat("1,", 65) + "]": {"aps has 65 entries; it may have 64"},
		strings.Repeat("#", maxFile+1):            {"the file has 65537 bytes"},
	} {
		_, err := ParseAir([]byte(text), "a.yaml", basis)
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%.60q: the error is\n%v\nand has no %q", text, err, part)
			}
		}
	}
}

func FuzzParseAir(f *testing.F) {
	f.Add("aps: [{ssid: a, password: b}]\nstations: [{mac: \"02:00:00:00:00:10\"}]\nhosts: {a: [127.0.0.1]}")
	f.Fuzz(func(t *testing.T, text string) {
		air, err := ParseAir([]byte(text), "f", basis)
		if err != nil {
			return
		}
		for _, ap := range NewLive(air).now().AccessPoints {
			if ap.Beacon < 1 || ap.DTIM < 1 || ap.Channel < 1 || ap.Channel > 14 || protocolBits(ap.Protocol) == 0 {
				t.Fatalf("an access point is %+v", ap)
			}
		}
	})
}
