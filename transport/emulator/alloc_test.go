package emulator

import (
	"io"
	"testing"
)

// The hot paths take no allocation once the connection is warm, so that memory
// does not grow with what is carried.
func TestHotPathsDoNotAllocate(t *testing.T) {
	for name, path := range map[string]func(r *rig) func(){
		"command":         lifeSign,
		"long send":       func(r *rig) func() { go io.Copy(io.Discard, r.connect()); return longSend(t, r, 30000) },
		"active receive":  func(r *rig) func() { return activeReceiver(t, r) },
		"passive receive": func(r *rig) func() { one, _ := passiveReceiver(t, r); return one },
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, unlimited(BuildSPI))
			defer r.close()
			one := path(r)
			if n := testing.AllocsPerRun(200, one); n > 0.5 {
				t.Errorf("%.2f allocations for one, want 0", n)
			}
		})
	}
}

func TestSendDoesNotAllocate(t *testing.T) {
	for _, build := range []string{BuildUART, BuildSPI} {
		t.Run(build, func(t *testing.T) {
			r, sendOne := sender(t, unlimited(build))
			defer r.close()
			if n := testing.AllocsPerRun(500, sendOne); n > 0.5 {
				t.Errorf("%.2f allocations a send, want 0", n)
			}
		})
	}
}

// sender returns a rig in real time, and what does one send of 6144 bytes.
func sender(t testing.TB, c Config) (*rig, func()) {
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
