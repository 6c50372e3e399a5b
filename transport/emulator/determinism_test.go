package emulator

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// journal notes what is read where, and when. What is read at one instant is one
// entry: whether one Read gets it or several is no matter of the module.
type journal struct {
	mu    sync.Mutex
	start time.Time
	lines map[string][]string // by reader
}

// follow reads from r until its end.
func (j *journal) follow(name string, r io.Reader) {
	b := make([]byte, 4096)
	var at time.Duration
	var said []byte
	for {
		n, err := r.Read(b)
		if now := time.Since(j.start); now != at || err != nil {
			j.note(name, fmt.Sprintf("%v %q", at, said))
			at, said = now, said[:0]
		}
		said = append(said, b[:n]...)
		if err != nil {
			j.note(name, fmt.Sprintf("%v %q %v", at, said, err))
			return
		}
	}
}

func (j *journal) note(name, line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines[name] = append(j.lines[name], line)
}

// The same seed gives the same bytes at the same instants, whatever the order in
// which the goroutines run: three links, both directions, loss, outages, and
// faults of all kinds.
func TestSameSeedSameRun(t *testing.T) {
	for name, c := range map[string]Config{
		"uart": {Build: BuildUART, CommandLatency: 100 * time.Microsecond},
		"spi":  {Build: BuildSPI, Baud: 921600},
	} {
		t.Run(name, func(t *testing.T) {
			c.Loss, c.Seed = 0.2, 4711
			c.Outages = []Outage{{After: 2 * time.Second, For: 50 * time.Millisecond, Every: 300 * time.Millisecond}}
			c.Faults = []string{"flip@1/3", "drop@2/7", "lose:0.01%", "urc:split@3/5", "urc:reply@4/9", "short@5/11", "replies@7/9",
				"split:3@9/13", "merge@11/17", "busy@40/41", "no-memory@30/37", "send-fail@9/10", "close@60", "crash@9s", "decay:20s@4s"}
			first, faults := scripted(t, c)
			again, _ := scripted(t, c)
			for who, lines := range first {
				for i, line := range lines {
					if i >= len(again[who]) || line != again[who][i] {
						t.Fatalf("%s, piece %d: first %s, then %s", who, i, line, append(again[who], "nothing")[min(i, len(again[who]))])
					}
				}
				if len(lines) != len(again[who]) {
					t.Errorf("%s has %d pieces, then %d", who, len(lines), len(again[who]))
				}
			}
			if len(faults) < 12 || len(first["host"]) < 300 {
				t.Errorf("the run shows too little: faults %v, %d pieces for the host", faults, len(first["host"]))
			}
			c.Seed++
			other, _ := scripted(t, c)
			if slices.Equal(first["host"], other["host"]) {
				t.Error("another seed gives the same run")
			}
		})
	}
}

// scripted drives a module by a timetable, which does not depend on its answers.
func scripted(t *testing.T, c Config) (lines map[string][]string, faults map[string]uint64) {
	j := &journal{lines: make(map[string][]string)}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, c)
		r.SetReadDeadline(time.Time{})
		j.start = time.Now()
		var busy sync.WaitGroup
		busy.Go(func() { j.follow("host", r) })
		l, err := r.net.Listen("tcp", peerAddress)
		if err != nil {
			t.Fatal(err)
		}
		busy.Go(func() {
			for i := range 3 {
				peer, err := l.Accept()
				if err != nil {
					return
				}
				name := fmt.Sprint("peer ", i)
				busy.Go(func() { j.follow(name, peer) })
				busy.Go(func() { talk(peer, i) })
			}
		})
		timetable(r)
		l.Close()
		r.close()
		busy.Wait()
		faults = r.m.Injected()
	})
	return j.lines, faults
}

// talk sends to the module at instants that are the peer's own.
func talk(peer io.Writer, i int) {
	for k := range 40 {
		time.Sleep(time.Duration(97+10*i)*time.Millisecond + time.Duration(i)*time.Microsecond)
		if _, err := io.WriteString(peer, payload(100*(i+1)+k)); err != nil {
			return
		}
	}
}

func timetable(r *rig) {
	step := func(d time.Duration, s string) {
		io.WriteString(r, s)
		time.Sleep(d)
	}
	for _, line := range []string{"AT+CWMODE=1,0", "AT+CIPMUX=1", "ATE1", `AT+CWJAP="st67bench","emulated-air"`} {
		step(500*time.Millisecond, line+"\r\n")
	}
	for id := range 3 {
		step(100*time.Millisecond, fmt.Sprintf("AT+CIPSTART=%d,\"TCP\",\"192.168.67.9\",5001\r\n", id))
	}
	for k := range 100 {
		n := 1 + 37*k%3000
		step(30*time.Millisecond, fmt.Sprintf("AT+CIPSEND=%d,%d\r\n", k%3, n))
		step(40*time.Millisecond, payload(n))
		step(10*time.Millisecond, "AT+CIPSTATE?\r\n")
	}
}
