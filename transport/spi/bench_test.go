package spi

import (
	"encoding/binary"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// memory is a slave that only copies: no clock, no states. It gives as many
// bytes as it takes, when it echoes.
type memory struct {
	echo      bool
	pending   []byte // what the next header announces
	out       []byte
	at        int
	in        [headerSize + MaxPayload]byte
	rdy       atomic.Bool
	edges     chan Edge
	seq       uint32
	interrupt chan struct{}
	timer     *time.Timer
}

func newMemory(echo bool) *memory {
	return &memory{echo: echo, edges: make(chan Edge, 64), interrupt: make(chan struct{}, 1), timer: time.NewTimer(time.Hour),
		pending: make([]byte, 0, headerSize+MaxPayload), out: make([]byte, 0, headerSize+MaxPayload)}
}

func (m *memory) ready(high bool) {
	m.rdy.Store(high)
	m.seq++
	m.edges <- Edge{High: high, At: time.Now(), Seq: m.seq}
}

// Transfer copies both ways, as a controller's DMA does.
func (m *memory) Transfer(tx, rx []byte) error {
	if m.at == 0 {
		copy(m.in[:], tx)
		m.ready(false)
	}
	n := copy(rx, m.out[min(m.at, len(m.out)):])
	copy(rx[n:], m.in[:])
	m.at += len(tx)
	return nil
}

func (m *memory) SetCS(active bool) error {
	switch {
	case active:
		m.out, m.pending, m.at = append(m.out[:0], m.pending...), m.pending[:0], 0
		if len(m.out) == 0 {
			m.out = append(m.out, 0xAA, 0x55, 0, 0, 0, 0, 0, 0)
		}
		if !m.rdy.Load() {
			m.ready(true)
		}
	case m.echo && m.at > 0:
		if n := int(binary.LittleEndian.Uint16(m.in[2:])); n > 0 {
			m.pending = append(m.pending[:0], m.in[:headerSize+padded(n)]...)
			m.ready(true)
		}
	}
	return nil
}

func (m *memory) SetEnable(bool) error { return nil }
func (m *memory) Ready() (bool, error) { return m.rdy.Load(), nil }
func (m *memory) MaxTransfer() int     { return 4096 }
func (m *memory) Close() error         { return nil }

func (m *memory) Interrupt() {
	select {
	case m.interrupt <- struct{}{}:
	default:
	}
}

func (m *memory) WaitEdge(deadline time.Time) (Edge, error) {
	select {
	case e := <-m.edges:
		return e, nil
	default:
	}
	m.timer.Reset(time.Until(deadline))
	select {
	case e := <-m.edges:
		return e, nil
	case <-m.interrupt:
		return Edge{}, ErrInterrupted
	case <-m.timer.C:
		return Edge{}, os.ErrDeadlineExceeded
	}
}

// bareLoop is what the frames cost without an engine: the payload into a frame,
// the frame to the slave and the slave's bytes back.
func bareLoop(m *memory, p []byte, n int) {
	tx, rx := make([]byte, headerSize+MaxPayload), make([]byte, headerSize+MaxPayload)
	for range n {
		for left := p; len(left) > 0; {
			k := min(len(left), 4088)
			copy(tx[headerSize:], left[:k])
			copy(m.in[:], tx[:headerSize+k])
			copy(rx[:headerSize+k], m.in[:])
			left = left[k:]
		}
	}
}

// BenchmarkSend is one frame per Write at unlimited clock, and BenchmarkPayload
// 16 frames per Write, each beside a bare copy loop of the same frames: ratio is
// the engine's goodput over the loop's.
func BenchmarkSend(b *testing.B)    { benchmarkWrite(b, 4088) }
func BenchmarkPayload(b *testing.B) { benchmarkWrite(b, 16*4088) }

func benchmarkWrite(b *testing.B, size int) {
	const rounds = 2000
	m := newMemory(false)
	l, err := New(m, m, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	p := make([]byte, size)
	var engine, bare time.Duration
	for b.Loop() {
		start := time.Now()
		for range rounds {
			if _, err := l.Write(p); err != nil {
				b.Fatal(err)
			}
		}
		engine += time.Since(start)
		l.Drain(func(string, time.Time, float64) {})
		start = time.Now()
		bareLoop(m, p, rounds)
		bare += time.Since(start)
	}
	frames := float64(b.N * rounds * ((size + 4087) / 4088))
	b.ReportMetric(float64(bare)/float64(engine), "ratio")
	b.ReportMetric(float64(engine.Nanoseconds())/frames, "ns/frame")
	b.ReportMetric(0, "ns/op")
}

// TestAllocations: in the steady state a frame in either direction costs no
// allocation.
func TestAllocations(t *testing.T) {
	m := newMemory(true)
	l, err := New(m, m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, q := make([]byte, 1460), make([]byte, 1460)
	round := func() {
		if _, err := l.Write(p); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(p); {
			k, err := l.Read(q)
			if err != nil {
				t.Fatal(err)
			}
			n += k
		}
	}
	for range seriesLimit / 3 {
		round()
	}
	if n := testing.AllocsPerRun(2000, round); n != 0 {
		t.Errorf("%v allocations per frame out and back", n)
	}
}
