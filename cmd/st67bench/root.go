package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/spf13/cobra"

	"st67bench/scenarios"
)

// app is what all verbs share.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	verbose     bool
	open        func(context.Context, scenarios.LinkURL) (*opened, error) // opens the links of what is measured
}

func newRoot(in io.Reader, out, errOut io.Writer) *cobra.Command {
	a := &app{in: in, out: out, errOut: errOut, open: openLink}
	root := &cobra.Command{
		Use:           "st67bench",
		Short:         "Measure what a ST67W611M1 Wi-Fi module really delivers",
		Long:          "st67bench measures goodput and latency of a ST67W611M1 Wi-Fi module over its AT commands.\nWith no rig named it measures the emulated module and says so everywhere.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(&flagError{cmd.CommandPath(), err})
	})
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "log what happens to stderr")
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(
		newRun(a), newCheck(a), newInit(a), newReport(a), newList(a), newValidate(a),
		newCompare(a), newBaseline(a), newAB(a), newAA(a), newGate(a), newHistory(a), newTune(a), newExport(a), newServe(a),
		newEmulate(a), newAt(a), newProbe(a), newPeer(a), newPower(a), newVersion(a),
	)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	return root
}

// knownVerb refuses a verb that does not exist, with the nearest that does.
func knownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown verb %q", args[0])
	short := func(verb string) bool { return len(verb) < 3 } // it is near to every short word
	if near := slices.DeleteFunc(cmd.SuggestionsFor(args[0]), short); len(near) > 0 {
		text += fmt.Sprintf("; did you mean %q?", near[0])
	}
	return usage(&flagError{cmd.CommandPath(), errors.New(text)})
}

// flagError adds where to look to a mistake on the command line.
type flagError struct {
	command string
	err     error
}

func (e *flagError) Error() string { return e.err.Error() + "; see " + e.command + " --help" }
func (e *flagError) Unwrap() error { return e.err }

// usageArgs makes a wrong number of arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			if errors.As(err, new(exit)) {
				return err
			}
			return usage(&flagError{cmd.CommandPath(), err})
		}
		return nil
	}
}

// logger writes to stderr: warnings always, the rest with --verbose. Secrets never reach it.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.errOut, &slog.HandlerOptions{Level: level}))
}
