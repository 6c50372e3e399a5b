package remote

import (
	"errors"
	"fmt"
	"time"

	"st67bench/transport"
)

// Write hands all of p to the network, or returns an error.
func (c *Conn) Write(p []byte) (int, error) {
	if c.unpowered.Load() {
		return 0, fmt.Errorf("%s: %w", c.config.Target, transport.ErrUnpowered)
	}
	return c.stream.Write(p)
}

// Unpower asks an RFC 2217 server for a break (SET-CONTROL 5), which takes TX to 0 V, and waits 300 ms for its word that it
// did, which comes while somebody reads. A raw port passes bytes only.
func (c *Conn) Unpower() error { return c.hold(true) }

// Repower ends the break (SET-CONTROL 6).
func (c *Conn) Repower() error { return c.hold(false) }

func (c *Conn) hold(low bool) error {
	c.unpowering.Lock()
	defer c.unpowering.Unlock()
	if c.unpowered.Swap(low) == low {
		return nil
	}
	switch {
	case c.port != nil && low:
		return c.port.hold(controlBreakOn)
	case c.port != nil:
		return c.port.hold(controlBreakOff)
	case low:
		return fmt.Errorf("%w: a raw port passes bytes only, so TX of the line behind it stays high; rfc2217: can take it low", errors.ErrUnsupported)
	}
	return nil
}

// hold sends a value of SET-CONTROL on breaks and waits for its confirmation. A break that a server does not confirm to
// have ended is no error: whether the line works is seen by what is said next.
func (s *comPort) hold(value byte) error {
	if err := s.command(request(cmdControl, value)); err != nil {
		return err
	}
	for end := time.Now().Add(optionalWait); time.Now().Before(end); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		confirmed := s.answers.breaks == value
		s.mu.Unlock()
		if confirmed {
			return nil
		}
	}
	if value == controlBreakOff {
		return nil
	}
	return fmt.Errorf("%w: the server did not confirm a break within %v, so TX may stay high", errors.ErrUnsupported, optionalWait)
}

// command writes a telnet command between two Writes.
func (s *comPort) command(command []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.out = append(s.head(), command...)
	n, err := s.Conn.Write(s.out)
	if err != nil {
		s.cut(len(s.out), n, nil)
	}
	return err
}
