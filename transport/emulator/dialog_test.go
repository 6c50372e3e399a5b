package emulator

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// gmr is the answer to AT+GMR; SDK stands for the version.
const gmr = "AT version:1.0.0.1(Apr 30 2025 11:47:03)\r\ncomponent_version_macsw_1.6.38\r\n" +
	"lib_version_phyrf_00f7ad715\r\ncomponent_version_btble_1.8.25\r\nlib_version_btblecontroller_1.6.89\r\n" +
	"component_version_sdk_SDK\r\ncompile time:Apr 30 2025 11:46:58\r\n"

// The answers are those of the manual's examples and of the public firmware sources that ST's is built on.
func TestDialogs(t *testing.T) {
	for name, lines := range map[string][][2]string{
		"life": {
			{"AT", "\r\nOK\r\n"}, {"at", "\r\nOK\r\n"}, {"At+Gmr?", "\r\nERROR\r\n"},
			{"", "\r\nERROR\r\n"}, {"hello", "\r\nERROR\r\n"}, {"AT+FAKE", "\r\nERROR\r\n"},
		},
		"echo": {
			{"ATE1", "\r\nOK\r\n"}, {"AT", "AT\r\n\r\nOK\r\n"}, {"at+vbat?", "at+vbat?\r\n+VBAT:3326\r\n\r\nOK\r\n"},
			{"ATE0", "ATE0\r\n\r\nOK\r\n"}, {"AT", "\r\nOK\r\n"},
		},
		"error codes": {
			{"AT+SYSLOG?", "+SYSLOG:0\r\n\r\nOK\r\n"}, {"AT+SYSLOG=1", "\r\nOK\r\n"},
			{"AT+FAKE", "ERR CODE:0x01090000\r\n\r\nERROR\r\n"},
			{"hello", "ERR CODE:0x01030000\r\n\r\nERROR\r\n"},
			{"AT+SYSLOG=2", "ERR CODE:0x01070000\r\n\r\nERROR\r\n"},
			{`AT+SYSLOG="1"`, "ERR CODE:0x01050000\r\n\r\nERROR\r\n"},
			{"AT+SYSLOG=1,1", "ERR CODE:0x01060000\r\n\r\nERROR\r\n"},
			{"AT+SYSLOG=", "ERR CODE:0x01060000\r\n\r\nERROR\r\n"},
			{`AT+CWJAP="abc`, "ERR CODE:0x01080000\r\n\r\nERROR\r\n"},
			{"AT+SYSLOG", "ERR CODE:0x010c0000\r\n\r\nERROR\r\n"},
			{"AT+CWJAP=" + strings.Repeat(",", 16), "ERR CODE:0x01060000\r\n\r\nERROR\r\n"},
			{"AT" + strings.Repeat("+", 300), "ERR CODE:0x01020000\r\n\r\nERROR\r\n"},
		},
		"sensors": {
			{"AT+SYSRAM?", "+SYSRAM:148408,84044\r\n\r\nOK\r\n"}, {"AT+TEMP?", "+TEMP:34.000000\r\n\r\nOK\r\n"},
			{"AT+VBAT?", "+VBAT:3326\r\n\r\nOK\r\n"}, {"AT+SYSSTORE?", "+SYSSTORE:1\r\n\r\nOK\r\n"},
		},
		"links": {
			{"AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"}, {"AT+CIPRECVBUF=0?", "\r\nERROR\r\n"},
			{"AT+CIPMUX=1", "\r\nOK\r\n"}, {"AT+CIPDINFO?", "+CIPDINFO:false\r\nOK\r\n"},
			{"AT+CIPDINFO=1", "\r\nOK\r\n"}, {"AT+CIPDINFO?", "+CIPDINFO:true\r\nOK\r\n"},
			{"AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n"}, {"AT+CIPSTATE?", "\r\nOK\r\n"},
			{"AT+CIPTCPOPT=2,65535,1,5000,60", "\r\nOK\r\n"}, {"AT+CIPTCPOPT=5,4294967295", "\r\nOK\r\n"},
			{"AT+CIPSEND=0,100", "\r\nERROR\r\n"}, {"AT+CIPCLOSE=0", "\r\nERROR\r\n"}, {"AT+CIPCLOSE=5", "\r\nOK\r\n"},
			{`AT+CIPSTART=0,"TCP","192.168.67.9",5001`, "\r\nERROR\r\n"}, {`AT+PING="192.168.67.1"`, "\r\nERROR\r\n"},
		},
		"settings are read back": {
			{"AT+CIPRECVMODE?", "+CIPRECVMODE:0\r\n\r\nOK\r\n"}, {"AT+CIPV6=1", "\r\nOK\r\n"},
			{"AT+CIPV6?", "+CIPV6:1\r\n\r\nOK\r\n"}, {"AT+CIPRECVBUF?", "+CIPRECVBUF:4608\r\n\r\nOK\r\n"},
			{"AT+CIPTCPOPT=65535,1,5000,60", "\r\nOK\r\n"}, {"AT+CIPTCPOPT?", "+CIPTCPOPT:0,-1,1,5000,60\r\n\r\nOK\r\n"},
			{"AT+CIPRECVLEN?", "+CIPRECVLEN:0\r\n\r\nOK\r\n"}, {"AT+CIPSTART?", "\r\nOK\r\n"},
			{"AT+CWHOSTNAME=\"x\"", "\r\nERROR\r\n"}, {"AT+CWMODE=3", "\r\nOK\r\n"}, {"AT+CWHOSTNAME=\"my_test\"", "\r\nOK\r\n"},
			{"AT+CWHOSTNAME?", "+CWHOSTNAME:my_test\r\n\r\nOK\r\n"}, {"AT+CWCOUNTRY=1,\"CN\"", "\r\nOK\r\n"},
			{"AT+CWCOUNTRY?", "+CWCOUNTRY:1,\"CN\"\r\n\r\nOK\r\n"}, {"AT+CWRECONNCFG=1,100", "\r\nOK\r\n"},
			{"AT+CWRECONNCFG?", "+CWRECONNCFG:1,100\r\n\r\nOK\r\n"}, {"AT+CIPAP=\"192.168.5.1\"", "\r\nOK\r\n"},
			{"AT+CIPAP?", "+CIPAP:ip:\"192.168.5.1\"\r\n+CIPAP:gateway:\"192.168.5.1\"\r\n+CIPAP:netmask:\"255.255.255.0\"\r\n+CIPAP:ip6ll:\"FE80::67:57FF:FE61:1001\"\r\n\r\nOK\r\n"},
			{"AT+CIPSTA?", "+CIPSTA:ip:\"0.0.0.0\"\r\n+CIPSTA:gateway:\"0.0.0.0\"\r\n+CIPSTA:netmask:\"0.0.0.0\"\r\n\r\nOK\r\n"},
			{"AT+CIFSR", "+CIFSR:APIP,\"192.168.5.1\"\r\n+CIFSR:APIP6LL:\"FE80::67:57FF:FE61:1001\"\r\n+CIFSR:APMAC,\"02:67:57:61:10:01\"\r\n+CIFSR:STAIP,\"0.0.0.0\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n"},
		},
		"versions": {{"AT+GMR", strings.ReplaceAll(gmr, "SDK", "2.0.106") + "\r\nOK\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{})
				defer r.close()
				for _, l := range lines {
					r.do(l[0], l[1])
				}
				r.quiet(time.Minute)
			})
		})
	}
}

// The sequence that ST's driver 1.3.0 sends after `ready`.
func TestDriverInit(t *testing.T) {
	for profile := range profiles {
		t.Run(profile, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { driverInit(open(t, Config{Profile: profile}), profile) })
		})
	}
}

func driverInit(r *rig, profile string) {
	defer r.close()
	r.ok("AT")
	r.do("AT+CWNETMODE?", "+CWNETMODE:1\r\n\r\nOK\r\n")
	r.do("AT+GET_CLOCK", "+GET_CLOCK:1\r\n\r\nOK\r\n")
	version := strings.TrimPrefix(profile, "t01-")
	if profile == "manual" {
		version = "2.0.75"
	}
	r.do("AT+GMR", strings.ReplaceAll(gmr, "SDK", version)+"\r\nOK\r\n")
	r.do("AT+VBAT?", "+VBAT:3326\r\n\r\nOK\r\n")
	r.do(`AT+EFUSE-R=4,"0x0",1`, "+EFUSE-R:4,\x00\x00\x00\x00\r\n\r\nOK\r\n")
	r.do(`AT+EFUSE-R=7,"0x14",1`, "+EFUSE-R:7,\x02\x67\x57\x61\x10\x01\x00\r\n\r\nOK\r\n")
	r.ok("AT+SLWKIO=28,0", "AT+PWR=0", "AT+CWMODE=1,0", "AT+CWAUTOCONN=0", `AT+CWCOUNTRY=0,"00"`, "AT+SLWKDTIM=1",
		"AT+CIPV6=0", "AT+CIPMUX=1", "AT+CIPRECVMODE=1", "AT+CIPDINFO=1", "AT+CWDHCP=0,3", "AT+CWDHCP=1,1",
		`AT+CWHOSTNAME="ST67W61_WiFi"`, `AT+CIPAP="192.168.8.1","255.255.255.0"`)
	for id := range 5 {
		taken := "\r\nOK\r\n"
		if profile == "manual" {
			taken = "+CIPRECVBUF\r\n" + taken
		}
		r.do(fmt.Sprintf("AT+CIPRECVBUF=%d,9216", id), taken)
		r.do(fmt.Sprintf("AT+CIPRECVBUF=%d?", id), "+CIPRECVBUF:9216\r\n\r\nOK\r\n")
	}
	r.quiet(time.Minute)
}

// Bytes behind the CRLF are dropped with `busy p...` before the answer; ST's
// driver makes such a tail in its PING.
func TestPipelinedBytesAreDropped(t *testing.T) {
	for name, baud := range map[string]int{"paced": 0, "unpaced": Unpaced} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{Baud: baud})
				defer r.close()
				r.do("AT\r\nAT+GMR", "\r\nbusy p...\r\n\r\nOK\r\n")
				r.quiet(time.Second)
				r.join()
				r.do("AT+PING=\"192.168.67.1\",64,1,200\r\n", "\r\nbusy p...\r\n\r\nOK\r\n+PING:2ms\r\n")
				r.quiet(time.Minute)
			})
		})
	}
}

func TestResetForgetsWhatFlashDoesNotHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("ATE0", "AT+SYSSTORE=0", "AT+CWAUTOCONN=0")
		r.join()
		r.ok("AT+CIPMUX=1", "AT+SYSLOG=1")
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		r.do("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n")
		r.do("AT+SYSLOG?", "+SYSLOG:0\r\n\r\nOK\r\n")
		r.do("AT+CWMODE?", "+CWMODE:0\r\n\r\nOK\r\n")
		r.do("AT+CWJAP?", "\r\nOK\r\n")
		r.quiet(time.Minute)
	})
}

func TestAutomaticConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.join()
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n+CW:CONNECTING\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
		r.ok("AT+CWAUTOCONN=0")
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		r.quiet(time.Minute)
	})
}
