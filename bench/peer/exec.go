package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Limits of a program for which ExecOptions has none.
const (
	execTime   = time.Minute
	execOutput = 1 << 20
)

// execGrace is the time from SIGTERM to SIGKILL, and how long a program that has ended is waited for when
// its own children keep its output open.
const execGrace = time.Second

// Why a program was ended.
var (
	errLate  = errors.New("its time is over")
	errFlood = errors.New("its output has no end")
)

// ExecOptions say which program runs, and what it may use.
type ExecOptions struct {
	Path      string        // a path, or a name that is looked for in PATH
	Args      []string      // without the program's name
	Package   string        // what has to be installed where the program is missing; "" is its name
	Deadline  time.Duration // it is ended then; 0 is a minute
	MaxOutput int64         // bytes of stdout and stderr together, beyond which it is killed; 0 is 1 MiB
	// Line has each line of stdout as it comes, without its end. It must not block. stdout is not kept then.
	Line func(line string)
	// Fault says of a line of stderr whether it is an error, whatever the exit code; nil leaves it to the code.
	Fault func(line string) bool
}

// ExecResult is what a program left.
type ExecResult struct {
	Stdout, Stderr string
	Code           int // exit code; -1 when a signal ended it
	Time           time.Duration
}

func (o ExecOptions) withDefaults() ExecOptions {
	if o.Package == "" {
		o.Package = filepath.Base(o.Path)
	}
	if o.Deadline == 0 {
		o.Deadline = execTime
	}
	if o.MaxOutput == 0 {
		o.MaxOutput = execOutput
	}
	return o
}

// Run runs a program to its end: in a process group of its own, with messages in English and times in UTC. It is
// asked to end (SIGTERM) when ctx ends or its deadline has passed, killed with all its children a second later, and
// killed at once when it prints too much. None of its children outlives it. The result is valid with an error too.
// On Windows there is no group, and only the program itself is killed.
func Run(ctx context.Context, o ExecOptions) (ExecResult, error) {
	o = o.withDefaults()
	path, err := exec.LookPath(o.Path)
	if err != nil {
		return ExecResult{Code: -1}, o.missing(err)
	}
	ctx, late := context.WithTimeoutCause(ctx, o.Deadline, errLate)
	defer late()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)

	b := &budget{left: o.MaxOutput, spent: func() { end(errFlood) }}
	stdout, stderr := &capture{budget: b, line: o.Line}, &capture{budget: b}
	cmd := exec.CommandContext(ctx, path, o.Args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	ownGroup(cmd)
	cmd.Cancel = func() error { return endGroup(cmd.Process, context.Cause(ctx) == errFlood) }
	cmd.WaitDelay = execGrace

	start := time.Now()
	if err := cmd.Start(); err != nil {
		return ExecResult{Code: -1}, o.missing(err)
	}
	err = cmd.Wait()
	_ = endGroup(cmd.Process, true) // what it has started; usually nothing is left
	stdout.flush()
	r := ExecResult{
		Stdout: stdout.String(), Stderr: stderr.String(),
		Code: cmd.ProcessState.ExitCode(), Time: time.Since(start),
	}
	return r, o.verdict(r, err, context.Cause(ctx), cmd.ProcessState)
}

// missing says that the program cannot be started.
func (o ExecOptions) missing(err error) error {
	if filepath.Base(o.Path) != o.Path && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("peer: there is no program %s; check the path, which begins where st67bench runs unless it begins with /: %w", filepath.Base(o.Path), fs.ErrNotExist)
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("peer: %s is not installed on this machine: install the package %s (Debian: sudo apt-get install %s): %w",
			filepath.Base(o.Path), o.Package, o.Package, err)
	}
	return fmt.Errorf("peer: %s cannot be started: %w", filepath.Base(o.Path), err)
}

// verdict says what went wrong. Only a path's last element is named: arguments may hold secrets.
func (o ExecOptions) verdict(r ExecResult, err, cause error, state *os.ProcessState) error {
	name := filepath.Base(o.Path)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well, and left children
	}
	switch {
	case err != nil && cause == errFlood:
		return fmt.Errorf("peer: %s printed more than %d bytes and was killed: %w", name, o.MaxOutput, errFlood)
	case err != nil && cause == errLate:
		return fmt.Errorf("peer: %s did not end within %v and was killed%s: %w", name, o.Deadline, quoted(r.Stderr), errLate)
	case err != nil && cause != nil:
		return fmt.Errorf("peer: %s was stopped: %w", name, cause)
	case r.Code < 0:
		return fmt.Errorf("peer: %s crashed (%v) after %v%s", name, state, r.Time.Round(time.Millisecond), quoted(r.Stderr))
	}
	if line := o.fault(r.Stderr); line != "" {
		return fmt.Errorf("peer: %s: %s", name, line)
	}
	if err != nil {
		said := quoted(r.Stderr)
		if said == "" {
			said = quoted(r.Stdout)
		}
		return fmt.Errorf("peer: %s failed with exit code %d%s", name, r.Code, said)
	}
	return nil
}

// fault is the first line of stderr that is an error; "" when there is none.
func (o ExecOptions) fault(stderr string) string {
	if o.Fault == nil {
		return ""
	}
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); o.Fault(line) {
			return line
		}
	}
	return ""
}

// quoted is the last line of what a program said, to be put into a message.
func quoted(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
	if s == "" {
		return ""
	}
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return fmt.Sprintf("; it said %q", s)
}
