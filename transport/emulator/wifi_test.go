package emulator

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestJoinAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.do("AT+CWSTATE?", "+CWSTATE:0,\"\"\r\n\r\nOK\r\n")
		r.ok("AT+CWMODE=1")
		r.do(`AT+CWJAP="st67bench","emulated-air"`, "+CW:CONNECTING\r\n\r\nOK\r\n")
		// The round trip that ST's driver makes before the events may come.
		r.ok("AT+CWRECONNCFG=0,0")
		r.do("AT+CWSTATE?", "+CWSTATE:3,\"st67bench\"\r\n\r\nOK\r\n")
		r.expect("+CW:CONNECTED\r\n")
		r.do("AT+CWSTATE?", "+CWSTATE:1,\"st67bench\"\r\n\r\nOK\r\n")
		r.expect("+CW:GOTIP\r\n")
		r.do("AT+CWSTATE?", "+CWSTATE:2,\"st67bench\"\r\n\r\nOK\r\n")
		r.do("AT+CWJAP?", "+CWJAP:\"st67bench\",\"02:67:00:00:00:01\",6,-48,0\r\n\r\nOK\r\n")
		r.do("AT+CIPSTA?", "+CIPSTA:ip:\"192.168.67.2\"\r\n+CIPSTA:gateway:\"192.168.67.1\"\r\n"+
			"+CIPSTA:netmask:\"255.255.255.0\"\r\n\r\nOK\r\n")
		r.do("AT+CIFSR", "+CIFSR:STAIP,\"192.168.67.2\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n")
		r.do("AT+CWQAP", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n")
		r.do("AT+CWSTATE?", "+CWSTATE:4,\"st67bench\"\r\n\r\nOK\r\n")
		r.ok("AT+CWQAP")
	})
}

func TestJoinFailures(t *testing.T) {
	const trying = "+CW:CONNECTING\r\n\r\nOK\r\n"
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{SSID: `a"b`, Password: `p\q`})
		defer r.close()
		r.do(`AT+CWJAP="a\"b","p\\q"`, "\r\nERROR\r\n") // no station yet
		r.ok("AT+CWMODE=1")
		r.do(`AT+CWJAP="a\"b","wrong"`, trying+"+CW:ERROR,8\r\n")
		r.do(`AT+CWJAP="other","p\\q"`, trying+"+CW:ERROR,12\r\n")
		r.do(`AT+CWJAP="a\"b",""`, trying+"+CW:ERROR,17\r\n")
		r.do(`AT+CWJAP="a\"b","p\\q","02:00:00:00:00:02"`, trying+"+CW:ERROR,12\r\n")
		r.do(`AT+CWJAP="a\"b","p\\q",,0`, trying+"+CW:CONNECTED\r\n+CW:GOTIP\r\n")
		r.quiet(time.Minute)
	})
}

func TestStaticAddressAndNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+CWMODE=1", "AT+CWDHCP=0,1")
		r.do("AT+CWDHCP?", "+CWDHCP:2\r\n\r\nOK\r\n")
		r.do(`AT+CWJAP="st67bench","emulated-air"`, "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n")
		r.quiet(time.Minute)
		r.do("AT+CWQAP=1", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n")
		r.do("AT+CWJAP", "\r\nERROR\r\n")
		r.ok(`AT+CIPSTA="192.168.6.100","192.168.6.1","255.255.255.0"`)
		r.do(`AT+CIPSTA="192.168.6.999"`, "\r\nERROR\r\n")
		r.do(`AT+CWJAP="st67bench","emulated-air"`, "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
		r.do("AT+CIFSR", "+CIFSR:STAIP,\"192.168.6.100\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n")
	})
}
