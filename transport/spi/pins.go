package spi

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Records of the pin-level protocol; see the package comment.
const (
	recordEnable   = 'E'
	recordCS       = 'C'
	recordReady    = 'R'
	recordTransfer = 'X'

	transferHead = 3 // 'X' and the length
	maxRecord    = 1<<16 - 1
	edgeQueue    = 64 // as many as the kernel keeps for a GPIO line

	writeLimit = 2 * time.Second
)

// OpenStream opens a link whose wires are at the other end of a byte stream: the
// pin-level protocol of the package comment. The module starts from CHIP_EN low,
// so it boots. OpenStream takes rw over, and closes it when it fails.
func OpenStream(rw io.ReadWriteCloser, o Options) (*Link, error) {
	p := newPins(rw)
	for _, record := range []byte{recordCS, recordEnable} { // a bridge may have kept them from its last user
		if err := p.set(record, false); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	time.Sleep(offTime)
	l, err := New(p, p, o)
	if err != nil {
		return nil, err
	}
	l.conditions = map[string]string{"host": "bridge"}
	l.warnings = []string{"the SPI wires are driven at the other end of a byte stream: fit for function tests, not for latency"}
	return l, nil
}

// pins is a Bus and Lines over a stream. Its reader goroutine ends with the
// stream.
type pins struct {
	rw    io.ReadWriteCloser
	level atomic.Bool
	edges chan Edge
	wake  chan struct{} // holds the interruption that is due
	moved chan struct{} // a transfer came back
	ended chan struct{} // closed after err was set
	err   error
	close func() error
	seq   uint32

	timer, limit *time.Timer // for WaitEdge and Transfer
	record       []byte

	mu sync.Mutex
	rx []byte // what the transfer under way fills; nil when there is none
}

func newPins(rw io.ReadWriteCloser) *pins {
	p := &pins{
		rw:    rw,
		edges: make(chan Edge, edgeQueue),
		wake:  make(chan struct{}, 1),
		moved: make(chan struct{}, 1),
		ended: make(chan struct{}),
		close: sync.OnceValue(rw.Close),
		timer: time.NewTimer(0), limit: time.NewTimer(0),
		record: make([]byte, transferHead+maxRecord),
	}
	p.timer.Stop()
	p.limit.Stop()
	go p.read()
	return p
}

func (p *pins) read() {
	r := bufio.NewReaderSize(p.rw, maxRecord)
	for p.err == nil {
		p.err = p.next(r)
	}
	if errors.Is(p.err, io.EOF) || errors.Is(p.err, io.ErrUnexpectedEOF) {
		p.err = fmt.Errorf("spi: the other end of the pin-level stream closed it: %w", p.err)
	}
	close(p.ended)
}

// next reads one record.
func (p *pins) next(r *bufio.Reader) error {
	kind, err := r.ReadByte()
	if err != nil {
		return err
	}
	switch kind {
	case recordReady:
		return p.readReady(r)
	case recordTransfer:
		return p.readTransfer(r)
	}
	return fmt.Errorf("spi: byte 0x%02x begins no record of the pin-level protocol, which has R and X toward the host", kind)
}

func (p *pins) readReady(r *bufio.Reader) error {
	b, err := r.ReadByte()
	if err != nil {
		return err
	}
	if b > 1 {
		return fmt.Errorf("spi: pin-level record R has level 0x%02x; 00 and 01 are levels", b)
	}
	high := b == 1
	if p.level.Swap(high) == high {
		return nil
	}
	p.seq++
	select {
	case p.edges <- Edge{High: high, At: time.Now(), Seq: p.seq}:
	default: // lost, which the next number tells
	}
	return nil
}

func (p *pins) readTransfer(r *bufio.Reader) error {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return err
	}
	n := int(binary.LittleEndian.Uint16(size[:]))
	p.mu.Lock()
	rx := p.rx
	p.rx = nil
	p.mu.Unlock()
	if rx == nil || len(rx) != n {
		return fmt.Errorf("spi: pin-level record X brings %d bytes, %d were clocked", n, len(rx))
	}
	if _, err := io.ReadFull(r, rx); err != nil {
		return err
	}
	p.moved <- struct{}{}
	return nil
}

func (p *pins) MaxTransfer() int { return maxRecord }

// Transfer waits for an answer for 2 s and 1 ms for each byte, which is enough
// for a serial line of 19200 baud.
func (p *pins) Transfer(tx, rx []byte) error {
	p.mu.Lock()
	p.rx = rx
	p.mu.Unlock()
	b := p.record[:transferHead+len(tx)]
	b[0] = recordTransfer
	binary.LittleEndian.PutUint16(b[1:], uint16(len(tx)))
	copy(b[transferHead:], tx)
	if err := p.write(b); err != nil {
		return err
	}
	limit := 2*time.Second + time.Duration(len(tx))*time.Millisecond
	p.limit.Reset(limit)
	defer p.limit.Stop()
	select {
	case <-p.moved:
		return nil
	case <-p.ended:
		return p.err
	case <-p.limit.C:
		return fmt.Errorf("spi: no answer to a pin-level transfer of %d bytes within %v: the bridge or the emulated module is stuck", len(tx), limit)
	}
}

// write sends one record, within 2 s where the stream has write deadlines. What
// ended the stream says more than the write that failed for it.
func (p *pins) write(record []byte) error {
	if d, ok := p.rw.(interface{ SetWriteDeadline(time.Time) error }); ok {
		if err := d.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
			return fmt.Errorf("spi: write to the pin-level stream: %w", err)
		}
	}
	_, err := p.rw.Write(record)
	if err == nil {
		return nil
	}
	select {
	case <-p.ended:
		return p.err
	default:
		return fmt.Errorf("spi: write to the pin-level stream: %w", err)
	}
}

func (p *pins) set(record byte, high bool) error {
	b := append(p.record[:0], record, 0)
	if high {
		b[1] = 1
	}
	return p.write(b)
}

func (p *pins) SetCS(active bool) error { return p.set(recordCS, active) }
func (p *pins) SetEnable(on bool) error { return p.set(recordEnable, on) }

func (p *pins) Ready() (bool, error) {
	select {
	case <-p.ended:
		return false, p.err
	default:
		return p.level.Load(), nil
	}
}

func (p *pins) WaitEdge(deadline time.Time) (Edge, error) {
	select {
	case e := <-p.edges:
		return e, nil
	default:
	}
	wait := time.Until(deadline)
	if wait <= 0 {
		return Edge{}, os.ErrDeadlineExceeded
	}
	p.timer.Reset(wait)
	defer p.timer.Stop()
	select {
	case e := <-p.edges:
		return e, nil
	case <-p.wake:
		return Edge{}, ErrInterrupted
	case <-p.ended:
		return Edge{}, p.err
	case <-p.timer.C:
		return Edge{}, os.ErrDeadlineExceeded
	}
}

func (p *pins) Interrupt() {
	select {
	case p.wake <- struct{}{}:
	default: // one is due already
	}
}

// Close ends the stream and waits for the reader.
func (p *pins) Close() error {
	err := p.close()
	<-p.ended
	return err
}
