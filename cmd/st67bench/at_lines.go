package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"st67bench/bench/st67"
)

// escape leaves passthrough mode (manual 4.1.12.2). It is sent without CRLF.
const escape = "+++"

// atSource is where the lines of the console come from.
type atSource struct {
	next     func(ctx context.Context, prompt string) (string, error) // io.EOF after the last line
	end      func()
	out      io.Writer // where the replies go
	attended bool      // a person is there, who goes on after an error
}

// atSource picks the arguments, the prompt of a terminal, or what is piped in.
func (a *app) atSource(ctx context.Context, cancel context.CancelCauseFunc, args []string, json bool) (*atSource, error) {
	if len(args) > 0 {
		return listed(args, a.out), nil
	}
	if in, out, ok := terminals(a.in, a.out); ok && !json {
		return prompted(ctx, cancel, in, out)
	}
	return piped(ctx, a.in, a.out), nil
}

// listed gives the lines of a list.
func listed(lines []string, out io.Writer) *atSource {
	return &atSource{out: out, end: func() {}, next: func(context.Context, string) (string, error) {
		if len(lines) == 0 {
			return "", io.EOF
		}
		line := lines[0]
		lines = lines[1:]
		return line, nil
	}}
}

// piped gives the lines of a stream, which are read as they are asked for.
func piped(ctx context.Context, in io.Reader, out io.Writer) *atSource {
	lines := make(chan string)
	failed := io.EOF
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(in)
		for scan.Scan() {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
		if err := scan.Err(); err != nil {
			failed = fmt.Errorf("stdin: %w", err)
		}
	}()
	return &atSource{out: out, end: func() {}, next: func(ctx context.Context, _ string) (string, error) {
		select {
		case line, more := <-lines:
			if more {
				return line, nil
			}
			return "", failed
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}}
}

// step is one command with the payload of its data phase.
type step struct {
	line    string
	payload []byte // nil for a command without a data phase
}

// readStep takes the next command, and its payload before anything is sent: a
// payload of the wrong length leaves the module out of its data mode. Empty lines
// and lines that begin with # are passed over.
func readStep(ctx context.Context, from *atSource, destructive bool) (step, error) {
	line := ""
	for line == "" || line[0] == '#' {
		text, err := from.next(ctx, "at> ")
		if err != nil {
			return step{}, err
		}
		line = strings.TrimSpace(text)
	}
	s := step{line: line}
	if err := permitted(line, destructive); err != nil {
		return s, usage(err)
	}
	n, _, ok := st67.DataPhase(line)
	if !ok {
		return s, nil
	}
	text, err := from.next(ctx, fmt.Sprintf("%d bytes> ", n))
	switch {
	case errors.Is(err, io.EOF):
		return s, usage(fmt.Errorf("%s takes %d bytes of payload, and nothing follows it: nothing was sent", line, n))
	case err != nil:
		return s, err
	case len(text) != n:
		return s, usage(fmt.Errorf("%s takes %d bytes of payload, but what follows it has %d: nothing was sent", line, n, len(text)))
	}
	s.payload = []byte(text)
	return s, nil
}

// permitted refuses what would do harm, and what is no command.
func permitted(line string, destructive bool) error {
	switch {
	case !destructive && st67.Destructive(line):
		return fmt.Errorf("%s is refused: it would write fuses or flash, switch the firmware or erase all settings; --destructive allows it", line)
	case st67.Passthrough(line):
		return fmt.Errorf("%s is refused: in passthrough mode lines are no commands any more; AT+CIPSEND=<link>,<length> sends", line)
	case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("%q is refused: a line has no control characters; CR and LF are added when it is sent", line)
	}
	return nil
}

// checkLines looks at every line of a script before the first one is sent.
func checkLines(ctx context.Context, lines []string, destructive bool) error {
	from := listed(lines, nil)
	for {
		s, err := readStep(ctx, from, destructive)
		if errors.Is(err, io.EOF) && s.line == "" {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
