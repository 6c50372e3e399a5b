package power

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// shieldAnswer is how long an answer may take; they come within some ms.
	shieldAnswer = 2 * time.Second
	// shieldQuiet without a byte is the end of what an instrument has to say.
	shieldQuiet = 100 * time.Millisecond
	// shieldDrain is how long an instrument may go on sending after stop.
	shieldDrain = 3 * time.Second
)

// shieldDialog sends commands and reads their answers, while no samples come.
type shieldDialog struct {
	line Line
	in   *reader
}

// refusal is an answer that is an error.
type refusal struct{ command, answer string }

func (r refusal) Error() string { return fmt.Sprintf("%q was refused: %q", r.command, r.answer) }

// ask sends a command and returns what its acknowledgement says after the command's name. With or without a prompt, and with
// lines of the instrument's own services before it.
func (d *shieldDialog) ask(ctx context.Context, command string) (string, error) {
	name, _, _ := strings.Cut(command, " ")
	if name == "powershield" { // is acknowledged with the instrument's name
		name = ""
	}
	text, err := d.exchange(ctx, command, "ack "+name)
	if err != nil {
		return "", err
	}
	return acknowledged(text, "ack "+name), nil
}

// exchange sends a command and returns all that comes up to the end of its acknowledgement.
func (d *shieldDialog) exchange(ctx context.Context, command, want string) (string, error) {
	if _, err := d.line.Write([]byte(command + "\r\n")); err != nil {
		return "", fmt.Errorf("%q: %w", command, err)
	}
	deadline := time.Now().Add(shieldAnswer)
	var seen []byte
	for {
		wait := time.Until(deadline)
		if answer, whole := answered(string(seen), want); answer != "" && isRefusal(answer) {
			return "", refusal{command, answer}
		} else if answer != "" && whole {
			return string(seen), nil
		} else if answer != "" {
			wait = min(wait, shieldQuiet)
		}
		c, err := d.within(ctx, wait)
		switch answer, _ := answered(string(seen), want); {
		case err == nil:
			seen = append(seen, c.data...)
		case errors.Is(err, errSilent) && answer != "":
			return string(seen), nil
		case errors.Is(err, errSilent):
			return "", fmt.Errorf("no answer to %q within %v; %d bytes seen: %q; replug the instrument, and close every other program that has its port open", command, shieldAnswer, len(seen), tail(seen))
		default:
			return "", fmt.Errorf("%q: %w; %d bytes seen: %q", command, err, len(seen), tail(seen))
		}
	}
}

// errSilent says that nothing came in time.
var errSilent = errors.New("nothing came")

// within is the next chunk, if it comes in time.
func (d *shieldDialog) within(ctx context.Context, wait time.Duration) (chunk, error) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	c, err := d.in.next(limited)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errSilent
	}
	return c, err
}

// quiet takes all that comes until there is a pause, such as a banner, a prompt, or the samples of a run that was killed.
func (d *shieldDialog) quiet(ctx context.Context) error {
	begin := time.Now()
	for {
		c, err := d.within(ctx, shieldQuiet)
		switch {
		case errors.Is(err, errSilent):
			return nil
		case err != nil:
			return err
		case time.Since(begin) > shieldDrain:
			return fmt.Errorf("the instrument still sends %v after stop: % X; replug it", shieldDrain, tail(c.data))
		}
	}
}

// answered finds the line that answers, and says whether the empty line that ends an answer has come as well.
func answered(seen, want string) (line string, whole bool) {
	for at := 0; ; {
		end := strings.Index(seen[at:], "\n")
		if end < 0 {
			return "", false
		}
		line = strings.TrimSpace(seen[at : at+end])
		at += end + 1
		if isRefusal(line) || strings.Contains(line, want) {
			rest := seen[at:]
			return line, strings.HasPrefix(rest, "\r\n") || strings.HasPrefix(rest, "\n")
		}
	}
}

// acknowledged is the rest of the line after the acknowledgement.
func acknowledged(text, want string) string {
	line, _ := answered(text, want)
	_, rest, _ := strings.Cut(line, want)
	return strings.TrimSpace(rest)
}

// isRefusal says whether a line is an error.
func isRefusal(line string) bool {
	line = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(line), "PowerShield > "))
	return strings.HasPrefix(line, "error") || strings.HasPrefix(line, "err ") || strings.HasPrefix(line, "nack")
}

// tail is the end of what was seen, short enough for a message.
func tail(p []byte) []byte { return p[max(0, len(p)-80):] }
