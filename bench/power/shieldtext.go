package power

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"st67bench/results/trace"
)

// text takes a line that came between samples: up to an empty line, or as far as it can be text.
func (s *shieldStream) text(p []byte) int {
	begin := 0
	for begin < len(p) && (p[begin] == '\r' || p[begin] == '\n') {
		begin++
	}
	end, line := begin, 0 // line is where the last line ended
	for ; end < len(p) && isText(p[end]); end++ {
		if p[end] == '\n' {
			line = end + 1
		}
		if bytes.HasSuffix(p[begin:end+1], []byte("\r\n\r\n")) {
			break
		}
	}
	switch {
	case end == len(p) && end < shieldText:
		return 0
	case line == 0 && s.opening:
		s.err = fmt.Errorf("no answer to start; % X came", p[:min(len(p), 32)])
		return len(p)
	case line == 0:
		return s.slip(p, 0)
	}
	s.proof()
	s.words(string(bytes.TrimSpace(p[begin:line])))
	return line
}

func isText(b byte) bool { return b >= ' ' && b <= '~' || b == '\r' || b == '\n' }

func isWords(p []byte) bool {
	return bytes.IndexFunc(p, func(r rune) bool { return r > '~' || !isText(byte(r)) }) < 0
}

// isAnswer says whether this is the begin of an answer without an empty line before it.
func isAnswer(p []byte) bool {
	for _, begin := range []string{"ack ", "error", "PowerShield > "} {
		if len(p) >= 4 && strings.HasPrefix(begin, string(p[:4])) {
			return true
		}
	}
	return false
}

// resume leaves out what was not measured while the acquisition was stopped.
func (s *shieldStream) resume() {
	if s.stopped.IsZero() {
		return
	}
	s.gap(int64(s.at.Sub(s.stopped).Seconds()*shieldRate), "the acquisition was stopped to switch the supply; this is what the host's clock says")
	s.stamps = shieldStamps{begin: s.block.End()}
	s.trusted, s.stopped = s.block.End(), time.Time{}
}

// words passes on a text of the instrument.
func (s *shieldStream) words(text string) {
	s.said(text)
	switch {
	case s.opening && strings.Contains(text, "ack start"):
		s.opening = false
		s.resume()
	case s.opening && isRefusal(text):
		s.err = fmt.Errorf("start was refused: %q", text)
	case !strings.Contains(text, "ack "):
		s.event(trace.Warning, 0, text)
	}
}
