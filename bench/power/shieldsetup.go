package power

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"st67bench/results/trace"
)

// setUp brings the instrument from whatever state to one in which start begins an acquisition, and the supply on.
func (s *shield) setUp(ctx context.Context) error {
	// A run that was killed may have left it measuring; the answer to stop, often an error, is of no interest.
	if _, err := s.line.Write([]byte("stop\r\n")); err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	if err := s.takeControl(ctx); err != nil {
		return err
	}
	if err := s.identify(ctx); err != nil {
		return err
	}
	for _, command := range s.profile.setup {
		if _, err := s.ask(ctx, command); err != nil {
			return err
		}
	}
	if err := s.configure(ctx); err != nil {
		return err
	}
	if err := s.supplyVolts(ctx); err != nil {
		return err
	}
	if s.profile.warmup > 0 {
		if err := s.warmUp(ctx); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
	}
	return s.trigger(ctx)
}

// takeControl says that a host controls the instrument. Its first answer is often none, or an error.
func (s *shield) takeControl(ctx context.Context) error {
	_, first := s.ask(ctx, s.profile.control)
	if first == nil || ctx.Err() != nil {
		return first
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	_, err := s.ask(ctx, s.profile.control)
	if err == nil {
		return nil
	}
	if first.Error() != err.Error() {
		err = fmt.Errorf("%w (the first time: %v)", err, first)
	}
	return fmt.Errorf("%w; an old firmware may not know the command: update it with STM32CubeProgrammer", err)
}

// identify records what the instrument says of itself; an instrument that does not know one of the commands has not said it.
func (s *shield) identify(ctx context.Context) error {
	s.header.Identity, s.header.Calibration = map[string]string{}, map[string]string{}
	for _, q := range []struct {
		command, key string
		to           map[string]string
	}{
		{"powershield", "device", s.header.Identity},
		{"version", "firmware", s.header.Identity},
		{"temp degc", "temperature_c", s.header.Calibration},
	} {
		answer, err := s.ask(ctx, q.command)
		if err != nil && !errors.As(err, new(refusal)) {
			return err
		}
		if words := strings.Fields(answer); q.key == "temperature_c" && len(words) > 0 {
			answer = words[len(words)-1]
		}
		if answer != "" {
			q.to[q.key] = answer
		}
	}
	return nil
}

// configure sets format, rate and duration. The binary format has two names, by firmware.
func (s *shield) configure(ctx context.Context) error {
	_, err := s.ask(ctx, "format bin_hexa")
	if errors.As(err, new(refusal)) {
		_, err = s.ask(ctx, "format bin_hex")
	}
	if err != nil {
		return err
	}
	if _, err := s.ask(ctx, "freq "+s.profile.freq); err != nil {
		return err
	}
	_, err = s.ask(ctx, "acqtime inf")
	if errors.As(err, new(refusal)) {
		_, err = s.ask(ctx, "acqtime 0")
	}
	if err != nil {
		return err
	}
	_, err = s.ask(ctx, "trigsrc sw")
	return err
}

// shieldNumber is how the instruments write a number: mantissa and exponent of ten, such as 3292-03.
var shieldNumber = regexp.MustCompile(`(\d+)([-+]\d+)`)

// supplyVolts sets the output, waits for the calibration that follows, whose lines may come between others, and switches on.
func (s *shield) supplyVolts(ctx context.Context) error {
	if _, err := s.ask(ctx, fmt.Sprintf("volt %.0fm", s.set.Volts*1000)); err != nil {
		return err
	}
	if err := pause(ctx, s.profile.settle); err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	if err := s.Supply(ctx, true); err != nil || !s.profile.measuresVolts {
		return err
	}
	return s.measureVolts(ctx)
}

// measureVolts asks for the voltage of the output.
func (s *shield) measureVolts(ctx context.Context) error {
	text, err := s.exchange(ctx, "volt get", "ack volt get")
	if err != nil {
		return err
	}
	found := shieldNumber.FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return fmt.Errorf("no voltage in the answer to \"volt get\": %q", text)
	}
	last := found[len(found)-1]
	mantissa, _ := strconv.Atoi(last[1])
	exponent, _ := strconv.Atoi(last[2])
	volts := float64(mantissa) * math.Pow10(exponent)
	if math.Abs(volts-s.set.Volts) > 0.1*s.set.Volts {
		return fmt.Errorf("the output is at %.3f V after \"volt %.0fm\"", volts, s.set.Volts*1000)
	}
	s.header.Volts, s.header.VoltsFrom = volts, "measured"
	return nil
}

// warmUp measures for nothing.
func (s *shield) warmUp(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, s.profile.warmup)
	defer cancel()
	if err := s.Stream(limited, time.Now(), func(trace.Block) error { return nil }); err != nil {
		return err
	}
	return ctx.Err()
}

// trigger makes the edge on the instrument's input the first sample, when asked for.
func (s *shield) trigger(ctx context.Context) error {
	if !s.set.Trigger {
		return nil
	}
	for _, command := range []string{"trigsrc " + s.profile.hardware, "trigdelay 0"} {
		if _, err := s.ask(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
