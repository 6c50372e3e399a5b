package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/transport"
)

// commandsOf are those of lines such as "1 > AT\r\n", whose times are in ms.
func commandsOf(t *testing.T, lines ...string) (all []command) {
	t.Helper()
	text := dialogMagic + "x\n"
	for _, l := range lines {
		at, rest, _ := strings.Cut(l, " ")
		text += fmt.Sprintf("+0.%03s000000 %s\n", at, rest)
	}
	if err := readDialog(strings.NewReader(text), func(c command) { all = append(all, c) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// text is a command on one line: name, from-to in ms, result, payloads.
func (c command) text() string {
	ms := func(s span) string {
		return fmt.Sprintf("%s %d-%d", s.name, s.from.Milliseconds(), s.to.Milliseconds())
	}
	out := ms(c.span) + " " + c.result
	for _, p := range c.payload {
		out += ", " + ms(p)
	}
	return out
}

func TestDialog(t *testing.T) {
	for name, c := range map[string]struct{ lines, want []string }{
		"a command ends at its final code": {[]string{`1 > "AT+GMR\r\n"`, `2 < "AT version:1\r\n"`, `3 < "\r\nOK\r\n"`, `9 < "+CW:CONNECTED\r\n"`},
			[]string{"AT+GMR 1-3 OK"}},
		"a code that is split": {[]string{`1 > "AT\r\n"`, `2 < "\r\nER"`, `3 < "ROR\r"`, `4 < "\n"`}, []string{"AT 1-4 ERROR"}},
		"a reason says more than ERROR": {[]string{`1 > "AT+X=1\r\n"`, `2 < "ERR CODE:0x01070000\r\n\r\nERROR\r\n"`},
			[]string{"AT+X 1-2 ERR CODE:0x01070000"}},
		"a send ends after its payload": {[]string{`1 > "AT+CIPSEND=0,5\r\n"`, `2 < "\r\nOK\r\n\r\n>"`, `3 > @0:0+5 crc32c=00000000`, `5 < "Recv 5 bytes\r\n"`, `7 < "\r\nSEND OK\r\n"`},
			[]string{"AT+CIPSEND 1-7 SEND OK, 5 B of payload 3-5"}},
		"payload that looks like a command": {[]string{`1 > "AT+CIPSEND=0,4\r\n"`, `2 < "OK\r\n>"`, `3 > "AT\r\n"`, `4 < "SEND OK\r\n"`},
			[]string{"AT+CIPSEND 1-4 SEND OK, 4 B of payload 3-4"}},
		"a line that has a code in it": {[]string{`1 > "AT+CIPRECVDATA=0,9\r\n"`, `2 < "+CIPRECVDATA:4,OK\r\n\r\nOK\r\n"`},
			[]string{"AT+CIPRECVDATA 1-2 OK"}},
		"no answer":           {[]string{`1 > "AT\r\n"`, `5 > "AT\r\n"`, `6 < "OK\r\n"`}, []string{"AT 1-1 ", "AT 5-6 OK"}},
		"passthrough":         {[]string{`1 > "AT+CIPSEND\r\n"`, `2 < "OK\r\n>"`, `3 > @0:0+9 crc32c=0`, `4 > @0:9+9 crc32c=0`, `8 > "+++"`, `9 < "+QUITT\r\n"`}, []string{"AT+CIPSEND 1-9 OK, 9 B of payload 3-4, 9 B of payload 4-8, 3 B of payload 8-9"}},
		"before any command":  {[]string{`1 < "ready\r\n"`, `2 > "+++"`, `3 < "OK\r\n"`}, nil},
		"a secret in a query": {[]string{`1 > "AT+CWJAP=\"a\",\"" *8 "\"\r\n"`, `2 < "OK\r\n"`}, []string{"AT+CWJAP 1-2 OK"}},
	} {
		var got []string
		for _, one := range commandsOf(t, c.lines...) {
			got = append(got, one.text())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What package transport records is read here: the format is written twice, and this holds both together.
func TestDialogReadsARecording(t *testing.T) {
	var b bytes.Buffer
	log := transport.NewLog(&b, transport.LogOptions{Start: time.Now(), Secrets: []string{"long-enough-secret"}})
	payload := bytes.Repeat([]byte{0, '"', '\\', 0xff}, 100)
	conn := log.Trace(&scripted{reads: []string{"\r\nOK\r\n", "\r\nOK\r\n\r\n>", "Recv 400 bytes\r\n\r\nSEND OK\r\n"}})
	buf := make([]byte, 100)
	for _, line := range []string{"AT+CWJAP=\"a\",\"long-enough-secret\"\r\n", "AT+CIPSEND=0,400\r\n", string(payload)} {
		p := []byte(line)
		if len(p) == len(payload) {
			log.Refer(1, 0, p)
		}
		if _, err := conn.Write(p); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := readDialog(&b, func(c command) {
		got = append(got, c.line, c.result)
		for _, p := range c.payload {
			got = append(got, p.name)
		}
		if c.to < c.from || c.to > time.Minute {
			t.Errorf("%s is from %v to %v", c.line, c.from, c.to)
		}
	})
	if want := []string{`AT+CWJAP="a","***"`, "OK", "AT+CIPSEND=0,400", "SEND OK", "400 B of payload"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// scripted is a link whose reads are given.
type scripted struct {
	transport.Conn
	reads []string
}

func (s *scripted) String() string              { return "scripted" }
func (s *scripted) Write(p []byte) (int, error) { return len(p), nil }
func (s *scripted) Read(p []byte) (int, error) {
	n := copy(p, s.reads[0])
	s.reads = s.reads[1:]
	return n, nil
}

// Whatever the bytes are, reading ends without a panic, and the commands are in order.
func FuzzDialog(f *testing.F) {
	f.Add([]byte("+0.000000001 > \"AT\\r\\n\"\n+0.000000002 < \"\\r\\nOK\\r\\n\"\n"))
	f.Add([]byte("+0.000000001 > @1:0+5 crc32c=0\n+0.000000002 < *5\n"))
	f.Add([]byte("\n#\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = readDialog(bytes.NewReader(slices.Concat([]byte(dialogMagic+"x\n"), text)), func(c command) {
			if c.name == "" || c.to < c.from {
				t.Errorf("command %+v", c)
			}
		})
	})
}
