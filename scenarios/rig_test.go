package scenarios

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func parseRigTest(t *testing.T, file string) *Rig {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRig(file, text, lookupRigEnv)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRig(t *testing.T) {
	r := parseRigTest(t, "testdata/rigs/spi.yaml")
	if r.Name != "bench-a" || r.Module.Scheme != "spi" || r.Module.Get("en") != "pinctrl-rp1/GPIO24" || r.Reset != "at" {
		t.Errorf("rig %+v", r)
	}
	if want := (Wifi{"lab", "correct horse", "aa:bb:cc:dd:ee:ff"}); r.Wifi != want {
		t.Errorf("wifi %+v, want %+v", r.Wifi, want)
	}
	if r.Peer.Address != "192.168.1.10" || r.Meter.String() != "ppk2:/dev/serial/by-id/usb-Nordic_PPK2-if01" {
		t.Errorf("peer %+v, meter %s", r.Peer, r.Meter)
	}
	want := Hooks{Flash: "./flash.sh {firmware}", Power: "./power.sh {state}", Set: map[string]string{"attenuation": "./att.sh {value}"}}
	if !reflect.DeepEqual(r.Hooks, want) {
		t.Errorf("hooks %+v, want %+v", r.Hooks, want)
	}

	full := parseRigTest(t, "testdata/rigs/full.yaml")
	if full.AP != (AP{3, 102400 * time.Microsecond, true}) || full.LSE != "crystal" || full.Reset != "power" ||
		full.Peer.Via != "10.0.0.2:7000" || full.Log.Target != "/dev/ttyUSB1" || full.Meter.Volts() != 3.1 ||
		full.Wake.Pin() != 16 || full.Wake.Hook != "./wake.sh seven77" || full.Deaf() {
		t.Errorf("rig %+v", full)
	}
	if want := "mqtts://lab:correct horse@broker.example:8883"; full.MQTT != want {
		t.Errorf("mqtt %q, want %q", full.MQTT, want)
	}
}

// No secret is left in anything that may be stored.
func TestMasked(t *testing.T) {
	r := parseRigTest(t, "testdata/rigs/full.yaml")
	secrets := r.Secrets()
	slices.Sort(secrets)
	if want := []string{"correct horse", "seven77"}; !slices.Equal(secrets, want) {
		t.Fatalf("secrets %q, want %q", secrets, want)
	}
	if !strings.Contains(string(r.Text), "not correct horse") {
		t.Fatal("the comment that names the password is gone; the test proves nothing")
	}
	m := r.Masked()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if strings.Contains(string(text), s) || strings.Contains(string(m.Text), s) {
			t.Errorf("%q is left in\n%s\n%s", s, text, m.Text)
		}
	}
	if m.Wifi.Password != "***" || m.MQTT != "mqtts://lab:***@broker.example:8883" || m.Hooks.Flash != "./flash.sh --token *** {firmware}" {
		t.Errorf("masked %+v", m)
	}
	if r.Wifi.Password != "correct horse" || m.Secrets() != nil {
		t.Error("masking changed the rig or kept the secrets")
	}
}

func TestMistakesHoldNoSecret(t *testing.T) {
	text := "name: r\nwifi: {ssid: a, password: '${ST67_PASSWORD}'}\nmodule: 'uart:/dev/x?flow=${ST67_PASSWORD}'\nlse: '${ST67_PASSWORD}'"
	_, err := ParseRig("r.yaml", []byte(text), lookupRigEnv)
	if err == nil || strings.Contains(err.Error(), "correct horse") || strings.Count(err.Error(), "***") != 2 {
		t.Errorf("error %v", err)
	}
}

func TestLacks(t *testing.T) {
	all := append(slices.Clone(needs), "hook:attenuation", "hook:power")
	for _, row := range []struct {
		file string
		want []string
	}{
		{"testdata/rigs/spi.yaml", []string{"uart", "log", "twt-ap", "mqtt", "ble-peer", "iperf", "iperf3", "remote-peer"}},
		{"testdata/rigs/full.yaml", []string{"spi", "hook:attenuation"}},
		{"testdata/rigs/emulated.yaml", []string{"spi", "log", "mqtt", "iperf", "iperf3", "remote-peer"}}, // it has hooks without a word in its file
	} {
		r := parseRigTest(t, row.file)
		if got := r.Lacks(all); !slices.Equal(got, row.want) {
			t.Errorf("%s lacks %q, want %q", row.file, got, row.want)
		}
		if got := r.Lacks(nil); got != nil {
			t.Errorf("%s lacks %q of nothing", row.file, got)
		}
	}
}

// CHIP_EN is a wire of the link where the URL names its line, at the other end of a bridge, and in the emulated module.
func TestResetByEnable(t *testing.T) {
	for module, possible := range map[string]bool{
		"spi:/dev/spidev0.0?cs=a/1&rdy=a/2&en=a/3": true,
		"spi:/dev/spidev0.0?cs=a/1&rdy=a/2":        false,
		"spi:unix:/tmp/pins":                       true,
		"spi:uart:/dev/ttyACM0?baud=12000000":      true,
		"emulated?link=spi":                        true,
		"emulated?link=uart":                       false,
		"uart:/dev/ttyUSB0":                        false,
	} {
		_, err := ParseRig("rig.yaml", []byte("name: a\nmodule: '"+module+"'\nreset: en\n"), nil)
		if possible != (err == nil) || err != nil && !strings.Contains(err.Error(), "rig.yaml:3:8: reset: en needs") {
			t.Errorf("%s: %v", module, err)
		}
	}
}
