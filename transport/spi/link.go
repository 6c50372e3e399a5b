package spi

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"st67bench/transport"
)

// Bus clocks bytes. One goroutine uses it.
type Bus interface {
	// Transfer clocks out tx and fills rx, which is as long, in one go; it
	// leaves CS alone. Its errors are final.
	Transfer(tx, rx []byte) error
	// MaxTransfer is the most bytes of one transfer.
	MaxTransfer() int
}

// Edge is a change of RDY.
type Edge struct {
	High bool      // the level after it
	At   time.Time // when it happened, from the kernel where there is one
	Seq  uint32    // its number, from 1; a number that is left out is an edge that was lost
}

// Lines are the wires beside the bus. One goroutine uses them, but for
// Interrupt and Close. Errors other than those of WaitEdge are final.
type Lines interface {
	SetCS(active bool) error // active is high
	SetEnable(on bool) error // CHIP_EN
	Ready() (bool, error)    // the level of RDY
	// WaitEdge gives RDY's next edge, os.ErrDeadlineExceeded when there is none
	// by then (at once for a time that has passed), or ErrInterrupted.
	WaitEdge(deadline time.Time) (Edge, error)
	Interrupt()   // ends the WaitEdge that waits, or the next that would; an edge goes first
	Close() error // gives lines and bus back, and unblocks both
}

// ErrInterrupted is what WaitEdge returns after Interrupt.
var ErrInterrupted = errors.New("spi: wait interrupted")

var (
	errClosed = fmt.Errorf("spi: %w", os.ErrClosed)
	errReset  = errors.New("spi: the module was reset while this was written")

	errNoEnable = errors.New("spi: the rig names no en line, so CHIP_EN cannot reset the module: wire it and add en=CHIP/LINE, or reset by AT+RST")
)

const (
	defaultTimeout = 2 * time.Second        // the driver's wait for RDY
	closeGrace     = 250 * time.Millisecond // for a transaction under way when Close is called
	minTransfer    = headerSize + 256       // a command must fit in one frame, and the module's line buffer has 256 bytes
)

// Options are what bus and lines do not tell.
type Options struct {
	Name    string        // the link URL that String gives
	Speed   int           // clock in Hz that was asked for; 0 when it is not known
	Max     int           // bytes of one transfer, header and padding included, from 264 on; 0 or more than the bus can means what the bus can
	Timeout time.Duration // of each wait for RDY; 0 means 2 s
}

// Link is an open SPI link. Its methods may be called from different goroutines
// at the same time.
type Link struct {
	options    Options
	payload    int     // most payload of a frame that we send
	clock      float64 // real clock in Hz; 0 when it is not known
	conditions map[string]string
	warnings   []string

	lines Lines
	halt  atomic.Bool   // a transaction must end now: Close or an order
	done  chan struct{} // closed when the worker has ended
	count *counters
	log   *series

	ordering sync.Mutex // held by Reset, Unpower and Repower

	mu                       sync.Mutex
	readable, writable, room sync.Cond
	in                       ring
	held                     bool // the worker waits for room
	out                      outgoing
	readBy, writeBy          deadline
	handlers                 map[uint8]func(frame []byte)
	order                    *order // what the worker is to do to the module's wires; nil for nothing
	unpowered                bool   // the wires are low
	badHeader                []byte
	lineError                error
	broken                   error // what ended the link
	closed                   bool
}

var (
	_ transport.Conn  = (*Link)(nil)
	_ transport.Wired = (*Link)(nil)
)

// New opens a link over a bus and its lines: CS low, CHIP_EN high. It takes them
// over, and gives them back when it fails.
func New(bus Bus, lines Lines, o Options) (*Link, error) {
	limit := bus.MaxTransfer()
	if o.Max > 0 {
		limit = min(o.Max, limit)
	}
	if limit < minTransfer {
		return nil, errors.Join(fmt.Errorf("spi: a transfer of %d bytes is too short: a command line needs up to %d in one", limit, minTransfer), lines.Close())
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	o.Max = limit
	l := &Link{
		options: o, payload: min((limit-headerSize)&^(wordSize-1), MaxPayload), clock: float64(o.Speed),
		lines: lines, done: make(chan struct{}), handlers: map[uint8]func([]byte){},
	}
	l.readable.L, l.writable.L, l.room.L = &l.mu, &l.mu, &l.mu
	e := newEngine(bus, lines, limit, o.Timeout)
	l.count, l.log = e.count, e.log
	if err := e.start(); err != nil {
		return nil, errors.Join(err, lines.Close())
	}
	w := newWorker(l, e)
	go w.run()
	return l, nil
}

// Close lowers CS, gives bus and lines back and unblocks pending reads and
// writes. It leaves CHIP_EN as it is. A second Close returns an error that
// matches os.ErrClosed.
func (l *Link) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return errClosed
	}
	l.closed = true
	l.halt.Store(true)
	l.readBy.stop()
	l.writeBy.stop()
	l.wakeAll()
	l.mu.Unlock()
	l.lines.Interrupt()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-l.done:
	case <-grace.C:
	}
	err := l.lines.Close()
	<-l.done
	return err
}

// wakeAll makes everyone who waits look again; l.mu is held.
func (l *Link) wakeAll() {
	l.readable.Broadcast()
	l.writable.Broadcast()
	l.room.Broadcast()
}

// ended is why the link can no longer be used; nil while it can. l.mu is held.
func (l *Link) ended() error {
	if l.closed {
		return errClosed
	}
	return l.broken
}

// Register hands the payload of frames of another type than 0 (1 net station, 2
// net AP, 3 HCI, 4 OpenThread) to f, which runs between two transactions: it
// must be quick, must not call the link, and may keep nothing of the frame.
// A nil f ends that. Frames of a type that nobody registered are dropped, and
// counted like the others.
func (l *Link) Register(kind uint8, f func(frame []byte)) error {
	if kind == 0 {
		return errors.New("spi: frames of type 0 are the AT stream, which Read gives")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handlers[kind] = f
	return nil
}

// String is the link URL.
func (l *Link) String() string { return l.options.Name }

// Identity is what is compared between runs: "link" ("spi"), "speed" (Hz as
// asked; absent when it is not known) and "max" (bytes of one transfer).
func (l *Link) Identity() map[string]string {
	m := map[string]string{"link": "spi", "max": strconv.Itoa(l.options.Max)}
	if l.options.Speed > 0 {
		m["speed"] = strconv.Itoa(l.options.Speed)
	}
	return m
}

// Conditions is what is merely so, as far as it is known: "driver" of the SPI
// controller, "host" ("native", "usb" or "bridge"; the latter two are unfit for
// latency), "clock" (Hz as measured), "bufsiz" (bytes, the driver's limit of one
// transfer) and "native_cs" ("off", or "unconnected" where the controller drives
// its own CS pin whatever is asked).
func (l *Link) Conditions() map[string]string { return maps.Clone(l.conditions) }

// Warnings are sentences on what makes figures of this link doubtful.
func (l *Link) Warnings() []string { return slices.Clone(l.warnings) }

// Counters are totals since the link was opened: "transactions" begun and
// answered; "bytes_out" and "bytes_in", payload of type 0 that the module took
// and gave; "stalls", headers that said rx_stall; "header_errors", frames
// dropped for a wrong magic or length; "edges_lost", changes of RDY that came
// without an event; "other_frames", of another type than 0; "host_messages" and
// "module_messages", transactions that the host began, and those that the module
// began with a frame. Each of the former wakes a module that sleeps, each of the
// latter a host; an answer is a frame that the module begins.
func (l *Link) Counters() map[string]uint64 {
	return map[string]uint64{
		"transactions":  l.count.transactions.Load(),
		"bytes_out":     l.count.out.Load(),
		"bytes_in":      l.count.in.Load(),
		"stalls":        l.count.stalls.Load(),
		"header_errors": l.count.headerErrors.Load(),
		"edges_lost":    l.count.edgesLost.Load(),
		"other_frames":  l.count.otherFrames.Load(),

		"host_messages":   l.count.hostBegan.Load(),
		"module_messages": l.count.moduleBegan.Load(),
	}
}

// Drain hands over the samples since the last call, all in seconds:
// "wake_latency" from CS up to RDY up, when the host began; "rdy_high", the
// length of each RDY pulse; "host_reaction" from RDY up to the first clock. A
// sample whose edge was lost is missing. 65536 samples are kept at most.
func (l *Link) Drain(emit func(series string, t time.Time, v float64)) { l.log.drain(emit) }

// Fault is the last header that was dropped and the last wait for RDY that
// failed, for Diagnose; nil when there was none.
func (l *Link) Fault() (head []byte, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.badHeader), l.lineError
}

// LineTime is the least time of these messages, in bytes, one after the other:
// each frame of n bytes of payload takes 8 (8 + 4⌈n/4⌉) clocks, and a message
// takes as many frames as its direction's longest payload asks for. The clock is
// the measured one where there is one. The sum is rounded once, to the nearest
// nanosecond. ok is false when the clock is not known.
func (l *Link) LineTime(toModule, fromModule []int) (d time.Duration, ok bool) {
	if l.clock <= 0 {
		return 0, false
	}
	var clocks int64
	for _, n := range toModule {
		clocks += messageClocks(n, l.payload)
	}
	for _, n := range fromModule {
		clocks += messageClocks(n, MaxPayload)
	}
	return time.Duration(float64(clocks)/l.clock*1e9 + 0.5), true
}

// messageClocks are the clocks of n bytes in frames of most bytes of payload.
func messageClocks(n, most int) int64 {
	whole, rest := n/most, n%most
	clocks := 8 * int64(whole) * int64(headerSize+most)
	if rest > 0 {
		clocks += 8 * int64(headerSize+padded(rest))
	}
	return clocks
}
