package main

import (
	"errors"
	"strings"
	"time"

	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/spislave"
	"st67bench/transport/spi"
	"st67bench/transport/uart"
)

// openSPI opens a spidev with its lines, or the pin level on a socket or on a
// serial line.
func openSPI(url scenarios.LinkURL) (*opened, error) {
	if device, ok := strings.CutPrefix(url.Target, "uart:"); ok {
		return openBridge(device, url)
	}
	link, err := spi.Open(spi.Config{
		Device: url.Target, Speed: int(url.Number("speed")),
		CS: url.Get("cs"), RDY: url.Get("rdy"), EN: url.Get("en"), Boot: url.Get("boot"), Max: int(url.Number("max")),
	})
	if err != nil {
		return nil, err
	}
	return openedSPI(link), nil
}

// openBridge opens the pins behind a microcontroller's serial port.
func openBridge(device string, url scenarios.LinkURL) (*opened, error) {
	port, err := uart.Open(uart.Config{Device: device, Baud: int(url.Number("baud")), Flow: url.Get("flow")})
	if err != nil {
		return nil, err
	}
	link, err := spi.OpenStream(port, spi.Options{Name: url.String(), Speed: int(url.Number("speed")), Max: int(url.Number("max"))})
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return openedSPI(link), nil
}

func openedSPI(link *spi.Link) *opened {
	return &opened{conn: link, link: link, conditions: link.Conditions(), note: strings.Join(link.Warnings(), "; ")}
}

// linkSPI drives an emulated module's wires by the engine for real ones.
func linkSPI(m *emulator.Module, url scenarios.LinkURL) (*opened, error) {
	w := wires{m.SPI()}
	link, err := spi.New(w, w, spi.Options{Name: m.String(), Speed: max(w.Speed(), 0), Max: int(url.Number("max"))})
	if err != nil {
		return nil, err
	}
	return &opened{conn: link, link: link}, nil
}

// wires are an emulated module's as the engine's bus and lines.
type wires struct{ *spislave.Slave }

func (w wires) WaitEdge(deadline time.Time) (spi.Edge, error) {
	high, at, seq, err := w.Slave.WaitEdge(deadline)
	if errors.Is(err, spislave.ErrInterrupted) {
		err = spi.ErrInterrupted
	}
	return spi.Edge{High: high, At: at, Seq: seq}, err
}

// Close leaves the module as it is, for the next link: nothing of it can block.
func (w wires) Close() error { return nil }
