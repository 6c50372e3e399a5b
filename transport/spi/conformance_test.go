package spi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/spislave"
	"st67bench/transport/spi"
	"st67bench/transport/transporttest"
)

// readyHigh is the least RDY pulse of the real module.
const readyHigh = 70 * time.Microsecond

// The engine drives the emulated slave's pins in this process.
func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		slave, sides := newSlave(t)
		w := wires{slave}
		link, err := spi.New(w, w, spi.Options{Name: "emulated?link=spi"})
		if err != nil {
			t.Fatal(err)
		}
		return transporttest.Pair{Conn: link, Far: &firmware{Side: switchedOn(t, sides)}, Anew: again(sides)}
	}, transporttest.Features{Without: map[transporttest.Part]string{
		transporttest.PeerDeathRead: "wires have no end of file: a module that died is one that leaves RDY low, as an idle one does",
	}})
}

// The same slave's pins are at the other end of a socket; there the module's end
// can go, and the link sees it.
func TestPinLevelConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		slave, sides := newSlave(t)
		path := filepath.Join(t.TempDir(), "pins")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- slave.Serve(ctx, l) }()
		t.Cleanup(func() {
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
		link, err := spi.Open(spi.Config{Device: "unix:" + path})
		if err != nil {
			t.Fatal(err)
		}
		return transporttest.Pair{Conn: link, Far: &firmware{Side: switchedOn(t, sides), unplug: stop}, Anew: again(sides)}
	}, transporttest.Features{})
}

// newSlave makes a slave whose clock takes no time, and the channel that gives
// the firmware's end when the host has switched it on.
func newSlave(t *testing.T) (*spislave.Slave, <-chan *spislave.Side) {
	sides := make(chan *spislave.Side, 1)
	slave := spislave.New(spislave.Options{
		Clock: core.NewClock(), Faults: core.NewFaults(nil, 0), Speed: core.Unpaced, High: readyHigh,
		On: func(side *spislave.Side) error {
			side.Running(true)
			sides <- side
			return nil
		},
		Off: func() {},
	})
	t.Cleanup(func() {
		if err := slave.Close(); err != nil {
			t.Error(err)
		}
	})
	return slave, sides
}

// switchedOn waits for CHIP_EN, which takes its time on a socket.
func switchedOn(t *testing.T, sides <-chan *spislave.Side) *spislave.Side {
	t.Helper()
	select {
	case side := <-sides:
		return side
	case <-time.After(20 * time.Second):
		t.Fatal("CHIP_EN did not rise")
		return nil
	}
}

// again is the firmware that has started anew.
func again(sides <-chan *spislave.Side) func(*testing.T) io.ReadWriteCloser {
	return func(t *testing.T) io.ReadWriteCloser { return &firmware{Side: switchedOn(t, sides)} }
}

// firmware passes bytes through: it gives the payload of the host's frames as a
// stream, and makes a frame of what is written to it.
type firmware struct {
	*spislave.Side
	unplug func() // takes the pins away; nil when they are in this process

	frame [spislave.MaxPayload]byte
	rest  []byte // of frame, not yet read
}

// Read takes the next frame only when the last has been read: a Side cuts a frame
// off that is longer than what it is to fill.
func (f *firmware) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		n, err := f.Side.Read(f.frame[:])
		if err != nil {
			return 0, err
		}
		f.rest = f.frame[:n]
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *firmware) Close() error {
	if f.unplug != nil {
		f.unplug()
	}
	return f.Side.Close()
}

// wires are the emulated slave as the engine's bus and lines.
type wires struct{ *spislave.Slave }

func (w wires) WaitEdge(deadline time.Time) (spi.Edge, error) {
	high, at, seq, err := w.Slave.WaitEdge(deadline)
	if errors.Is(err, spislave.ErrInterrupted) {
		err = spi.ErrInterrupted
	}
	return spi.Edge{High: high, At: at, Seq: seq}, err
}

// Close leaves the slave to who made it: none of its calls blocks without end.
func (w wires) Close() error { return nil }
