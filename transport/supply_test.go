package transport

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
)

// plain drives no wire.
type plain struct{ net.Conn }

func (plain) String() string { return "plain:" }

// cable counts what is done to its wires.
type cable struct {
	plain
	did []string
}

func (c *cable) Unpower() error { c.did = append(c.did, "low"); return errors.ErrUnsupported }
func (c *cable) Repower() error { c.did = append(c.did, "up"); return nil }

func TestUnpowerOfPlainConn(t *testing.T) {
	if err := Unpower(plain{}); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "plain:") {
		t.Errorf("Unpower gives %v", err)
	}
	if err := Repower(plain{}); err != nil {
		t.Errorf("Repower gives %v", err)
	}
}

// The trace passes a link's hold on its wires through, and remarks it.
func TestTraceUnpowers(t *testing.T) {
	var out bytes.Buffer
	l := NewLog(&out, LogOptions{})
	c := &cable{}
	traced := l.Trace(c)
	if err := Unpower(traced); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Unpower gives %v, want that of the link", err)
	}
	if err := Repower(traced); err != nil {
		t.Error(err)
	}
	if got := strings.Join(c.did, " "); got != "low up" {
		t.Errorf("the link saw %q, want %q", got, "low up")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	low, up := strings.Index(out.String(), "the wires go low"), strings.Index(out.String(), "the wires are back")
	if low < 0 || up < low {
		t.Errorf("the recording has no remarks of the wires:\n%s", out.String())
	}
	if _, wired := l.Trace(plain{}).(Wired); wired {
		t.Error("the trace of a link without wires claims to have some")
	}
}
