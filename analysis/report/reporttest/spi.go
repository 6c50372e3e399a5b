package reporttest

import (
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// SPI is Run over a link that is ten times as fast, so that goodput
// and ceiling are ten times those of the other, and the shares are the same.
func SPI(t testing.TB) *results.Run {
	t.Helper()
	run := Write(t, results.Run{
		Start: time.Date(2026, 11, 22, 19, 15, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67,
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "spi", "speed": "20000000", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-52", "channel": "6", "spi_driver": "spi-bcm2835"},
		Scenario:   results.Document{Name: "cipsend-size", Title: "How does upload goodput depend on the CIPSEND length?", Text: "name: cipsend-size\n"},
		Rig:        results.Document{Name: "bench-b", Text: "module: spi:/dev/spidev0.0\n"},
		Factors:    []string{"length"},
	})
	for _, r := range run.Results {
		for name := range r.Metrics {
			switch {
			case name == "goodput" || name == "ceiling":
				r.Metrics[name] *= 10
			case strings.HasPrefix(name, "stage_") || strings.HasPrefix(name, "send_latency"):
				r.Metrics[name] /= 10
			}
		}
	}
	return run
}
