package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"st67bench/scenarios"
)

// atOptions are what st67bench at is asked for.
type atOptions struct {
	rig         string
	reset       bool
	destructive bool
	json        bool
	timeout     time.Duration
	wait        time.Duration
}

// atTimeout is above the 20 s that no command of the module exceeds (manual
// 4.1.7.1.2), atWait above what an unsolicited code lags behind a final code.
const (
	atTimeout = 21 * time.Second
	atWait    = 200 * time.Millisecond
)

func newAt(a *app) *cobra.Command {
	var o atOptions
	c := &cobra.Command{
		Use:   "at [LINE...]",
		Short: "Talk to the module in AT commands",
		Long: "at sends each LINE and prints the reply as the module gives it, and unsolicited codes in words as they come.\n" +
			"It stops at the first error. With no LINE it reads lines from stdin; on a terminal it has a prompt with history (Ctrl-D ends).\n" +
			"Nothing else is sent: no setting of the module is asked for or changed. The payload of a command with a data phase is the LINE after it.",
		Example: "  st67bench at 'AT+GMR' 'AT+SYSRAM?'\n" +
			"  st67bench at --rig rig.yaml --reset 'AT+CIPMUX=1'\n" +
			"  st67bench at --rig rig.yaml 'AT+CIPSEND=0,5' hello\n" +
			"  st67bench at --rig rig.yaml < init.at",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.at(cmd.Context(), o, args)
		},
	}
	f := c.Flags()
	f.StringVar(&o.rig, "rig", "", "rig `file` or link URL (default: the emulated module)")
	f.BoolVar(&o.reset, "reset", false, "restart the module first, also out of a data phase, and wait for ready")
	f.BoolVar(&o.destructive, "destructive", false, "allow commands that write fuses or flash, switch the firmware or erase all settings")
	f.BoolVar(&o.json, "json", false, "print one JSON object per command and per unsolicited code")
	f.DurationVar(&o.timeout, "timeout", atTimeout, "how long one command may take")
	f.DurationVar(&o.wait, "wait", atWait, "how long to listen for unsolicited codes after the last command")
	return c
}

// at runs the console.
func (a *app) at(ctx context.Context, o atOptions, args []string) error {
	rig, err := loadRig(o.rig)
	if err != nil {
		return usage(err)
	}
	if err := checkLines(ctx, args, o.destructive); err != nil {
		return err
	}
	link, err := openLink(ctx, rig.Module)
	if err != nil {
		return err
	}
	a.atBanner(rig, link)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	from, err := a.atSource(ctx, cancel, args, o.json)
	if err != nil {
		return errors.Join(err, link.Close())
	}
	defer from.end()
	c := newConsole(ctx, link, newAtPrinter(from.out, rig.Secrets(), o.json), o.timeout)
	for _, secret := range rig.Secrets() {
		c.s.Mask(secret)
	}
	go c.listen(cancel)
	err = c.start(o.reset, newHooks(rig, link).resetBy(link))
	if err == nil {
		err = c.run(from, o)
	}
	return errors.Join(err, c.close(cancel))
}

// atBanner says on stderr what the answers come from when that is no module.
func (a *app) atBanner(rig *scenarios.Rig, link *opened) {
	if link.emulated() {
		fmt.Fprintf(a.errOut, "rig       EMULATED MODULE: these answers are the emulator's, not a module's; %s\n", link.conn)
	}
	if link.note != "" {
		fmt.Fprintf(a.errOut, "rig       %s: %s\n", rig.Name, link.note)
	}
}

// run takes step after step until there is none, or until one fails and nobody
// is there who could go on.
func (c *console) run(from *atSource, o atOptions) error {
	for {
		s, err := readStep(c.ctx, from, o.destructive)
		if err == nil {
			err = c.do(s)
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && s.line == "":
			return c.linger(from, o.wait)
		case c.ctx.Err() != nil && from.attended && errors.Is(context.Cause(c.ctx), errInterrupted):
			return nil // Ctrl-C is the way out
		case c.ctx.Err() != nil || !from.attended:
			return err
		default:
			c.out.problem(err)
		}
	}
}

// linger listens on for unsolicited codes after the last line of a script.
func (c *console) linger(from *atSource, d time.Duration) error {
	if from.attended {
		return nil
	}
	err := pause(c.ctx, d)
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// pause waits, or returns why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
