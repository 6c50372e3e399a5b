package spislave

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

const us = time.Microsecond

// The instants of both kinds of transaction, at 20 MHz: a byte takes 400 ns, and
// RDY is high for 70 µs.
func TestTransactionTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		time.Sleep(100 * us)
		r.cs(true)
		r.edge(true, 100*us)
		r.clock("aa55 0400 0000 0000 41540d0a", "aa55 0000 0000 0000 ddccbbaa") // 4.8 µs
		r.edge(false, 170*us)
		r.cs(false)
		r.hear("AT\r\n")

		time.Sleep(30 * us)
		r.say("\r\nOK\r\n")
		r.edge(true, 200*us)
		time.Sleep(100 * us) // the host is slow: RDY falls with the header's last bit
		r.cs(true)
		r.clock("aa55 0000 0000 0000", "aa55 0600 0000 0000")
		r.edge(false, 300*us+3200*time.Nanosecond)
		r.clock("0000 0000 0000 0000", "0d0a 4f4b 0d0a 0000")
		r.cs(false)
		r.still(time.Second)
		if c := r.Counts(); c != (Counts{Transactions: 2, Frames: 1}) {
			t.Errorf("%+v", c)
		}
	})
}

// A long frame ends its RDY pulse with its header, and takes 8 (8 + n) clocks;
// each transfer costs the host's overhead.
func TestTransferTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, func(o *Options) { o.Overhead, o.High = 10*us, 0 })
		r.cs(true)
		r.edge(true, 0)
		p := frame(strings.Repeat("x", MaxPayload))
		if err := r.Transfer(p, make([]byte, len(p))); err != nil {
			t.Fatal(err)
		}
		if took, want := time.Since(r.from), 10*us+time.Duration(8+MaxPayload)*400; took != want {
			t.Errorf("it took %v, want %v", took, want)
		}
		r.edge(false, 10*us+3200)
		r.cs(false)
		r.hear(strings.Repeat("x", MaxPayload))
	})
}

// The module has two buffers for what its host sends. While both are full, RDY
// comes 5 ms late and says rx_stall; one that becomes free meanwhile ends that.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		for _, text := range []string{"one", "two"} {
			if h := r.exchange(frame(text)); h[4] != 0 {
				t.Fatalf("%s is refused: % x", text, h)
			}
		}
		start := time.Since(r.from)
		r.still(0)
		r.drain()
		r.cs(true)
		r.edge(true, start+5*time.Millisecond)
		r.clock("aa55 0500 0000 0000 7468 7265 6588 8888", "aa55 0000 0400 0000 ddccbbaa ddccbbaa")
		r.ready(false)
		r.cs(false)
		r.drain()

		now := time.Since(r.from)
		r.cs(true)
		r.still(2 * time.Millisecond)
		r.hear("one") // its buffer is free when the next is asked for
		two := make(chan string)
		go func() {
			p := make([]byte, MaxPayload)
			n, _ := r.side.Read(p)
			two <- string(p[:n])
		}()
		r.edge(true, now+2*time.Millisecond)
		r.clock("aa55 0500 0000 0000 7468 7265 6588 8888", "aa55 0000 0000 0000 ddccbbaa ddccbbaa")
		r.ready(false)
		r.cs(false)
		if got := <-two; got != "two" {
			t.Errorf("the second frame is %q", got)
		}
		r.hear("three")
		if c := r.Counts(); c.Stalls != 1 || c.Refused != 1 || c.Frames != 3 {
			t.Errorf("%+v", c)
		}
	})
}

// drain forgets the edges so far.
func (r *rig) drain() {
	for {
		if _, _, _, err := r.WaitEdge(time.Time{}); err != nil {
			return
		}
	}
}

// Two frames wait for the host; the writer of a third is held off.
func TestFirmwareIsHeldOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		long := strings.Repeat("0123456789abcdef", 1024) // 16 KiB: three frames
		done := make(chan time.Duration, 1)
		go func() {
			r.say(long)
			done <- time.Since(r.from)
		}()
		time.Sleep(time.Second)
		if len(done) > 0 {
			t.Fatal("three frames fit in two buffers")
		}
		var got []byte
		for range 3 {
			b := r.exchange(frame(""))
			got = append(got, b[headerSize:][:int(b[2])|int(b[3])<<8]...)
		}
		if string(got) != long {
			t.Errorf("%d bytes came, %d were said, or others", len(got), len(long))
		}
		if at := <-done; at < time.Second {
			t.Error("the writer did not wait")
		}
	})
}

// What is wrong with a host's frame costs that frame, and no other.
func TestBadFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		for _, mosi := range []string{
			"ffff 0400 0000 0000 41540d0a", // magic
			"aa55 ff7f 0000 0000 41540d0a", // length
			"aa55 0800 0000 0000 41540d0a", // fewer bytes than that
			"aa55 0400 0001 0000 41540d0a", // for the network
		} {
			r.exchange(unhex(t, mosi))
		}
		long := frame(strings.Repeat("x", MaxPayload+4))
		r.exchange(long)
		r.exchange(frame("AT\r\n"))
		r.hear("AT\r\n")
		if c := r.Counts(); c.Bad != 4 || c.OtherTypes != 1 || c.Frames != 1 || c.Violations != 0 {
			t.Errorf("%+v", c)
		}
	})
}

// CS down before RDY fell ends the transaction; CS up again before that is an
// error that only CHIP_EN ends.
func TestBrokenRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		r.clock("aa55 0400", "0000 0000") // not selected
		r.say("hello")
		rose := time.Since(r.from)
		r.edge(true, rose)
		r.cs(true)
		r.clock("aa55", "aa55")
		r.cs(false) // no header
		r.edge(false, rose+70*us)
		r.edge(true, rose+70*us) // the same frame again
		if got := r.exchange(frame("")); !bytes.Equal(got, unhex(t, "aa55 0500 0000 0000 6865 6c6c 6f00 0000")) {
			t.Errorf("after an aborted transaction MISO % x", got)
		}
		r.drain()
		r.cs(true)
		r.ready(true)
		r.clock("aa55 0000 0000 0000", "aa55 0000 0000 0000")
		r.cs(false)
		r.cs(true)
		r.clock("aa55 0000 0000 0000", "0000 0000 0000 0000")
		r.cs(false)
		r.ready(false)
		r.drain()
		r.cs(true)
		r.still(10 * time.Second)
		r.cs(false)
		if c := r.Counts(); c.Violations != 4 {
			t.Errorf("%+v", c)
		}
		r.enable(false)
		if _, err := r.side.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a firmware without power reads %v", err)
		}
		if _, err := r.side.Write([]byte("x")); err == nil {
			t.Error("a firmware without power can write")
		}
		r.enable(true)
		r.side.Running(true)
		r.exchange(frame("AT\r\n"))
		r.hear("AT\r\n")
	})
}

// Without firmware CS is not answered; what was said before still goes out.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		r.exchange(frame("AT+RST\r\n"))
		r.hear("AT+RST\r\n")
		r.exchange(frame("lost\r\n"))
		r.side.Running(false)
		r.say("OK")
		if got := r.exchange(frame("AT\r\n")); string(got[8:10]) != "OK" {
			t.Errorf("what was said before the restart: % x", got)
		}
		r.drain()
		r.cs(true)
		r.still(500 * time.Millisecond)
		at := time.Since(r.from)
		r.side.Running(true)
		r.edge(true, at)
		r.clock("aa55 0400 0000 0000 41540d0a", "aa55 0000 0000 0000 ddccbbaa")
		r.ready(false)
		r.cs(false)
		r.hear("AT\r\n")
	})
}

// In standby RDY is late when the link was idle; what the module has to say is
// not.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, func(o *Options) { o.Wake = 4 * time.Millisecond })
		r.side.Standby(true)
		at := func() time.Duration { return time.Since(r.from) }
		time.Sleep(20 * time.Millisecond)
		r.cs(true)
		r.edge(true, at()+4*time.Millisecond)
		r.clock("aa55 0000 0000 0000", "aa55 0000 0000 0000")
		r.ready(false)
		r.cs(false)
		r.drain()
		time.Sleep(9 * time.Millisecond) // not asleep yet
		r.exchange(frame(""))
		if idle := 20*time.Millisecond + 4*time.Millisecond + 9*time.Millisecond + 140*us; at() != idle {
			t.Errorf("awake, it answered at %v, want %v", at(), idle)
		}
		r.drain()
		time.Sleep(20 * time.Millisecond)
		r.cs(true)
		r.still(time.Millisecond)
		r.say("x")
		r.edge(true, at())
		r.exchange(frame(""))
		r.side.Standby(false)
		r.drain()
		time.Sleep(20 * time.Millisecond)
		r.cs(true)
		r.edge(true, at())
	})
}

func TestInterruptAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil)
		r.Interrupt()
		r.still(0) // no wait, so nothing to interrupt
		if _, _, _, err := r.WaitEdge(time.Now().Add(time.Hour)); err != ErrInterrupted {
			t.Errorf("the next wait ends with %v", err)
		}
		r.Interrupt()
		r.say("x")
		r.edge(true, 0) // an edge goes first
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("closed twice: %v", err)
		}
		_, ready := r.Ready()
		for name, err := range map[string]error{
			"SetCS": r.SetCS(true), "SetEnable": r.SetEnable(true), "Ready": ready, "Transfer": r.Transfer(make([]byte, 1), make([]byte, 1)),
		} {
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s after Close: %v", name, err)
			}
		}
		refused := errors.New("in use")
		r = newRig(t, func(o *Options) { o.On = func(*Side) error { return refused } })
		if err := r.SetEnable(true); err != refused {
			t.Errorf("a module that cannot be switched on: %v", err)
		}
	})
}

// An exchange leaves nothing to collect.
func TestNoAllocations(t *testing.T) {
	r := on(t, func(o *Options) { o.Speed, o.High = core.Unpaced, 0 })
	defer r.Close()
	mosi, miso, p := frame("AT\r\n"), make([]byte, 12), make([]byte, MaxPayload)
	allocs := testing.AllocsPerRun(1000, func() {
		for _, err := range []error{r.SetCS(true), r.Transfer(mosi, miso), r.SetCS(false)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for {
			if _, _, _, err := r.WaitEdge(time.Time{}); err != nil {
				break
			}
		}
		if _, _, err := r.side.ReadFrame(p); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations in an exchange", allocs)
	}
}
