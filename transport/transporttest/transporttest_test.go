package transporttest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"st67bench/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sound is the smallest Conn that passes: one end of net.Pipe, which has an
// error of its own for a closed end.
type sound struct{ net.Conn }

func (sound) String() string { return "pipe:" }

func (c sound) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, closedIsClosed(err)
}

func (c sound) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, closedIsClosed(err)
}

func closedIsClosed(err error) error {
	if err == io.ErrClosedPipe {
		return os.ErrClosed
	}
	return err
}

func openSound(*testing.T) Pair {
	near, far := net.Pipe()
	return Pair{Conn: sound{near}, Far: far}
}

// wired has wires that it can take low.
type wired struct {
	transport.Conn
	low atomic.Bool
}

func (c *wired) Unpower() error { c.low.Store(true); return nil }
func (c *wired) Repower() error { c.low.Store(false); return nil }

func (c *wired) Write(p []byte) (int, error) {
	if c.low.Load() {
		return 0, transport.ErrUnpowered
	}
	return c.Conn.Write(p)
}

func TestSoundWired(t *testing.T) {
	without := map[Part]string{}
	for _, p := range parts {
		if p.part != Supply {
			without[p.part] = "it is that of TestSound"
		}
	}
	Run(t, func(t *testing.T) Pair {
		p := openSound(t)
		p.Conn = &wired{Conn: p.Conn}
		return p
	}, Features{Without: without})
}

func TestSound(t *testing.T) { Run(t, openSound, Features{Secrets: []string{"swordfish"}}) }

// child is the environment variable that makes this binary run the defective
// Conns instead.
const child = "TRANSPORTTEST_DEFECTS"

// faulty is a Conn some of whose methods are replaced.
type faulty struct {
	transport.Conn
	read, write         func([]byte) (int, error)
	readEnd, writeEnd   func(time.Time) error
	end                 func() error
	unpower, repower    func() error
	name                string
	closed, neverClosed chan struct{}
}

func (c *faulty) Unpower() error { return c.unpower() }
func (c *faulty) Repower() error { return c.repower() }

func (c *faulty) Read(p []byte) (int, error)          { return c.read(p) }
func (c *faulty) Write(p []byte) (int, error)         { return c.write(p) }
func (c *faulty) SetReadDeadline(at time.Time) error  { return c.readEnd(at) }
func (c *faulty) SetWriteDeadline(at time.Time) error { return c.writeEnd(at) }
func (c *faulty) Close() error                        { return c.end() }
func (c *faulty) String() string                      { return c.name }
func (c *faulty) dropped(p []byte, drop byte) []byte {
	return []byte(strings.ReplaceAll(string(p), string(rune(drop)), ""))
}
func (c *faulty) ignore(time.Time) error                 { return nil }
func (c *faulty) refuse(at time.Time) error              { return os.ErrInvalid }
func (c *faulty) whole(p []byte, err error) (int, error) { return len(p), err }

// defects maps what is wrong to the part that must see it. t lives as long as
// the pair.
var defects = []struct {
	name  string
	part  Part
	spoil func(t *testing.T, c *faulty)
}{
	{"swaps messages", Order, func(_ *testing.T, c *faulty) {
		var held []byte
		c.write = func(p []byte) (int, error) {
			if held == nil {
				held = append([]byte{}, p...)
				return len(p), nil
			}
			_, err := c.Conn.Write(append(append([]byte{}, p...), held...))
			held = nil
			return c.whole(p, err)
		}
	}},
	{"takes XON for itself", Transparency, func(_ *testing.T, c *faulty) {
		c.write = func(p []byte) (int, error) {
			_, err := c.Conn.Write(c.dropped(p, 0x11))
			return c.whole(p, err)
		}
	}},
	{"one call at a time", FullDuplex, func(_ *testing.T, c *faulty) {
		var mu sync.Mutex
		c.read = func(p []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return c.Conn.Read(p) }
		c.write = func(p []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return c.Conn.Write(p) }
	}},
	{"drops what does not fit", SplitReads, func(_ *testing.T, c *faulty) {
		c.read = func(p []byte) (int, error) {
			all := make([]byte, 65536)
			n, err := c.Conn.Read(all)
			return copy(p, all[:n]), err
		}
	}},
	{"fills the slice", MergedReads, func(_ *testing.T, c *faulty) {
		c.read = func(p []byte) (int, error) { return io.ReadFull(c.Conn, p) }
	}},
	{"short write without an error", WholeWrites, func(_ *testing.T, c *faulty) {
		c.write = func(p []byte) (int, error) { return c.Conn.Write(p[:min(len(p), 100000)]) }
	}},
	{"keeps the slice", WholeWrites, func(_ *testing.T, c *faulty) {
		last := make(chan struct{})
		close(last)
		c.write = func(p []byte) (int, error) {
			before, done := last, make(chan struct{})
			last = done
			go func() { <-before; c.Conn.Write(p); close(done) }()
			return len(p), nil
		}
	}},
	{"no read deadline", ReadDeadline, func(_ *testing.T, c *faulty) { c.readEnd = c.ignore }},
	{"no write deadline", WriteDeadline, func(_ *testing.T, c *faulty) { c.writeEnd = c.ignore }},
	{"wrong count", PartialWrite, func(_ *testing.T, c *faulty) {
		c.write = func(p []byte) (int, error) {
			n, err := c.Conn.Write(p)
			return min(n+1, len(p)), err
		}
	}},
	{"no deadline in the past", CancelRead, func(_ *testing.T, c *faulty) { c.readEnd = c.refuse }},
	{"writes after its deadline", CancelWrite, func(_ *testing.T, c *faulty) { c.writeEnd = c.ignore }},
	{"Close leaves Read alone", CloseRead, func(_ *testing.T, c *faulty) {
		c.read = func([]byte) (int, error) { select {} }
	}},
	{"Close leaves Write alone", CloseWrite, func(_ *testing.T, c *faulty) {
		c.write = func(p []byte) (int, error) {
			_, err := c.Conn.Write(p)
			<-c.neverClosed
			return len(p), err
		}
	}},
	{"Close gives another error", CloseRead, func(_ *testing.T, c *faulty) {
		c.read = func(p []byte) (int, error) { n, err := c.Conn.Read(p); return n, hide(err) }
	}},
	{"second Close hangs", CloseTwice, func(_ *testing.T, c *faulty) {
		c.end = func() error { c.closed <- struct{}{}; return c.Conn.Close() }
	}},
	{"no end of file", PeerDeathRead, func(_ *testing.T, c *faulty) {
		c.read = func(p []byte) (int, error) {
			n, err := c.Conn.Read(p)
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
	}},
	{"no write error", PeerDeathWrite, func(_ *testing.T, c *faulty) {
		c.write = func(p []byte) (int, error) { c.Conn.Write(p); return len(p), nil }
	}},
	{"writes without supply", Supply, func(_ *testing.T, c *faulty) { c.write = c.Conn.Write }},
	{"ends a Read without supply", Supply, func(_ *testing.T, c *faulty) {
		unpower := c.unpower
		c.unpower = func() error { return errors.Join(unpower(), c.Conn.SetReadDeadline(time.Unix(1, 0))) }
	}},
	{"stays without supply", Supply, func(_ *testing.T, c *faulty) { c.repower = func() error { return nil } }},
	{"shows the password", Name, func(_ *testing.T, c *faulty) { c.name = "tcp:host:23?password=swordfish" }},
	{"leaks a goroutine", Leaks, func(_ *testing.T, c *faulty) { go func() { <-c.neverClosed }() }},
	{"leaks a descriptor", Leaks, func(t *testing.T, _ *faulty) {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, f)
	}},
}

// kept holds on to what is leaked, which would be closed when it is collected.
var kept []*os.File

// hide takes away what an error matches.
func hide(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(err.Error())
}

// TestDefective is run in a child process and is meant to fail there.
func TestDefective(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("TestDefectsAreSeen runs this in another process")
	}
	patience = time.Second / 2
	for _, d := range defects {
		t.Run(d.name, func(t *testing.T) {
			without := map[Part]string{}
			for _, p := range parts {
				if p.part != d.part {
					without[p.part] = "this defect is not about it"
				}
			}
			Run(t, func(t *testing.T) Pair {
				near, far := net.Pipe()
				whole := sound{near}
				c := &faulty{Conn: whole, name: "pipe:", closed: make(chan struct{}, 1), neverClosed: make(chan struct{})}
				c.read, c.write, c.end = whole.Read, whole.Write, near.Close
				c.readEnd, c.writeEnd = near.SetReadDeadline, near.SetWriteDeadline
				on := &wired{Conn: whole}
				c.unpower, c.repower = on.Unpower, on.Repower
				if d.part == Supply {
					c.write = on.Write
				}
				d.spoil(t, c)
				return Pair{Conn: c, Far: far}
			}, Features{Without: without, Secrets: []string{"swordfish"}})
		})
	}
}

// TestDefectsAreSeen proves that the suite can fail: for each defect, the part
// that is about it does.
func TestDefectsAreSeen(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestDefective$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), child+"=1")
	out, _ := cmd.CombinedOutput()
	for _, d := range defects {
		failed := "--- FAIL: TestDefective/" + strings.ReplaceAll(d.name+"/"+string(d.part), " ", "_") + " "
		if !strings.Contains(string(out), failed) {
			t.Errorf("a Conn that %q passes the part %q", d.name, d.part)
		}
	}
	if !strings.Contains(string(out), "not applicable: this defect is not about it") {
		t.Error("a part that does not apply is not reported with its reason")
	}
	if t.Failed() {
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "_test.go:") || strings.Contains(line, "FAIL") || strings.Contains(line, "panic") {
				t.Log(strings.TrimRight(line, "\n"))
			}
		}
	}
}
