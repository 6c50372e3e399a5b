package main

import (
	"context"
	"errors"
	"io"
	"net"

	"st67bench/bench/power"
	"st67bench/scenarios"
	"st67bench/transport/uart"
)

// meterBaud is what a meter's port is opened with. They are USB devices, for which it means nothing.
const meterBaud = 115200

// meters are those behind a serial port.
var meters = map[string]func(context.Context, power.Line, power.Settings) (power.Meter, error){
	"ppk2": power.NewPPK2, "v3pwr": power.NewV3PWR, "lpm01a": power.NewLPM01A,
}

// openMeter opens the instrument of a meter's URL: this is the only place that knows which driver is behind a scheme.
func openMeter(ctx context.Context, url scenarios.MeterURL, link *opened) (power.Meter, error) {
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
	case "scpi":
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", url.Target)
		if err != nil {
			return nil, err
		}
		return withLine(conn)(power.NewSCPI(ctx, conn, url.Get("dialect"), set))
	default:
		port, err := uart.Open(uart.Config{Device: url.Target, Baud: meterBaud})
		if err != nil {
			return nil, err
		}
		return withLine(port)(meters[url.Scheme](ctx, port, set))
	}
}

// lineMeter closes its line as well.
type lineMeter struct {
	power.Meter
	line io.Closer
}

func (m lineMeter) Close(ctx context.Context) error {
	return errors.Join(m.Meter.Close(ctx), m.line.Close())
}

// withLine makes the line the meter's own; without a meter it is closed.
func withLine(line io.Closer) func(power.Meter, error) (power.Meter, error) {
	return func(m power.Meter, err error) (power.Meter, error) {
		if err != nil {
			return nil, errors.Join(err, line.Close())
		}
		return lineMeter{m, line}, nil
	}
}
