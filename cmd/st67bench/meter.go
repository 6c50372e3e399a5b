package main

import (
	"context"
	"errors"
	"fmt"

	"st67bench/bench/power"
	"st67bench/scenarios"
)

// openMeter opens the instrument of a meter's URL: this is the only place that knows which driver is behind a scheme.
func openMeter(_ context.Context, url scenarios.MeterURL, link *opened) (power.Meter, error) {
	set := power.Settings{
		Volts: url.Volts(), Measure: url.Get("mode") == "ampere", Final: url.Get("final"), Digital: url.Digital(),
		Trigger: url.Get("trigger") == "on", Rate: url.Rate(),
	}
	switch url.Scheme {
	case "sim":
		if !link.emulated() {
			return nil, errors.New("sim: reads an emulated module's current, and this module is none")
		}
		return power.Sim(link.emulator, set), nil
	default:
		return nil, fmt.Errorf("this version cannot open %s: meters", url.Scheme)
	}
}
