package main

import (
	"strings"
	"testing"

	"st67bench/transport/emulator"
)

func TestControlLines(t *testing.T) {
	m, err := emulator.New(emulator.Config{Link: emulator.LinkMemory})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for line, want := range map[string]string{
		"fault drop@3":             "ok",
		"quirk -recv-line":         "ok",
		"ap st67bench off":         "ok",
		"rssi -70":                 "ok",
		"ap off":                   "ok",
		"attenuation 300":          "error: attenuation of 300 dB",
		"dtim 0":                   "error: 0 is below 1",
		"flash 9.9.9":              "error: ",
		"power half":               `error: "half" is not on or off`,
		"injected":                 "ok {}",
		"":                         "error: an empty line; a line is one of: fault NAME",
		"fault":                    `error: "fault"; a line is one of: fault NAME`,
		"fault burn":               "error: unknown fault",
		"quirk odd":                "error: unknown quirk",
		"ap st67bench maybe":       `error: "maybe" is not on or off`,
		"ap elsewhere on":          "error: ",
		"rssi strong":              "error: ",
		"reformat the whole thing": "error: ",
	} {
		if got := controlLine([]*emulator.Module{m}, line); !strings.HasPrefix(got, want) || want == "ok" && got != want {
			t.Errorf("%q gives %q, want %q", line, got, want)
		}
	}
}

// Every setting that a hook has can be set by a line, and asked for by its name alone.
func TestControlSettings(t *testing.T) {
	m, err := emulator.New(emulator.Config{Link: emulator.LinkMemory})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	values := map[string]string{"power": "off", "flash": "2.0.89", "ap": "off", "attenuation": "7", "rssi": "-60", "dtim": "4", "beacon": "200",
		"radio": "5000000", "loss": "0.25", "outage": "0s"}
	for _, s := range settings {
		v := values[s.name]
		if got := controlLine([]*emulator.Module{m}, s.name+" "+v); got != "ok" {
			t.Errorf("%s %s gives %q", s.name, v, got)
		}
		if got := controlLine([]*emulator.Module{m}, s.name); got != "ok "+v {
			t.Errorf("%q gives %q, want %q", s.name, got, "ok "+v)
		}
	}
}
