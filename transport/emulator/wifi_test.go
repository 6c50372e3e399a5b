package emulator

import (
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/wifi"
)

const (
	trying   = "+CW:CONNECTING\r\n\r\nOK\r\n"
	gotIn    = "+CW:CONNECTED\r\n+CW:GOTIP\r\n"
	driven   = "+CW:DISCONNECTED\r\n+CW:ERROR,"
	theOK    = "\r\nOK\r\n"
	joinHome = `AT+CWJAP="st67bench","emulated-air"`
)

// refused is the answer of a command with AT+SYSLOG=1; the sub-codes are those of
// manual 2.2.9.4.
func refused(sub string) string { return "ERR CODE:0x01" + sub + "0000\r\n\r\nERROR\r\n" }

// dialog opens a module in a bubble and goes through lines and their answers.
func dialog(t *testing.T, c Config, then func(*rig), lines ...[2]string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, c)
		defer r.close()
		for _, l := range lines {
			r.do(l[0], l[1])
		}
		if then != nil {
			then(r)
		}
	})
}

// around is an air with these access points in place of the default one; what
// they leave out is as there.
func around(points ...wifi.AccessPoint) *wifi.Air {
	def := new(Config).accessPoint()
	for i := range points {
		p := &points[i]
		p.BSSID = or(p.BSSID, "02:00:00:00:00:0"+string(rune('1'+i)))
		p.Channel, p.RSSI, p.Protocol = or(p.Channel, def.Channel), or(p.RSSI, def.RSSI), or(p.Protocol, def.Protocol)
		p.Beacon, p.DTIM = or(p.Beacon, def.Beacon), or(p.DTIM, def.DTIM)
		p.Address, p.Gateway = def.Address, def.Gateway
		p.Join, p.DHCP = or(p.Join, def.Join), def.DHCP
	}
	return &wifi.Air{AccessPoints: points}
}

func TestJoinAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Profile: "t01-2.0.89"})
		defer r.close()
		r.do("AT+CWSTATE?", "+CWSTATE:0,\"\"\r\n\r\nOK\r\n")
		r.ok("AT+CWMODE=1")
		r.do(joinHome, trying)
		// The round trip that ST's driver makes before the events may come.
		r.ok("AT+CWRECONNCFG=0,0")
		r.do("AT+CWSTATE?", "+CWSTATE:3,\"st67bench\"\r\n\r\nOK\r\n")
		r.expect("+CW:CONNECTED\r\n")
		r.do("AT+CWSTATE?", "+CWSTATE:1,\"st67bench\"\r\n\r\nOK\r\n")
		r.expect("+CW:GOTIP\r\n")
		r.do("AT+CWSTATE?", "+CWSTATE:2,\"st67bench\"\r\n\r\nOK\r\n")
		r.do("AT+CWJAP?", "+CWJAP:\"st67bench\",\"02:67:00:00:00:01\",6,-48,0\r\n\r\nOK\r\n")
		r.do("AT+CIPSTA?", "+CIPSTA:ip:\"127.67.0.2\"\r\n+CIPSTA:gateway:\"127.0.0.1\"\r\n"+
			"+CIPSTA:netmask:\"255.0.0.0\"\r\n\r\nOK\r\n")
		r.do("AT+CIFSR", "+CIFSR:STAIP,\"127.67.0.2\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n")
		r.do("AT+CWQAP", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n")
		r.do("AT+CWSTATE?", "+CWSTATE:4,\"st67bench\"\r\n\r\nOK\r\n")
		r.do("AT+CWJAP?", theOK)
		r.ok("AT+CWQAP")
		r.do("AT+CWJAP", trying+gotIn) // the last network again
	})
}

// The closed form of the type Truth.
func TestJoinTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		truth := r.m.Truth()
		r.ok("AT+CWMODE=1,0")
		r.do(joinHome, trying)
		began := time.Now()
		r.expect("+CW:CONNECTED\r\n")
		if d := time.Since(began); d != truth.Join {
			t.Errorf("connected after %v, want %v", d, truth.Join)
		}
		r.expect("+CW:GOTIP\r\n")
		if d := time.Since(began); d != truth.Join+truth.DHCP {
			t.Errorf("an address after %v, want %v", d, truth.Join+truth.DHCP)
		}
	})
}

func TestJoinFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{SSID: `a"b`, Password: `p\q`})
		defer r.close()
		r.do(`AT+CWJAP="a\"b","p\\q"`, "\r\nERROR\r\n") // no station yet
		r.ok("AT+CWMODE=1")
		r.do(`AT+CWJAP="a\"b","wrong"`, trying+"+CW:ERROR,8\r\n")
		r.do(`AT+CWJAP="other","p\\q"`, trying+"+CW:ERROR,12\r\n")
		r.do(`AT+CWJAP="a\"b",""`, trying+"+CW:ERROR,17\r\n")
		r.do(`AT+CWJAP="a\"b","p\\q","02:00:00:00:00:02"`, trying+"+CW:ERROR,12\r\n")
		r.do(`AT+CWJAP="a\"b","p\\q",,0`, trying+gotIn)
		r.quiet(time.Minute)
	})
}

func TestStaticAddressAndNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+CWMODE=1", "AT+CWDHCP=0,1")
		r.do("AT+CWDHCP?", "+CWDHCP:2\r\nOK\r\n")
		r.do(joinHome, trying+"+CW:CONNECTED\r\n")
		r.quiet(time.Minute)
		// A fixed address is an address at once.
		r.do(`AT+CIPSTA="192.168.6.100"`, "+CW:GOTIP\r\n"+theOK)
		r.do("AT+CWQAP=1", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n")
		r.do("AT+CWJAP", "\r\nERROR\r\n")
		r.ok(`AT+CIPSTA="192.168.6.100","192.168.6.1","255.255.255.0"`)
		r.do(`AT+CIPSTA="192.168.6.999"`, "\r\nERROR\r\n")
		r.do(joinHome, trying+gotIn)
		r.do("AT+CIFSR", "+CIFSR:STAIP,\"192.168.6.100\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n")
		r.ok("AT+CWDHCP=1,1")
		r.do("AT+CIFSR", "+CIFSR:STAIP,\"127.67.0.2\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n")
	})
}
