package remote

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
)

// taken is what a parser makes of a stream: data, and what was negotiated, in
// words.
type taken struct {
	data   []byte
	events []string
}

// take gives the parser pieces that end at the bytes for which cut is true.
func take(stream []byte, cut func(i int) bool) taken {
	var got taken
	p := telnet{
		negotiated: func(verb, option byte) {
			got.events = append(got.events, fmt.Sprint(verb, option))
		},
		subnegotiate: func(option byte, content []byte) {
			got.events = append(got.events, fmt.Sprintf("%d % x", option, content))
		},
	}
	for from, i := 0, 0; i < len(stream); i++ {
		if i == len(stream)-1 || cut(i) {
			piece := bytes.Clone(stream[from : i+1])
			got.data = append(got.data, piece[:p.strip(piece)]...)
			from = i + 1
		}
	}
	return got
}

func oneByte(int) bool { return true }

// The streams are written by hand from RFC 854, 855 and 2217.
func TestTelnet(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ stream, data, events string }{
		{"AT\r\n", "AT\r\n", ""},
		{"a\xff\xffb", "a\xffb", ""},
		{"\xff\xff\xff\xff", "\xff\xff", ""},
		{"a\r\x00b", "a\r\x00b", ""},                 // binary: no end-of-line convention
		{"a\xff\xf1b\xff\xf9c\xff\xf2d", "abcd", ""}, // NOP, go ahead, data mark
		{"a\xff\xfd\x2cb", "ab", "253 44"},
		{"\xff\xfb\xff\xff\xffx", "\xffx", "251 255"}, // option 255, then data 0xFF
		{"a\xff\xfa\x2c\x65\x00\x1e\x84\x80\xff\xf0b", "ab", "44 65 00 1e 84 80"},
		{"\xff\xfa\x2c\x65\x00\xff\xff\xff\xff\x01\xff\xf0", "", "44 65 00 ff ff 01"},
		{"\xff\xfa\xff\xf0x", "x", ""},                              // empty
		{"\xff\xfa\x2c" + long + "\xff\xf0x", "x", ""},              // too long
		{"\xff\xfa\x2c\x65\xff\xfd\x00x", "x", "253 0"},             // its end was lost
		{"\xff\xfa\x2c\x65\xff\xfa\x2c\x66\xff\xf0x", "x", "44 66"}, // another one begins
		{"x\xff", "x", ""},
		{"x\xff\xfa\x2c", "x", ""},
	} {
		for name, cut := range map[string]func(int) bool{"whole": func(int) bool { return false }, "by bytes": oneByte} {
			got := take([]byte(c.stream), cut)
			if events := strings.Join(got.events, "; "); string(got.data) != c.data || events != c.events {
				t.Errorf("%q %s: data %q, events %q; want %q, %q", c.stream, name, got.data, events, c.data, c.events)
			}
		}
	}
}

// FuzzTelnet: however the stream is cut, the parser makes the same of it, and
// data that was escaped comes back.
func FuzzTelnet(f *testing.F) {
	f.Add([]byte("AT\xff\xff\xff\xfa\x2c\x65\x00\xff\xff\xff\xf0\xff\xfb\x01x"), uint64(1))
	f.Add([]byte("\xff\xfa\xff\xfa\xff\xf0\xff"), uint64(2))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		events := func(x taken) string { return strings.Join(x.events, ";") }
		r := rand.New(rand.NewPCG(seed, 0))
		bytewise, cut := take(stream, oneByte), take(stream, func(int) bool { return r.IntN(3) == 0 })
		if !bytes.Equal(bytewise.data, cut.data) || events(bytewise) != events(cut) {
			t.Errorf("cut differently: data % x and % x, events %s and %s", bytewise.data, cut.data, events(bytewise), events(cut))
		}
		for from := stream; len(from) > 0; {
			wire, used := escape(nil, from)
			if used == 0 || len(wire) > outSize {
				t.Fatalf("escape took %d bytes and made %d", used, len(wire))
			}
			if back := take(wire, func(int) bool { return false }); !bytes.Equal(back.data, from[:used]) || back.events != nil {
				t.Errorf("escaped % x came back as % x, events %s", from[:used], back.data, events(back))
			}
			from = from[used:]
		}
	})
}

// short is a connection that takes some bytes and then none in time.
type short struct {
	net.Conn
	takes int
	took  []byte
}

func (c *short) Write(p []byte) (int, error) {
	n := min(c.takes, len(p))
	c.takes -= n
	c.took = append(c.took, p[:n]...)
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

// TestCutWrites cuts a write at every byte on the wire, between and within
// escapes and in a queued answer: what it counted and what the next write adds
// must be one whole stream.
func TestCutWrites(t *testing.T) {
	first, second := []byte("\xffab\xff\xffc\xff"), []byte("\xffz")
	wire := "\xff\xfc\x1f" + "\xff\xffab\xff\xff\xff\xffc\xff\xff"
	for at := range len(wire) + 1 {
		c := &short{takes: at}
		s := newPort(c)
		s.options.reply(wont, 31)
		n, err := s.Write(first)
		if (err == nil) != (at == len(wire)) {
			t.Fatalf("cut at %d of %d: took %d, error %v", at, len(wire), n, err)
		}
		c.takes = 1000
		rest := append(bytes.Clone(first[n:]), second...)
		if m, err := s.Write(rest); m != len(rest) || err != nil {
			t.Fatalf("cut at %d: the next write took %d, error %v", at, m, err)
		}
		if want := wire + "\xff\xffz"; string(c.took) != want {
			t.Errorf("cut at %d: on the wire % x, want % x", at, c.took, want)
		}
	}
}

// The data path allocates nothing, with or without bytes to escape.
func TestAllocations(t *testing.T) {
	c := &short{takes: 1 << 30, took: make([]byte, 0, 1<<20)}
	s := newPort(c)
	for name, p := range map[string][]byte{"plain": []byte("AT+CIPSEND=0,1460\r\n"), "escaped": bytes.Repeat([]byte{0xFF, 1, 2}, 500)} {
		in := make([]byte, 4096)
		n := testing.AllocsPerRun(100, func() {
			c.took = c.took[:0]
			s.Write(p)
			wire, _ := escape(in[:0], p)
			s.parser.strip(wire)
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
