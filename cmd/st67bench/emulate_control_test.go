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
