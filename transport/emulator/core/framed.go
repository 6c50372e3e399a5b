package core

import (
	"bytes"
	"time"
)

// Framed is a Stream whose bytes come and go in frames (SPI). The firmware
// reads one frame at a time: a command is what its first frame holds, and what
// follows the command in the same frame is lost.
type Framed interface {
	Stream
	// MaxFrame is the most bytes of one frame. A message is written as one
	// frame, or as several of the most when it is longer.
	MaxFrame() int
	// ReadFrame moves the host's next frame to p, which has room for the
	// longest, and says when it came in. Its buffer is free again when ReadFrame
	// is called the next time.
	ReadFrame(p []byte) (n int, at time.Time, err error)
	// Running says whether the firmware runs: false from a restart until `ready`.
	Running(bool)
	// Standby says whether the module may sleep while nothing is to be done.
	Standby(bool)
}

// receiveFrames is receive for frames. The next one is read when the AT task
// has taken this one, so that a busy module holds its host off.
func (p *Port) receiveFrames() error {
	buf := make([]byte, p.framed.MaxFrame())
	for {
		n, at, err := p.framed.ReadFrame(buf)
		if err != nil {
			p.detach()
			return err
		}
		p.in.put(buf[:n], at, Unpaced)
		p.in.waitEmpty()
	}
}

// waitEmpty waits until everything has been taken.
func (in *input) waitEmpty() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.n > 0 && !in.closed {
		in.cond.Wait()
	}
}

// takeFrame waits for a frame and moves to p what fits of it; the rest is lost.
func (in *input) takeFrame(p []byte) (n int, at time.Time, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.n == 0 && in.open() {
		in.cond.Wait()
	}
	if !in.open() {
		return 0, at, false
	}
	size := in.runs[in.r].n
	n = in.bytes.Take(p[:min(len(p), size)])
	in.bytes.Drop(size - n)
	return n, in.consume(size), true
}

// takeData takes bytes of a data phase: of frames, one at a time.
func (m *Machine) takeData(to []byte) (n int, at time.Time, ok bool) {
	if len(m.rest) > 0 {
		n = copy(to, m.rest)
		m.rest = m.rest[n:]
		return n, m.call.at, true
	}
	if m.port.framed != nil {
		return m.port.in.takeFrame(to)
	}
	m.port.settle(m.call.at)
	return m.port.in.take(to, false)
}

// running tells a stream of frames whether the firmware runs.
func (p *Port) running(on bool) {
	if p.framed != nil {
		p.framed.Running(on)
	}
}

// readCommand takes a command line, however the host's bytes come.
func (m *Machine) readCommand() (line []byte, at time.Time, err error, ok bool) {
	if m.port.framed != nil {
		return m.readFrame()
	}
	return m.readLine()
}

// readFrame is readLine for frames: the line is what comes before the first
// CRLF of a frame, of which the line buffer takes 256 bytes. What stands behind
// it is answered with busy and lost, or is the next to be read.
func (m *Machine) readFrame() (line []byte, at time.Time, err error, ok bool) {
	text, at := m.rest, m.call.at
	if len(text) == 0 {
		n, t, ok := m.port.in.takeFrame(m.line[:])
		if !ok {
			return nil, at, nil, false
		}
		text, at = m.line[:n], t
	}
	m.rest = nil
	end := bytes.Index(text, []byte("\r\n")) + 2
	if end < 2 {
		return text, at, NoTerminator, true
	}
	if m.rest = text[end:]; len(m.rest) > 0 && m.Quirks.Has(FlowBusy) {
		m.port.Say(at, busyText)
		m.rest = nil
	}
	return text[:end], at, nil, true
}
