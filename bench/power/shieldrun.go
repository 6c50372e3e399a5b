package power

import (
	"context"
	"errors"
	"fmt"
	"time"

	"st67bench/results/trace"
)

// shieldStall is how long an acquisition may send nothing: 200 000 samples.
const shieldStall = 2 * time.Second

// Stream implements [Meter].
func (s *shield) Stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error {
	if err := s.stream(ctx, since, emit); err != nil {
		return fmt.Errorf("%s: %w", s.profile.name, err)
	}
	return nil
}

func (s *shield) stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error {
	answers, err := s.begin()
	if err != nil {
		return err
	}
	defer s.end(answers)
	stream := newShieldStream(&s.profile, since, emit, func(text string) {
		select {
		case answers <- text:
		default: // nobody waits for one
		}
	})
	err = s.pump(ctx, stream)
	if finish := stream.finish(); err == nil {
		err = finish
	}
	stopped := s.stop(context.WithoutCancel(ctx))
	if err == nil {
		err = stopped
	}
	return err
}

// pump hands all that comes to the stream, until ctx ends.
func (s *shield) pump(ctx context.Context, stream *shieldStream) error {
	clock := newWatch(shieldRate, usbSlack, stream.since)
	heard, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(shieldStall, cancel)
	defer silence.Stop()
	for {
		c, err := s.in.next(heard)
		silence.Stop() // whoever takes the block may take its time
		switch {
		case ctx.Err() != nil:
			return nil
		case heard.Err() != nil:
			return fmt.Errorf("no byte for %v after %d samples; replug it, without a hub or on another one", shieldStall, stream.block.End())
		case err != nil:
			return fmt.Errorf("the line ended after %d samples: %w; was it unplugged?", stream.block.End(), err)
		}
		if err := s.take(stream, clock, c); err != nil {
			return err
		}
		if err := s.attend(ctx, stream); err != nil {
			return err
		}
		if stream.opening || stream.block.End() > 0 || !s.set.Trigger { // else nothing comes until the edge
			silence.Reset(shieldStall)
		}
	}
}

// take decodes a chunk and holds it against the clock.
func (s *shield) take(stream *shieldStream, clock *watch, c chunk) error {
	stream.listening = s.listening.Load()
	if c.lost > 0 {
		stream.drop(c.lost)
	}
	if err := stream.feed(c.data, c.time); err != nil {
		return err
	}
	if index := stream.block.End(); index > 0 {
		if e, lost := clock.see(index, c.time); lost {
			stream.event(e.Kind, e.Value, e.Text)
		}
	}
	if stream.ended {
		return fmt.Errorf("%sthe instrument ended its acquisition after %d samples", stream.why, stream.block.End())
	}
	return nil
}

// begin starts an acquisition, once the dialog of whoever switches the supply is over: the answer to start would be taken for its own.
func (s *shield) begin() (chan string, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers != nil {
		return nil, errors.New("it streams already")
	}
	if _, err := s.line.Write([]byte("start\r\n")); err != nil {
		return nil, err
	}
	s.answers = make(chan string, 16)
	return s.answers, nil
}

// end says that answers come by themselves again.
func (s *shield) end(answers chan string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = nil
	close(answers)
}

// stop ends an acquisition and takes what still comes.
func (s *shield) stop(ctx context.Context) error {
	if _, err := s.line.Write([]byte("stop\r\n")); err != nil {
		return err
	}
	return s.quiet(ctx)
}

// Supply implements [Meter].
func (s *shield) Supply(ctx context.Context, on bool) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	answers := s.answers
	s.mu.Unlock()
	s.supplied = s.supplied || on
	err := s.switchTo(ctx, "pwr "+onOff(on), answers)
	if err != nil {
		return fmt.Errorf("%s: %w", s.profile.name, err)
	}
	return nil
}

// switchTo sends a command of the supply, in the way that the instrument takes it. With a trigger the acquisition cannot be
// started again: another edge would have to come.
func (s *shield) switchTo(ctx context.Context, command string, answers <-chan string) error {
	if answers == nil {
		_, err := s.ask(ctx, command)
		return err
	}
	if !s.deaf {
		err := s.during(ctx, command, answers)
		if s.deaf = errors.Is(err, errUnheard) && !s.set.Trigger; !s.deaf {
			return err
		}
	}
	return s.aside(ctx, command, answers)
}
