package transport_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"st67bench/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a link in memory.
type memory struct{ net.Conn }

func (memory) String() string { return "memory:" }

// pair returns a traced link and the module's end of it.
func pair(t testing.TB, w io.Writer, o transport.LogOptions) (l *transport.Log, host transport.Conn, module net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	l = transport.NewLog(w, o)
	host = l.Trace(memory{near})
	t.Cleanup(func() {
		l.Close()
		host.Close()
		far.Close()
	})
	return l, host, far
}

// say lets one end write p, the other read all of it.
func say(t testing.TB, from io.Writer, to io.Reader, p []byte) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := from.Write(p)
		done <- err
	}()
	got := make([]byte, len(p))
	if _, err := io.ReadFull(to, got); err != nil || !bytes.Equal(got, p) {
		t.Fatalf("read %q, %v; want %q", got, err, p)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

const firstLine = "# st67bench trace 1 2000-01-01T00:00:00.000000000Z\n" // a synctest clock begins there

// dialog records a dialog with known times. It runs in a synctest bubble.
func dialog(t *testing.T, w io.Writer, o transport.LogOptions) {
	l, host, module := pair(t, w, o)
	say(t, host, module, []byte("AT+GMR\r\n"))
	time.Sleep(1234567 * time.Nanosecond)
	say(t, module, host, []byte("\r\nOK\r\n"))
	time.Sleep(time.Second)
	say(t, host, module, []byte(`AT+CWJAP="home","swordfish"`+"\r\n"))
	body := []byte("123456789")
	l.Refer(3, 1<<40, body)
	say(t, host, module, []byte("AT+CIPSEND=0,9\r\n"))
	say(t, host, module, body)
	time.Sleep(time.Millisecond)
	say(t, module, host, []byte("\x00\xff\t\"\\é"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// 0xe3069283 is the check value of CRC-32C over "123456789" (RFC 3720's
// polynomial; the value is in every CRC catalogue).
const dialogText = firstLine +
	`# +0.000000000 open "memory:"
+0.000000000 > "AT+GMR\r\n"
+0.001234567 < "\r\nOK\r\n"
+1.001234567 > "AT+CWJAP=\"home\",\"" *9 "\"\r\n"
+1.001234567 > "AT+CIPSEND=0,9\r\n"
+1.001234567 > @3:1099511627776+9 crc32c=e3069283
+1.002234567 < "\x00\xff\t\"\\\xc3\xa9"
# end
`

func TestText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		dialog(t, &out, transport.LogOptions{Secrets: []string{"swordfish", ""}})
		if out.String() != dialogText {
			t.Errorf("got\n%s\nwant\n%s", out.String(), dialogText)
		}
		out.Reset()
		dialog(t, &out, transport.LogOptions{Full: true})
		if got := out.String(); !strings.Contains(got, `> "123456789"`) || strings.Contains(got, "@") {
			t.Errorf("with Full the payload is not there:\n%s", got)
		}
	})
}

// Of two recordings of one link that rest in turn, each has its own part of the dialog.
func TestPause(t *testing.T) {
	var outs [2]bytes.Buffer
	first, host, module := pair(t, &outs[0], transport.LogOptions{})
	second := transport.NewLog(&outs[1], transport.LogOptions{})
	second.Pause(true)
	both := second.Trace(host)
	say(t, both, module, []byte("AT+ONE\r\n"))
	first.Pause(true)
	second.Pause(false)
	second.Pause(false)
	say(t, both, module, []byte("AT+TWO\r\n"))
	first.Pause(false)
	second.Pause(true)
	say(t, both, module, []byte("AT+THREE\r\n"))
	for i, want := range [][]string{{"open", "AT+ONE", "paused", "goes on", "AT+THREE", "end"}, {"paused", "goes on", "AT+TWO", "paused", "end"}} {
		if err := []*transport.Log{first, second}[i].Close(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(outs[i].String()), "\n")[1:]
		if len(lines) != len(want) {
			t.Fatalf("recording %d:\n%s", i, outs[i].String())
		}
		for k, word := range want {
			if !strings.Contains(lines[k], word) {
				t.Errorf("recording %d has %q, want %s", i, lines[k], word)
			}
		}
	}
}

// Only the very slice that was announced is ours, once.
func TestReferIsForOneWriteOfOneSlice(t *testing.T) {
	var out bytes.Buffer
	l, host, module := pair(t, &out, transport.LogOptions{})
	body := []byte("payload")
	l.Refer(1, 0, body)
	say(t, host, module, bytes.Clone(body))
	say(t, host, module, body[:3])
	say(t, host, module, body)
	say(t, host, module, body)
	l.Close()
	var got []string
	for line := range strings.Lines(out.String()) {
		if _, data, ok := strings.Cut(line, " > "); ok {
			got = append(got, strings.TrimSpace(data))
		}
	}
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	want := []string{`"payload"`, `"pay"`, fmt.Sprintf("@1:0+7 crc32c=%08x", sum), `"payload"`}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimit(t *testing.T) {
	for _, limit := range []int64{200, 201, 350, 500, 1000, 1 << 20} {
		var out bytes.Buffer
		l, host, module := pair(t, &out, transport.LogOptions{Limit: limit})
		for i := range 100 {
			say(t, host, module, fmt.Appendf(nil, "AT+%d\r\n", i))
			l.Flush()
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if int64(len(text)) > limit {
			t.Errorf("limit %d: %d bytes were written", limit, len(text))
		}
		lines := strings.SplitAfter(text, "\n")
		last := lines[len(lines)-2]
		if reached := limit < 1<<20; reached != strings.Contains(last, fmt.Sprintf("the limit of %d bytes is reached", limit)) {
			t.Errorf("limit %d: the last line is %q", limit, last)
		}
		if _, err := transport.Replay(&out, transport.ReplayOptions{}); err != nil {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

// failing is a full disk.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestTraceFailureLeavesTheLinkAlone(t *testing.T) {
	l, host, module := pair(t, failing{}, transport.LogOptions{})
	say(t, host, module, []byte("AT\r\n"))
	if err := l.Flush(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("Flush gives %v", err)
	}
	say(t, module, host, []byte("OK\r\n"))
	if err := l.Err(); err == nil || err != l.Close() {
		t.Errorf("Err gives %v", err)
	}
	module.Close()
	if _, err := host.Write([]byte("AT\r\n")); err == nil {
		t.Error("a write to a closed link gives no error")
	}
}

// A write that the link did not take whole is said to be so.
func TestFailedWriteIsNoted(t *testing.T) {
	var out bytes.Buffer
	l, host, module := pair(t, &out, transport.LogOptions{})
	go io.ReadFull(module, make([]byte, 2))
	host.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := host.Write([]byte("AT\r\n")); err == nil {
		t.Fatal("the write did not fail")
	}
	l.Close()
	if want := `the write of 4 bytes ended after 2: "`; !strings.Contains(out.String(), want) {
		t.Errorf("%q is missing in\n%s", want, out.String())
	}
}

// Without Flush or Close the text still comes, soon.
func TestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var out bytes.Buffer
		_, host, module := pair(t, locked{&mu, &out}, transport.LogOptions{})
		time.Sleep(5 * time.Second)
		say(t, host, module, []byte("AT\r\n"))
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(out.String(), `+5.000000000 > "AT\r\n"`) {
			t.Errorf("a second later there is only %q", out.String())
		}
	})
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
