package export

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// dialogMagic begins the first line of an at.log that can be read here. Its format is that of package transport, which an
// analysis does not import; of it only times, directions and texts are needed.
const dialogMagic = "# st67bench trace 1 "

const (
	longestDialog = 1 << 20 // a line of at.log; of a longer one the rest is passed over
	longestShown  = 200     // bytes of a command line that are shown
	mostPayload   = 4096    // writes of payload of one command
	longestFinal  = 80      // bytes of a line that may be a final code
)

// command is an AT command with what was written until its end.
type command struct {
	span           // its name is without parameters
	line    string // secrets are masked already
	result  string // its last final code; empty: there was none
	payload []span // writes of payload, until the module was heard or more was written
	more    int    // writes of payload beside these
	ended   bool   // by a final code
}

// finals end a command (manual 1.1).
var finals = map[string]bool{
	"OK": true, "ERROR": true, "SEND OK": true, "SEND FAIL": true, "SEND CANCELLED": true, "FAIL": true, "busy p...": true,
}

// readDialog gives the commands of a recording in order. A command lasts from its write to its final code, or to that of the
// payload that it asked for; one without either, to what was last heard before the next command.
func readDialog(from io.Reader, emit func(command)) error {
	in := bufio.NewReaderSize(from, longestDialog)
	d := dialog{emit: emit}
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		cut := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err == io.EOF { // a line without its end was being written
			d.flush()
			return nil
		}
		if err != nil {
			return err
		}
		if n == 1 && !bytes.HasPrefix(line, []byte(dialogMagic)) {
			return fmt.Errorf("1: this is no recording of a version that can be read: it must begin with %q", dialogMagic)
		}
		if line[0] == '#' {
			continue
		}
		if err := d.line(strings.TrimSuffix(string(line), "\n"), cut); err != nil {
			d.flush()
			return fmt.Errorf("%d: %w", n, err)
		}
	}
}

// dialog follows the lines of a recording.
type dialog struct {
	emit    func(command)
	last    time.Duration // of the line before
	now     *command      // the last one
	reply   []byte        // the module's line so far
	prompt  bool          // the module waits for payload
	writing bool          // the last write is payload and nothing was heard since
}

// line takes one line of data: "+S.NNNNNNNNN > PARTS".
func (d *dialog) line(s string, cut bool) error {
	stamp, rest, _ := strings.Cut(s, " ")
	direction, parts, _ := strings.Cut(rest, " ")
	at, err := parseStamp(stamp)
	if err != nil {
		return err
	}
	if at < d.last {
		return errors.New("its time is before that of the line before it")
	}
	d.last = at
	switch direction {
	case ">":
		if strings.HasPrefix(parts, "@") {
			_, n, _ := strings.Cut(parts, "+")
			n, _, _ = strings.Cut(n, " ")
			d.wrote(at, n+" B of payload")
			return nil
		}
		text, err := joined(parts, cut)
		if err != nil {
			return err
		}
		d.write(at, text)
	case "<":
		text, err := joined(parts, cut)
		if err != nil {
			return err
		}
		d.read(at, text)
	default:
		return errors.New("the direction after the time must be > or <")
	}
	return nil
}

// parseStamp reads "+S.NNNNNNNNN".
func parseStamp(s string) (time.Duration, error) {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "+"), ".")
	sec, err1 := strconv.ParseUint(whole, 10, 32)
	ns, err2 := strconv.ParseUint(fraction, 10, 32)
	if !strings.HasPrefix(s, "+") || len(fraction) != 9 || err1 != nil || err2 != nil {
		return 0, errors.New("a line must begin with a time such as +0.001234567")
	}
	return time.Duration(sec)*time.Second + time.Duration(ns), nil
}

// joined is the text of quoted parts and masks, a mask as ***. Of a line that was cut it is what can be read.
func joined(s string, cut bool) (string, error) {
	var b strings.Builder
	for s != "" {
		if s[0] == '*' {
			_, s, _ = strings.Cut(s, " ")
			b.WriteString("***")
			continue
		}
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil && cut {
			return b.String(), nil
		}
		text, err2 := strconv.Unquote(quoted)
		if err != nil || err2 != nil {
			return "", errors.New("bytes must be quoted, or masked as *N")
		}
		b.WriteString(text)
		s = strings.TrimPrefix(s[len(quoted):], " ")
	}
	return b.String(), nil
}

// write takes what was written: a command line, or payload.
func (d *dialog) write(at time.Duration, text string) {
	line := strings.TrimRight(text, "\r\n")
	if d.prompt || len(line) == len(text) || len(line) < 2 || !strings.EqualFold(line[:2], "AT") {
		d.wrote(at, fmt.Sprintf("%d B of payload", len(text)))
		return
	}
	d.flush()
	name, _, _ := strings.Cut(line, "=")
	d.now = &command{span: span{shorten(name), at, at}, line: shorten(line)}
	d.reply = d.reply[:0]
}

func shorten(s string) string {
	if len(s) <= longestShown {
		return s
	}
	return strings.ToValidUTF8(s[:longestShown], "") + "…"
}

// wrote takes payload.
func (d *dialog) wrote(at time.Duration, name string) {
	d.prompt = false
	if d.now == nil {
		return
	}
	d.close(at)
	d.now.ended = false
	d.now.to = max(d.now.to, at)
	if len(d.now.payload) < mostPayload {
		d.now.payload = append(d.now.payload, span{name, at, at})
		d.writing = true
	} else {
		d.now.more++
	}
}

// close ends the last payload.
func (d *dialog) close(at time.Duration) {
	if d.writing {
		d.now.payload[len(d.now.payload)-1].to = at
		d.writing = false
	}
}

// read takes what the module sent. Only whole lines can be final codes, however they were split.
func (d *dialog) read(at time.Duration, text string) {
	if d.now == nil {
		return
	}
	d.close(at)
	if !d.now.ended {
		d.now.to = max(d.now.to, at)
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n':
			d.final(at, strings.TrimSuffix(string(d.reply), "\r"))
			d.reply = d.reply[:0]
		case len(d.reply) <= longestFinal:
			d.reply = append(d.reply, c)
		}
	}
	if string(d.reply) == ">" {
		d.prompt, d.now.ended = true, false
		d.now.to = max(d.now.to, at)
		d.reply = d.reply[:0]
	}
}

// errorCode begins the line that says why; ERROR follows it, and says less.
const errorCode = "ERR CODE:"

// final takes a line that the module sent.
func (d *dialog) final(at time.Duration, line string) {
	switch {
	case d.now.ended:
	case strings.HasPrefix(line, errorCode):
		d.now.result = line
	case finals[line]:
		d.now.to, d.now.ended = at, true
		if !strings.HasPrefix(d.now.result, errorCode) {
			d.now.result = line
		}
	}
}

// flush gives the last command.
func (d *dialog) flush() {
	if d.now == nil {
		return
	}
	d.close(d.now.to)
	d.emit(*d.now)
	d.now, d.prompt, d.writing = nil, false, false
}
