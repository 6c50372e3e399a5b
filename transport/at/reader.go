package at

import (
	"io"
	"time"
)

const (
	readSize = 32 << 10
	maxLine  = 16 << 10 // a longer line is taken in pieces of this length
	maxEmpty = 100      // reads in a row without bytes and without an error
)

// Whose raw bytes are, when they are not a link's.
const (
	ofReply = -1
	nobody  = -2
)

// parser is how far the reader has got. s.mu guards it.
type parser struct {
	grammar *syntax   // the one of the current line
	line    []byte    // the current line so far
	began   time.Time // the read that brought the first byte of the line, or of the empty line before it
	stale   bool      // the line began before the exchange did
	raw     int       // how many raw bytes are still to come
	link    int       // whose they are; -1: the reply's
	gap     bool      // raw bytes just ended: the CRLF after them begins nothing
}

// syntax is a Grammar, prepared for the reader.
type syntax struct {
	*Grammar
	stop [256]bool // the bytes after which there is something to decide
}

func newSyntax(g *Grammar) *syntax {
	x := &syntax{Grammar: g}
	x.stop['\n'] = true
	x.stop[','], x.stop[':'] = g.Raw != nil, g.Raw != nil
	for _, b := range g.Bare {
		if b != "" {
			x.stop[b[len(b)-1]] = true
		}
	}
	return x
}

// run is the start of p up to and including the first byte that stops it.
func (x *syntax) run(p []byte) []byte {
	for i, c := range p {
		if x.stop[c] {
			return p[:i+1]
		}
	}
	return p
}

// read is the reader goroutine.
func (s *Session) read() {
	defer close(s.done)
	buf := make([]byte, readSize)
	for empty := 0; ; empty++ {
		n, err := s.rw.Read(buf)
		t := time.Now()
		if n > 0 {
			s.feed(buf[:n], t)
			empty = 0
		}
		if err == nil && empty == maxEmpty {
			err = io.ErrNoProgress
		}
		if err != nil {
			s.end(err)
			return
		}
	}
}

// feed takes what one read brought.
func (s *Session) feed(p []byte, t time.Time) {
	s.mu.Lock()
	s.traffic.read(len(p), t.Sub(s.last))
	s.last = t
	for len(p) > 0 {
		if tap := s.tap; tap != nil {
			s.unlock()
			tap(p, t)
			s.mu.Lock()
			break
		}
		if s.raw == 0 {
			p = p[s.lines(p, t):]
			continue
		}
		run := p[:min(s.raw, len(p))]
		p = p[len(run):]
		s.raw -= len(run)
		s.payload(run, t)
	}
	s.unlock()
}

// payload takes raw bytes. The mutex is free while a Sink has them.
func (s *Session) payload(run []byte, t time.Time) {
	x := &s.x
	switch {
	case s.link >= 0:
		link := s.link
		s.unlock()
		s.sinks.give(link, run, t)
		s.mu.Lock()
	case s.link == ofReply && x.active:
		s.see(run)
		x.data = append(x.data, run...)
		s.limit()
	}
}

// lines takes bytes up to the end of p or to the first raw byte, and returns how many.
func (s *Session) lines(p []byte, t time.Time) int {
	seen := 0 // what of p the exchange has in its tail
	for i := 0; i < len(p); {
		if len(s.line) == 0 && s.start(p[i], t) {
			i++
			if s.tap != nil {
				s.see(p[seen:i])
				return i
			}
			continue
		}
		run := s.grammar.run(p[i:min(len(p), i+maxLine-len(s.line))])
		s.line = append(s.line, run...)
		i += len(run)
		c := run[len(run)-1]
		head := (c == ',' || c == ':') && s.head()
		if !head && c != '\n' && len(s.line) < maxLine && !has(s.grammar.Bare, s.line) {
			continue
		}
		s.see(p[seen:i])
		seen = i
		if !head {
			s.endLine(t)
			continue
		}
		s.endHead(t)
		if s.raw > 0 {
			return i
		}
	}
	s.see(p[seen:])
	return len(p)
}

// see keeps what arrives during an exchange, for an error.
func (s *Session) see(p []byte) {
	if s.x.active {
		s.x.seen.write(p)
	}
}

// start takes a byte at the start of a line, when it is not the first one of a
// line's text: CR and LF of an empty line, or the prompt.
func (s *Session) start(c byte, t time.Time) bool {
	s.grammar = s.next
	if c == '\r' || c == '\n' {
		if s.gap {
			s.gap = c != '\n'
		} else if s.began.IsZero() {
			s.began = t
		}
		return true
	}
	s.gap = false
	if s.began.IsZero() {
		s.began = t
	}
	if !s.x.awaits(s.grammar.Prompt, c) {
		return false
	}
	s.x.first(s.began)
	s.x.r.Prompt = t
	s.began = time.Time{}
	s.signal = true
	if s.x.tap != nil && !s.x.left {
		s.tap = s.x.tap
	}
	if s.x.left || s.tap != nil {
		s.over()
	}
	return true
}

// endLine hands over a complete line.
func (s *Session) endLine(t time.Time) {
	n := len(s.line)
	for n > 0 && (s.line[n-1] == '\n' || s.line[n-1] == '\r') {
		n--
	}
	s.take(s.line[:n], t)
	s.fresh()
}

// head asks the grammar whether raw bytes follow what there is of the line.
func (s *Session) head() bool {
	if s.grammar.Raw == nil {
		return false
	}
	n, link, ok := s.grammar.Raw(s.line)
	if !ok || n < 0 {
		return false
	}
	s.raw, s.link = n, link
	return true
}

// endHead hands over the head of raw bytes: to the reply when they are the
// reply's, to nobody when they have a Sink, else to the events.
func (s *Session) endHead(t time.Time) {
	x := &s.x
	switch {
	case s.link >= 0 && s.sinks.has(s.link):
		s.watched(s.line, t)
	case s.link < 0 && x.active && !s.stale:
		x.first(s.began)
		x.add(s.line)
	default:
		s.link = nobody
		s.event(s.line, t)
	}
	s.fresh()
	s.gap = true
}

// fresh makes room for the next line.
func (s *Session) fresh() {
	s.line = s.line[:0]
	s.stale = false
	s.began = time.Time{}
}
