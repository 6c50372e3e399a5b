package uart

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"go.bug.st/serial"
)

// libraryLine is a line through go.bug.st/serial, for macOS and Windows. It is
// compiled everywhere, so that its tests run on a pseudo-terminal.
//
// The library has no deadlines, returns from Write early when a signal arrives,
// and its Close leaves a blocked Write alone. So the caller talks to one end of
// an in-memory pipe, which has all of that, and two goroutines carry bytes
// between the other end and the port. The price is that Write returns up to
// pumpSize bytes before the driver took them.
type libraryLine struct {
	near, far net.Conn
	port      serial.Port
	config    Config

	release chan struct{} // closed to end a break; nil when there is none
	broke   chan struct{} // closed when that has ended

	mu     sync.Mutex
	closed bool
	err    error // what ended a pump before Close
}

// pumpSize is the piece, in bytes, in which the goroutines carry data.
const pumpSize = 4096

func openLibrary(c Config) (line, error) {
	if c.Flow == FlowRTSCTS {
		return nil, fmt.Errorf("open %s: flow=%s is not possible on this system: go.bug.st/serial, which serves it, has no RTS/CTS; use flow=%s, or Linux",
			c.Device, FlowRTSCTS, FlowNone)
	}
	port, err := serial.Open(c.Device, &serial.Mode{BaudRate: c.Baud})
	if err != nil {
		return nil, libraryError(c.Device, err)
	}
	if err := port.ResetInputBuffer(); err != nil {
		port.Close()
		return nil, fmt.Errorf("open %s: dropping stale input: %w", c.Device, err)
	}
	l := &libraryLine{port: port, config: c}
	l.near, l.far = net.Pipe()
	go l.pumpIn()
	go l.pumpOut()
	return l, nil
}

// libraryError adds what to do to the library's own words.
func libraryError(device string, err error) error {
	var pe *serial.PortError
	if errors.As(err, &pe) {
		switch pe.Code() {
		case serial.PortBusy:
			return fmt.Errorf("open %s: %w; end the program that has it open", device, err)
		case serial.PortNotFound:
			return fmt.Errorf("open %s: %w; st67bench list ports shows what is there", device, err)
		}
	}
	return fmt.Errorf("open %s: %w", device, err)
}

// pumpIn carries what arrives until the port or the pipe ends.
func (l *libraryLine) pumpIn() {
	buf := make([]byte, pumpSize)
	for {
		n, err := l.port.Read(buf)
		if n > 0 {
			if _, perr := l.far.Write(buf[:n]); perr != nil {
				return
			}
		}
		if err != nil {
			l.end(err)
			return
		}
	}
}

// pumpOut carries what is to be sent, also when the library takes it in parts.
func (l *libraryLine) pumpOut() {
	buf := make([]byte, pumpSize)
	for {
		n, err := l.far.Read(buf)
		if err != nil {
			return
		}
		for rest := buf[:n]; len(rest) > 0; {
			k, err := l.port.Write(rest)
			if err != nil {
				l.end(err)
				return
			}
			rest = rest[k:]
		}
	}
}

// end keeps the first error that ended a pump and wakes the callers.
func (l *libraryLine) end(err error) {
	l.mu.Lock()
	if l.err == nil {
		l.err = err
	}
	l.mu.Unlock()
	l.far.Close()
}

// cause turns the pipe's error into what became of the line; gone makes the
// error of a line that ended by itself.
func (l *libraryLine) cause(err error, gone func(error) error) error {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil && !l.closed {
		return gone(l.err)
	}
	return os.ErrClosed
}

func (l *libraryLine) Read(p []byte) (int, error) {
	n, err := l.near.Read(p)
	return n, l.cause(err, func(error) error { return io.EOF })
}

func (l *libraryLine) Write(p []byte) (int, error) {
	n, err := l.near.Write(p)
	return n, l.cause(err, l.gone)
}

func (l *libraryLine) gone(err error) error {
	return fmt.Errorf("%s: the line has gone: %w", l.config.Device, err)
}

func (l *libraryLine) SetReadDeadline(t time.Time) error {
	return l.cause(l.near.SetReadDeadline(t), l.gone)
}

func (l *libraryLine) SetWriteDeadline(t time.Time) error {
	return l.cause(l.near.SetWriteDeadline(t), l.gone)
}

// Close does not wait for the goroutines: without flow control a blocked write
// ends by itself, but only when the line has taken it.
func (l *libraryLine) Close() error {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed {
		return os.ErrClosed
	}
	l.near.Close()
	l.far.Close()
	return l.port.Close()
}

func (l *libraryLine) rate() int { return l.config.Baud }

func (l *libraryLine) conditions() map[string]string { return map[string]string{} }

func (l *libraryLine) counters() map[string]uint64 { return map[string]uint64{} }

func (l *libraryLine) cts() (asserted, ok bool) {
	bits, err := l.port.GetModemStatusBits()
	if err != nil {
		return false, false
	}
	return bits.CTS, true
}

// breakPiece is how long a break of the library's lasts: it has no other kind, so that TX is high for an instant between
// two of them.
const breakPiece = 250 * time.Millisecond

// hold repeats breaks on a goroutine. One that cannot be made is told of when there was none yet.
func (l *libraryLine) hold(low bool) error {
	if !low {
		close(l.release)
		<-l.broke
		return nil
	}
	l.release, l.broke = make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		defer close(l.broke)
		for {
			err := l.port.Break(breakPiece)
			select {
			case first <- err:
			default:
			}
			if err != nil {
				return
			}
			select {
			case <-l.release:
				return
			default:
			}
		}
	}()
	if err := <-first; err != nil {
		return fmt.Errorf("%w: no break, so TX stays high: %w", errors.ErrUnsupported, err)
	}
	return nil
}
