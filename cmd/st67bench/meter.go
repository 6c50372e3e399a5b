package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"st67bench/bench/power"
	"st67bench/scenarios"
	"st67bench/transport/remote"
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
		line, err := openMeterLine(url.Target)
		if err != nil {
			return nil, err
		}
		return withLine(line)(meters[url.Scheme](ctx, line, set))
	}
}

// meterLine is a line that can be closed.
type meterLine interface {
	power.Line
	io.Closer
}

// openMeterLine opens a serial port, or the socket that leads to one.
func openMeterLine(target string) (meterLine, error) {
	if address, ok := strings.CutPrefix(target, scenarios.MeterTCP); ok {
		conn, err := remote.Open(remote.Config{Scheme: remote.TCP, Target: address})
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
	port, err := uart.Open(uart.Config{Device: target, Baud: meterBaud})
	if err != nil {
		return nil, err
	}
	return port, nil
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
