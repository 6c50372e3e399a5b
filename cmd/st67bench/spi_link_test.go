package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/spislave"
	"st67bench/transport/spi"
)

// spiBench is the engine on the emulated slave, with a test as the firmware.
type spiBench struct {
	t      *testing.T
	faults *core.Faults
	slave  *spislave.Slave
	side   *spislave.Side
	link   *spi.Link
}

// openBench has to be called inside a bubble.
func openBench(t *testing.T, faults ...string) *spiBench {
	t.Helper()
	b := newBench(t, faults...)
	w := wires{b.slave}
	var err error
	if b.link, err = spi.New(w, w, spi.Options{Speed: b.slave.Speed()}); err != nil {
		t.Fatal(err)
	}
	return b
}

func newBench(t *testing.T, faults ...string) *spiBench {
	t.Helper()
	var list []core.Fault
	for _, s := range faults {
		f, err := core.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	b := &spiBench{t: t, faults: core.NewFaults(list, 67)}
	b.slave = spislave.New(spislave.Options{
		Clock: core.NewClock(), Faults: b.faults, Speed: 20_000_000, High: 70 * time.Microsecond,
		On: func(side *spislave.Side) error {
			b.side = side
			side.Running(true)
			return nil
		},
		Off: func() {},
	})
	return b
}

func (b *spiBench) close() {
	if err := b.link.Close(); err != nil {
		b.t.Error(err)
	}
	b.slave.Close()
}

// flow is a stream of bytes that says where it is wrong.
type flow struct{ n, wrong int }

func flowByte(i int) byte { return byte((uint64(i)*0x9E3779B97F4A7C15 + 0x67) >> 40) }

func (f *flow) fill(p []byte) {
	for i := range p {
		p[i] = flowByte(f.n + i)
	}
	f.n += len(p)
}

// check takes in p; wrong counts the bytes that are not those of the stream.
func (f *flow) check(p []byte) {
	for i, c := range p {
		if c != flowByte(f.n+i) {
			f.wrong++
		}
	}
	f.n += len(p)
}

// longest is the longest frame of the tests with many frames.
const longest = 300

// send gives frames of random lengths to write.
func send(frames int, seed uint64, pause bool, write func([]byte) (int, error)) (flow, error) {
	random, pauses := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
	var f flow
	buf := make([]byte, longest)
	for range frames {
		p := buf[:1+random.IntN(longest)]
		f.fill(p)
		if _, err := write(p); err != nil {
			return f, err
		}
		if pause && pauses.IntN(4) == 0 {
			time.Sleep(time.Duration(pauses.IntN(200)) * time.Microsecond)
		}
	}
	return f, nil
}

// With every 5th edge of RDY lost and three transactions from every 7th on
// refused, 100000 frames pass both ways without a byte lost, doubled or changed,
// and the engine's counters are what was injected.
func TestSPILosesNothing(t *testing.T) {
	unraced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := openBench(t, "lost-edge@5/5", "stall:3@7/7")
		defer b.close()
		b.pass(50_000)
		b.compare()
	})
}

// pass sends frames of random lengths both ways at once and looks at each byte.
func (b *spiBench) pass(frames int) {
	b.t.Helper()
	type end struct {
		wrote, came flow
		err         error
	}
	way := func(seed uint64, pause bool, write, read func([]byte) (int, error), done chan<- end) {
		all, _ := send(frames, seed, false, func(p []byte) (int, error) { return len(p), nil })
		arrived := make(chan flow)
		go func() { arrived <- receive(read, all.n) }()
		var e end
		e.wrote, e.err = send(frames, seed, pause, write)
		e.came = <-arrived
		done <- e
	}
	out, in := make(chan end, 1), make(chan end, 1)
	go way(1, false, b.link.Write, b.side.Read, out)
	go way(2, true, b.side.Write, b.link.Read, in)
	for name, e := range map[string]end{"to the module": <-out, "to the host": <-in} {
		if e.err != nil || e.came != e.wrote {
			b.t.Errorf("%s: %d bytes were written (%v), %d came, %d of them wrong", name, e.wrote.n, e.err, e.came.n, e.came.wrong)
		}
	}
	b.link.SetReadDeadline(time.Now().Add(time.Second))
	if n, err := b.link.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		b.t.Errorf("%d bytes more came (%v)", n, err)
	}
}

// receive reads at least n bytes.
func receive(read func([]byte) (int, error), n int) (f flow) {
	buf := make([]byte, spislave.MaxPayload)
	for f.n < n {
		n, err := read(buf)
		if err != nil {
			return f
		}
		f.check(buf[:n])
	}
	return f
}

// compare holds the engine's counters against what was injected.
func (b *spiBench) compare() {
	b.t.Helper()
	c, n, injected := b.link.Counters(), b.slave.Counts(), b.faults.Injected()
	b.t.Logf("%d transactions, injected %v", n.Transactions, injected)
	if c["edges_lost"] != injected["lost-edge"] || injected["lost-edge"] < 1000 {
		b.t.Errorf("%d edges counted as lost, %v injected", c["edges_lost"], injected)
	}
	if c["stalls"] != n.Stalls || n.Stalls < injected["stall"] || injected["stall"] < 1000 {
		b.t.Errorf("%d stalls counted, the slave has %d, %v injected", c["stalls"], n.Stalls, injected)
	}
	if c["header_errors"] != 0 || n.Bad != 0 || n.Lost != 0 || n.Violations != 0 {
		b.t.Errorf("header errors %d; the slave counts %+v", c["header_errors"], n)
	}
}

// A corrupted header costs its own frame, a corrupted payload its own byte.
func TestSPICorruption(t *testing.T) {
	for _, c := range []struct {
		fault   string
		headers bool // frames are dropped for it
	}{
		{"old-magic@5/9", true}, {"header:0@5/9", true}, {"header:1@5/9", true}, {"lost-bit@5/9", true},
		{"body:0@5/9", false}, {"body@5/9", false},
	} {
		t.Run(c.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { corrupted(t, c.fault, c.headers) })
		})
	}
}

func corrupted(t *testing.T, fault string, headers bool) {
	const frames, size = 400, 64
	b := openBench(t, fault)
	defer b.close()
	go func() {
		p := make([]byte, size)
		for i := range frames {
			for k := range p {
				p[k] = byte(i%250) &^ 1
			}
			b.side.Write(p)
		}
	}()
	got := make([]byte, 0, frames*size)
	buf := make([]byte, 4096)
	for {
		b.link.SetReadDeadline(time.Now().Add(time.Second))
		n, err := b.link.Read(buf)
		got = append(got, buf[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	flipped := 0
	for _, c := range got {
		flipped += int(c & 1)
	}
	var hits uint64
	for _, n := range b.faults.Injected() {
		hits += n
	}
	lost := (frames*size - len(got)) / size
	dropped := b.link.Counters()["header_errors"]
	if headers && (uint64(lost) != hits || dropped != hits || flipped != 0) || !headers && (uint64(flipped) != hits || lost != 0 || dropped != 0) || hits < 40 {
		t.Errorf("injected %d: %d frames lost, %d headers dropped, %d bytes changed", hits, lost, dropped, flipped)
	}
}

// Both ends of the pin-level protocol, which were written apart, understand each other.
func TestPinLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		host, module := net.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- b.slave.ServeConn(t.Context(), module) }()
		var err error
		if b.link, err = spi.OpenStream(host, spi.Options{Speed: 20_000_000}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.pass(500)
		if err := b.link.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("the module's end ended with %v", err)
		}
		b.slave.Close()
	})
}

// A program of its own offers the pins; check finds nothing wrong with them, nor
// with the wires in this process.
func TestSPIRigs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "pins")
	cmd, out, errOut := start(t, "emulate", "--spi", "unix:"+socket, "--set", "boot=0s")
	if !out.Scan() || out.Text() != "emulated module on spi:unix:"+socket {
		t.Fatalf("emulate said %q, %s", out.Text(), errOut)
	}
	for _, rig := range []string{"spi:unix:" + socket + "?speed=20MHz", "emulated?link=spi&speed=40MHz&boot=0s"} {
		code, text, errText := cli(t, "check", "--rig", rig)
		if code != 0 || !strings.Contains(text, "answers AT; ST67W611M1") || !strings.Contains(text, "ready seen after the reset") {
			t.Errorf("check of %s: exit %d\n%s%s", rig, code, text, errText)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("emulate ended with %v, %s", err, errOut)
	}
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// A socket that a killed process has left behind is replaced; one that is served is not.
func TestListenUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Skip("no unix sockets here:", err)
	}
	if second, err := listenUnix(path); err == nil {
		second.Close()
		t.Error("a socket that is served was taken")
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	again, err := listenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
