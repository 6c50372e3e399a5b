package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/spf13/cobra"

	"st67bench/transport/emulator"
)

func newEmulate(a *app) *cobra.Command {
	var pty, tcp, profile, build string
	var seed uint64
	var quirks, faults, set []string
	c := &cobra.Command{
		Use:   "emulate",
		Short: "Offer an emulated module to any other program",
		Long: "emulate runs the emulated module in real time until it is interrupted, on a pseudo-terminal (--pty) or a TCP port (--tcp),\n" +
			"for any program that speaks AT to a ST67W611M1. With both flags there are two modules, one on each.",
		Example: "  st67bench emulate --pty /tmp/st67\n  st67bench emulate --tcp 127.0.0.1:6767 --profile t01-2.0.97 --set radio=5Mbit/s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if pty == "" && tcp == "" {
				return usage(errors.New("emulate needs --pty LINK or --tcp ADDR; see st67bench emulate --help"))
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
				more, err := url.ParseQuery(s)
				if err != nil {
					return usage(fmt.Errorf("--set %q: %w", s, err))
				}
				for key, values := range more {
					q[key] = append(q[key], values...)
				}
			}
			return a.emulate(cmd, q, pty, tcp)
		},
	}
	f := c.Flags()
	f.StringVar(&pty, "pty", "", "serve on a pseudo-terminal and make this symbolic link to it")
	f.StringVar(&tcp, "tcp", "", "serve on this TCP `address`, host:port")
	f.StringVar(&profile, "profile", "", "firmware `profile` (default t01-2.0.106)")
	f.StringVar(&build, "build", "", "firmware `build`: uart or spi (default uart)")
	f.Uint64Var(&seed, "seed", 0, "seed of everything random")
	f.StringArrayVar(&quirks, "quirk", nil, "switch a named quirk; may be repeated")
	f.StringArrayVar(&faults, "fault", nil, "inject a named fault; may be repeated")
	f.StringArrayVar(&set, "set", nil, "set a parameter of the emulated module, `key=value`; may be repeated")
	return c
}

// emulate serves until the context ends. A module has one host at a time, so
// the pseudo-terminal and the TCP port have a module each.
func (a *app) emulate(cmd *cobra.Command, q url.Values, pty, tcp string) error {
	if pty != "" {
		m, err := newModule(q, "uart")
		if err != nil {
			return err
		}
		defer m.Close()
		path, err := m.PTY(pty)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "emulated module on %s (%s)\n", pty, path)
	}
	if tcp == "" {
		<-cmd.Context().Done()
		return nil
	}
	return a.emulateTCP(cmd, q, tcp)
}

// emulateTCP serves one client after the other.
func (a *app) emulateTCP(cmd *cobra.Command, q url.Values, address string) error {
	m, err := newModule(q, "tcp")
	if err != nil {
		return err
	}
	defer m.Close()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "emulated module on tcp:%s\n", l.Addr())
	err = m.Serve(cmd.Context(), l)
	if cmd.Context().Err() != nil {
		return nil
	}
	return err
}

// newModule makes the emulated module that the flags describe.
func newModule(q url.Values, link string) (*emulator.Module, error) {
	q.Set("link", link)
	cfg, err := emulator.Parse(q)
	if err != nil {
		return nil, usage(err)
	}
	m, err := emulator.New(cfg)
	if err != nil {
		return nil, usage(err)
	}
	return m, nil
}
