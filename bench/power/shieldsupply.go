package power

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// errUnheard says that a command was not carried out while samples came.
var errUnheard = errors.New("not carried out while samples come")

// during sends a command while samples come: its answer is among them. Whether each firmware takes commands then is not
// documented; one that does not is told when no samples come, see aside.
func (s *shield) during(ctx context.Context, command string, answers <-chan string) error {
	for len(answers) > 0 {
		<-answers // to an earlier command
	}
	s.listening.Store(true)
	defer s.listening.Store(false)
	if _, err := s.line.Write([]byte(command + "\r\n")); err != nil {
		return err
	}
	late := time.NewTimer(shieldAnswer)
	defer late.Stop()
	for {
		select {
		case text, open := <-answers:
			switch {
			case !open:
				return errStreamEnded
			case isRefusal(text):
				return fmt.Errorf("%q was %w: %q", command, errUnheard, text)
			case strings.Contains(text, command) || text == powerDown && command == "pwr off":
				return nil
			}
		case <-late.C:
			return fmt.Errorf("%q was %w: no answer within %v", command, errUnheard, shieldAnswer)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errStreamEnded is the end of waiting for a stream.
var errStreamEnded = errors.New("the measurement ended before the supply was switched")

// errand is a command for which the acquisition is interrupted.
type errand struct {
	command string
	done    chan error
}

// aside has the stream interrupted for a command.
func (s *shield) aside(ctx context.Context, command string, answers <-chan string) error {
	e := errand{command, make(chan error, 1)}
	errands := s.errands
	for {
		select {
		case errands <- e:
			errands = nil // it is seen to
		case err := <-e.done:
			return err
		case _, open := <-answers:
			if !open {
				return errStreamEnded
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// attend sees to an errand, if there is one.
func (s *shield) attend(ctx context.Context, stream *shieldStream) error {
	select {
	case e := <-s.errands:
		if err := s.interrupt(ctx, stream, e); err != nil && ctx.Err() == nil {
			return err
		}
	default:
	}
	return nil
}

// interrupt stops the acquisition for a command and starts it again. What is missing then is as long as the host's clock says.
func (s *shield) interrupt(ctx context.Context, stream *shieldStream, e errand) error {
	err := s.stop(ctx)
	if err == nil {
		_, err = s.ask(ctx, e.command)
	}
	e.done <- err
	if err != nil && !errors.As(err, new(refusal)) {
		return err
	}
	stream.again()
	_, err = s.line.Write([]byte("start\r\n"))
	return err
}
