package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"st67bench/bench/power"
	"st67bench/results"
	"st67bench/results/trace"
	"st67bench/scenarios"
)

const (
	// recordStart is how long a recording command may take until it writes.
	recordStart = 20 * time.Second
	// recordEnd is how long it may take to end after SIGINT.
	recordEnd  = 30 * time.Second
	recordPoll = 20 * time.Millisecond
	// recordDoubt is by how much the end of a recording may miss the instant of SIGINT, beside what its length shows.
	recordDoubt = 100 * time.Millisecond
)

// recordedMeter has a command of the rig record the current while a repeat runs: any instrument that this program has no driver
// for.
type recordedMeter struct {
	readings
	url   scenarios.MeterURL
	start time.Time // of the run
	hide  func(string) string

	cmd    *exec.Cmd
	said   bytes.Buffer // by the command
	ended  chan error
	file   string // that it writes
	name   string // of the trace, below the run directory
	writes time.Time
}

// flows is not known before the recording has ended.
func (c *recordedMeter) flows() float64 { return 0 }

// Begin implements bench.Current: it starts the command, and waits until its file grows.
func (c *recordedMeter) Begin(ctx context.Context, seq int) error {
	if err := c.makeFolder(); err != nil {
		return err
	}
	base := filepath.Join(c.dir, powerFolder, fmt.Sprintf("%06d-recorded", seq))
	c.name, c.file = c.readings.name(fmt.Sprintf("%06d", seq)), base+c.url.Format()
	args := strings.Fields(c.url.Target)
	for i := range args {
		args[i] = strings.NewReplacer("{file}", base, "{seconds}", strconv.Itoa(int(recordLongest.Seconds()))).Replace(args[i])
	}
	if err := startable(args[0]); err != nil {
		return fmt.Errorf("meter: %s", c.hide(err.Error()))
	}
	c.said.Reset()
	c.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	c.cmd.Stdout, c.cmd.Stderr = &c.said, &c.said
	c.cmd.Cancel, c.cmd.WaitDelay = func() error { return interruptGroup(c.cmd.Process) }, recordEnd
	ownGroup(c.cmd)
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("meter: %s", c.hide(err.Error()))
	}
	c.ended = make(chan error, 1)
	go func() { c.ended <- c.cmd.Wait() }()
	if err := c.growing(ctx); err != nil {
		return errors.Join(err, c.end())
	}
	return nil
}

// recordLongest is what {seconds} says: a repeat is ended by SIGINT.
const recordLongest = 24 * time.Hour

// growing waits until the command has written something.
func (c *recordedMeter) growing(ctx context.Context) error {
	wrote := func() bool {
		info, err := os.Stat(c.file)
		c.writes = time.Now()
		return err == nil && info.Size() > 0
	}
	for begin := time.Now(); time.Since(begin) < recordStart; {
		if wrote() {
			return nil
		}
		select {
		case err := <-c.ended:
			c.ended <- nil
			if wrote() {
				return nil // End says that it ended early
			}
			return fmt.Errorf("meter: the command ended before it wrote %s: %v%s", filepath.Base(c.file), err, c.words())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(recordPoll):
		}
	}
	return fmt.Errorf("meter: the command wrote nothing to %s within %v%s", filepath.Base(c.file), recordStart, c.words())
}

// words are what the command said, without secrets.
func (c *recordedMeter) words() string {
	if text := strings.TrimSpace(c.hide(c.said.String())); text != "" {
		return "; it said: " + text
	}
	return ""
}

// end stops the command.
func (c *recordedMeter) end() error {
	_ = interruptGroup(c.cmd.Process) // it may have ended
	select {
	case <-c.ended:
		return nil
	case <-time.After(recordEnd):
		_ = killGroup(c.cmd.Process)
		<-c.ended
		return fmt.Errorf("meter: the command did not end within %v of SIGINT%s", recordEnd, c.words())
	}
}

// End implements bench.Current: it stops the command and makes a trace of what it wrote. The host knows when the file
// began to grow and when the command was told to end, so that the recording lies between.
func (c *recordedMeter) End(ctx context.Context, marks []results.Mark) (string, error) {
	select {
	case <-c.ended:
		return "", fmt.Errorf("meter: the command ended before the repeat did: %v%s", c.cmd.ProcessState, c.words())
	default:
	}
	told := time.Now()
	if err := c.end(); err != nil {
		return "", err
	}
	side, err := trace.Import(ctx, c.file, filepath.Join(c.dir, filepath.FromSlash(c.name)), trace.Options{
		Unit: c.url.Get("unit"), Rate: c.url.Rate(), Supply: c.url.Volts(),
		Current: c.url.Get("current"), Time: c.url.Get("time"), TimeUnit: c.url.Get("time-unit"), Kind: trace.Kind(c.url.Get("kind")),
	})
	if err != nil {
		return "", fmt.Errorf("meter: %w%s", err, c.words())
	}
	side.Header.Start, side.Marks = c.start, nil
	for _, m := range marks {
		side.Marks = append(side.Marks, trace.Mark{Name: m.Name, T: m.T})
	}
	length := time.Duration(float64(side.Samples) * side.Clock.Period * 1e9)
	side.Clock.Method, side.Clock.Offset = "recording", told.Sub(c.start)-length
	side.Clock.Residual = (recordDoubt + (told.Sub(c.writes) - length).Abs()).Seconds()
	return c.name, trace.SetSide(filepath.Join(c.dir, filepath.FromSlash(c.name)), side)
}

// The rest of a session is for meters that this program drives.

func (c *recordedMeter) rest(context.Context, string) error { return nil }
func (c *recordedMeter) finish() error                      { return nil }
func (c *recordedMeter) share(*rigHooks)                    {}
func (c *recordedMeter) stop() error                        { return nil }
func (c *recordedMeter) meter() power.Meter                 { return nil }
