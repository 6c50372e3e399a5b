package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/transport/emulator"
	"st67bench/transport/emulator/meter"
)

// meterOffer is the emulated meter that the flags ask for.
type meterOffer struct {
	kind, pty, tcp string
	faults, set    []string
}

func (o *meterOffer) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.kind, "meter", "", "a current meter in the first module's supply: "+strings.Join(meter.Kinds(), ", "))
	choose(c, "meter", meter.Kinds()...)
	f.StringVar(&o.pty, "meter-pty", "", "the meter on a pseudo-terminal with this symbolic `link`")
	f.StringVar(&o.tcp, "meter-tcp", "", "the meter on this TCP `address`, host:port")
	f.StringArrayVar(&o.faults, "meter-fault", nil, "inject a named fault of the meter; may be repeated")
	f.StringArrayVar(&o.set, "meter-set", nil, "set a parameter of the meter, `key=value`; may be repeated")
}

// check finds what does not go together.
func (o *meterOffer) check() error {
	switch {
	case o.kind == "" && (o.pty+o.tcp != "" || len(o.faults)+len(o.set) > 0):
		return errors.New("the flags of a meter need --meter, one of " + strings.Join(meter.Kinds(), ", "))
	case o.kind == "":
		return nil
	case o.pty != "" && o.tcp != "":
		return errors.New("a meter has one host: give --meter-pty or --meter-tcp, not both")
	case o.pty != "" && meter.SCPI(o.kind):
		return fmt.Errorf("%s speaks over a socket: give --meter-tcp 127.0.0.1:5025 in place of --meter-pty", o.kind)
	case o.pty+o.tcp == "" && meter.SCPI(o.kind):
		return fmt.Errorf("--meter %s needs --meter-tcp ADDR, such as 127.0.0.1:5025", o.kind)
	case o.pty+o.tcp == "":
		return fmt.Errorf("--meter %s needs --meter-pty LINK or --meter-tcp ADDR", o.kind)
	}
	return nil
}

// open makes the meter in the supply of m, and is what serves it.
func (o *meterOffer) open(a *app, m *emulator.Module) (func(context.Context) error, error) {
	c := meter.Config{Kind: o.kind, Faults: o.faults}
	for _, s := range o.set {
		key, value, found := strings.Cut(s, "=")
		if !found {
			return nil, usage(fmt.Errorf("--meter-set %q is not key=value", s))
		}
		if err := c.Model.Set(key, value); err != nil {
			return nil, usage(fmt.Errorf("--meter-set: %w", err))
		}
	}
	instrument, err := m.Meter(c)
	if err != nil {
		return nil, usage(err)
	}
	if o.pty != "" {
		return func(ctx context.Context) error {
			return emulator.ServeMeterPTY(ctx, o.pty, instrument, func(path string) {
				fmt.Fprintf(a.out, "emulated %s on %s (%s)\n", o.kind, o.pty, path)
			})
		}, nil
	}
	l, err := listenTCP(o.tcp)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.out, "emulated %s on tcp:%s\n", o.kind, l.Addr())
	return func(ctx context.Context) error { return emulator.ServeMeter(ctx, l, instrument) }, nil
}
