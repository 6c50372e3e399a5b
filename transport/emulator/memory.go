package emulator

import (
	"io"
	"strconv"
	"time"

	"st67bench/transport/emulator/memnet"
)

// stream is a host's connection without a line of its own; the line is modelled
// at a fixed rate.
type stream struct {
	io.ReadWriteCloser
	baud int
	flow string
}

func (s stream) Rate() int    { return s.baud }
func (s stream) RTSCTS() bool { return s.flow == FlowRTSCTS }

// Open connects a host in this process: both directions are paced by the line
// model at Config.Baud. The result has the methods Identity, Counters, Drain
// and LineTime of a measured link. Closing it leaves the module on. What was
// written before is still carried to the module, and another Open waits for that.
func (m *Module) Open() (*Conn, error) {
	m.waitForLast()
	host, module := memnet.Pipe("emulated module", 0)
	c := m.settings()
	ended, err := m.attach(stream{module, c.Baud, c.Flow})
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: host, m: m, ended: ended}, nil
}

// waitForLast waits until the host that closed its connection last has left.
func (m *Module) waitForLast() {
	m.mu.Lock()
	left := m.left
	m.mu.Unlock()
	if left != nil {
		<-left
	}
}

// Conn is the host's end of Open: a transport.Conn that can be measured.
type Conn struct {
	*memnet.Conn
	m     *Module
	ended <-chan struct{}
}

// Close ends both directions.
func (c *Conn) Close() error {
	c.m.mu.Lock()
	c.m.left = c.ended
	c.m.mu.Unlock()
	return c.Conn.Close()
}

// String is the link URL.
func (c *Conn) String() string { return c.m.String() }

// Identity says what the link is.
func (c *Conn) Identity() map[string]string {
	now := c.m.settings()
	return map[string]string{"link": "memory", "baud": strconv.Itoa(max(now.Baud, 0)), "flow": now.Flow}
}

// Counters are none: a line in memory makes no errors.
func (c *Conn) Counters() map[string]uint64 { return nil }

// Drain has no series to hand over.
func (c *Conn) Drain(func(series string, t time.Time, v float64)) {}

// LineTime is the time of these messages, one after the other, at 10 bit times
// a byte.
func (c *Conn) LineTime(toModule, fromModule []int) (time.Duration, bool) {
	total := 0
	for _, n := range toModule {
		total += n
	}
	for _, n := range fromModule {
		total += n
	}
	return c.m.Truth().LineTime(total), true
}
