package emulator

import (
	"io"
	"testing"
)

// A send takes no allocation once the connection is warm, and memory does not
// grow with the number of sends.
func TestSendDoesNotAllocate(t *testing.T) {
	for _, build := range []string{BuildUART, BuildSPI} {
		t.Run(build, func(t *testing.T) {
			r, sendOne := sender(t, Config{Build: build, Baud: Unpaced, CommandLatency: None, RadioRate: 1e12, RadioLatency: None})
			defer r.close()
			if n := testing.AllocsPerRun(500, sendOne); n > 0.5 {
				t.Errorf("%.2f allocations a send, want 0", n)
			}
		})
	}
}

// BenchmarkMemorySend is what the emulator itself costs: sends of 6144 bytes over
// a link that takes no time.
func BenchmarkMemorySend(b *testing.B) {
	r, sendOne := sender(b, Config{Baud: Unpaced, CommandLatency: None, RadioRate: 1e12, RadioLatency: None})
	defer r.close()
	b.SetBytes(6144)
	b.ReportAllocs()
	for b.Loop() {
		sendOne()
	}
}

// sender returns a rig in real time, and what does one send of 6144 bytes.
func sender(t testing.TB, c Config) (*rig, func()) {
	c.Boot = None
	r := open(t, c)
	peer := r.connect()
	go io.Copy(io.Discard, peer)
	line, data := []byte("AT+CIPSEND=0,6144\r\n"), make([]byte, 6144)
	asked, reply := make([]byte, len(prompt)), make([]byte, len(taken(6144)))
	return r, func() {
		r.Write(line)
		io.ReadFull(r, asked)
		r.Write(data)
		if _, err := io.ReadFull(r, reply); err != nil {
			t.Fatal(err)
		}
	}
}
