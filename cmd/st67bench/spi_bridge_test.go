package main

import (
	"os"
	"strings"
	"testing"

	"st67bench/transport/emulator"
)

// A microcontroller board that speaks the pin-level records over its serial port
// is an SPI adapter: here a pseudo-terminal with the emulated pins behind it.
func TestSPIBridge(t *testing.T) {
	m, err := emulator.New(emulator.Config{Link: emulator.LinkSPI, Boot: emulator.None})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	_, slave := fakeLine(t, func(master *os.File) { _ = m.SPI().ServeConn(t.Context(), master) })
	t.Setenv("ST67_SSID", emulator.DefaultSSID)
	t.Setenv("ST67_PASSWORD", emulator.DefaultPassword)
	rig := write(t, "rig.yaml", "name: bridge\nmodule: spi:uart:"+slave+"?baud=12000000&speed=20MHz\n"+
		"wifi: {ssid: \"${ST67_SSID}\", password: \"${ST67_PASSWORD}\"}\npeer: {address: 127.0.0.1}\n")
	code, text, errText := cli(t, "check", "--rig", rig)
	if code != 0 || !strings.Contains(text, "answers AT; ST67W611M1") {
		t.Errorf("check: exit %d\n%s%s", code, text, errText)
	}
	if !strings.Contains(text, "not for latency") {
		t.Errorf("check does not say what a bridge is unfit for:\n%s", text)
	}
}
