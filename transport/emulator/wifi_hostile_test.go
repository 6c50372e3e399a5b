package emulator

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/wifi"
)

// Whatever a host sends to the Wi-Fi commands, in whatever order, is answered.
func TestHostileWifi(t *testing.T) {
	const rounds = 20_000
	air := scanned()
	air.Stations = []wifi.Station{{MAC: mac1}, {MAC: mac2, Joins: time.Millisecond, Leaves: time.Second}}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Air: air, Baud: Unpaced})
		defer r.close()
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range rounds {
			line := hostileWifi(rng)
			io.WriteString(r, line+"\r\n")
			if !r.answered() {
				t.Fatalf("command %d, %q, is not answered", i, line)
			}
			switch rng.IntN(20) {
			case 0:
				must(t, r.m.AP("wpa", rng.IntN(2) == 0))
			case 1:
				must(t, r.m.Deauth(1+rng.IntN(25)))
			case 2:
				must(t, r.m.RSSI(-rng.IntN(101)))
			case 3:
				time.Sleep(time.Duration(rng.IntN(5000)) * time.Millisecond)
			}
		}
	})
}

// answered reads until a final code has come.
func (r *rig) answered() bool {
	var said []byte
	p := make([]byte, 4096)
	r.SetReadDeadline(time.Now().Add(time.Hour))
	for !bytes.Contains(said, []byte("\r\nOK\r\n")) && !bytes.Contains(said, []byte("\r\nERROR\r\n")) {
		n, err := r.Read(p)
		if err != nil {
			return false
		}
		said = append(said[max(0, len(said)-16):], p[:n]...)
	}
	return true
}

// hostileWifi is a command of the family with parameters that may fit.
func hostileWifi(rng *rand.Rand) string {
	names := strings.Fields("WIFISP CWMODE CWNETMODE CWSTATE CWJAP CWRECONNCFG CWLAPOPT CWLAP CWQAP CWSAP CWLIF CWQIF CWDHCP " +
		"CWDHCPS CWAUTOCONN CIPSTAMAC CIPAPMAC CIPSTA CIPAP CWHOSTNAME CWCOUNTRY CWMONITOR CWSTAPROTO CWAPPROTO WPS " +
		"CWANTENABLE CWANTNUM CWANT CWEVT CIFSR")
	values := []string{"", "0", "1", "2", "3", "-1", "6", "15", "2047", "99999999999", `""`, `"wpa"`, `"password1"`, `"open"`,
		`"02:00:00:00:00:03"`, `"192.168.4.9"`, `"10.0.0.1"`, `"255.255.255.0"`, `"US"`, `"\"`, `"a\"b"`, "x"}
	line := "AT+" + names[rng.IntN(len(names))]
	switch rng.IntN(8) {
	case 0:
		return line
	case 1:
		return line + "?"
	}
	params := make([]string, 1+rng.IntN(9))
	for i := range params {
		params[i] = values[rng.IntN(len(values))]
	}
	return fmt.Sprintf("%s=%s", line, strings.Join(params, ","))
}
