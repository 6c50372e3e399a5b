package scenarios

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParseMeter(t *testing.T) {
	for _, row := range []struct {
		text, scheme, target string
		volts, rate          float64
		texts                map[string]string
	}{
		{"ppk2:/dev/ttyACM0", "ppk2", "/dev/ttyACM0", 3.3, 0, map[string]string{"mode": "source", "final": "off", "digital": ""}},
		{"ppk2:tcp:bench-pc:5000", "ppk2", "tcp:bench-pc:5000", 3.3, 0, map[string]string{"mode": "source"}},
		{"ppk2:COM7?volts=3000mV&mode=ampere&final=on&digital=chip_en,,rdy", "ppk2", "COM7", 3, 0,
			map[string]string{"mode": "ampere", "final": "on"}},
		{"v3pwr:/dev/ttyACM1?trigger=on&volts=3.6V", "v3pwr", "/dev/ttyACM1", 3.6, 0, map[string]string{"trigger": "on"}},
		{"lpm01a:/dev/ttyACM1", "lpm01a", "/dev/ttyACM1", 3.3, 0, map[string]string{"trigger": "off"}},
		{"scpi:n6705c.lan:5025?dialect=keysight-elog", "scpi", "n6705c.lan:5025", 3.3, 0, map[string]string{"dialect": "keysight-elog"}},
		{"scpi:psu.lan:5025?dialect=psu-poll&rate=5Hz", "scpi", "psu.lan:5025", 3.3, 5, map[string]string{"dialect": "psu-poll"}},
		{"scpi:[::1]:5555?dialect=psu-poll&volts=2.97V", "scpi", "[::1]:5555", 2.97, 0, map[string]string{"dialect": "psu-poll"}},
		{"sim:", "sim", "", 3.3, 10e3, nil},
		{"sim:?rate=100kHz", "sim", "", 3.3, 100e3, nil},
		{"file:./record.sh --for {seconds} {file}.csv?unit=mA", "file", "./record.sh --for {seconds} {file}.csv", 0, 0, map[string]string{"unit": "mA"}},
		{"file:./record.sh --out={file}.f32?rate=2MHz&volts=3.3V", "file", "./record.sh --out={file}.f32", 3.3, 2e6, nil},
		{"file:./record.sh {file}.csv?current=CH1&time=none&time-unit=ms&kind=average", "file", "./record.sh {file}.csv", 0, 0,
			map[string]string{"current": "CH1", "time": "none", "time-unit": "ms", "kind": "average"}},
	} {
		m, err := ParseMeter(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if m.Scheme != row.scheme || m.Target != row.target || m.Volts() != row.volts || m.Rate() != row.rate {
			t.Errorf("%s: %q %q, %v V, %v Hz", row.text, m.Scheme, m.Target, m.Volts(), m.Rate())
		}
		for key, want := range row.texts {
			if got := m.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", row.text, key, got, want)
			}
		}
		again, err := ParseMeter(m.String())
		if err != nil || again.String() != m.String() {
			t.Errorf("%s is written %s, which reads as %s, %v", row.text, m, again, err)
		}
	}
	m, _ := ParseMeter("ppk2:/dev/ttyACM0?digital=chip_en,,rdy")
	if got := m.Digital(); !slices.Equal(got, []string{"chip_en", "", "rdy"}) {
		t.Errorf("digital %q", got)
	}
	m, _ = ParseMeter("file:./r.sh {file}.sr")
	if m.Format() != ".sr" {
		t.Errorf("format %q, want .sr", m.Format())
	}
}

func TestParseMeterRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"ppk3:/dev/ttyACM0":                      `unknown meter "ppk3"; did you mean "ppk2"? allowed here: ppk2, v3pwr, lpm01a, scpi, sim, file`,
		"ppk2:":                                  `"" is not a target of ppk2:; it must be a device`,
		"v3pwr:tcp:5000":                         `"tcp:5000" is not a target of v3pwr:; it must be a device such as /dev/serial/by-id/usb-…, or tcp:HOST:PORT`,
		"ppk2:/dev/x?volts=5V":                   "volts: 5V is outside 2.97V..3.63V (the module's VDD by datasheet DS14784)",
		"ppk2:/dev/x?mode=ampere":                "ppk2: has no volts; with mode=ampere another source gives them",
		"ppk2:/dev/x?volts=3.3":                  `volts: cannot read "3.3"; allowed: uV, mV, V, kV`,
		"ppk2:/dev/x?trigger=on":                 `unknown key "trigger"; allowed here: volts, mode, final, digital`,
		"ppk2:/dev/x?digital=chip_on":            `unknown digital "chip_on"; did you mean "chip_en"?`,
		"ppk2:/dev/x?digital=rdy,rdy":            "digital has rdy twice; keep one",
		"ppk2:/dev/x?digital=,,,,,,,,rdy":        "digital has 9 words; allowed: 8",
		"ppk2:/dev/x?mode=meter&final=low":       "unknown final \"low\"; allowed here: off, on\nunknown mode \"meter\"",
		"v3pwr:/dev/x?volts=3.63V":               "an STLINK-V3PWR gives up to 3.6V",
		"lpm01a:/dev/x?volts=3.6V":               "an X-NUCLEO-LPM01A gives up to 3.3V",
		"scpi:psu.lan:5025":                      "scpi: has no dialect; it must have one",
		"scpi:psu.lan?dialect=psu-poll":          `"psu.lan" is not a target of scpi:; it must be HOST:PORT`,
		"sim:/dev/x":                             `"/dev/x" is not a target of sim:; it must be nothing`,
		"file:./record.sh":                       `"./record.sh" is not a target of file:; it must be a command with {file}.csv`,
		"file:./record.sh {file}":                "is not a target of file:",
		"file:./record.sh {file}.jls":            "is not a target of file:",
		"file:./record.sh {file}.csv {file}.csv": "is not a target of file:",
		"file:{file}.csv":                        "is not a target of file:",
		"file:./record.sh {file}.csv?kind=mean":  `unknown kind "mean"; allowed here: point, average`,
		"file:./record.sh {file}.csv?current=":   "current",
		"file:./record.sh {file}.f32":            "file: has no rate; a .f32 says none",
	} {
		_, err := ParseMeter(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// What comes into a recording command from the environment is a secret, as in a hook.
func TestMeterCommandHidesSecrets(t *testing.T) {
	text := "name: bench\nmodule: emulated\nmeter: \"file:./record.sh --token=${ST67_SHORT} {file}.csv?unit=mA\"\n"
	r, err := ParseRig("rig.yaml", []byte(text), lookupRigEnv)
	if err != nil {
		t.Fatal(err)
	}
	if want := "./record.sh --token=seven77 {file}.csv"; r.Meter.Target != want {
		t.Errorf("command %q, want %q", r.Meter.Target, want)
	}
	if want := "./record.sh --token=*** {file}.csv"; r.Masked().Meter.Target != want {
		t.Errorf("stored command %q, want %q", r.Masked().Meter.Target, want)
	}
}

// What the grammar knows, messages list and editors take.
func TestEveryMeterIsNamed(t *testing.T) {
	text, err := Schema("rig")
	if err != nil {
		t.Fatal(err)
	}
	var rig struct {
		Properties map[string]struct{ Pattern string }
	}
	if err := json.Unmarshal(text, &rig); err != nil {
		t.Fatal(err)
	}
	for _, g := range meters {
		if !slices.Contains(meterNames, g.name) || !regexp.MustCompile(`\b`+g.name+`\b`).MatchString(rig.Properties["meter"].Pattern) {
			t.Errorf("the meter %s is missing among %v or in the schema's pattern %s", g.name, meterNames, rig.Properties["meter"].Pattern)
		}
	}
}
