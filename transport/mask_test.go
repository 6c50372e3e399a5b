package transport_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"st67bench/transport"
)

// loop is a link on which writes succeed and reads give what was put in.
type loop struct {
	memory
	in *[]byte
}

func (loop) Write(p []byte) (int, error) { return len(p), nil }

func (l loop) Read(p []byte) (int, error) {
	if len(*l.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, *l.in)
	*l.in = (*l.in)[n:]
	return n, nil
}

func (loop) Close() error { return nil }

// scripted is a traced loop: call makes one call of it in the given direction.
func scripted(w io.Writer, o transport.LogOptions) (l *transport.Log, call func(direction byte, p string)) {
	var in []byte
	l = transport.NewLog(w, o)
	conn := l.Trace(loop{in: &in})
	return l, func(direction byte, p string) {
		if direction == '>' {
			conn.Write([]byte(p))
			return
		}
		in = []byte(p)
		conn.Read(make([]byte, len(p)))
	}
}

// lines returns the data of a recording's lines in one direction.
func lines(text string, direction byte) []string {
	var out []string
	for line := range strings.Lines(text) {
		if _, data, ok := strings.Cut(line, " "+string(direction)+" "); ok && line[0] == '+' {
			out = append(out, strings.TrimSuffix(data, "\n"))
		}
	}
	return out
}

// parts writes message[from:to] as the format says, with message[a:b] masked.
func parts(message string, from, to, a, b int) string {
	var out []string
	for _, p := range [][3]int{{0, a, 0}, {a, b, 1}, {b, len(message), 0}} {
		if lo, hi := max(p[0], from), min(p[1], to); lo < hi && p[2] == 1 {
			out = append(out, fmt.Sprintf("*%d", hi-lo))
		} else if lo < hi {
			out = append(out, strconv.Quote(message[lo:hi]))
		}
	}
	return strings.Join(out, " ")
}

// A secret is masked wherever a message is split, whether or not the first part
// is written out before the second comes, as it is and as a command escapes it.
func TestMaskSplitAtEveryByte(t *testing.T) {
	const secret = `pa,"ss\`
	for _, form := range []string{secret, `pa,\"ss\\`, `pa\,\"ss\\`} {
		message := `AT+CWJAP="home","` + form + "\"\r\n"
		a := strings.Index(message, form)
		for cut := 1; cut < len(message); cut++ {
			for _, direction := range []byte("><") {
				for _, flush := range []bool{false, true} {
					var out bytes.Buffer
					l, call := scripted(&out, transport.LogOptions{Secrets: []string{secret}})
					call(direction, message[:cut])
					if flush {
						l.Flush()
					}
					call(direction^'>'^'<', "something else")
					call(direction, message[cut:])
					l.Close()
					want := []string{parts(message, 0, cut, a, a+len(form)), parts(message, cut, len(message), a, a+len(form))}
					if got := lines(out.String(), direction); fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("cut %d, direction %c, flush %v: got %q, want %q", cut, direction, flush, got, want)
					}
				}
			}
		}
	}
}

// The wait for the rest of a secret is bounded, and what comes late is masked
// all the same.
func TestMaskDoesNotWaitForEver(t *testing.T) {
	var out bytes.Buffer
	l, call := scripted(&out, transport.LogOptions{Secrets: []string{"swordfish"}})
	call('>', "AT sword")
	for range 3 {
		call('<', strings.Repeat("x", 50_000))
		l.Flush()
	}
	if got := lines(out.String(), '>'); len(got) != 1 || got[0] != `"AT " *5` {
		t.Errorf("after 150 kB of other data there is %q", got)
	}
	call('>', "fish")
	call('>', "AT s")
	l.Close()
	if got, want := fmt.Sprint(lines(out.String(), '>')), `["AT " *5 *4 "AT " *1]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// expand undoes the format with the standard library: bytes, and which are masked.
func expand(t *rapid.T, data []string) (text []byte, masked []bool) {
	for _, line := range data {
		for _, part := range strings.Split(line, " ") {
			n, err := strconv.Atoi(strings.TrimPrefix(part, "*"))
			if err == nil {
				text, masked = append(text, bytes.Repeat([]byte("*"), n)...), append(masked, all(n)...)
				continue
			}
			s, err := strconv.Unquote(part)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			text, masked = append(text, s...), append(masked, make([]bool, len(s))...)
		}
	}
	return text, masked
}

// TestMaskAgainstPlainSearch compares with a search over each direction's whole
// stream: nothing of a secret is shown, nothing else is hidden except what may
// be the beginning of one at the end.
func TestMaskAgainstPlainSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringMatching("[ab]{1,5}"), 1, 3).Draw(t, "secrets")
		var out bytes.Buffer
		l, call := scripted(&out, transport.LogOptions{Secrets: secrets})
		streams := map[byte]string{}
		for range rapid.IntRange(1, 12).Draw(t, "calls") {
			direction := rapid.SampledFrom([]byte("><")).Draw(t, "direction")
			p := rapid.StringMatching("[abc]{1,6}").Draw(t, "p")
			call(direction, p)
			streams[direction] += p
			if rapid.Bool().Draw(t, "flush") {
				l.Flush()
			}
		}
		l.Close()
		for direction, stream := range streams {
			text, masked := expand(t, lines(out.String(), direction))
			if len(text) != len(stream) {
				t.Fatalf("%c: %d bytes of %d are there", direction, len(text), len(stream))
			}
			secret, longest := make([]bool, len(stream)), 0
			for _, s := range secrets {
				longest = max(longest, len(s))
				for i := range stream {
					if strings.HasPrefix(stream[i:], s) {
						copy(secret[i:], all(len(s)))
					}
				}
			}
			for i := range stream {
				switch {
				case secret[i] && !masked[i]:
					t.Fatalf("%c: byte %d of %q is shown, secrets %q", direction, i, stream, secrets)
				case !secret[i] && masked[i] && i < len(stream)-longest+1:
					t.Fatalf("%c: byte %d of %q is hidden, secrets %q", direction, i, stream, secrets)
				case !masked[i] && text[i] != stream[i]:
					t.Fatalf("%c: byte %d of %q is %q", direction, i, stream, text[i])
				}
			}
		}
	})
}

// all is n times true.
func all(n int) []bool {
	b := make([]bool, n)
	for i := range b {
		b[i] = true
	}
	return b
}
