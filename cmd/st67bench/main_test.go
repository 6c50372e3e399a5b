package main

import (
	"context"
	"os"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// asCommand makes the test binary the command itself, for tests of signals.
const asCommand = "ST67BENCH_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		ctx, stop := interruptible(context.Background())
		code := execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

func skipWithoutPTY(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the emulated module has a pseudo-terminal on Linux only")
	}
	if _, err := os.Stat("/dev/ptmx"); err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
}
