package main

import (
	"strings"
	"testing"
)

// Downloads in real time: over a pseudo-terminal and over the pins of SPI, from real sockets.
func TestDownloadsInRealTime(t *testing.T) {
	skipWithoutPTY(t)
	file := write(t, "down.yaml", "name: down\ntitle: t\nworkload: {kind: receive, protocol: udp, length: 1000, read: 4000, rate: 300kbit/s, sends: 40}\n"+
		"sweep: {mode: [active, passive]}\nrepeats: {min: 1, max: 1}\nwarmup: 0\nlimits: {loss: {max: 0}, datagrams: {min: 40, max: 40}}\n")
	both := write(t, "both.yaml", "name: both\ntitle: t\nworkload: {kind: bidirectional, rate: 400kbit/s, read: 2920, duration: 1s}\n"+
		"sweep: {mode: [active, passive]}\nrepeats: {min: 1, max: 1}\nwarmup: 0\nlimits: {loss: {max: 0}, efficiency: {max: 1.05}}\n")
	for _, rig := range []string{"emulated?link=uart", "emulated?link=spi"} {
		for _, scenario := range []string{file, both} {
			code, out, errOut := cli(t, "run", "-q", "--json", "--rig", rig, "--out", t.TempDir(), scenario)
			if code != 0 || !strings.Contains(out, `"outcome":"PASS"`) {
				t.Errorf("%s: exit %d: %s %s", rig, code, out, errOut)
			}
		}
	}
}
