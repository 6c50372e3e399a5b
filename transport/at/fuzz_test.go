package at

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// read feeds a stream to a reader in pieces, with an exchange going on when there
// is a command, and shows all that came out of it. Piece k is as long as cuts[k]
// says, round and round. The kind says what the exchange is, see kinds.
func read(stream, cuts []byte, command string, kind byte) string {
	s := newSession(plain{}, testGrammar())
	var got [3]collector
	s.SetSink(0, got[0].take)
	s.SetSink(1, got[1].take)
	heads := ""
	s.Watch("+IPD:", func(line []byte, _ time.Time) { heads += string(line) + "|" })
	if command != "" {
		p, o := kinds(kind, got[2].take)
		if err := s.begin([]byte(command), p, o); err != nil {
			return err.Error()
		}
	}
	for k := 0; len(stream) > 0; k++ {
		n := len(stream)
		if len(cuts) > 0 {
			n = min(n, 1+int(cuts[k%len(cuts)]))
		}
		s.feed(stream[:n], time.Unix(100, 0))
		stream = stream[n:]
	}
	ended := !s.x.active
	s.end(io.EOF)
	go s.events.run()
	events := drain(s)
	result := ""
	if command != "" {
		result = show(s.result())
	}
	return fmt.Sprintf("ended %v, result %s, sinks %q %q, heads %q, passthrough %q, events %s",
		ended, result, got[0].String(), got[1].String(), heads, got[2].String(), events)
}

// kinds are a command, sends with each option, and passthrough.
func kinds(kind byte, tap func([]byte, time.Time)) (payload, SendOptions) {
	p := payload{follows: kind%6 > 0, whole: make([]byte, 5)}
	switch kind % 6 {
	case 2:
		return p, SendOptions{NoRecv: true}
	case 3:
		return p, SendOptions{MayRecv: true}
	case 4:
		return p, SendOptions{AnyCount: true, UntilRecv: true}
	case 5:
		return payload{follows: true, tap: tap}, SendOptions{NoRecv: true}
	}
	return p, SendOptions{}
}

// FuzzReader: whatever comes, the reader does not panic, and what comes out does
// not depend on how the reads are cut.
func FuzzReader(f *testing.F) {
	for _, d := range dialogs {
		var stream []byte
		for _, st := range d.steps {
			stream = append(stream, strings.Join(st.reply, "")...)
		}
		f.Add(stream, []byte{0}, "AT+X?", byte(0))
		f.Add(stream, []byte{30}, "", byte(0))
		for kind := range byte(5) {
			f.Add(stream, []byte{3, 7, 1}, "AT+CIPSEND=0,5", kind+1)
		}
	}
	f.Add([]byte("+IPD:0,99999999999999999999,x\r\n+CIPRECVDATA:-1,\r\n\x00\xff>\r\r\n\n"), []byte{5}, "AT", byte(1))
	f.Fuzz(func(t *testing.T, stream, cuts []byte, command string, kind byte) {
		if len(stream) > maxLine { // a line is cut there
			t.Skip("longer than a line may be")
		}
		whole, pieces := read(stream, nil, command, kind), read(stream, cuts, command, kind)
		if whole != pieces {
			t.Errorf("stream %q in pieces of %v:\nwhole  %s\npieces %s", stream, cuts, whole, pieces)
		}
	})
}

// FuzzCounted: counted data arrive to the byte, whatever is in them, and the
// events round them keep their order. Each byte of plan puts one part on the
// stream: an event, payload for a link, reply data or a reply line.
func FuzzCounted(f *testing.F) {
	f.Add([]byte(nasty), []byte{0, 1, 2, 3, 4, 0, 1, 2}, []byte{0})
	f.Add([]byte("\r\n>OK\r\n"), []byte{2, 2, 3, 1, 1, 0}, []byte{1, 2})
	f.Add([]byte{}, []byte{1, 3, 2}, []byte{})
	f.Add(bytes.Repeat([]byte("+IPD:0,5,"), 50), []byte{3, 0, 3, 0}, []byte{100})
	f.Fuzz(func(t *testing.T, data, plan, cuts []byte) {
		if len(plan) > 64 || len(data) > 4096 {
			t.Skip("too long to be quick")
		}
		var stream bytes.Buffer
		var sinks [2][]byte
		heads := ""
		var r Response
		events := []string{}
		for i, p := range plan {
			part := data[min(len(data), i):]
			switch link := int(p) % 2; p % 5 {
			case 0:
				line := fmt.Sprintf("+CW:%d", i)
				events = append(events, line)
				fmt.Fprintf(&stream, "%s\r\n", line)
			case 1, 2:
				sinks[link] = append(sinks[link], part...)
				heads += fmt.Sprintf("+IPD:%d,%d,|", link, len(part))
				fmt.Fprintf(&stream, "+IPD:%d,%d,%s\r\n", link, len(part), part)
			case 3:
				head := fmt.Sprintf("+CIPRECVDATA:%d,", len(part))
				r.Lines, r.Data = append(r.Lines, []byte(head)), append(r.Data, part...)
				fmt.Fprintf(&stream, "%s%s\r\n", head, part)
			case 4:
				line := fmt.Sprintf("+X:%d", i)
				r.Lines = append(r.Lines, []byte(line))
				fmt.Fprintf(&stream, "%s\r\n", line)
			}
		}
		stream.WriteString("\r\nOK\r\n")
		r.Final = []byte("OK")
		want := fmt.Sprintf("ended true, result %s, sinks %q %q, heads %q, passthrough \"\", events %q", show(r, nil), sinks[0], sinks[1], heads, events)
		if got := read(stream.Bytes(), cuts, "AT+X?", 0); got != want {
			t.Errorf("stream %q\ngot  %s\nwant %s", stream.Bytes(), got, want)
		}
	})
}
