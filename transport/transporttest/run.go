package transporttest

import (
	"io"
	"os"
	"testing"
	"time"

	"st67bench/transport"
)

// patience bounds what should happen at once, for a slow machine.
var patience = 20 * time.Second

// idle is how long a call must have made no progress to count as blocked.
const idle = 100 * time.Millisecond

// Pair is an open link with both of its ends. The suite closes both, some parts
// more than once; what else belongs to the pair is for t.Cleanup of the function
// that opened it.
type Pair struct {
	Conn transport.Conn     // under test
	Far  io.ReadWriteCloser // the module's end: what it reads is what Conn wrote
	// Anew is the module's end after its supply was off, when that is another one; nil: Far.
	Anew func(t *testing.T) io.ReadWriteCloser
}

// Part names one part of the suite; it is the name of its subtest.
type Part string

// The parts.
const (
	Order          Part = "order"                 // messages arrive whole and in the order written, both ways
	Transparency   Part = "transparency"          // every pair of neighbouring byte values passes unchanged, both ways
	FullDuplex     Part = "full duplex"           // 4 MiB both ways at once
	SplitReads     Part = "split reads"           // a Read smaller than what is there loses nothing
	MergedReads    Part = "merged reads"          // a Read returns what is there and does not wait to fill its slice
	WholeWrites    Part = "whole writes"          // Write takes all of p, also from a slow far end, and keeps none of it
	ReadDeadline   Part = "read deadline"         // set before and while a Read waits; nothing is lost by it
	WriteDeadline  Part = "write deadline"        // a Write that is held off ends at its deadline
	PartialWrite   Part = "partial write"         // the n of a Write that ended early is what arrives, and the stream goes on behind it
	CancelRead     Part = "cancel read"           // a deadline in the past ends a pending Read, and taking it back restores the Conn
	CancelWrite    Part = "cancel write"          // with a deadline in the past a Write takes nothing, and taking it back restores the Conn
	CloseRead      Part = "close unblocks read"   // and later Reads fail with the same kind of error
	CloseWrite     Part = "close unblocks write"  // and later Writes fail with the same kind of error
	CloseTwice     Part = "second close"          // it returns at once, nil or an error that matches os.ErrClosed or net.ErrClosed
	PeerDeathRead  Part = "peer death ends read"  // with io.EOF or another error, never with silence
	PeerDeathWrite Part = "peer death ends write" // with an error, after what the link still takes
	Supply         Part = "supply"                // of a transport.Wired: Unpower ends Writes and holds Reads, Repower brings both back
	Name           Part = "name"                  // String is the same before and after Close, and has no secrets
	Leaks          Part = "leaks"                 // many pairs opened, used and closed in mid-call leave nothing behind
)

var parts = []struct {
	part Part
	try  func(t *testing.T, open func(*testing.T) Pair, f Features)
}{
	{Order, one(order)},
	{Transparency, one(transparency)},
	{FullDuplex, one(fullDuplex)},
	{SplitReads, one(splitReads)},
	{MergedReads, one(mergedReads)},
	{WholeWrites, one(wholeWrites)},
	{ReadDeadline, one(readDeadline)},
	{WriteDeadline, one(writeDeadline)},
	{PartialWrite, one(partialWrite)},
	{CancelRead, one(cancelRead)},
	{CancelWrite, one(cancelWrite)},
	{CloseRead, one(closeRead)},
	{CloseWrite, one(closeWrite)},
	{CloseTwice, one(closeTwice)},
	{PeerDeathRead, one(peerDeathRead)},
	{PeerDeathWrite, one(peerDeathWrite)},
	{Supply, one(supply)},
	{Name, func(t *testing.T, open func(*testing.T) Pair, f Features) { name(t, ready(t, open), f) }},
	{Leaks, leaks},
}

// Features says what is special about an implementation.
type Features struct {
	// Without has the parts that do not apply, each with its reason in a few
	// words: they are reported as skipped. A name that is not a part, or an empty
	// reason, fails the test.
	Without map[Part]string
	// Secrets are what the link was opened with and String must not show.
	Secrets []string
}

// Run runs every part that f does not exclude on a fresh pair. It must not run
// beside parallel tests of the same process: their descriptors and goroutines
// would be taken for leaks.
func Run(t *testing.T, open func(t *testing.T) Pair, f Features) {
	t.Helper()
	for p, reason := range f.Without {
		if !known(p) || reason == "" {
			t.Fatalf("Features.Without: %q with reason %q: it needs the name of a part and a reason", p, reason)
		}
	}
	startPoller(t)
	for _, p := range parts {
		t.Run(string(p.part), func(t *testing.T) {
			if reason, ok := f.Without[p.part]; ok {
				t.Skipf("not applicable: %s", reason)
			}
			before := inUse()
			t.Run("try", func(t *testing.T) { p.try(t, open, f) })
			before.compare(t)
		})
	}
}

func known(name Part) bool {
	for _, p := range parts {
		if p.part == name {
			return true
		}
	}
	return false
}

// one makes a part of a function that needs one pair.
func one(do func(t *testing.T, p Pair)) func(*testing.T, func(*testing.T) Pair, Features) {
	return func(t *testing.T, open func(*testing.T) Pair, _ Features) { do(t, ready(t, open)) }
}

// ready opens a pair that is closed when the test ends, however it ends. A Close
// that hangs must not take the suite with it.
func ready(t *testing.T, open func(*testing.T) Pair) Pair {
	t.Helper()
	p := open(t)
	t.Cleanup(func() {
		for what, c := range map[string]<-chan error{"Conn": start(p.Conn.Close), "Far": start(p.Far.Close)} {
			select {
			case <-c:
			case <-time.After(patience):
				t.Errorf("at the end of the part, Close of %s did not end within %v", what, patience)
			}
		}
	})
	return p
}

// startPoller makes the runtime open its own descriptors, which stay.
func startPoller(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
}
