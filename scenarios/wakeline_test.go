package scenarios

import (
	"strings"
	"testing"
)

func TestParseWake(t *testing.T) {
	for _, row := range []struct {
		text, line, hook string
		pin              int
	}{
		{"pinctrl-rp1/GPIO26", "pinctrl-rp1/GPIO26", "", 28},
		{"gpiochip0/7?pin=16", "gpiochip0/7", "", 16},
		{"hook:./wake.sh --port 3?pin=28", "", "./wake.sh --port 3", 28},
	} {
		w, err := ParseWake(row.text)
		if err != nil || w.Line != row.line || w.Hook != row.hook || w.Pin() != row.pin || w.String() != row.text {
			t.Errorf("%s: %+v, pin %d, written %s, %v", row.text, w, w.Pin(), w, err)
		}
	}
	for text, want := range map[string]string{
		"GPIO26":                   `"GPIO26" is not a target of wake:; it must be CHIP/LINE`,
		"pinctrl-rp1/GPIO26?pin=3": `unknown pin "3"; allowed here: 28, 16`,
		"pinctrl-rp1/GPIO26?io=16": `unknown key "io"; allowed here: pin`,
		"hook:":                    `"" is not a target of hook:; it must be a command`,
	} {
		if _, err := ParseWake(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Only a serial line, near or far, leaves a module asleep.
func TestDeaf(t *testing.T) {
	for module, want := range map[string]bool{
		"uart:/dev/ttyUSB0": true, "rfc2217:host:2217": true, "tcp:host:23": true,
		"emulated": false, "emulated?link=spi": false, "spi:unix:/run/st67": false, "uart:/dev/ttyUSB0\nwake: gpiochip0/7": false,
	} {
		r, err := ParseRig("rig.yaml", []byte("name: bench\nmodule: "+module+"\n"), lookupRigEnv)
		if err != nil || r.Deaf() != want {
			t.Errorf("%q: deaf %v, want %v, %v", module, !want, want, err)
		}
	}
}
