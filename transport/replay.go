package transport

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"
)

// ReplayOptions say how a recording is played.
type ReplayOptions struct {
	Name     string   // of the recording, for errors and String: a file name
	Recorded bool     // deliver with the recorded gaps after each write, not at once
	Secrets  []string // masked when an error shows what was written
}

// Replay reads the whole recording from r and returns a Conn that plays the
// module's part in it. Each Write must be the next recorded one: equal bytes, any
// bytes of the same length for a secret, equal length and CRC-32C for payload
// that was recorded by reference. What the module had sent before the next
// recorded write is then there to be read. A Write that differs fails, naming
// both, and so does everything after it. At the end of a closed recording the
// line is silent; where a recording was cut off, Read returns an error that
// matches io.ErrUnexpectedEOF. Close fails when something was left over. A
// malformed line makes Replay fail with its number.
func Replay(r io.Reader, o ReplayOptions) (Conn, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", o.Name, err)
	}
	c := &replay{options: o, lines: reader{text: text}, zero: time.Now()}
	if err := c.lines.open(); err != nil {
		return nil, fmt.Errorf("replay %s:1: %w", o.Name, err)
	}
	for check := c.lines; ; {
		if e, err := check.next(); err != nil {
			return nil, fmt.Errorf("replay %s:%d: %w", o.Name, check.line, err)
		} else if e == nil {
			break
		}
	}
	c.wake = sync.NewCond(&c.mu)
	c.timer = time.AfterFunc(time.Hour, c.lookAgain)
	c.timer.Stop()
	c.advance()
	return c, nil
}

// replay plays a recording. Its lines are known to be well-formed.
type replay struct {
	options ReplayOptions

	mu       sync.Mutex
	wake     *sync.Cond // something that a Read waits for may have changed
	timer    *time.Timer
	lines    reader
	write    *event    // the next recorded write; nil after the last
	writes   int       // recorded writes that were met
	reads    []*event  // what may be read now; the first may be read in part
	zero     time.Time // the recording's zero on our clock
	err      error     // what ended the replay
	closed   bool
	readEnd  time.Time // deadlines
	writeEnd time.Time
}

func (c *replay) String() string {
	speed := "full"
	if c.options.Recorded {
		speed = "recorded"
	}
	return fmt.Sprintf("replay:%s?speed=%s", c.options.Name, speed)
}

// lookAgain wakes the readers. The lock keeps it from coming between a reader's
// look and its wait.
func (c *replay) lookAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake.Broadcast()
}

// advance goes to the next recorded write and makes what comes before it
// readable.
func (c *replay) advance() {
	for {
		e, _ := c.lines.next()
		if c.write = e; e == nil || e.kind != fromModule {
			return
		}
		if e.n > 0 {
			c.reads = append(c.reads, e)
		}
	}
}

func (c *replay) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.failed(c.writeEnd); err != nil {
		return 0, err
	}
	if c.write == nil || !c.write.matches(p) {
		c.err = c.mismatch(p)
		c.wake.Broadcast()
		return 0, c.err
	}
	c.writes++
	c.zero = time.Now().Add(-c.write.at)
	c.advance()
	c.wake.Broadcast()
	return len(p), nil
}

// mismatch names what was written and what was recorded.
func (c *replay) mismatch(p []byte) error {
	written := show(p, c.options.Secrets...)
	if c.write == nil {
		return fmt.Errorf("replay %s:%d: the recording ends after %d writes; written was %s", c.options.Name, c.lines.line, c.writes, written)
	}
	if c.write.kind == payload {
		written = fmt.Sprintf("%d bytes with crc32c=%08x, %s", len(p), crc32.Checksum(p, castagnoli), written)
	}
	return fmt.Errorf("replay %s:%d: write %d differs from the recording; recorded was %s, written was %s",
		c.options.Name, c.write.line, c.writes+1, c.describe(c.write), written)
}

// describe shows what was recorded.
func (c *replay) describe(e *event) string {
	if e.kind == payload {
		return fmt.Sprintf("@%d:%d+%d crc32c=%08x", e.stream, e.offset, e.n, e.sum)
	}
	return show(e.bytes, c.options.Secrets...)
}

func (c *replay) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if err := c.failed(c.readEnd); err != nil {
			return 0, err
		}
		next := c.readEnd
		switch {
		case len(c.reads) > 0:
			due := c.zero.Add(c.reads[0].at)
			if !c.options.Recorded || !time.Now().Before(due) {
				return c.deliver(p), nil
			}
			if next.IsZero() || due.Before(next) {
				next = due
			}
		case c.write == nil && !c.lines.ended:
			return 0, fmt.Errorf("replay %s:%d: the recording was cut off here: %w", c.options.Name, c.lines.line, io.ErrUnexpectedEOF)
		}
		if !next.IsZero() {
			c.timer.Reset(time.Until(next))
		}
		c.wake.Wait()
	}
}

// deliver takes bytes from the first readable event.
func (c *replay) deliver(p []byte) int {
	e := c.reads[0]
	n := copy(p, e.bytes)
	if e.bytes = e.bytes[n:]; len(e.bytes) == 0 {
		c.reads = c.reads[1:]
	}
	return n
}

// failed is why a call with this deadline cannot go on.
func (c *replay) failed(deadline time.Time) error {
	switch {
	case c.closed:
		return os.ErrClosed
	case c.err != nil:
		return c.err
	case !deadline.IsZero() && !time.Now().Before(deadline):
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (c *replay) SetReadDeadline(t time.Time) error  { return c.setDeadline(&c.readEnd, t) }
func (c *replay) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.writeEnd, t) }

func (c *replay) setDeadline(end *time.Time, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return os.ErrClosed
	}
	*end = t
	c.wake.Broadcast()
	return nil
}

func (c *replay) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return os.ErrClosed
	}
	c.closed = true
	c.timer.Stop()
	c.wake.Broadcast()
	if c.err != nil {
		return c.err
	}
	first := c.write
	if len(c.reads) > 0 {
		first = c.reads[0]
	}
	if first == nil {
		return nil
	}
	left := 0
	for ; c.write != nil; c.advance() {
		left++
	}
	left += len(c.reads)
	return fmt.Errorf("replay %s:%d: closed with %d lines left over, the first is %c %s",
		c.options.Name, first.line, left, "><>"[first.kind], c.describe(first))
}
