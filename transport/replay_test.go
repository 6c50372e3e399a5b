package transport_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport"
)

// play opens a recording.
func play(t *testing.T, text string, o transport.ReplayOptions) transport.Conn {
	t.Helper()
	c, err := transport.Replay(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestReplay plays the dialog of TestText back with another password, in exactly
// the recorded times, or in none.
func TestReplay(t *testing.T) {
	for recorded, want := range map[bool][2]time.Duration{true: {1234567, 1000000}, false: {0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			c := play(t, dialogText, transport.ReplayOptions{Name: "at.log", Recorded: recorded})
			write := func(s string) {
				if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatalf("write %q: %d, %v", s, n, err)
				}
			}
			read := func(want string, gap time.Duration) {
				start := time.Now()
				got := make([]byte, len(want))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
					t.Fatalf("read %q, %v; want %q", got, err, want)
				}
				if took := time.Since(start); took != gap {
					t.Errorf("%q came after %v, want %v", want, took, gap)
				}
			}
			time.Sleep(time.Minute) // the recording waits for the first write
			write("AT+GMR\r\n")
			read("\r\nOK\r\n", want[0])
			write(`AT+CWJAP="home","otherfish"` + "\r\n")
			write("AT+CIPSEND=0,9\r\n")
			write("123456789")
			read("\x00\xff\t\"\\é", want[1])
			c.SetReadDeadline(time.Now().Add(time.Hour)) // a closed recording is a silent line at its end
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("at the end, read gives %v", err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReplayMismatch(t *testing.T) {
	const start = firstLine + `+0.000000000 > "AT\r\n"` + "\n" + `+0.001000000 < "\r\nOK\r\n"` + "\n"
	for _, c := range []struct{ recorded, written, want string }{
		{`"AT+GMR\r\n"`, "AT+RST\r\n", `replay at.log:4: write 2 differs from the recording; recorded was "AT+GMR\r\n", written was "AT+RST\r\n"`},
		{`"AT+GMR\r\n"`, "AT+GMR", `written was "AT+GMR"`},
		{`"ab" *3 "cd"`, "abXYZc", `recorded was "ab***cd", written was "abXYZc"`},
		{`"ab" *3 "cd"`, "abXYZce", `written was "abXYZce"`},
		{`"ab" *3 "cd"`, "aaXYZcd", `written was "aaXYZcd"`},
		{`"AT\r\n"`, `AT+X="swordfish"`, `written was "AT+X=\"" *9 "\""`},
		{`@3:0+9 crc32c=e3069283`, "123456780", `recorded was @3:0+9 crc32c=e3069283, written was 9 bytes with crc32c=`},
		{`@3:0+9 crc32c=e3069283`, "1234567890", `written was 10 bytes with crc32c=`},
	} {
		conn := play(t, start+"+1.000000000 > "+c.recorded+"\n# end\n", transport.ReplayOptions{Name: "at.log", Secrets: []string{"swordfish"}})
		if _, err := conn.Write([]byte("AT\r\n")); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Write([]byte(c.written))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, written %q: %v, want %q", c.recorded, c.written, err, c.want)
		}
		if _, again := conn.Read(make([]byte, 1)); again != err {
			t.Errorf("after a mismatch, read gives %v", again)
		}
		if again := conn.Close(); again != err {
			t.Errorf("after a mismatch, Close gives %v", again)
		}
	}
}

func TestReplayLeftOver(t *testing.T) {
	const text = firstLine + `+0.000000000 > "AT\r\n"` + "\n" +
		`+0.001000000 < "\r\nOK\r\n"` + "\n" + `+0.002000000 > "AT+GMR\r\n"` + "\n# end\n"
	conn := play(t, text, transport.ReplayOptions{Name: "at.log"})
	if err := conn.Close(); err == nil || err.Error() != `replay at.log:2: closed with 3 lines left over, the first is > "AT\r\n"` {
		t.Errorf("Close gives %v", err)
	}
	conn = play(t, text, transport.ReplayOptions{Name: "at.log"})
	if _, err := conn.Write([]byte("AT\r\n")); err != nil {
		t.Fatal(err)
	}
	conn.Read(make([]byte, 3))
	if err := conn.Close(); err == nil || err.Error() != `replay at.log:3: closed with 2 lines left over, the first is < "K\r\n"` {
		t.Errorf("Close gives %v", err)
	}
	conn = play(t, firstLine+"# end\n", transport.ReplayOptions{Name: "at.log"})
	if _, err := conn.Write([]byte("AT\r\n")); err == nil || !strings.Contains(err.Error(), `the recording ends after 0 writes; written was "AT\r\n"`) {
		t.Errorf("write past the end gives %v", err)
	}
}

func TestReplayCloseAndDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := play(t, firstLine+"# end\n", transport.ReplayOptions{})
		read := make(chan error)
		go func() {
			_, err := conn.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		conn.SetReadDeadline(time.Now().Add(time.Second)) // also for the read that waits
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read gives %v", err)
		}
		conn.SetWriteDeadline(time.Now())
		if _, err := conn.Write([]byte("AT\r\n")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write gives %v", err)
		}
		conn.SetReadDeadline(time.Time{})
		go func() {
			_, err := conn.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if err := <-read; !errors.Is(err, os.ErrClosed) {
			t.Errorf("read gives %v", err)
		}
		for _, err := range []error{conn.Close(), conn.SetReadDeadline(time.Time{})} {
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		}
	})
}

// A recording that was cut off at any byte opens, and plays up to the cut.
func TestReplayCutAnywhere(t *testing.T) {
	const first, reply = "AT+GMR\r\n", "\r\nOK\r\n"
	whole := strings.Index(dialogText, "+0.001234567")
	both := strings.Index(dialogText, "+1.001234567")
	for cut := range len(dialogText) {
		conn := play(t, dialogText[:cut], transport.ReplayOptions{})
		_, err := conn.Write([]byte(first))
		if (err == nil) != (cut >= whole) {
			t.Errorf("cut at %d: the first write gives %v", cut, err)
		}
		if err == nil {
			got := make([]byte, len(reply))
			_, err := io.ReadFull(conn, got)
			if played := err == nil && string(got) == reply; played != (cut >= both) {
				t.Errorf("cut at %d: read %q, %v", cut, got, err)
			}
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut at %d: read gives %v, want io.ErrUnexpectedEOF", cut, err)
			}
		}
		conn.Close()
	}
}

func TestReplayRefusesMalformedLines(t *testing.T) {
	if _, err := transport.Replay(strings.NewReader("PK\x03\x04\n"), transport.ReplayOptions{Name: "a.zip"}); err == nil || !strings.Contains(err.Error(), "a.zip:1: this is not a trace") {
		t.Errorf("another file gives %v", err)
	}
	for _, line := range []string{
		"", "AT", `0.000000000 > "A"`, `+0.00000000 > "A"`, `+0.0000000000 > "A"`, `+-1.000000000 > "A"`, `+0.+00000000 > "A"`, `+0.000000000 = "A"`,
		`+0.000000000 >`, `+0.000000000 > `, `+0.000000000 > A`, `+0.000000000 > "A`, `+0.000000000 > 'A'`, "+0.000000000 > `A`", `+0.000000000 > "A\q"`,
		`+0.000000000 > "A"  "B"`, `+0.000000000 > "A" `, `+0.000000000 > *0`, `+0.000000000 > *-1`, `+0.000000000 > *4097`, `+0.000000000 > *`,
		`+0.000000000 < @1:0+1 crc32c=00000000`, `+0.000000000 > @1:0+1`, `+0.000000000 > @1:0+-1 crc32c=00000000`, `+0.000000000 > @1:0+1 crc32c=123456789`,
	} {
		_, err := transport.Replay(strings.NewReader(firstLine+"# remark\n"+line+"\n# end\n"), transport.ReplayOptions{Name: "at.log"})
		if err == nil || !strings.HasPrefix(err.Error(), "replay at.log:3: ") {
			t.Errorf("%q gives %v", line, err)
		}
	}
}

// FuzzReplay: whatever the file holds, opening it gives an error or a Conn that
// can be read, written and closed.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(dialogText), []byte("AT+GMR\r\n"))
	f.Add([]byte(firstLine+"+0.000000000 < *4096 \"a\"\n+1.000000000 > *3\n"), []byte("abc"))
	f.Fuzz(func(t *testing.T, text, write []byte) {
		conn, err := transport.Replay(bytes.NewReader(text), transport.ReplayOptions{Secrets: []string{"AT"}})
		if err != nil {
			return
		}
		conn.SetReadDeadline(time.Now())
		conn.Read(make([]byte, 16))
		conn.SetReadDeadline(time.Time{})
		conn.Write(write)
		conn.Close()
	})
}
