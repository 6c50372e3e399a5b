package emulator

import (
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/wifi"
)

// scanned is an air with one access point of each kind.
func scanned() *wifi.Air {
	return around(
		wifi.AccessPoint{SSID: "open", RSSI: -60, Channel: 1, Protocol: "b"},
		wifi.AccessPoint{SSID: "wep", Password: "12345", Security: wifi.WEP, RSSI: -90, Channel: 1, Protocol: "g"},
		wifi.AccessPoint{SSID: "wpa", Password: "password1", Security: wifi.WPA, RSSI: -50, Channel: 6, Protocol: "n"},
		wifi.AccessPoint{SSID: "mixed", Password: "password1", Security: wifi.WPAWPA2, RSSI: -70, Channel: 13, WPS: true},
		wifi.AccessPoint{SSID: "secret", Password: "password1", Security: wifi.WPA3, RSSI: -40, Channel: 6, Hidden: true},
		wifi.AccessPoint{SSID: "away", RSSI: -30, Off: true},
	)
}

// Lines of a scan in the form that ST's driver reads, ordered by signal.
const (
	lineSecret = `+CWLAP:(6,"",-40,"02:00:00:00:00:05",6,4,15,0)` + "\r\n"
	lineWPA    = `+CWLAP:(2,"wpa",-50,"02:00:00:00:00:03",6,3,7,0)` + "\r\n"
	lineOpen   = `+CWLAP:(0,"open",-60,"02:00:00:00:00:01",1,0,1,0)` + "\r\n"
	lineMixed  = `+CWLAP:(4,"mixed",-70,"02:00:00:00:00:04",13,5,15,1)` + "\r\n"
	lineWEP    = `+CWLAP:(1,"wep",-90,"02:00:00:00:00:02",1,1,3,0)` + "\r\n"
	scanDone   = "+CW:SCAN_DONE\r\n"
)

func TestScan(t *testing.T) {
	dialog(t, Config{Air: scanned()}, func(r *rig) { r.quiet(time.Minute) },
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+CWLAPOPT=1,1695,-100,255,50", theOK}, // as ST's driver has it
		[2]string{"AT+CWLAP=0,,,0", theOK + lineSecret + lineWPA + lineOpen + lineMixed + lineWEP + scanDone},
		[2]string{"AT+CWLAP", theOK + lineSecret + lineWPA + lineOpen + lineMixed + lineWEP + scanDone},
		[2]string{`AT+CWLAP=0,"wpa"`, theOK + lineWPA + scanDone},
		[2]string{`AT+CWLAP=0,,"02:00:00:00:00:01"`, theOK + lineOpen + scanDone},
		[2]string{`AT+CWLAP=0,,,1`, theOK + lineOpen + lineWEP + scanDone},
		// A hidden access point answers those that know its name, unless nobody asks.
		[2]string{`AT+CWLAP=0,"secret"`, theOK + `+CWLAP:(6,"secret",-40,"02:00:00:00:00:05",6,4,15,0)` + "\r\n" + scanDone},
		[2]string{`AT+CWLAP=1,"secret"`, theOK + scanDone},
		[2]string{"AT+CWLAPOPT=1,1695,-70", theOK},
		[2]string{"AT+CWLAP", theOK + lineSecret + lineWPA + lineOpen + lineMixed + scanDone},
		[2]string{"AT+CWLAPOPT=1,1695,-100,21", theOK}, // open, WPA and WPA/WPA2
		[2]string{"AT+CWLAP", theOK + lineWPA + lineOpen + lineMixed + scanDone},
		[2]string{"AT+CWLAPOPT=1,1695,-100,255,1", theOK},
		[2]string{"AT+CWLAP", theOK + lineSecret + scanDone},
		[2]string{"AT+CWLAPOPT=0,2,-100,255,50", theOK},
		[2]string{"AT+CWCOUNTRY=1,\"US\"", theOK}, // no channel 13
		[2]string{"AT+CWLAP", theOK + "+CWLAP:(\"open\")\r\n+CWLAP:(\"wep\")\r\n+CWLAP:(\"wpa\")\r\n+CWLAP:(\"\")\r\n" + scanDone},
		[2]string{"AT+CWLAPOPT=0,0,-100,1", theOK},
		[2]string{"AT+CWLAP", theOK + "+CWLAP:()\r\n" + scanDone},
	)
}

// The manual's form has all eleven fields and no brackets.
func TestScanOfTheManual(t *testing.T) {
	dialog(t, Config{Air: scanned(), Profile: "manual"}, nil,
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{`AT+CWLAP=0,"mixed"`, `+CWLAP:4,"mixed",-70,"02:00:00:00:00:04",13,-1,-1,5,3,15,1` + "\r\n" + theOK + scanDone},
		[2]string{`AT+CWLAP=0,"open"`, `+CWLAP:0,"open",-60,"02:00:00:00:00:01",1,-1,-1,0,0,1,0` + "\r\n" + theOK + scanDone},
	)
}

func TestScanParameters(t *testing.T) {
	dialog(t, Config{Air: scanned()}, nil,
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+CWLAP", refused("10")}, // no station
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+CWLAP=2", refused("07")},
		[2]string{"AT+CWLAP=0,,\"02\"", refused("13")},
		[2]string{"AT+CWLAP=0,,,15", refused("07")},
		[2]string{"AT+CWLAP=0,,,14", refused("07")}, // the world has 13
		[2]string{"AT+CWLAP=0,,,,1501", refused("07")},
		[2]string{"AT+CWLAP=0,,,,0,1501", refused("07")},
		[2]string{"AT+CWLAP=0,,,,,,1", refused("06")},
		[2]string{"AT+CWLAPOPT=2,0", refused("07")},
		[2]string{"AT+CWLAPOPT=1", refused("06")},
		[2]string{"AT+CWLAPOPT=1,2048", refused("07")},
		[2]string{"AT+CWLAPOPT=1,0,-101", refused("07")},
		[2]string{"AT+CWLAPOPT=1,0,41", refused("07")},
		[2]string{"AT+CWLAPOPT=1,0,0,65536", refused("07")},
		[2]string{"AT+CWLAPOPT=1,0,0,0,0", refused("07")},
		[2]string{"AT+CWLAPOPT=1,0,0,0,51", refused("07")},
		[2]string{"AT+CWLAPOPT?", "+CWLAPOPT:1,2047,-100,65535,50\r\n" + theOK},
		[2]string{"AT+CWLAP", theOK},
		[2]string{"AT+CWLAP", refused("10")}, // the first is not over
	)
}

// A scan takes the channels times the time for each (manual 3.1.8.3).
func TestScanTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		r.ok("AT+CWMODE=1,0", "AT+CWLAPOPT=1,2,-100,0")
		for line, want := range map[string]time.Duration{
			"AT+CWLAP":                                 13 * 220 * time.Millisecond,
			"AT+CWLAP=0,,,,,0":                         13 * 120 * time.Millisecond,
			"AT+CWLAP=1,,,,,0":                         13 * 360 * time.Millisecond,
			"AT+CWLAP=0,,,6,400,1000":                  700 * time.Millisecond,
			"AT+CWLAP=0,,,6,,1000":                     1000 * time.Millisecond,
			"AT+CWLAP=0,,,6,400":                       400 * time.Millisecond,
			`AT+CWLAP=0,"x",,6,0,0`:                    120 * time.Millisecond,
			`AT+CWLAP=1,"x","02:00:00:00:00:01",6,0,0`: 360 * time.Millisecond,
		} {
			r.ok(line)
			began := time.Now()
			r.expect(scanDone)
			if d := time.Since(began); d != want {
				t.Errorf("%s took %v, want %v", line, d, want)
			}
		}
	})
}

func TestMonitor(t *testing.T) {
	air := around(wifi.AccessPoint{SSID: "ab", Channel: 6, DTIM: 3}, wifi.AccessPoint{SSID: "x", Channel: 1})
	const header = "80000000ffffffffffff020000000001020000000001"
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Air: air, Baud: Unpaced})
		defer r.close()
		r.ok("AT+SYSLOG=1")
		r.do("AT+CWMONITOR=1", refused("06"))
		r.do("AT+CWMONITOR=2,6", refused("07"))
		r.do("AT+CWMONITOR=1,14", refused("07"))
		r.do("AT+CWMONITOR=1,15", refused("07"))
		r.ok("AT+CWMODE=1,0", "AT+CWMONITOR=1,6")
		began := time.Now()
		r.expect("+CWMONITOR,6,49:" + header + "1000" + "0090010000000000" + "6400" + "0104" + "00026162" + "030106" + "050401030000\r\n")
		if d := time.Since(began); d != 100*1024*time.Microsecond {
			t.Errorf("the first beacon comes after %v", d)
		}
		r.expect("+CWMONITOR,6,49:" + header + "2000" + "0020030000000000" + "6400" + "0104" + "00026162" + "030106" + "050402030000\r\n")
		r.do(`AT+CWJAP="x",""`, refused("10"))
		r.ok("AT+CWMONITOR=0")
		r.quiet(time.Minute)
		r.ok("AT+CWMONITOR=1,6,50") // none is as long
		r.quiet(time.Minute)
		r.ok("AT+CWMONITOR=1,6,0,48") // nor as short
		r.quiet(time.Minute)
		r.ok("AT+CWMONITOR=1,11") // nobody there
		r.quiet(time.Minute)
		r.ok("AT+CWMONITOR=0")
		r.do(`AT+CWJAP="x",""`, trying+gotIn)
		r.do("AT+CWMONITOR=1,6,50", driven+"19\r\n"+theOK)
	})
}
