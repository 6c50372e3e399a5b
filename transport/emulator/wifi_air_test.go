package emulator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/wifi"
)

// beaconLoss is 20 beacons of 100 TU, the limit of the model.
const beaconLoss = 20 * 100 * 1024 * time.Microsecond

func TestAccessPointGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		r.join()
		if err := r.m.AP("nobody", false); err == nil {
			t.Error("an access point that is not there can be switched off")
		}
		must(t, r.m.AP(DefaultSSID, false))
		time.Sleep(beaconLoss - time.Millisecond)
		must(t, r.m.AP(DefaultSSID, true)) // back in time
		r.quiet(time.Minute)
		must(t, r.m.AP(DefaultSSID, false))
		began := time.Now()
		r.expect(driven + "16\r\n")
		if d := time.Since(began); d != beaconLoss {
			t.Errorf("the access point is missed after %v, want %v", d, beaconLoss)
		}
		r.do("AT+CWSTATE?", `+CWSTATE:4,"st67bench",15,0`+"\r\n"+theOK)
		r.do(joinHome, trying+"+CW:ERROR,12\r\n")
		r.quiet(time.Minute)
	})
}

func TestReconnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		r.join()
		r.ok("AT+CWRECONNCFG=3,2")
		must(t, r.m.Deauth(7))
		began := time.Now()
		r.expect(driven + "7\r\n")
		r.do("AT+CWSTATE?", `+CWSTATE:3,"st67bench",15,0`+"\r\n"+theOK)
		r.expect("+CW:CONNECTING\r\n")
		if d := time.Since(began); d != 3*time.Second {
			t.Errorf("the station tries again after %v, want 3 s", d)
		}
		r.expect(gotIn)
		must(t, r.m.AP(DefaultSSID, false))
		r.expect(driven + "16\r\n" + strings.Repeat("+CW:CONNECTING\r\n+CW:ERROR,12\r\n", 2))
		r.quiet(time.Minute)
		r.do("AT+CWSTATE?", `+CWSTATE:4,"st67bench",15,0`+"\r\n"+theOK)
		must(t, r.m.AP(DefaultSSID, true))
		r.ok("AT+CWRECONNCFG=1,0")
		r.do("AT+CWJAP", trying+gotIn)
		must(t, r.m.Deauth(22))
		r.expect(driven + "22\r\n+CW:CONNECTING\r\n" + gotIn)
		// The user's own wish is no loss.
		r.do("AT+CWQAP", driven+"19\r\n"+theOK)
		r.quiet(time.Minute)
	})
}

func TestReconnectionEndsWithItsSetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.join()
		r.ok("AT+CWRECONNCFG=3,0")
		must(t, r.m.Deauth(7))
		r.expect(driven + "7\r\n")
		r.ok("AT+CWRECONNCFG=0,0")
		r.quiet(time.Minute)
		if r.m.Deauth(0) == nil || r.m.Deauth(26) == nil {
			t.Error("a reason that the manual does not have is taken")
		}
		must(t, r.m.Deauth(7)) // without an association: nothing
		r.quiet(time.Minute)
	})
}

func TestSignalFades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{RSSI: -30})
		defer r.close()
		r.join()
		must(t, r.m.RSSI(-77))
		r.do("AT+CWJAP?", "+CWJAP:\"st67bench\",\"02:67:00:00:00:01\",6,-77,0\r\n\r\nOK\r\n")
		if r.m.RSSI(-101) == nil || r.m.RSSI(1) == nil {
			t.Error("a signal outside -100..0 dBm is taken")
		}
	})
}

// +CW messages end with AT+CWEVT=0, answers do not (manual 4.1.31).
func TestEventsOff(t *testing.T) {
	dialog(t, Config{}, func(r *rig) { r.quiet(time.Minute) },
		[2]string{"AT+CWEVT?", "+CWEVT:1\r\n" + theOK},
		[2]string{"AT+CWEVT=0", theOK},
		[2]string{"AT+CWEVT?", "+CWEVT:0\r\n" + theOK},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{joinHome, theOK},
		[2]string{"AT+CWQAP", theOK},
		[2]string{"AT+CWEVT=1", theOK},
		[2]string{joinHome, trying + gotIn},
		[2]string{"AT+CWEVT=2", "\r\nERROR\r\n"},
	)
	dialog(t, Config{Profile: "manual"}, nil, [2]string{"AT+CWEVT=1", "+CWEVT\r\n" + theOK})
}

func TestAirFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "air.yaml")
	text := "aps:\n  - {ssid: one, password: password1, rssi: -61}\n  - {ssid: two, channel: 1}\nhosts:\n  broker: [127.0.0.1]\n"
	must(t, os.WriteFile(file, []byte(text), 0o600))
	c, err := Parse(map[string][]string{"air": {file}})
	must(t, err)
	dialog(t, c, nil,
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{`AT+CWJAP="one","password1"`, trying + gotIn},
		[2]string{"AT+CWJAP?", "+CWJAP:\"one\",\"02:67:00:00:00:01\",6,-61,0\r\n" + theOK},
		[2]string{"AT+CIFSR", "+CIFSR:STAIP,\"127.67.0.2\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n\r\nOK\r\n"})
}

func TestAirKeys(t *testing.T) {
	c, err := Parse(map[string][]string{"dtim": {"3"}, "beacon": {"200"}, "twt": {"off"}, "rssi": {"-70"}})
	must(t, err)
	want := Config{DTIM: 3, Beacon: 200, NoTWT: true, RSSI: -70}
	if ap := c.accessPoint(); ap != want.accessPoint() || ap.DTIM != 3 || ap.Beacon != 200 || ap.TWT || ap.RSSI != -70 {
		t.Errorf("the access point is %+v", ap)
	}
	for _, wrong := range [][2]string{
		{"dtim", "0"}, {"dtim", "256"}, {"beacon", "65536"}, {"twt", "yes"}, {"rssi", "1"}, {"rssi", "-101"},
		{"air", filepath.Join(t.TempDir(), "none.yaml")},
	} {
		if _, err := Parse(map[string][]string{wrong[0]: {wrong[1]}}); err == nil {
			t.Errorf("%s=%s is taken", wrong[0], wrong[1])
		}
	}
	if _, err := New(Config{Air: &wifi.Air{}, RSSI: -40}); err == nil {
		t.Error("an air and a signal are taken together")
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeauthFault(t *testing.T) {
	dialog(t, Config{Faults: []string{"deauth@5s"}}, func(r *rig) {
		r.expect(driven + "7\r\n+CW:CONNECTING\r\n" + gotIn)
		r.quiet(time.Minute)
	},
		[2]string{"AT+CWMODE=1,0", theOK},
		[2]string{"AT+CWRECONNCFG=1,0", theOK},
		[2]string{joinHome, trying + gotIn})
}

// Losing the association closes the connections, and says so first. In passthrough
// nothing is said unless AT+SYSMSG asks for it (manual 2.2.8.3).
func TestLossWithAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		must(t, r.m.Deauth(7))
		r.expect("+CIP:0,DISCONNECTED\r\n" + driven + "7\r\n")
	})
	for bits, want := range map[string]string{"0": "", "4": driven + "21\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{})
			defer r.close()
			peer := r.connect()
			defer peer.Close()
			r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n"+theOK)
			l, err := r.net.Listen("tcp", peerAddress)
			must(t, err)
			defer l.Close()
			r.ok("AT+CIPMUX=0", "AT+SYSMSG="+bits)
			r.do(`AT+CIPSTART="TCP","192.168.67.9",5001`, "+CIP:CONNECTED\r\n"+theOK)
			r.do("AT+CIPSEND", theOK+"\r\n>")
			must(t, r.m.Deauth(21))
			said := make([]byte, 256)
			r.SetReadDeadline(time.Now().Add(time.Second))
			n := 0
			for err == nil {
				var k int
				k, err = r.Read(said[n:])
				n += k
			}
			if got := string(said[:n]); strings.Contains(got, "+CW:") != (want != "") || !strings.HasSuffix(got, want) {
				t.Errorf("with SYSMSG=%s the module says %q", bits, got)
			}
		})
	}
}
