package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"st67bench/transport/emulator"
)

func newEmulate(a *app) *cobra.Command {
	var pty, tcp, spi []string
	var profile, build, log, control string
	var seed uint64
	var quirks, faults, set []string
	var current meterOffer
	c := &cobra.Command{
		Use:   "emulate",
		Short: "Offer an emulated module to any other program",
		Long: "emulate runs the emulated module in real time until it is interrupted, on a pseudo-terminal (--pty) or a TCP port (--tcp),\n" +
			"for any program that speaks AT to a ST67W611M1, or on a socket that has the pins of its SPI link (--spi), for an SPI host.\n" +
			"With several of these flags there are as many modules, one on each, on one emulated air: BLE finds the others.\n" +
			"--meter puts a current meter into the supply of the first one, with its own wire protocol (docs/emulator-meters.md).\n" +
			"While they run, lines on the --control socket inject faults, switch quirks and access points: " + controlHelp() + ".",
		Example: "  st67bench emulate --pty /tmp/st67\n  st67bench emulate --tcp 127.0.0.1:6767 --profile t01-2.0.97 --set radio=5Mbit/s\n" +
			"  st67bench emulate --spi unix:/tmp/st67-pins --set speed=40MHz\n" +
			"  st67bench emulate --pty /tmp/st67 --log /tmp/st67-log --control unix:/tmp/st67-control\n" +
			"  st67bench emulate --pty /tmp/st67 --meter ppk2 --meter-pty /tmp/ppk2\n" +
			"  echo fault deauth@0s | nc -U -q1 /tmp/st67-control",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(pty)+len(tcp)+len(spi) == 0 {
				return usage(errors.New("emulate needs --spi unix:PATH, --pty LINK or --tcp ADDR; see st67bench emulate --help"))
			}
			if err := current.check(); err != nil {
				return usage(err)
			}
			q := url.Values{"quirk": quirks, "fault": faults}
			for key, v := range map[string]string{"profile": profile, "build": build} {
				if v != "" {
					q.Set(key, v)
				}
			}
			if seed != 0 {
				q.Set("seed", fmt.Sprint(seed))
			}
			for _, s := range set {
				key, value, found := strings.Cut(s, "=")
				if !found {
					return usage(fmt.Errorf("--set %q is not key=value", s))
				}
				q.Add(key, value)
			}
			var offers []offer
			for _, o := range []struct {
				link  string
				where []string
				open  opener
			}{{"uart", pty, a.onPTY}, {"tcp", tcp, a.onTCP}, {"spi", spi, a.onPins}} {
				for _, where := range o.where {
					offers = append(offers, offer{o.link, where, o.open})
				}
			}
			return a.emulate(cmd.Context(), q, offers, extras{log, control, current})
		},
	}
	current.flags(c)
	f := c.Flags()
	f.StringArrayVar(&pty, "pty", nil, "serve on a pseudo-terminal and make this symbolic `link` to it; may be repeated")
	f.StringArrayVar(&tcp, "tcp", nil, "serve on this TCP `address`, host:port; may be repeated")
	f.StringArrayVar(&spi, "spi", nil, "serve the pins of the SPI link on this `socket`, unix:PATH; may be repeated")
	f.StringVar(&log, "log", "", "the log UART of the first module, on a pseudo-terminal with this symbolic `link`")
	f.StringVar(&control, "control", "", "answer control lines on this `socket`, unix:PATH")
	f.StringVar(&profile, "profile", "", "firmware `profile`, or the path of a profile file (default t01-2.0.106)")
	f.StringVar(&build, "build", "", "firmware `build`: uart or spi (default spi with --spi, else uart)")
	f.Uint64Var(&seed, "seed", 0, "seed of everything random")
	f.StringArrayVar(&quirks, "quirk", nil, "switch a named quirk; may be repeated")
	f.StringArrayVar(&faults, "fault", nil, "inject a named fault; may be repeated")
	f.StringArrayVar(&set, "set", nil, "set a parameter of the emulated module, `key=value`; may be repeated")
	return c
}

// opener opens a module somewhere and returns what serves it there until the context ends.
type opener func(m *emulator.Module, where string) (serve func(context.Context) error, err error)

// offer is one flag that offers a module: the link, and where.
type offer struct {
	link, where string
	open        opener
}

// extras stand beside the modules; empty for none.
type extras struct {
	log, control string
	meter        meterOffer
}

// emulate serves until the context ends or one offer fails. A module has one
// host at a time, so each offer has its own.
func (a *app) emulate(ctx context.Context, q url.Values, offers []offer, x extras) error {
	ctx, cancel := context.WithCancel(ctx)
	var serving sync.WaitGroup
	defer func() {
		cancel()
		serving.Wait()
	}()
	failed := make(chan error, len(offers)+2)
	air := emulator.NewEther()
	var modules []*emulator.Module
	for i, o := range offers {
		m, err := newModule(q, o.link, i+1, air)
		if err != nil {
			return err
		}
		defer m.Close()
		modules = append(modules, m)
		serve, err := o.open(m, o.where)
		if err != nil {
			return err
		}
		serving.Go(func() { failed <- serve(ctx) })
	}
	if err := a.beside(modules, x, func(serve func(context.Context) error) {
		serving.Go(func() { failed <- serve(ctx) })
	}); err != nil {
		return err
	}
	err := <-failed
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// beside offers the meter, the log port and the control socket.
func (a *app) beside(modules []*emulator.Module, x extras, start func(serve func(context.Context) error)) error {
	if x.meter.kind != "" {
		serve, err := x.meter.open(a, modules[0])
		if err != nil {
			return err
		}
		start(serve)
	}
	if x.log != "" {
		path, err := modules[0].LogPTY(x.log)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "log port on %s (%s)\n", x.log, path)
	}
	if x.control == "" {
		return nil
	}
	path, ok := strings.CutPrefix(x.control, "unix:")
	if !ok || path == "" {
		return usage(fmt.Errorf("--control %q is not unix:PATH", x.control))
	}
	l, err := listenUnix(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "control on unix:%s\n", path)
	start(func(ctx context.Context) error { return serveControl(ctx, l, modules) })
	return nil
}

// onPTY offers m on a pseudo-terminal.
func (a *app) onPTY(m *emulator.Module, link string) (func(context.Context) error, error) {
	path, err := m.PTY(link)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.out, "emulated module on %s (%s)\n", link, path)
	return func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}, nil
}

// onTCP offers m on a TCP port, to one client after the other.
func (a *app) onTCP(m *emulator.Module, address string) (func(context.Context) error, error) {
	l, err := listenTCP(address)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.out, "emulated module on tcp:%s\n", l.Addr())
	return func(ctx context.Context) error { return m.Serve(ctx, l) }, nil
}

// onPins offers the SPI pins of m on a socket, to one client after the other.
func (a *app) onPins(m *emulator.Module, address string) (func(context.Context) error, error) {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok || path == "" {
		return nil, usage(fmt.Errorf("--spi %q is not unix:PATH", address))
	}
	l, err := listenUnix(path)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.out, "emulated module on spi:unix:%s\n", path)
	return func(ctx context.Context) error { return m.ServeSPI(ctx, l) }, nil
}

// listenUnix listens on a socket; one that a killed process has left behind, on
// which nobody answers, is replaced.
func listenUnix(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	conn, refused := net.Dial("unix", path)
	if refused == nil {
		conn.Close()
	}
	if !errors.Is(refused, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%w; end what serves there, or choose another path", err)
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return net.Listen("unix", path)
}

// newModule makes one of the emulated modules that the flags describe.
func newModule(q url.Values, link string, unit int, air *emulator.Ether) (*emulator.Module, error) {
	q.Set("link", link)
	cfg, err := emulator.Parse(q)
	if err != nil {
		return nil, usage(err)
	}
	cfg.Unit, cfg.Ether = unit, air
	m, err := emulator.New(cfg)
	if err != nil {
		return nil, usage(err)
	}
	return m, nil
}
