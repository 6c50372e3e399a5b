package at

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// take decides whose a complete line is. s.mu is held.
func (s *Session) take(line []byte, t time.Time) {
	x, g := &s.x, s.grammar
	mine := x.active && !s.stale
	switch {
	case mine && x.echo(line):
	case has(g.SendOK, line):
		s.sent(line, mine, t)
	case has(g.SendFail, line) && !has(g.Fail, line):
		s.notSent(line, mine, t)
	case !mine || unsolicited(g, line):
		s.event(line, t)
		if string(line) == ready && unsolicited(g, line) {
			s.restarted()
		}
	default:
		x.first(s.began)
		s.reply(line, t)
	}
}

// reply takes a line of the reply of the exchange that is going on.
func (s *Session) reply(line []byte, t time.Time) {
	x, g := &s.x, s.grammar
	switch {
	case x.prompted():
		s.dataReply(line, t)
	case has(g.OK, line) && !x.send:
		s.finish(line, false, t)
	case has(g.OK, line) && x.r.Accepted.IsZero():
		x.r.Accepted = t
	case has(g.Fail, line) || has(g.Busy, line):
		s.finish(line, true, t)
	default:
		s.text(line)
	}
}

// dataReply takes a line that came after the prompt.
func (s *Session) dataReply(line []byte, t time.Time) {
	x := &s.x
	n, ok := recv(line)
	switch {
	case has(s.grammar.SendFail, line):
		s.finish(line, true, t)
	case has(s.grammar.OK, line) && x.acknowledged():
		s.finish(line, false, t)
	case !ok || x.opt.NoRecv || !x.r.Recv.IsZero():
		s.text(line)
	case n != x.size && !x.opt.AnyCount:
		s.owed++
		s.cut(errCount)
	default:
		x.r.Recv, x.r.Received = t, n
		if x.opt.UntilRecv {
			s.owed++
			s.over()
		}
	}
}

// text takes a line of the reply that has no meaning for its course, or only
// the error code.
func (s *Session) text(line []byte) {
	if code, ok := errorCode(s.grammar.Code, line); ok {
		s.x.code = code
		return
	}
	s.x.add(line)
	s.limit()
}

// sent takes the good final code of a send: of one that ended at Recv, of this
// one, or of one that nobody knows any more.
func (s *Session) sent(line []byte, mine bool, t time.Time) {
	x := &s.x
	switch {
	case s.owed > 0:
		s.owed--
	case mine && x.prompted() && (x.acknowledged() || !x.r.Recv.IsZero()):
		s.finish(line, false, t)
	default:
		s.event(line, t)
	}
}

// notSent takes the bad final code of a send, one that cannot end a command.
func (s *Session) notSent(line []byte, mine bool, t time.Time) {
	switch {
	case s.owed > 0:
		s.owed--
		s.event(line, t)
	case mine && s.x.prompted():
		s.finish(line, true, t)
	default:
		s.event(line, t)
	}
}

// restarted takes note of the module's `ready`.
func (s *Session) restarted() {
	s.owed = 0
	if s.x.active {
		s.cut(ErrReset)
	}
}

// finish ends the exchange with a final code.
func (s *Session) finish(line []byte, refused bool, t time.Time) {
	s.x.first(s.began)
	s.x.final = append(s.x.final, line...)
	s.x.refused = refused
	s.x.r.End = t
	s.over()
}

// cut ends the exchange without a final code.
func (s *Session) cut(err error) {
	s.x.err = err
	s.over()
}

// over ends the exchange. A write that is still going on after a bad end is
// ended too: nobody takes the rest. Only a deadline may do that, because it does
// no harm to a write that is about to return.
func (s *Session) over() {
	s.x.active = false
	s.signal = true
	if s.writing && s.writes != nil && (s.x.refused || s.x.err != nil) {
		s.stopWrite()
	}
}

// limit ends an exchange whose reply does not end.
func (s *Session) limit() {
	if len(s.x.text)+len(s.x.data) > maxReply {
		s.cut(errTooLong)
	}
}

// has says whether line is one of the list.
func has(list []string, line []byte) bool {
	for _, l := range list {
		if l == string(line) {
			return true
		}
	}
	return false
}

func (s *Session) event(line []byte, t time.Time) {
	if s.watched(line, t) {
		return
	}
	s.events.put(Event{Line: bytes.Clone(line), Time: t})
}

// watched gives a line to who watches its prefix; false when nobody does.
func (s *Session) watched(line []byte, t time.Time) bool {
	for i := range s.watches {
		if w := &s.watches[i]; starts(line, w.prefix) {
			w.take(line, t)
			return true
		}
	}
	return false
}

// unsolicited says whether a line is one that the module sends unasked.
func unsolicited(g *syntax, line []byte) bool {
	for _, prefix := range g.Events {
		if starts(line, prefix) {
			return true
		}
	}
	return false
}

func starts(line []byte, prefix string) bool {
	return len(line) >= len(prefix) && string(line[:len(prefix)]) == prefix
}

// errorCode reads a line such as "ERR CODE:0x01070000".
func errorCode(prefix string, line []byte) (uint32, bool) {
	if prefix == "" || !starts(line, prefix) {
		return 0, false
	}
	code, err := strconv.ParseUint(strings.TrimSpace(string(line[len(prefix):])), 0, 32)
	return uint32(code), err == nil
}
