package remote

import (
	"bytes"
	"net"
	"sync"
)

// outSize is the piece, in bytes on the wire, in which escaped data is written.
const outSize = 64 << 10

// comPort is a serial line behind an RFC 2217 server. The connection is
// embedded for its deadlines and its Close, which end pending calls here too.
//
// Read takes the telnet commands out in place, without a copy or a goroutine.
// It never writes: an answer to a late negotiation goes out ahead of the next
// Write, so that a reader cannot be held up by a server that does not read.
type comPort struct {
	net.Conn
	baud       int // bit/s, as the server set it
	modemLines bool

	reading sync.Mutex
	parser  telnet

	writing sync.Mutex
	out     []byte // what is being written
	rest    []byte // what a Write that ended early left half sent

	mu      sync.Mutex // guards what both directions use
	options options
	answers answers
}

func newPort(conn net.Conn) *comPort {
	s := &comPort{Conn: conn, out: make([]byte, 0, outSize)}
	s.parser = telnet{negotiated: s.negotiated, subnegotiate: s.subnegotiated, sub: make([]byte, 0, subLimit+1)}
	return s
}

func (s *comPort) negotiated(verb, option byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.receive(verb, option)
}

func (s *comPort) subnegotiated(option byte, content []byte) {
	if option != optComPort || len(content) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers.receive(content[0], content[1:])
}

// Read waits for at least one byte of the line. io.EOF means that the server
// closed the connection.
func (s *comPort) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		n, err := s.Conn.Read(p)
		if n = s.parser.strip(p[:n]); n > 0 || err != nil {
			return n, err
		}
	}
}

// Write hands all of p to the network, or returns an error and how much of p
// was taken. A byte whose escape was cut in half counts as taken; the other half
// goes out ahead of the next Write.
func (s *comPort) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for taken := 0; ; {
		head := s.head()
		if len(head) == 0 && bytes.IndexByte(p[taken:], iac) < 0 {
			n, err := s.Conn.Write(p[taken:])
			return taken + n, err
		}
		var used int
		s.out, used = escape(head, p[taken:])
		n, err := s.Conn.Write(s.out)
		if err != nil {
			return taken + s.cut(len(head), n, p[taken:taken+used]), err
		}
		if taken += used; taken == len(p) {
			return taken, nil
		}
	}
}

// head fills out with what must go first.
func (s *comPort) head() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(append(s.out[:0], s.rest...), s.options.replies...)
	s.rest, s.options.replies = s.rest[:0], s.options.replies[:0]
	return s.out
}

// escape appends p to out with each 0xFF doubled, as far as outSize goes, and
// returns how much of p that was.
func escape(out, p []byte) (grown []byte, used int) {
	for used < len(p) && len(out) < outSize-1 {
		run := p[used:min(len(p), used+outSize-1-len(out))]
		if i := bytes.IndexByte(run, iac); i >= 0 {
			out = append(append(out, run[:i]...), iac, iac)
			used += i + 1
			continue
		}
		out = append(out, run...)
		used += len(run)
	}
	return out, used
}

// cut is called when only sent bytes of out went out: head bytes that came
// first, then p. It returns how much of p was taken, and keeps what has to
// follow: the rest of the head, or the second half of an escape.
func (s *comPort) cut(head, sent int, p []byte) (taken int) {
	if sent < head {
		s.rest = append(s.rest, s.out[sent:head]...)
		return 0
	}
	at := head
	for at < sent {
		if p[taken] == iac {
			at++
		}
		at++
		taken++
	}
	if at > sent {
		s.rest = append(s.rest, iac)
	}
	return taken
}
