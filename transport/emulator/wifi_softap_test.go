package emulator

import (
	"net/netip"
	"testing"
	"time"

	"st67bench/transport/emulator/wifi"
)

const (
	mac1 = "02:00:00:00:01:01"
	mac2 = "02:00:00:00:01:02"
)

func guests(s ...wifi.Station) *wifi.Air {
	air := around(wifi.AccessPoint{SSID: "home", Channel: 11})
	air.Stations = s
	return air
}

func TestSoftAP(t *testing.T) {
	air := guests(
		wifi.Station{MAC: mac1, Joins: time.Second, Leaves: 10 * time.Second},
		wifi.Station{MAC: mac2, Joins: 2 * time.Second, Address: netip.MustParseAddr("192.168.4.77")},
	)
	dialog(t, Config{Air: air}, func(r *rig) { r.quiet(time.Hour) },
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+CWSAP?", refused("0c")},
		[2]string{`AT+CWSAP="AP-NAME","12345678",5,3`, refused("0c")},
		[2]string{"AT+CWQIF", refused("0c")},
		[2]string{`AT+CWQIF="` + mac1 + `"`, refused("0c")},
		[2]string{"AT+CWLIF", theOK},
		[2]string{"AT+CWMODE=2", theOK},
		[2]string{"AT+CWSAP?", `+CWSAP:"AP_611001","",1,0,4,0` + "\r\n" + theOK},
		[2]string{`AT+CWSAP="AP-NAME","12345678",5,3,2,1`, theOK +
			"+CW:STA_CONNECTED \"" + mac1 + "\"\r\n+CW:DIST_STA_IP \"" + mac1 + "\",\"192.168.4.2\"\r\n" +
			"+CW:STA_CONNECTED \"" + mac2 + "\"\r\n"},
		[2]string{"AT+CWSAP?", `+CWSAP:"AP-NAME","12345678",5,3,2,1` + "\r\n" + theOK},
		[2]string{"AT+CWLIF", "+CWLIF:192.168.4.2," + mac1 + "\r\n+CWLIF:," + mac2 + "\r\n" + theOK},
		[2]string{"AT+WIFISP=0", refused("10")},
		[2]string{`AT+CWQIF="02:00:00:00:01:03"`, refused("0c")},
		[2]string{`AT+CWQIF="02"`, refused("13")},
		[2]string{`AT+CWQIF="` + mac2 + `"`, "+CW:STA_DISCONNECTED \"" + mac2 + "\"\r\n" + theOK +
			"+CW:STA_DISCONNECTED \"" + mac1 + "\"\r\n"}, // its time is over
		[2]string{"AT+CWLIF", theOK},
		// The monitor stops it; behind it, it starts anew.
		[2]string{"AT+CWMONITOR=0", theOK},
		[2]string{"AT+CWMONITOR=1,1", theOK},
		[2]string{"AT+CWMONITOR=0", theOK + "+CW:STA_CONNECTED \"" + mac1 + "\"\r\n"},
		[2]string{"AT+CWMODE=0", "+CW:STA_DISCONNECTED \"" + mac1 + "\"\r\n" + theOK},
	)
}

func TestSoftAPParameters(t *testing.T) {
	dialog(t, Config{Air: guests()}, nil,
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+CWMODE=3,0", theOK},
		[2]string{`AT+CWSAP="a","12345678",0,3`, refused("07")},
		[2]string{`AT+CWSAP="a","12345678",14,3`, refused("07")},
		[2]string{`AT+CWSAP="a","12345678",1,1`, refused("07")}, // no WEP
		[2]string{`AT+CWSAP="a","12345678",1,5`, refused("07")},
		[2]string{`AT+CWSAP="a","1234567",1,3`, refused("07")},
		[2]string{`AT+CWSAP="","12345678",1,3`, refused("07")},
		[2]string{`AT+CWSAP="a","12345678",1,3,5`, refused("07")},
		[2]string{`AT+CWSAP="a","12345678",1,3,0`, refused("07")},
		[2]string{`AT+CWSAP="a","12345678",1,3,4,2`, refused("07")},
		[2]string{`AT+CWSAP="a","12345678",1`, refused("06")},
		[2]string{`AT+CWSAP="a","12345678",1,4`, theOK},
		[2]string{`AT+CWSAP="open","12345678",2,0`, theOK},
		[2]string{"AT+CWSAP?", `+CWSAP:"open","",2,0,4,0` + "\r\n" + theOK},
		// Station and SoftAP share the channel.
		[2]string{`AT+CWJAP="home",""`, trying + gotIn},
		[2]string{"AT+CWSAP?", `+CWSAP:"open","",11,0,4,0` + "\r\n" + theOK},
	)
}

// The DHCP server's range, and who comes when it is full or off.
func TestAddressRange(t *testing.T) {
	air := guests(wifi.Station{MAC: mac1, Joins: time.Second}, wifi.Station{MAC: mac2, Joins: time.Second})
	dialog(t, Config{Air: air}, func(r *rig) { r.quiet(time.Hour) },
		[2]string{"AT+SYSLOG=1", theOK},
		[2]string{"AT+CWDHCPS?", "+CWDHCPS:120,192.168.4.2,192.168.4.101\r\nOK\r\n"},
		[2]string{"AT+CWDHCPS=1", refused("07")},
		[2]string{`AT+CWDHCPS=0,3,"192.168.4.10","192.168.4.15"`, refused("07")},
		[2]string{`AT+CWDHCPS=1,0,"192.168.4.10","192.168.4.15"`, refused("07")},
		[2]string{`AT+CWDHCPS=1,2881,"192.168.4.10","192.168.4.15"`, refused("07")},
		[2]string{`AT+CWDHCPS=1,3,"192.168.5.10","192.168.4.15"`, refused("0c")},
		[2]string{`AT+CWDHCPS=1,3,"192.168.4.16","192.168.4.15"`, refused("07")},
		[2]string{`AT+CWDHCPS=1,3,"192.168.4.x","192.168.4.15"`, refused("13")},
		[2]string{`AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.15"`, theOK},
		[2]string{"AT+CWDHCPS?", "+CWDHCPS:3,192.168.4.10,192.168.4.15\r\nOK\r\n"},
		[2]string{"AT+CWDHCPS=0", theOK},
		[2]string{"AT+CWDHCPS?", "+CWDHCPS:120,192.168.4.2,192.168.4.101\r\nOK\r\n"},
		[2]string{`AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.10"`, theOK},
		[2]string{"AT+CWMODE=2", theOK +
			"+CW:STA_CONNECTED \"" + mac1 + "\"\r\n+CW:STA_CONNECTED \"" + mac2 + "\"\r\n" +
			"+CW:DIST_STA_IP \"" + mac1 + "\",\"192.168.4.10\"\r\n"},
		[2]string{"AT+CWQIF", "+CW:STA_DISCONNECTED \"" + mac1 + "\"\r\n+CW:STA_DISCONNECTED \"" + mac2 + "\"\r\n" + theOK},
		[2]string{"AT+CWDHCP=0,2", theOK},
		[2]string{"AT+CWMODE=0", theOK},
		[2]string{"AT+CWMODE=2", theOK +
			"+CW:STA_CONNECTED \"" + mac1 + "\"\r\n+CW:STA_CONNECTED \"" + mac2 + "\"\r\n"},
		[2]string{"AT+CWMODE=0", "+CW:STA_DISCONNECTED \"" + mac1 + "\"\r\n+CW:STA_DISCONNECTED \"" + mac2 + "\"\r\n" + theOK},
	)
	dialog(t, Config{Profile: "manual"}, nil,
		[2]string{"AT+CWDHCPS?", "+CWDHCPS=120,192.168.4.2,192.168.4.101\r\n" + theOK})
}

// No more stations come than AT+CWSAP lets in; a module that is reset starts anew.
func TestSoftAPIsFull(t *testing.T) {
	air := guests(wifi.Station{MAC: mac1, Joins: time.Second}, wifi.Station{MAC: mac2, Joins: 2 * time.Second})
	connected := "+CW:STA_CONNECTED \"" + mac1 + "\"\r\n+CW:DIST_STA_IP \"" + mac1 + "\",\"192.168.4.2\"\r\n"
	dialog(t, Config{Air: air}, func(r *rig) { r.quiet(time.Hour) },
		[2]string{"AT+CWMODE=2", theOK},
		[2]string{`AT+CWSAP="a","12345678",1,3,1`, theOK + connected},
		[2]string{"AT+RST", theOK + "\r\nready\r\n" + connected},
	)
}
