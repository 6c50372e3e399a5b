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
			"for any program that speaks AT to a ST67W611M1.",
		Example: "  st67bench emulate --pty /tmp/st67\n  st67bench emulate --tcp 127.0.0.1:6767 --profile t01-2.0.97 --set radio=5Mbit/s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (pty == "") == (tcp == "") {
				return usage(errors.New("emulate needs one of --pty LINK and --tcp ADDR; see st67bench emulate --help"))
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

// emulate serves until the context ends.
func (a *app) emulate(cmd *cobra.Command, q url.Values, pty, tcp string) error {
	if pty != "" {
		q.Set("link", "uart")
	} else {
		q.Set("link", "tcp")
	}
	cfg, err := emulator.Parse(q)
	if err != nil {
		return usage(err)
	}
	m, err := emulator.New(cfg)
	if err != nil {
		return err
	}
	defer m.Close()
	if pty != "" {
		path, err := m.PTY(pty)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "emulated module on %s (%s)\n", pty, path)
		<-cmd.Context().Done()
		return nil
	}
	l, err := net.Listen("tcp", tcp)
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
