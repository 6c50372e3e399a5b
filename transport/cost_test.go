package transport_test

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"

	"st67bench/transport"
)

// sends are the calls of one send: command and payload.
func sends(l *transport.Log, conn transport.Conn, payload []byte) func() {
	command := []byte("AT+CIPSEND=0,6144\r\n")
	var offset int64
	return func() {
		l.Refer(1, offset, payload)
		conn.Write(command)
		conn.Write(payload)
		offset += int64(len(payload))
	}
}

func TestTracedWriteDoesNotAllocate(t *testing.T) {
	for _, full := range []bool{false, true} {
		var in []byte
		l := transport.NewLog(io.Discard, transport.LogOptions{Full: full, Limit: 1 << 40, Secrets: []string{"swordfish"}})
		send := sends(l, l.Trace(loop{in: &in}), make([]byte, 6144))
		for range 1000 { // the buffers grow to their size
			send()
		}
		l.Flush()
		if n := testing.AllocsPerRun(1000, send); n != 0 {
			t.Errorf("full %v: a send allocates %v times", full, n)
		}
		l.Close()
	}
}

// Both directions, flushes and announcements at once, for the race detector; all
// that was written must be there in order.
func TestTraceOfConcurrentCalls(t *testing.T) {
	const calls = 2000
	var out bytes.Buffer
	l, host, module := pair(t, &out, transport.LogOptions{})
	go io.Copy(module, module) // an echo, until the link is closed
	var done sync.WaitGroup
	done.Go(func() {
		b := make([]byte, 16)
		for n := 0; n < calls*8; {
			k, err := host.Read(b)
			if err != nil {
				t.Error(err)
				return
			}
			n += k
		}
	})
	for i := range calls {
		if i%100 == 0 {
			l.Flush()
		}
		if _, err := fmt.Fprintf(host, "%08d", i); err != nil {
			t.Fatal(err)
		}
	}
	done.Wait()
	l.Close()
	written := lines(out.String(), '>')
	if len(written) != calls {
		t.Fatalf("%d writes were recorded, want %d", len(written), calls)
	}
	for i, got := range written {
		if want := fmt.Sprintf(`"%08d"`, i); got != want {
			t.Fatalf("write %d was recorded as %s", i, got)
		}
	}
}

// BenchmarkSend is a send of 6144 bytes to a link that costs nothing: bare, with
// the payload by reference, and with every byte.
func BenchmarkSend(b *testing.B) {
	payload := make([]byte, 6144)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	for _, mode := range []string{"bare", "trace", "full"} {
		b.Run(mode, func(b *testing.B) {
			var in []byte
			l := transport.NewLog(io.Discard, transport.LogOptions{Full: mode == "full", Limit: 1 << 60})
			defer l.Close()
			var conn transport.Conn = loop{in: &in}
			if mode != "bare" {
				conn = l.Trace(conn)
			}
			send := sends(l, conn, payload)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
		})
	}
}
