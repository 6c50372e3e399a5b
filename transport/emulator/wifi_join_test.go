package emulator

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/wifi"
)

// Each reason of manual 3.1.5.5 that a join can end with by itself.
func TestJoinReasons(t *testing.T) {
	air := around(
		wifi.AccessPoint{SSID: "open"},
		wifi.AccessPoint{SSID: "wep", Password: "12345", Security: wifi.WEP},
		wifi.AccessPoint{SSID: "wpa", Password: "password1", Security: wifi.WPA},
		wifi.AccessPoint{SSID: "wpa3", Password: "password3", Security: wifi.WPA3},
		wifi.AccessPoint{SSID: "corp", Security: wifi.Enterprise},
		wifi.AccessPoint{SSID: "slow", Join: time.Minute},
		wifi.AccessPoint{SSID: "far", Channel: 13},
		wifi.AccessPoint{SSID: "old", Protocol: "b"},
		wifi.AccessPoint{SSID: "away", Off: true},
	)
	dialog(t, Config{Air: air}, func(r *rig) { r.quiet(time.Minute) },
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{`AT+CWJAP="open",""`, trying + gotIn},
		[2]string{`AT+CWJAP="open","password"`, driven + "19\r\n" + trying + "+CW:ERROR,17\r\n"},
		[2]string{`AT+CWJAP="open","",,1`, trying + "+CW:ERROR,17\r\n"},
		[2]string{`AT+CWJAP="wep","12345",,1`, trying + gotIn},
		[2]string{"AT+CWJAP?", `+CWJAP:"wep","02:00:00:00:00:02",6,-48,1` + "\r\n" + theOK},
		[2]string{"AT+CWQAP", driven + "19\r\n" + theOK},
		[2]string{`AT+CWJAP="wep","54321",,1`, trying + "+CW:ERROR,3\r\n"},
		[2]string{`AT+CWJAP="wep","123456",,1`, trying + "+CW:ERROR,18\r\n"},
		[2]string{`AT+CWJAP="wep","12345"`, trying + "+CW:ERROR,17\r\n"},
		[2]string{`AT+CWJAP="wpa","password2"`, trying + "+CW:ERROR,8\r\n"},
		[2]string{`AT+CWJAP="wpa","password1",,,,,,,3`, trying + "+CW:ERROR,17\r\n"},
		[2]string{`AT+CWJAP="wpa3","password1"`, trying + "+CW:ERROR,2\r\n"},
		[2]string{`AT+CWJAP="wpa3","password3",,,,,,,3`, trying + gotIn},
		[2]string{"AT+CWQAP", driven + "19\r\n" + theOK},
		[2]string{`AT+CWJAP="corp","password1"`, trying + "+CW:ERROR,17\r\n"},
		[2]string{`AT+CWJAP="slow","",,,,,,3`, trying + "+CW:ERROR,11\r\n"},
		[2]string{`AT+CWJAP="away",""`, trying + "+CW:ERROR,12\r\n"},
		[2]string{`AT+CWCOUNTRY=1,"US"`, theOK},
		[2]string{`AT+CWJAP="far",""`, trying + "+CW:ERROR,12\r\n"},
		[2]string{`AT+CWCOUNTRY=1,"EU"`, theOK},
		[2]string{`AT+CWJAP="far",""`, trying + gotIn},
		[2]string{`AT+CWJAP="old",""`, driven + "19\r\n" + trying + gotIn},
		[2]string{"AT+CWSTATE?", `+CWSTATE:2,"old",1,0` + "\r\n" + theOK},
	)
}

// An access point can be told to refuse with any of the reasons.
func TestForcedReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for reason := 1; reason <= 25; reason++ {
			r := open(t, Config{Air: around(wifi.AccessPoint{SSID: "no", Refuse: reason})})
			r.ok("AT+CWMODE=1,0")
			r.do(`AT+CWJAP="no",""`, fmt.Sprintf("%s+CW:ERROR,%d\r\n", trying, reason))
			r.close()
		}
	})
}

func TestJoinParameters(t *testing.T) {
	dialog(t, Config{}, nil,
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{joinHome, refused("0c")}, // no station
		[2]string{"AT+CWQAP", refused("0c")},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+CWJAP", refused("11")}, // no network yet
		[2]string{joinHome + `,"02:67"`, refused("13")},
		[2]string{joinHome + `,"02:67:00:00:00:0g"`, refused("13")},
		[2]string{joinHome + `,,2`, refused("07")},
		[2]string{joinHome + `,,,7201`, refused("07")},
		[2]string{joinHome + `,,,,101`, refused("07")},
		[2]string{joinHome + `,,,,,2`, refused("07")},
		[2]string{joinHome + `,,,,,,2`, refused("07")},
		[2]string{joinHome + `,,,,,,,4`, refused("07")},
		[2]string{joinHome + `,,,,,,,3,1`, refused("06")},
		[2]string{joinHome + `,0`, refused("05")},
		[2]string{`AT+CWJAP="123456789012345678901234567890123","x"`, refused("04")},
		[2]string{"AT+CWQAP=2", refused("07")},
		[2]string{joinHome + `,"02:67:00:00:00:01",0,5,3,1,15,3`, trying + gotIn},
		[2]string{"AT+CWRECONNCFG?", "+CWRECONNCFG:5,0\r\n" + theOK},
	)
}

// Of several access points with one name the strongest is joined, or the one that
// is named.
func TestStrongestAccessPoint(t *testing.T) {
	air := around(
		wifi.AccessPoint{SSID: "mesh", RSSI: -70},
		wifi.AccessPoint{SSID: "mesh", RSSI: -50, Channel: 11},
		wifi.AccessPoint{SSID: "mesh", RSSI: -60},
	)
	dialog(t, Config{Air: air}, nil,
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{`AT+CWJAP="mesh",""`, trying + gotIn},
		[2]string{"AT+CWJAP?", `+CWJAP:"mesh","02:00:00:00:00:02",11,-50,0` + "\r\n" + theOK},
		[2]string{`AT+CWJAP="mesh","","02:00:00:00:00:03"`, driven + "19\r\n" + trying + gotIn},
		[2]string{"AT+CWJAP?", `+CWJAP:"mesh","02:00:00:00:00:03",6,-60,0` + "\r\n" + theOK},
	)
}

// One of the manual's forms: the answer comes when the join has ended, with an
// error code when that was badly.
func TestJoinWaits(t *testing.T) {
	air := around(
		wifi.AccessPoint{SSID: "a", Password: "password1", Security: wifi.WPA2},
		wifi.AccessPoint{SSID: "slow", Join: time.Minute},
		wifi.AccessPoint{SSID: "full", Refuse: 15},
	)
	dialog(t, Config{Air: air, Quirks: []string{"join-waits"}}, nil,
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{`AT+CWJAP="a","password1"`, gotIn + theOK},
		[2]string{"AT+CWQAP", driven + "19\r\n" + theOK},
		[2]string{`AT+CWJAP="slow",""`, "+CWJAP:1\r\n\r\nERROR\r\n"},
		[2]string{`AT+CWJAP="a","password2"`, "+CWJAP:2\r\n\r\nERROR\r\n"},
		[2]string{`AT+CWJAP="b","password2"`, "+CWJAP:3\r\n\r\nERROR\r\n"},
		[2]string{`AT+CWJAP="a",""`, "+CWJAP:4\r\n\r\nERROR\r\n"},
		[2]string{`AT+CWJAP="full",""`, "+CWJAP:5\r\n\r\nERROR\r\n"},
	)
}

// A module that is switched off while AT+CWJAP waits ends.
func TestJoinWaitsNoLongerThanTheModule(t *testing.T) {
	dialog(t, Config{Quirks: []string{"join-waits"}}, func(r *rig) {
		r.Write([]byte(joinHome + "\r\n"))
		time.Sleep(50 * time.Millisecond)
	}, [2]string{"AT+CWMODE=1,0", theOK})
}

func TestQuitFirstIsAQuirk(t *testing.T) {
	dialog(t, Config{Quirks: []string{"-quit-first"}}, nil,
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{joinHome, trying + gotIn},
		[2]string{"AT+CWQAP", theOK + driven + "19\r\n"},
	)
}

func TestPushButton(t *testing.T) {
	air := around(
		wifi.AccessPoint{SSID: "a", Password: "password1", Security: wifi.WPA2, RSSI: -60, WPS: true},
		wifi.AccessPoint{SSID: "b", Security: wifi.Open, RSSI: -50, WPS: true},
		wifi.AccessPoint{SSID: "c", Password: "password1", Security: wifi.WPA3, RSSI: -40},
	)
	dialog(t, Config{Air: air}, nil,
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+WPS=1", refused("0c")},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+WPS=2", refused("07")},
		[2]string{"AT+WPS=1,5", refused("07")},
		[2]string{"AT+WPS=1", theOK + "+CW:CONNECTING\r\n" + gotIn},
		[2]string{"AT+CWSTATE?", `+CWSTATE:2,"b",15,0` + "\r\n" + theOK},
		[2]string{"AT+WPS=0", driven + "19\r\n" + theOK},
		[2]string{"AT+WPS=1,3", theOK + "+CW:CONNECTING\r\n" + gotIn},
		[2]string{"AT+CWSTATE?", `+CWSTATE:2,"a",15,3` + "\r\n" + theOK},
		[2]string{"AT+WPS=1,4", driven + "19\r\n" + theOK},
		[2]string{"AT+CWSTATE?", `+CWSTATE:3,"a",15,0` + "\r\n" + theOK},
	)
}

func TestNobodyPushesTheButton(t *testing.T) {
	dialog(t, Config{}, func(r *rig) {
		r.quiet(119 * time.Second)
		r.expect("+CW:ERROR,12\r\n")
	},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+WPS=1", theOK})
}

// What the radio has to know of the access point follows the association.
func TestRadioKnowsTheAccessPoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{RSSI: -66, DTIM: 3, Beacon: 200, NoTWT: true})
		defer r.close()
		radio := r.m.current().Radio
		if _, joined := radio.Association(); joined {
			t.Error("the radio has an association before there is one")
		}
		r.ok("AT+CWSTAPROTO=4")
		r.join()
		must(t, r.m.RSSI(-71))
		want := core.Association{RSSI: -71, Protocol: "n", Beacon: 200 * 1024 * time.Microsecond, DTIM: 3}
		if a, joined := radio.Association(); !joined || a != want {
			t.Errorf("the radio has %+v (%v), want %+v", a, joined, want)
		}
		r.do("AT+RST", theOK+"\r\nready\r\n+CW:CONNECTING\r\n")
		if _, joined := radio.Association(); joined {
			t.Error("the radio has an association over a reset")
		}
	})
}

// An access point without DHCP gives no address; one that names its country gives
// the module that, unless AT+CWCOUNTRY forbids it.
func TestAccessPointWithoutDHCPAndWithACountry(t *testing.T) {
	air := around(wifi.AccessPoint{SSID: "a", NoDHCP: true, Country: "JP"})
	dialog(t, Config{Air: air}, func(r *rig) { r.quiet(time.Minute) },
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+CWCOUNTRY=0,\"US\"", theOK},
		[2]string{`AT+CWJAP="a",""`, trying + "+CW:CONNECTED\r\n"},
		[2]string{"AT+CWCOUNTRY?", "+CWCOUNTRY:0,\"JP\"\r\n" + theOK},
		[2]string{"AT+CWSTATE?", `+CWSTATE:1,"a",15,0` + "\r\n" + theOK},
		[2]string{"AT+CIPSTA?", "+CIPSTA:ip:\"0.0.0.0\"\r\n+CIPSTA:gateway:\"0.0.0.0\"\r\n+CIPSTA:netmask:\"0.0.0.0\"\r\n" + theOK},
		[2]string{"AT+CWCOUNTRY=1,\"US\"", theOK},
		[2]string{"AT+CWCOUNTRY?", "+CWCOUNTRY:1,\"US\"\r\n" + theOK},
	)
}

// A new attempt ends the one before it.
func TestJoinInMidJoin(t *testing.T) {
	air := around(wifi.AccessPoint{SSID: "a", Join: time.Second}, wifi.AccessPoint{SSID: "b"})
	dialog(t, Config{Air: air}, func(r *rig) { r.quiet(time.Minute) },
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{`AT+CWJAP="a",""`, trying},
		[2]string{`AT+CWJAP="b",""`, trying + gotIn},
		[2]string{`AT+CWJAP="a",""`, driven + "19\r\n" + trying},
		[2]string{"AT+CWQAP", theOK},
		[2]string{`AT+CWJAP="a",""`, trying},
		[2]string{"AT+CWMODE=2", theOK},
	)
}
