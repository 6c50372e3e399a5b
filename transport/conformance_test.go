package transport_test

import (
	"bytes"
	"io"
	"path"
	"testing"

	"st67bench/transport"
	"st67bench/transport/emulator/memnet"
	"st67bench/transport/transporttest"
)

// inMemory is one end of a connection in memory as a Conn.
type inMemory struct{ *memnet.Conn }

func (inMemory) String() string { return "emulated?link=memory" }

// A traced Conn is still a Conn.
func TestTraceConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		near, far := memnet.Pipe("module", 0)
		return transporttest.Pair{Conn: trace(t, inMemory{near}, new(bytes.Buffer)), Far: far}
	}, transporttest.Features{})
}

// trace records c until the test ends.
func trace(t *testing.T, c transport.Conn, w io.Writer) transport.Conn {
	l := transport.NewLog(w, transport.LogOptions{})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Trace(c)
}

// notReplayed are the parts in which a recording cannot stand for the module.
var notReplayed = map[transporttest.Part]string{
	transporttest.FullDuplex:     "a recording has one order of reads and writes, this part has none",
	transporttest.WriteDeadline:  "a recording takes every write at once",
	transporttest.PartialWrite:   "a recording takes every write at once",
	transporttest.CancelWrite:    "a write that failed when it was recorded is played as one that was made",
	transporttest.CloseWrite:     "a recording takes every write at once",
	transporttest.PeerDeathRead:  "a closed recording ends in silence",
	transporttest.PeerDeathWrite: "a recording fails at the first write that is not in it",
}

// TestReplayConformance records each part over a link in memory and plays the
// same part on the recording, which it finds by the part's name: a pair is
// opened in the last element of the test's name but one.
func TestReplayConformance(t *testing.T) {
	recordings := map[string]*bytes.Buffer{}
	t.Run("record", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transporttest.Pair {
			near, far := memnet.Pipe("module", 0)
			text := new(bytes.Buffer)
			recordings[path.Base(path.Dir(t.Name()))] = text
			return transporttest.Pair{Conn: trace(t, inMemory{near}, text), Far: far}
		}, transporttest.Features{Without: notReplayed})
	})
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		c, err := transport.Replay(bytes.NewReader(recordings[path.Base(path.Dir(t.Name()))].Bytes()), transport.ReplayOptions{Name: "at.log"})
		if err != nil {
			t.Fatal(err)
		}
		wrote, far := memnet.Pipe("module", 4<<20)
		return transporttest.Pair{Conn: echoed{c, wrote}, Far: silent{far}}
	}, transporttest.Features{Without: notReplayed})
}

// echoed passes what is written on to the far end, where the suite reads it.
type echoed struct {
	transport.Conn
	wrote io.Writer
}

func (c echoed) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err == nil {
		n, err = c.wrote.Write(p)
	}
	return n, err
}

// silent is a far end whose answers are in the recording already.
type silent struct{ *memnet.Conn }

func (silent) Write(p []byte) (int, error) { return len(p), nil }
