package scenarios

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseLink(t *testing.T) {
	for _, row := range []struct {
		text, scheme, target, kind string
		numbers                    map[string]float64
		texts                      map[string]string
	}{
		{"uart:/dev/ttyUSB0", "uart", "/dev/ttyUSB0", "uart",
			map[string]float64{"baud": 2e6}, map[string]string{"flow": "none"}},
		{"uart:COM3?baud=12000000&flow=rtscts", "uart", "COM3", "uart",
			map[string]float64{"baud": 12e6}, map[string]string{"flow": "rtscts"}},
		{"spi:/dev/spidev0.0?speed=20MHz&cs=pinctrl-rp1/GPIO22&rdy=pinctrl-rp1/25&en=pinctrl-rp1/GPIO24&boot=a/b&max=4096",
			"spi", "/dev/spidev0.0", "spi",
			map[string]float64{"speed": 20e6, "max": 4096}, map[string]string{"cs": "pinctrl-rp1/GPIO22", "en": "pinctrl-rp1/GPIO24"}},
		{"spi:unix:/run/st67.sock?speed=400kHz", "spi", "unix:/run/st67.sock", "spi",
			map[string]float64{"speed": 4e5, "max": 4096}, nil},
		{"spi:uart:/dev/ttyACM0?baud=12000000&speed=5MHz", "spi", "uart:/dev/ttyACM0", "spi",
			map[string]float64{"baud": 12e6, "speed": 5e6, "max": 4096}, map[string]string{"flow": "none"}},
		{"emulated?loss=1%&seed=5", "emulated", "", "uart", map[string]float64{"baud": 2e6}, map[string]string{"loss": "1%", "seed": "5"}},
		{"emulated?loss=1%25", "emulated", "", "uart", nil, map[string]string{"loss": "1%"}},
		{"emulated?loss=1%", "emulated", "", "uart", nil, map[string]string{"loss": "1%"}},
		{"tcp:host:23", "tcp", "host:23", "tcp", map[string]float64{"line": 0}, nil},
		{"tcp:[::1]:23?line=2000000", "tcp", "[::1]:23", "tcp", map[string]float64{"line": 2e6}, nil},
		{"unix:/run/at.sock", "unix", "/run/at.sock", "unix", nil, nil},
		{"rfc2217:host:2217?baud=115200&flow=none", "rfc2217", "host:2217", "rfc2217", map[string]float64{"baud": 115200}, nil},
		{"replay:at.log", "replay", "at.log", "replay", nil, map[string]string{"speed": "full"}},
		{"replay:at.log?speed=recorded", "replay", "at.log", "replay", nil, map[string]string{"speed": "recorded"}},
		{"emulated", "emulated", "", "uart", map[string]float64{"baud": 2e6}, map[string]string{"build": ""}},
		{"emulated?link=memory&build=uart&profile=t01-2.0.106&seed=67&quirk=ipd-total&quirk=reset&fault=drop:1/1000", "emulated", "", "memory",
			nil, map[string]string{"profile": "t01-2.0.106", "quirk": "ipd-total"}},
	} {
		l, err := ParseLink(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if l.Scheme != row.scheme || l.Target != row.target || l.Kind() != row.kind {
			t.Errorf("%s: %q %q, kind %s", row.text, l.Scheme, l.Target, l.Kind())
		}
		for key, want := range row.numbers {
			if got := l.Number(key); got != want {
				t.Errorf("%s: %s is %v, want %v", row.text, key, got, want)
			}
		}
		for key, want := range row.texts {
			if got := l.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", row.text, key, got, want)
			}
		}
		again, err := ParseLink(l.String())
		if err != nil || again.String() != l.String() {
			t.Errorf("%s is written %s, which reads as %s, %v", row.text, l, again, err)
		}
	}
}

func TestParseLinkRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                               `unknown link ""; allowed here: uart, spi, tcp, unix, rfc2217, replay, emulated`,
		"/dev/ttyUSB0":                   `unknown link "/dev/ttyUSB0"; allowed here: uart`,
		"urat:/dev/ttyUSB0":              `unknown link "urat"; did you mean "uart"?`,
		"uart:":                          `"" is not a target of uart:; it must be a device such as /dev/ttyUSB0`,
		"uart:/dev/x?baud=300":           "baud: 300 is outside 9600..12000000",
		"uart:/dev/x?baud=2M":            `baud: cannot read "2M"; allowed: a plain number`,
		"uart:/dev/x?baud=9600&baud=1e6": "baud is given 2 times; keep one",
		"uart:/dev/x?flow=hard":          `unknown flow "hard"; allowed here: none, rtscts`,
		"uart:/dev/x?speed=20MHz":        `unknown key "speed"; allowed here: baud, flow`,
		"uart:/dev/x?baud=%zz":           "it must be key=value&key=value",
		"spi:/dev/spidev0.0":             "spi: has no cs; it must have one\nspi: has no rdy; it must have one",
		"spi:/dev/x?cs=22&rdy=a/b":       `cs "22" cannot be read; it must be CHIP/LINE such as pinctrl-rp1/GPIO22`,
		"spi:/dev/x?cs=a/1&rdy=a/2&speed=80MHz": "speed: 80MHz is outside 100kHz..40MHz; " +
			"the module's SPI clock ends at 40MHz",
		"spi:/dev/x?cs=a/1&rdy=a/2&speed=fast":   `speed: cannot read "fast"; allowed: Hz, kHz, MHz or a plain number of Hz`,
		"spi:/dev/x?cs=a/1&rdy=a/2&max=8192":     "max: 8192 is outside 64..6152",
		"spi:unix:":                              `"" is not a target of spi:unix:; it must be a path`,
		"spi:unix:/run/x?cs=a/1":                 `unknown key "cs"; allowed here: speed, max`,
		"tcp:host":                               `"host" is not a target of tcp:; it must be HOST:PORT`,
		"tcp:host:70000":                         "it must be HOST:PORT",
		"unix:/run/x?line=9600":                  `unknown key "line" of unix:; it takes none`,
		"rfc2217:host:1?flow=xon":                `unknown flow "xon"`,
		"replay:at.log?speed=fast":               `unknown speed "fast"; allowed here: full, recorded`,
		"emulated:x":                             "unknown link",
		"emulated?link=usb&build=usb&seed=-1":    "unknown build \"usb\"; allowed here: spi, uart\nunknown link",
		"emulated?seed=99999999999999999999":     "it must be a whole number",
		"emulated?baud=2000000&speed=20furlongs": "allowed: Hz, kHz, MHz",
	} {
		_, err := ParseLink(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseLink(%q): %v\nwant %s", text, err, want)
		}
	}
}

// What String writes is read back as the same link, whatever the values hold.
func TestLinkRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := LinkURL{Scheme: "emulated", Query: map[string][]string{
			"profile": {rapid.String().Draw(t, "profile")},
			"fault":   rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "faults"),
		}}
		again, err := ParseLink(l.String())
		if err != nil || again.Get("profile") != l.Get("profile") || strings.Join(again.Query["fault"], "\x00") != strings.Join(l.Query["fault"], "\x00") {
			t.Fatalf("%q is written %s and reads as %q, %v", l.Query, l, again.Query, err)
		}
	})
}

func TestLinkJSON(t *testing.T) {
	l, err := ParseLink("uart:/dev/ttyUSB0?flow=rtscts&baud=2000000")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(l)
	if want := `"uart:/dev/ttyUSB0?baud=2000000\u0026flow=rtscts"`; err != nil || string(text) != want {
		t.Errorf("JSON %s, %v, want %s", text, err, want)
	}
}
