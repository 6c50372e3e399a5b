package main

import (
	"strings"
	"testing"
)

// In real time, over a pseudo-terminal and over SPI, with real sockets: the modes that a silence ends are entered and left
// again, and no byte is lost.
func TestUploadModesInRealTime(t *testing.T) {
	for _, rig := range []string{"emulated", "emulated?link=spi"} {
		out := t.TempDir()
		for _, workload := range []string{
			"kind: passthrough, length: 1000, sends: 60", "kind: cipsendl, length: 1MB, cancel: 60kB, sends: 1, protocol: tls",
		} {
			file := write(t, "mode.yaml", "name: mode\nworkload: {"+workload+"}\nwarmup: 0\nrepeats: {min: 1, max: 1}\n"+
				"limits: {loss: {max: 0}, duplicate: {max: 0}, corrupt: {max: 0}, foreign: {max: 0}}\n")
			code, said, errOut := cli(t, "run", "-q", "--json", "--rig", rig, "--out", out, file)
			if n := strings.Count(said, `"outcome":"PASS"`); code != 0 || n < 1 {
				t.Errorf("%s on %s: exit %d, %d passed: %s %s", workload, rig, code, n, said, errOut)
			}
		}
	}
}
