package emulator

import (
	"io"
	"testing"

	"st67bench/transport/transporttest"
)

// answers is why a part that needs a byte stream at the far end is left out.
const answers = "the far end is the module, which answers commands and passes no bytes through; package memnet runs this part on the same connection"

// reads is why a part that needs a far end which takes nothing is left out.
const reads = "the module goes on reading at the rate of its line; package memnet runs this part on the same connection"

// notAnswered are the parts in which the module cannot stand for a byte stream.
var notAnswered = map[transporttest.Part]string{
	transporttest.Order:        answers,
	transporttest.Transparency: answers,
	transporttest.FullDuplex:   answers,
	transporttest.SplitReads:   answers,
	transporttest.MergedReads:  answers,
	transporttest.WholeWrites:  answers,
	transporttest.ReadDeadline: answers,
	transporttest.CancelRead:   answers,
	transporttest.CancelWrite:  answers,
	transporttest.PartialWrite: answers,

	transporttest.WriteDeadline: reads,
	transporttest.CloseWrite:    reads,
}

// The memory link keeps what it promises while the module itself is at the far end.
func TestMemoryConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		r := open(t, Config{})
		t.Cleanup(r.close)
		return transporttest.Pair{Conn: r.conn, Far: switchedOff{r.m}}
	}, transporttest.Features{Without: notAnswered})
}

// switchedOff is a far end of which a part needs no more than that it can go.
type switchedOff struct{ *Module }

func (switchedOff) Read([]byte) (int, error)    { return 0, io.EOF }
func (switchedOff) Write(p []byte) (int, error) { return 0, io.ErrClosedPipe }
