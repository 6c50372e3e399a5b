package spislave

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// serve offers a rig, whose firmware gives back what it gets, over a pipe.
func serve(t *testing.T, change func(*Options)) (host net.Conn, ended <-chan error) {
	r := newRig(t, func(o *Options) {
		o.On = func(side *Side) error {
			side.Running(true)
			go func() {
				p := make([]byte, MaxPayload)
				for {
					n, err := side.Read(p)
					if err != nil {
						return
					}
					if _, err := side.Write(p[:n]); err != nil {
						return
					}
				}
			}()
			return nil
		}
		if change != nil {
			change(o)
		}
	})
	host, module := net.Pipe()
	end := make(chan error, 1)
	go func() {
		err := r.ServeConn(t.Context(), module)
		r.Close()
		end <- err
	}()
	return host, end
}

// expect reads records as they are on the wire.
func expect(t *testing.T, host net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	host.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := io.ReadFull(host, b); string(b[:n]) != want {
		t.Fatalf("the module sent % x (%v), want % x", b[:n], err, want)
	}
}

// The records of one exchange, byte by byte.
func TestRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, ended := serve(t, nil)
		expect(t, host, "R\x00")
		write := func(s string) { _, _ = io.WriteString(host, s) }
		write("E\x01C\x01")
		expect(t, host, "R\x01")
		write("X\x0a\x00\xaa\x55\x02\x00\x00\x00\x00\x00hi")
		expect(t, host, "X\x0a\x00\xaa\x55\x00\x00\x00\x00\x00\x00\xdd\xccR\x00")
		write("C\x00")
		expect(t, host, "R\x01")
		write("C\x01X\x08\x00\xaa\x55\x00\x00\x00\x00\x00\x00")
		expect(t, host, "X\x08\x00\xaa\x55\x02\x00\x00\x00\x00\x00R\x00")
		write("X\x05\x00abcde")
		expect(t, host, "X\x05\x00hi\x00\x00\xdd")
		write("C\x00E\x00")
		host.Close()
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// What is no record ends the link, and says what it was.
func TestBadRecords(t *testing.T) {
	for record, says := range map[string]string{
		"Q": "byte 0x51 begins no record", "E\x02": "0x02 is no level", "C\xff": "0xff is no level",
		"X\x00\x00": "1 to 65535 bytes, not 0", "X\x05": "EOF", "R\x00": "byte 0x52",
	} {
		synctest.Test(t, func(t *testing.T) {
			host, ended := serve(t, nil)
			go io.Copy(io.Discard, host)
			io.WriteString(host, "E\x01"+record)
			if strings.HasSuffix(says, "EOF") {
				host.Close()
			}
			if err := <-ended; err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q ended it with %v, want %q", record, err, says)
			}
			host.Close()
		})
	}
}

// A client that reads nothing is disconnected after 10 s.
func TestDeafClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, ended := serve(t, nil)
		start := time.Now()
		if err := <-ended; err == nil || time.Since(start) != writeLimit {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		host.Close()
	})
}

// On a real socket there is one client at a time, and each finds the module off.
func TestServe(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "pins"))
	if err != nil {
		t.Skip("no unix sockets here:", err)
	}
	r := newRig(t, func(o *Options) {
		o.On = func(side *Side) error {
			side.Running(true)
			_, err := side.Write([]byte("\r\nready\r\n"))
			return err
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx, l) }()
	for range 2 {
		host := dial(t, l)
		for n, _ := host.Read(make([]byte, 2)); n < 2; n, _ = host.Read(make([]byte, 2)) {
			host.Close() // the last client has not quite left
			time.Sleep(time.Millisecond)
			host = dial(t, l)
		}
		second := dial(t, l)
		if n, err := second.Read(make([]byte, 1)); err == nil {
			t.Errorf("a second client got %d bytes", n)
		}
		second.Close()
		io.WriteString(host, "E\x01")
		expect(t, host, "R\x01")
		io.WriteString(host, "C\x01X\x08\x00\xaa\x55\x00\x00\x00\x00\x00\x00")
		got := make([]byte, 13)
		io.ReadFull(host, got)
		if !bytes.Contains(got, []byte("X\x08\x00\xaa\x55\x09\x00\x00\x00\x00\x00")) || !bytes.Contains(got, []byte("R\x00")) {
			t.Errorf("the header of ready is % x", got)
		}
		host.Close()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	r.Close()
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// FuzzPins sends any bytes: the module neither panics nor blocks, answers each
// transfer once and in full, and is gone when its client is.
func FuzzPins(f *testing.F) {
	for _, s := range []string{
		"E\x01C\x01X\x0a\x00\xaa\x55\x02\x00\x00\x00\x00\x00hiC\x00C\x01X\x08\x00\xaa\x55\x00\x00\x00\x00\x00\x00C\x00",
		"E\x01C\x01C\x00C\x01C\x00E\x00E\x01E\x01", "X\x01\x00a", "C\x01E\x01X\x08\x00\xaa\x55\xff\xff\x00\x00\x00\x00C\x00",
		strings.Repeat("E\x01C\x01X\x0c\x00\xaa\x55\x04\x00\x00\x00\x00\x00AT\r\nC\x00", 20), "E\x01" + strings.Repeat("C\x01C\x00", 200),
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, records []byte, slow bool) {
		synctest.Test(t, func(t *testing.T) { hostile(t, records, slow) })
	})
}

// hostile sends records, one a step when slow, and reads what comes back.
func hostile(t *testing.T, records []byte, slow bool) {
	host, ended := serve(t, func(o *Options) { o.Wake = time.Millisecond })
	answers := make(chan error, 1)
	want := transfers(records)
	var came []int
	go func() { answers <- replies(bufio.NewReader(host), func(n int) { came = append(came, n) }) }()
	step := len(records)
	if slow {
		step = 3
	}
	for len(records) > 0 {
		n, err := host.Write(records[:min(step, len(records))])
		if err != nil {
			break
		}
		records = records[n:]
		if slow {
			time.Sleep(100 * us)
		}
	}
	time.Sleep(time.Minute)
	host.Close()
	<-ended
	if err := <-answers; err != nil || !slices.Equal(came, want) {
		t.Errorf("transfers of %v bytes were answered with %v (%v)", want, came, err)
	}
}

// transfers are the lengths of the transfers up to the first byte that is none
// of a record.
func transfers(records []byte) (lengths []int) {
	for len(records) >= 2 {
		switch kind := records[0]; {
		case (kind == 'E' || kind == 'C') && records[1] <= 1:
			records = records[2:]
		case kind == 'X' && len(records) >= recordHead:
			n := int(binary.LittleEndian.Uint16(records[1:]))
			if n == 0 || len(records) < recordHead+n {
				return lengths
			}
			lengths = append(lengths, n)
			records = records[recordHead+n:]
		default:
			return lengths
		}
	}
	return lengths
}

// replies reads the module's records and hands on the lengths of the transfers.
func replies(r *bufio.Reader, transfer func(n int)) error {
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return nil
		}
		var head [2]byte
		switch kind {
		case 'R':
			if level, err := r.ReadByte(); err == nil && level > 1 {
				return fmt.Errorf("level 0x%02x", level)
			}
		case 'X':
			if _, err := io.ReadFull(r, head[:]); err != nil {
				return nil
			}
			n := int(binary.LittleEndian.Uint16(head[:]))
			if k, err := io.CopyN(io.Discard, r, int64(n)); err == nil && k == int64(n) {
				transfer(n)
			}
		default:
			return fmt.Errorf("record 0x%02x", kind)
		}
	}
}
