package emulator

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestWifiSettings(t *testing.T) {
	dialog(t, Config{}, nil,
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+WIFISP?", "+WIFISP:1\r\n" + theOK},
		[2]string{"AT+WIFISP=2", refused("07")},
		[2]string{"AT+WIFISP=0", theOK},
		[2]string{"AT+WIFISP?", "+WIFISP:0\r\n" + theOK},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{joinHome, refused("10")}, // no radio
		[2]string{"AT+CWLAP", refused("10")},
		[2]string{"AT+WPS=1", refused("10")},
		[2]string{"AT+CWMONITOR=1,6", refused("10")},
		[2]string{"AT+WIFISP=1", theOK},
		[2]string{"AT+CWMODE?", "+CWMODE:1\r\n" + theOK},
		[2]string{"AT+CWMODE=4", refused("07")},
		[2]string{"AT+CWMODE=1,2", refused("07")},
		[2]string{"AT+CWNETMODE?", "+CWNETMODE:1\r\n" + theOK},
		[2]string{"AT+CWNETMODE=1", refused("0c")},
		[2]string{"AT+CWSTATE", refused("0c")},
		[2]string{"AT+CWRECONNCFG?", "+CWRECONNCFG:0,0\r\n" + theOK},
		[2]string{"AT+CWRECONNCFG=7201,0", refused("07")},
		[2]string{"AT+CWRECONNCFG=0,1001", refused("07")},
		[2]string{"AT+CWRECONNCFG=7200,1000", theOK},
		[2]string{"AT+CWRECONNCFG?", "+CWRECONNCFG:7200,1000\r\n" + theOK},
		[2]string{"AT+CWAUTOCONN?", "+CWAUTOCONN:1\r\nOK\r\n"},
		[2]string{"AT+CWAUTOCONN=2", refused("07")},
		[2]string{"AT+CWHOSTNAME?", "+CWHOSTNAME:Wlan\r\n" + theOK},
		[2]string{`AT+CWHOSTNAME="123456789012345678901234567890123"`, refused("04")},
		[2]string{`AT+CWHOSTNAME="12345678901234567890123456789012"`, theOK},
		[2]string{"AT+CWCOUNTRY?", "+CWCOUNTRY:0,\"00\"\r\n" + theOK},
		[2]string{`AT+CWCOUNTRY=2,"CN"`, refused("07")},
		[2]string{`AT+CWCOUNTRY=0,"ZZ"`, refused("07")},
		[2]string{`AT+CWCOUNTRY=0,"CHIN"`, refused("04")},
		[2]string{`AT+CWCOUNTRY=0,"jp"`, theOK},
		[2]string{"AT+CWCOUNTRY?", "+CWCOUNTRY:0,\"JP\"\r\n" + theOK},
		[2]string{"AT+CWSTAPROTO?", "+CWSTAPROTO:15\r\nOK\r\n"},
		[2]string{"AT+CWAPPROTO?", "+CWAPPROTO:15\r\nOK\r\n"},
		[2]string{"AT+CWSTAPROTO=16", refused("07")},
		[2]string{"AT+CWSTAPROTO=1", theOK},
		[2]string{"AT+CWSTAPROTO?", "+CWSTAPROTO:1\r\nOK\r\n"},
		[2]string{"AT+CWAPPROTO=4", theOK}, // n needs b and g
		[2]string{"AT+CWAPPROTO?", "+CWAPPROTO:7\r\nOK\r\n"},
		[2]string{"AT+CWAPPROTO=0", theOK},
		[2]string{"AT+CWAPPROTO?", "+CWAPPROTO:7\r\nOK\r\n"},
		[2]string{"AT+CWANTNUM?", "+CWANTNUM:2\r\n" + theOK},
		[2]string{"AT+CWANT?", "+CWANT:0\r\n" + theOK},
		[2]string{"AT+CWANT=2", refused("07")},
		[2]string{"AT+CWANT=1", theOK},
		[2]string{"AT+CWANT?", "+CWANT:1\r\n" + theOK},
		[2]string{"AT+CWANTENABLE=1,1", refused("07")}, // no pin
		[2]string{"AT+CWANTENABLE=2,1,0", refused("07")},
		[2]string{"AT+CWANTENABLE=0,0", theOK},
	)
}

func TestAddresses(t *testing.T) {
	dialog(t, Config{}, nil,
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+CIPSTAMAC?", `+CIPSTAMAC:"02:67:57:61:10:01"` + "\r\n" + theOK},
		[2]string{`AT+CIPSTAMAC="15:fe:35:98:d3:7b"`, refused("07")},
		[2]string{`AT+CIPSTAMAC="00:00:00:00:00:00"`, refused("07")},
		[2]string{`AT+CIPAPMAC="ff:ff:ff:ff:ff:ff"`, refused("07")},
		[2]string{`AT+CIPAPMAC="1a-fe-35-98-d3-7b"`, refused("13")},
		[2]string{`AT+CIPSTAMAC="1A:fe:35:98:d3:7b"`, theOK},
		[2]string{"AT+CIPAPMAC?", `+CIPAPMAC:"1a:fe:35:98:d3:7b"` + "\r\n" + theOK}, // they are one
		[2]string{"AT+CWDHCP?", "+CWDHCP:3\r\nOK\r\n"},
		[2]string{"AT+CWDHCP=0,0", refused("07")},
		[2]string{"AT+CWDHCP=2,1", refused("07")},
		[2]string{"AT+CWDHCP=0,4", refused("07")},
		[2]string{`AT+CIPSTA="0.0.0.0"`, refused("13")},
		[2]string{`AT+CIPSTA="255.255.255.255"`, refused("13")},
		[2]string{`AT+CIPSTA="10.0.0.2","10.0.0.x"`, refused("13")},
		[2]string{`AT+CIPSTA="10.0.0.2","10.0.0.1","255.0.0.0","8.8.8.8"`, theOK},
		[2]string{"AT+CIPSTA?", "+CIPSTA:ip:\"10.0.0.2\"\r\n+CIPSTA:gateway:\"10.0.0.1\"\r\n+CIPSTA:netmask:\"255.0.0.0\"\r\n" + theOK},
		[2]string{"AT+CWDHCP?", "+CWDHCP:2\r\nOK\r\n"},
		[2]string{`AT+CIPAP="192.168.8.1"`, theOK},
		[2]string{"AT+CIPAP?", "+CIPAP:ip:\"192.168.8.1\"\r\n+CIPAP:gateway:\"192.168.8.1\"\r\n+CIPAP:netmask:\"255.255.255.0\"\r\n" + theOK},
		[2]string{"AT+CWDHCP?", "+CWDHCP:2\r\nOK\r\n"}, // the firmware leaves the server on
		[2]string{"AT+CWDHCPS?", "+CWDHCPS:120,192.168.8.2,192.168.8.101\r\nOK\r\n"},
		[2]string{"AT+CWMODE=3,0", theOK},
		[2]string{"AT+CIFSR", "+CIFSR:APIP,\"192.168.8.1\"\r\n+CIFSR:APMAC,\"1a:fe:35:98:d3:7b\"\r\n" +
			"+CIFSR:STAIP,\"10.0.0.2\"\r\n+CIFSR:STAMAC,\"1a:fe:35:98:d3:7b\"\r\n" + theOK},
	)
	dialog(t, Config{Profile: "manual"}, nil,
		[2]string{`AT+CIPAP="192.168.5.1","192.168.5.1","255.255.255.0"`, theOK},
		[2]string{"AT+CWDHCP?", "+CWDHCP:1\r\n" + theOK})
}

// With AT+CIPV6=1 an associated station has a link-local address, which follows
// from its MAC (RFC 4291), and a global one.
func TestIPv6Addresses(t *testing.T) {
	dialog(t, Config{}, nil,
		[2]string{"AT+CIPV6=1", theOK},
		[2]string{"AT+CWMODE=3,0", theOK},
		[2]string{"AT+CIPAP?", "+CIPAP:ip:\"192.168.4.1\"\r\n+CIPAP:gateway:\"192.168.4.1\"\r\n+CIPAP:netmask:\"255.255.255.0\"\r\n" +
			"+CIPAP:ip6ll:\"FE80::67:57FF:FE61:1001\"\r\n" + theOK},
		[2]string{joinHome, trying + gotIn},
		[2]string{"AT+CIPSTA?", "+CIPSTA:ip:\"127.67.0.2\"\r\n+CIPSTA:gateway:\"127.0.0.1\"\r\n+CIPSTA:netmask:\"255.0.0.0\"\r\n" +
			"+CIPSTA:ip6ll:\"FE80::67:57FF:FE61:1001\"\r\n+CIPSTA:ip6gl:\"::1\"\r\n" + theOK},
		[2]string{"AT+CWMODE=1", theOK},
		[2]string{"AT+CIFSR", "+CIFSR:STAIP,\"127.67.0.2\"\r\n+CIFSR:STAIP6LL:\"FE80::67:57FF:FE61:1001\"\r\n" +
			"+CIFSR:STAIP6GL:\"::1\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n" + theOK},
	)
	dialog(t, Config{Profile: "manual"}, nil,
		[2]string{"AT+CIPV6=1", theOK},
		[2]string{"AT+CWMODE=2", theOK},
		[2]string{"AT+CIFSR", "+CIFSR:APIP,\"192.168.4.1\"\r\n+CIFSR:APIP6LL,\"FE80::67:57FF:FE61:1001\"\r\n" +
			"+CIFSR:APMAC,\"02:67:57:61:10:01\"\r\n" + theOK})
}

// What flash holds comes back after a reset; what SYSSTORE=0 kept out of it, and
// what is never stored, does not.
func TestWifiFlash(t *testing.T) {
	set := [][2]string{
		{"AT+CWMODE=3,0", theOK}, {"AT+CWRECONNCFG=9,9", theOK}, {"AT+CWLAPOPT=0,1,-50,1,7", theOK},
		{`AT+CWSAP="soft","12345678",3,3,2,1`, theOK}, {"AT+CWDHCP=0,2", theOK},
		{`AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.15"`, theOK}, {"AT+CWAUTOCONN=0", theOK},
		{`AT+CIPSTAMAC="1a:fe:35:98:d3:7b"`, theOK}, {`AT+CIPSTA="10.0.0.2"`, theOK}, {`AT+CIPAP="192.168.8.1"`, theOK},
		{"AT+CWSTAPROTO=3", theOK}, {"AT+CWAPPROTO=1", theOK}, {"AT+CWANTENABLE=0,1,5", theOK},
		{`AT+CWHOSTNAME="x"`, theOK}, {`AT+CWCOUNTRY=1,"US"`, theOK}, {"AT+CWEVT=0", theOK}, {"AT+CWANT=1", theOK},
	}
	never := [][2]string{
		{"AT+CWHOSTNAME?", "+CWHOSTNAME:Wlan\r\n" + theOK}, {"AT+CWCOUNTRY?", "+CWCOUNTRY:0,\"00\"\r\n" + theOK},
		{"AT+CWEVT?", "+CWEVT:1\r\n" + theOK}, {"AT+CWANT?", "+CWANT:0\r\n" + theOK},
	}
	always := [][2]string{
		{"AT+CWAUTOCONN?", "+CWAUTOCONN:0\r\nOK\r\n"}, {"AT+CWANTENABLE?", "+CWANTENABLE:0,1,5\r\n" + theOK},
	}
	stored := [][2]string{
		{"AT+CWMODE?", "+CWMODE:3\r\n" + theOK}, {"AT+CWRECONNCFG?", "+CWRECONNCFG:9,9\r\n" + theOK},
		{"AT+CWLAPOPT?", "+CWLAPOPT:0,1,-50,1,7\r\n" + theOK}, {"AT+CWSAP?", `+CWSAP:"soft","12345678",3,3,2,1` + "\r\n" + theOK},
		{"AT+CWDHCP?", "+CWDHCP:0\r\nOK\r\n"}, {"AT+CWDHCPS?", "+CWDHCPS:3,192.168.8.10,192.168.8.15\r\nOK\r\n"},
		{"AT+CIPSTAMAC?", `+CIPSTAMAC:"1a:fe:35:98:d3:7b"` + "\r\n" + theOK},
		{"AT+CIPSTA?", "+CIPSTA:ip:\"10.0.0.2\"\r\n+CIPSTA:gateway:\"10.0.0.1\"\r\n+CIPSTA:netmask:\"255.255.255.0\"\r\n" + theOK},
		{"AT+CWSTAPROTO?", "+CWSTAPROTO:3\r\nOK\r\n"}, {"AT+CWAPPROTO?", "+CWAPPROTO:1\r\nOK\r\n"},
	}
	lost := [][2]string{
		{"AT+CWMODE?", "+CWMODE:0\r\n" + theOK}, {"AT+CWRECONNCFG?", "+CWRECONNCFG:0,0\r\n" + theOK},
		{"AT+CWLAPOPT?", "+CWLAPOPT:1,2047,-100,65535,50\r\n" + theOK}, {"AT+CWDHCP?", "+CWDHCP:3\r\nOK\r\n"},
		{"AT+CIPSTAMAC?", `+CIPSTAMAC:"02:67:57:61:10:01"` + "\r\n" + theOK}, {"AT+CWSTAPROTO?", "+CWSTAPROTO:15\r\nOK\r\n"},
	}
	again := [2]string{"AT+RST", theOK + "\r\nready\r\n"}
	restored := [2]string{"AT+RESTORE", theOK + "\r\nready\r\n"}
	run := func(store string, then ...[][2]string) {
		lines := [][2]string{{"AT+SYSSTORE=" + store, theOK}}
		lines = append(lines, set...)
		// The antenna's setting waits for the reset (manual 3.1.26.5).
		lines = append(lines, [2]string{"AT+CWANTENABLE?", "+CWANTENABLE:0,0,0\r\n" + theOK}, again)
		for _, more := range then {
			lines = append(lines, more...)
		}
		dialog(t, Config{}, func(r *rig) { r.quiet(time.Minute) }, lines...)
	}
	run("1", stored, always, never)
	run("0", lost, always, never)
	run("1", [][2]string{restored, {"AT+CWAUTOCONN?", "+CWAUTOCONN:1\r\nOK\r\n"}, {"AT+CWANTENABLE?", "+CWANTENABLE:0,0,0\r\n" + theOK}}, lost)
}

// The network is in flash when it was joined: a failure does not replace it.
func TestNetworkInFlash(t *testing.T) {
	again := [2]string{"AT+RST", theOK + "\r\nready\r\n+CW:CONNECTING\r\n" + gotIn}
	dialog(t, Config{}, func(r *rig) { r.quiet(time.Minute) },
		[2]string{"AT+CWMODE=1", theOK},
		[2]string{joinHome, trying + gotIn},
		[2]string{`AT+CWJAP="other","password1"`, driven + "19\r\n" + trying + "+CW:ERROR,12\r\n"},
		again,
		[2]string{"AT+CWMODE=0", driven + "19\r\n" + theOK},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+CWMODE=2", theOK},
		[2]string{"AT+CWMODE=3", trying + gotIn}, // by itself (manual 3.1.2.3)
		[2]string{"AT+CWMODE=1", theOK},
		[2]string{"AT+SYSSTORE=0", theOK},
		[2]string{"AT+CWQAP=1", driven + "19\r\n" + theOK},
		[2]string{"AT+RST", theOK + "\r\nready\r\n"},
	)
}

// Changes of the air outlive the module's switching off, and so does its flash.
func TestAutomaticConnectionAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.join()
		r.ok("AT+CWRECONNCFG=2,1")
		must(t, r.m.AP(DefaultSSID, false))
		r.do("AT+RST", theOK+"\r\nready\r\n+CW:CONNECTING\r\n+CW:ERROR,12\r\n+CW:CONNECTING\r\n+CW:ERROR,12\r\n")
		r.quiet(time.Minute)
	})
}
