package power

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// scpiAnswer is how long an answer may take.
	scpiAnswer = 3 * time.Second
	// scpiErrors bounds the errors that are taken from an instrument's queue; the longest queues hold 20.
	scpiErrors = 32
	// scpiBlock bounds a block, in bytes.
	scpiBlock = 16 << 20
)

// scpi speaks SCPI over a socket: lines that end with a newline, and answers that do, or that are blocks. The instruments here
// keep what they measure until it is asked for, so that no reader of its own is needed.
type scpi struct {
	mu   sync.Mutex // one question after the other
	line Line
	in   *bufio.Reader
	late bool // an answer did not come in time, and may still come
	seen bytes.Buffer
}

func newSCPI(line Line) *scpi {
	c := &scpi{line: line}
	c.in = bufio.NewReaderSize(io.TeeReader(line, (*recent)(&c.seen)), 64<<10)
	return c
}

// recent keeps the begin of what was read since the last question, for messages.
type recent bytes.Buffer

func (r *recent) Write(p []byte) (int, error) {
	b := (*bytes.Buffer)(r)
	b.Write(p[:min(len(p), max(0, 64-b.Len()))])
	return len(p), nil
}

// do sends a command, and asks for the errors that it made.
func (c *scpi) do(ctx context.Context, command string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.line.Write([]byte(command + "\n")); err != nil {
		return fmt.Errorf("%q: %w", command, err)
	}
	text, err := c.complaints(ctx)
	if err == nil && text != "" {
		err = refusal{command, text}
	}
	return err
}

// query returns the answer to a question, a line.
func (c *scpi) query(ctx context.Context, question string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ask(ctx, question)
}

// complaints empties the instrument's error queue, for those who hold mu; "" when there was nothing in it.
func (c *scpi) complaints(ctx context.Context) (string, error) {
	var all []string
	for range scpiErrors {
		answer, err := c.ask(ctx, "SYST:ERR?")
		if err != nil {
			return "", err
		}
		if noError(answer) {
			break
		}
		all = append(all, answer)
	}
	return strings.Join(all, "; "), nil
}

// noError says whether an answer to SYST:ERR? is that there is none: 0,"No error", and what vendors make of it.
func noError(answer string) bool {
	number := strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
	return len(number) > 0 && strings.Trim(number[0], "+-0") == ""
}

// errors is what the instrument has noted as errors; "" for none.
func (c *scpi) errors(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.complaints(ctx)
}

// ask is query, for those who hold mu.
func (c *scpi) ask(ctx context.Context, question string) (answer string, err error) {
	err = c.exchange(ctx, []byte(question+"\n"), func() error {
		for answer == "" { // an empty line answers nothing
			line, err := c.in.ReadString('\n')
			if answer = strings.TrimSpace(line); err != nil {
				return err
			}
		}
		return nil
	})
	return answer, err
}

// block puts the block that answers a question into dst, and returns it.
func (c *scpi) block(ctx context.Context, question, dst []byte) (block []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err = c.exchange(ctx, question, func() error {
		block, err = readBlock(c.in, dst)
		return err
	})
	return block, err
}

// exchange sends a question and has its answer read, within scpiAnswer.
func (c *scpi) exchange(ctx context.Context, question []byte, read func() error) error {
	if c.late {
		c.drain()
	}
	c.seen.Reset()
	if err := c.line.SetReadDeadline(time.Now().Add(scpiAnswer)); err != nil {
		return fmt.Errorf("%q: %w", bytes.TrimSpace(question), err)
	}
	stop := context.AfterFunc(ctx, func() { c.line.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := c.line.Write(question)
	if err == nil {
		err = read()
	}
	if err == nil {
		return nil
	}
	c.late = true
	switch sent := bytes.TrimSpace(question); {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer to %q within %v; received %q", sent, scpiAnswer, c.seen.Bytes())
	default:
		return fmt.Errorf("%q: %w; received %q", sent, err, c.seen.Bytes())
	}
}

// drain leaves out an answer that comes too late.
func (c *scpi) drain() {
	c.late = false
	c.in.Discard(c.in.Buffered())
	for c.line.SetReadDeadline(time.Now().Add(200*time.Millisecond)) == nil {
		if _, err := c.in.Discard(1); err != nil {
			return
		}
	}
}

// readBlock reads a definite-length block (IEEE 488.2, 8.7.9): #, the number of digits, so many digits with the number of
// bytes, the bytes, and the newline that ends the answer. Its bytes are put into dst, if there is room.
func readBlock(in *bufio.Reader, dst []byte) ([]byte, error) {
	head, err := in.ReadByte()
	for err == nil && (head == '\n' || head == '\r' || head == ' ') {
		head, err = in.ReadByte()
	}
	if err != nil {
		return nil, err
	}
	if head != '#' {
		return nil, fmt.Errorf("no block, which would begin with #: 0x%02X", head)
	}
	digits, err := digit(in)
	if err != nil {
		return nil, err
	}
	if digits == 0 {
		return nil, errors.New("a block without a length")
	}
	length := 0
	for range digits {
		d, err := digit(in)
		if err != nil {
			return nil, err
		}
		if length = 10*length + d; length > scpiBlock {
			return nil, fmt.Errorf("a block of more than %d bytes", scpiBlock)
		}
	}
	return readBody(in, dst, length)
}

// readBody reads the bytes of a block and the end of the answer. Memory grows with what comes, not with what was announced.
func readBody(in *bufio.Reader, dst []byte, length int) ([]byte, error) {
	dst = dst[:0]
	for len(dst) < length {
		if _, err := in.Peek(1); err != nil { // fills its buffer
			return nil, fmt.Errorf("%w after %d of %d bytes of a block", err, len(dst), length)
		}
		piece, _ := in.Peek(min(in.Buffered(), length-len(dst)))
		dst = append(dst, piece...)
		in.Discard(len(piece))
	}
	end, err := in.ReadByte()
	if err == nil && end == '\r' {
		end, err = in.ReadByte()
	}
	if err != nil {
		return nil, fmt.Errorf("%w instead of the newline after a block of %d bytes", err, length)
	}
	if end != '\n' {
		return nil, fmt.Errorf("0x%02X instead of the newline after a block of %d bytes", end, length)
	}
	return dst, nil
}

func digit(in *bufio.Reader) (int, error) {
	b, err := in.ReadByte()
	if err == nil && (b < '0' || b > '9') {
		err = fmt.Errorf("0x%02X instead of a digit of a block's length", b)
	}
	return int(b - '0'), err
}
