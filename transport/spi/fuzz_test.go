package spi

import (
	"bytes"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// tape is a bus that plays bytes back, with lines that follow at once.
type tape struct {
	miso []byte
	rdy  bool
}

func (p *tape) Transfer(tx, rx []byte) error {
	if len(tx) != len(rx) || len(tx) == 0 || len(tx) > p.MaxTransfer() {
		panic("a transfer that no bus can do")
	}
	n := copy(rx, p.miso)
	clear(rx[n:])
	p.miso = p.miso[n:]
	p.rdy = false
	return nil
}

func (p *tape) MaxTransfer() int                 { return 512 }
func (p *tape) SetCS(active bool) error          { p.rdy = active; return nil }
func (p *tape) SetEnable(bool) error             { return nil }
func (p *tape) Ready() (bool, error)             { return p.rdy, nil }
func (p *tape) Interrupt()                       {}
func (p *tape) Close() error                     { return nil }
func (p *tape) WaitEdge(time.Time) (Edge, error) { return Edge{}, os.ErrDeadlineExceeded }

// FuzzReceive: whatever a module clocks out, each transaction ends, and what is
// taken for payload stands behind a header that allows it.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("\xAA\x55\x09\x00\x00\x00\x00\x00\r\nready\r\n\x00\x00\x00"), uint16(0))
	f.Add([]byte("\xAA\x55\x06\x00\x04\x00\x00\x00\r\nOK\r\n\x00\x00\xAA\x55\x00\x00\x00\x00\x00\x00"), uint16(4))
	f.Add([]byte("\xAA\x55\x08\x00\x00\x03\x00\x00\xDD\xCC\xBB\xAA\xDD\xCC\xBB\xAA"), uint16(8))
	f.Add(bytes.Repeat([]byte("\xAA\x55\x00\x18"), 300), uint16(500))
	f.Fuzz(func(t *testing.T, miso []byte, length uint16) {
		p := &tape{miso: miso}
		e := newEngine(p, p, p.MaxTransfer(), time.Second)
		e.bad = func([]byte) {}
		n := e.load(make([]byte, length%505))
		for len(p.miso) > 0 {
			var head [headerSize]byte
			copy(head[:], p.miso)
			got, err := e.exchange(n)
			if err != nil {
				t.Fatal(err)
			}
			if !got.valid {
				continue
			}
			if head[0] != 0xAA || head[1] != 0x55 || len(got.payload) != int(head[2])|int(head[3])<<8 || got.kind != head[5] {
				t.Fatalf("header % x, %d bytes of type %d", head, len(got.payload), got.kind)
			}
			if bytes.HasSuffix(e.rx[:headerSize+padded(got.length)], filler[:]) && got.length > 0 {
				t.Fatal("filler was taken for payload")
			}
		}
	})
}

// FuzzPins: whatever the other end of a pin-level stream says, the link ends and
// leaves nothing behind.
func FuzzPins(f *testing.F) {
	f.Add([]byte("R\x00R\x01X\x08\x00\xAA\x55\x04\x00\x00\x00\x00\x00R\x00X\x04\x00\r\nAB"))
	f.Add([]byte("R\x01R\x00R\x01R\x02"))
	f.Add([]byte("X\xFF\xFF"))
	f.Fuzz(func(t *testing.T, said []byte) {
		synctest.Test(t, func(t *testing.T) {
			l, err := OpenStream(&script{Reader: bytes.NewReader(said)}, Options{})
			if err != nil {
				return
			}
			io.Copy(io.Discard, l)
			l.Close()
		})
	})
}

// script is a stream that says what it has to say and takes everything.
type script struct{ *bytes.Reader }

func (s *script) Write(p []byte) (int, error) { return len(p), nil }
func (s *script) Close() error                { return nil }
