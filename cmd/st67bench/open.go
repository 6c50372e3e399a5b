package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"st67bench/bench"
	"st67bench/bench/peer"
	"st67bench/scenarios"
	"st67bench/transport"
	"st67bench/transport/emulator"
	"st67bench/transport/remote"
	"st67bench/transport/uart"
)

// opened is an open link: the only place that knows which package is behind a
// URL's scheme is this file.
type opened struct {
	conn       transport.Conn
	link       bench.Link
	conditions map[string]string
	emulator   *emulator.Module // nil for a real module
	note       string           // what a person has to know about this link
	network    peer.Network     // how the peer reaches the network; the zero value: real sockets
	log        *logPort         // of an emulated module; nil for a real one
	config     emulator.Config  // of an emulated module
	broker     netip.AddrPort   // of MQTT, in a network of its own; not valid: this machine's
	device     string           // of an emulated module's serial line
	unlink     func()           // ends what offers an emulated module at the link; nil when there is nothing
	silent     bool             // the meter in the supply does not carry the radio: the module joins no network
}

func (o *opened) emulated() bool { return o.emulator != nil }

// leave closes the link. An emulated module goes on.
func (o *opened) leave() error {
	err := o.conn.Close()
	if errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) {
		err = nil // the session has closed it already
	}
	if o.unlink != nil {
		o.unlink()
	}
	return err
}

// Close closes the link and the emulated module behind it.
func (o *opened) Close() error {
	err := o.leave()
	if o.emulator != nil {
		err = errors.Join(err, o.emulator.Close())
	}
	return err
}

// openLink maps a link URL's scheme to the package that opens it.
func openLink(_ context.Context, url scenarios.LinkURL) (*opened, error) {
	switch url.Scheme {
	case "uart":
		return openUART(url.Target, url)
	case "spi":
		return openSPI(url)
	case "tcp", "unix", "rfc2217":
		return openRemote(url)
	case "emulated":
		return openEmulated(url)
	case "replay":
		return openReplay(url)
	default:
		return nil, fmt.Errorf("this version cannot open %s: links yet; uart:, spi:, tcp:, unix:, rfc2217:, emulated and replay: are there", url.Scheme)
	}
}

// openUART opens a serial line with the baud and flow of the URL.
func openUART(device string, url scenarios.LinkURL) (*opened, error) {
	port, err := uart.Open(uart.Config{Device: device, Baud: int(url.Number("baud")), Flow: url.Get("flow")})
	if err != nil {
		return nil, err
	}
	return &opened{conn: port, link: port, conditions: port.Conditions()}, nil
}

// openEmulated starts an emulated module and opens its link. The serial one is
// a pseudo-terminal behind the real serial code; where there is none, the link
// is in memory, and the note says so.
func openEmulated(url scenarios.LinkURL) (*opened, error) {
	cfg, err := emulator.Parse(url.Query)
	if err != nil {
		return nil, usage(err)
	}
	note := ""
	cfg.Link = url.Get("link")
	if cfg.Baud == 0 {
		cfg.Baud = emulator.DefaultBaud
	}
	if cfg.Link == "uart" && runtime.GOOS != "linux" {
		cfg.Link = "memory"
		note = "no pseudo-terminal on " + runtime.GOOS + ": the emulated module is linked in memory"
	}
	log := &logPort{}
	cfg.Log, cfg.Ether = log, emulator.NewEther()
	m, err := emulator.New(cfg)
	if err != nil {
		return nil, usage(err)
	}
	o, err := linkEmulated(m, cfg, url)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	o.emulator, o.config, o.note, o.log = m, cfg, note, log
	return o, nil
}

// linkEmulated opens the first link to an emulated module.
func linkEmulated(m *emulator.Module, cfg emulator.Config, url scenarios.LinkURL) (*opened, error) {
	return linkTo(m, cfg.Link, "", url)
}

// linkTo opens a link to an emulated module; device is that of the serial line before, empty for the first one.
func linkTo(m *emulator.Module, link, device string, url scenarios.LinkURL) (o *opened, err error) {
	switch link {
	case "uart":
		if device == "" {
			if device, err = m.PTY(""); err != nil {
				return nil, err
			}
		}
		if o, err = openUART(device, url); err == nil {
			o.device = device
		}
		return o, err
	case "memory":
		conn, err := m.Open()
		if err != nil {
			return nil, err
		}
		return &opened{conn: conn, link: conn}, nil
	case "spi":
		return linkSPI(m, url)
	default:
		return linkTCP(m)
	}
}

// linkTCP serves an emulated module on a port of this host, which the client
// for raw TCP ports then opens; the module paces it as its line would.
func linkTCP(m *emulator.Module) (*opened, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = m.Serve(ctx, l) })
	unlink := func() {
		end()
		serving.Wait()
	}
	baud, _ := m.Line()
	conn, err := remote.Open(remote.Config{Scheme: remote.TCP, Target: l.Addr().String(), Line: max(baud, 0)})
	if err != nil {
		unlink()
		return nil, err
	}
	return &opened{conn: conn, link: conn, conditions: conn.Conditions(), unlink: unlink}, nil
}

// openRemote reaches a serial line or a module over the network.
func openRemote(url scenarios.LinkURL) (*opened, error) {
	conn, err := remote.Open(remote.Config{
		Scheme: url.Scheme, Target: url.Target,
		Line: int(url.Number("line")), Baud: int(url.Number("baud")), Flow: url.Get("flow"),
	})
	if err != nil {
		return nil, err
	}
	return &opened{conn: conn, link: conn, conditions: conn.Conditions()}, nil
}

// openReplay plays a recorded at.log back.
func openReplay(url scenarios.LinkURL) (*opened, error) {
	f, err := os.Open(url.Target)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	conn, err := transport.Replay(f, transport.ReplayOptions{
		Name: url.Target, Recorded: url.Get("speed") == "recorded"})
	if err != nil {
		return nil, err
	}
	return &opened{conn: conn, link: replayed{}, note: "a recording is played back: these figures are not of now"}, nil
}

// replayed is the Link of a recording: nothing is known of the line.
type replayed struct{}

func (replayed) Identity() map[string]string                       { return map[string]string{"link": "replay"} }
func (replayed) Counters() map[string]uint64                       { return nil }
func (replayed) Drain(func(series string, t time.Time, v float64)) {}
func (replayed) LineTime(_, _ []int) (time.Duration, bool)         { return 0, false }
