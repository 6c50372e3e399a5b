package power

import (
	"context"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"st67bench/results/trace"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/meter"
	"st67bench/transport/uart"
)

// On a real line and in real time: no sample is lost, and the mean is that of the source.
func TestRealLine(t *testing.T) {
	for _, kind := range []string{"v3pwr", "keysight-elog", "psu-poll"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			source := beacons()
			if kind == "psu-poll" {
				source = constantly(0.2)
			}
			source.start = time.Now()
			m, err := meter.New(meter.Config{Kind: kind, Source: source, Model: meter.Model{Seed: 1, FIFO: 20 * time.Second}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			b := &bench{t: t, source: source, served: make(chan error, 1), all: &trace.Memory{}}
			b.line = dial(ctx, t, kind, func(far io.ReadWriteCloser) { b.served <- m.Serve(ctx, far) })
			defer func() { cancel(); b.disconnect() }()
			if err := b.open(kind, Settings{}); err != nil {
				t.Fatal(err)
			}
			if err := b.stream(2 * time.Second); err != nil {
				t.Fatal(err)
			}
			if err := b.Close(ctx); err != nil {
				t.Error(err)
			}
			rate := b.Header().Rate
			lost := 0 // polls that a busy host was late for
			for _, g := range b.all.Meta.Gaps {
				lost += int(g.To - g.From)
			}
			if s := float64(b.all.Meta.Samples) / rate; s < 1.5 || s > 2.2 || lost > 0 && kind != "psu-poll" || lost > 10 {
				t.Errorf("%.3f s of 2 s, gaps %v", s, b.all.Meta.Gaps)
			}
			// Without noise the steps of the numbers are not averaged out: up to 1/512 each, and 80 uA is one number.
			if got := whole(amps(b.all), rate, source.period); math.Abs(got/source.mean()-1) > 0.002 {
				t.Errorf("mean %v A, want %v", got, source.mean())
			}
		})
	}
}

// dial connects to an instrument as its kind is: on a PTY or over TCP.
func dial(ctx context.Context, t *testing.T, kind string, serve func(io.ReadWriteCloser)) lineCloser {
	t.Helper()
	if meter.SCPI(kind) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		accepted := make(chan net.Conn, 1)
		go func() {
			far, err := l.Accept()
			if err == nil {
				accepted <- far
			}
		}()
		near, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go serve(<-accepted)
		return near
	}
	master, slave, err := emulator.OpenPTY(115200)
	if err != nil {
		t.Fatal(err)
	}
	port, err := uart.Open(uart.Config{Device: slave, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	go serve(master)
	return port
}
