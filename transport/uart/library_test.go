//go:build linux

package uart

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// openLibraryPair opens a fresh pseudo-terminal's slave side as macOS and
// Windows would.
func openLibraryPair(t *testing.T) (master *os.File, p *Port) {
	t.Helper()
	master, slave := openPTY(t)
	c := Config{Device: slave, Baud: 115200, Flow: FlowNone}
	l, err := openLibrary(c)
	if err != nil {
		t.Fatal(err)
	}
	p = &Port{line: l, config: c}
	t.Cleanup(func() { p.Close() })
	return master, p
}

func TestLibraryCarriesEverything(t *testing.T) {
	master, p := openLibraryPair(t)
	signals(t) // the library's own Write is cut short by them
	sent := make([]byte, 256*1024)
	for i := range sent {
		sent[i] = byte(i ^ i>>8)
	}
	go func() {
		if n, err := p.Write(sent); n != len(sent) || err != nil {
			t.Errorf("write took %d of %d bytes, error %v", n, len(sent), err)
		}
	}()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(master, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("to the module: equal %v, error %v", bytes.Equal(got, sent), err)
	}
	go master.Write(sent)
	if _, err := io.ReadFull(p, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("to the host: equal %v, error %v", bytes.Equal(got, sent), err)
	}
}

func TestLibraryDeadlineAndClose(t *testing.T) {
	master, p := openLibraryPair(t)
	p.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read gave %v, want os.ErrDeadlineExceeded", err)
	}
	p.SetReadDeadline(time.Time{})
	read := make(chan error, 1)
	go func() {
		_, err := p.Read(make([]byte, 1))
		read <- err
	}()
	write := block(t, p)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for what, c := range map[string]<-chan error{"read": read, "write": write} {
		if err := wait(t, what, c); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s ended with %v, want os.ErrClosed", what, err)
		}
	}
	master.Close() // lets go of the library's own blocked write
}

func TestLibraryLineGone(t *testing.T) {
	master, p := openLibraryPair(t)
	master.Close()
	if _, err := p.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read gave %v, want io.EOF", err)
	}
	if _, err := p.Write([]byte("AT\r\n")); err == nil || !strings.Contains(err.Error(), "the line has gone") {
		t.Errorf("write gave %v", err)
	}
}

func TestLibraryRefusesFlowControl(t *testing.T) {
	_, err := openLibrary(Config{Device: "/dev/ttyUSB99", Baud: 115200, Flow: FlowRTSCTS})
	if err == nil || !strings.Contains(err.Error(), "no RTS/CTS") {
		t.Errorf("rtscts gives %v", err)
	}
	_, err = openLibrary(Config{Device: "/dev/ttyUSB99", Baud: 115200, Flow: FlowNone})
	if err == nil || !strings.Contains(err.Error(), "open /dev/ttyUSB99") {
		t.Errorf("a missing port gives %v", err)
	}
}
