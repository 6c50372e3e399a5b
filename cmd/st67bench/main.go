// Command st67bench measures what a ST67W611M1 Wi-Fi module really delivers.
//
// # Concepts
//
// Each verb is one file with one function that makes its command; root.go lists them. This package opens everything
// that the others are handed, the rig file's link URL in open.go above all, and
// it owns the exit codes:
//
//	0  all is well
//	1  something was not measured (ERROR or ABORTED), or check found this rig wrong
//	2  usage, or a scenario or rig file with a mistake
//	3  a limit was not kept, something regressed, or nothing keeps the conditions of a goal
//	4  inconclusive: too few boots or repeats to say whether something regressed, or what is the best
//	5  a trade-off: something is better and something is worse
//
// stdout carries what was asked for, stderr everything else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"st67bench/scenarios"
)

func main() {
	ctx, stop := interruptible(context.Background())
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes beside 0.
const (
	exitError = 1
	exitUsage = 2
	exitFail  = 3
)

// exit is an error that ends the process with a code of its own. An empty text prints nothing.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string { return e.err.Error() }
func (e exit) Unwrap() error { return e.err }

// errSilent ends the process after everything was said already.
var errSilent = errors.New("")

// usage marks a mistake in what the user wrote.
func usage(err error) error { return exit{exitUsage, err} }

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot(in, out, errOut)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var mistakes scenarios.Errors
	switch text := err.Error(); {
	case errors.As(err, &mistakes): // each line begins with file:line:col, as editors expect it
		fmt.Fprintln(errOut, text)
	case text != "":
		fmt.Fprintf(errOut, "st67bench: %s\n", text)
	}
	var e exit
	if errors.As(err, &e) {
		return e.code
	}
	return exitError
}

// errInterrupted is the cause of a context that Ctrl-C has ended.
var errInterrupted = errors.New("interrupted")

// interruptible ends the context at the first SIGINT or SIGTERM, so that what
// was measured is written; the second one kills.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
