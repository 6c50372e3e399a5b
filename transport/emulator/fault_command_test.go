package emulator

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test on a module in memory, in virtual time.
func bubble(t *testing.T, c Config, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, c)
		defer r.close()
		test(r)
	})
}

// Faults that count commands, and what the host sees of them.
func TestFaultsOfACommand(t *testing.T) {
	const vbat, ok, failed, unasked = "+VBAT:3326\r\n", "\r\nOK\r\n", "\r\nERROR\r\n", "+CW:SCAN_DONE\r\n"
	for fault, answers := range map[string][]string{
		"urc:reply@2":   {vbat + ok, vbat + unasked + ok, vbat + ok},
		"urc:reply@1/2": {vbat + unasked + ok, vbat + ok, vbat + unasked + ok},
		"busy@2":        {vbat + ok, "\r\nbusy p...\r\n", vbat + ok},
		"no-memory":     {failed, vbat + ok, vbat + ok},
		"crash@2":       {vbat + ok, "\r\nready\r\n", vbat + ok},
	} {
		t.Run(fault, func(t *testing.T) {
			bubble(t, faults(fault), func(r *rig) {
				hits := 0
				for _, want := range answers {
					r.do("AT+VBAT?", want)
					r.quiet(time.Second)
					if want != vbat+ok {
						hits++
					}
				}
				name, _, _ := strings.Cut(strings.ReplaceAll(fault, ":", "@"), "@")
				if got := r.m.Injected(); len(got) != 1 || got[name] != uint64(hits) {
					t.Errorf("injected %v, want %d %s", got, hits, name)
				}
			})
		})
	}
}

// A fault that is due while its form of the event does not come waits for no
// other: the sub-code names the reason, an unsolicited line precedes both lines.
func TestFaultNoMemoryNamesItself(t *testing.T) {
	bubble(t, faults("no-memory@2", "urc:reply@3"), func(r *rig) {
		r.ok("AT+SYSLOG=1")
		r.do("AT", "ERR CODE:0x010d0000\r\n\r\nERROR\r\n")
		r.do("AT+FAKE", "+CW:SCAN_DONE\r\nERR CODE:0x01090000\r\n\r\nERROR\r\n")
	})
}

// The middle of an echo is after half of the line's bytes.
func TestFaultInsideAnEcho(t *testing.T) {
	bubble(t, faults("urc:echo@2/2"), func(r *rig) {
		r.ok("ATE1")
		r.do("AT+VBAT?", "AT+VB+CW:SCAN_DONE\r\nAT?\r\n+VBAT:3326\r\n\r\nOK\r\n")
		r.do("AT+VBAT?", "AT+VBAT?\r\n+VBAT:3326\r\n\r\nOK\r\n")
		r.do("AT", "AT+CW:SCAN_DONE\r\n\r\n\r\nOK\r\n")
	})
	// Without echo there is none to be broken.
	bubble(t, faults("urc:echo"), func(r *rig) { r.ok("AT") })
}

// A restart in mid-command loses everything but flash; connections end unsaid.
func TestFaultCrash(t *testing.T) {
	bubble(t, faults(), func(r *rig) {
		peer := r.connect()
		r.ok("AT+CWAUTOCONN=0", "AT+SYSSTORE=0", "AT+SYSLOG=1")
		if err := r.m.Inject("crash"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r.do("AT+CIPMUX?", "\r\nready\r\n")
		// The line, the command's latency, half a second of boot, and `ready`.
		check(t, "ready", time.Since(start), 12*5*time.Microsecond+250*time.Microsecond+500*time.Millisecond+9*5*time.Microsecond)
		r.do("AT+SYSLOG?", "+SYSLOG:0\r\n\r\nOK\r\n")
		if rest, err := io.ReadAll(peer); len(rest) > 0 || err != nil {
			t.Errorf("the peer reads %q, %v", rest, err)
		}
		r.quiet(time.Minute)
	})
}

// pieces reads until n bytes have come, and returns how they came.
func pieces(t *testing.T, r *rig, n int) (list []string, at []time.Duration) {
	t.Helper()
	start, b := time.Now(), make([]byte, 4096)
	r.SetReadDeadline(start.Add(patience))
	for n > 0 {
		k, err := r.Read(b)
		if err != nil {
			t.Fatalf("%v after %q", err, list)
		}
		n -= k
		list, at = append(list, string(b[:k])), append(at, time.Since(start))
	}
	return list, at
}

const vbatReply = "+VBAT:3326\r\n\r\nOK\r\n"

func TestFaultSplitOutput(t *testing.T) {
	bubble(t, faults("split@1", "split:7@2"), func(r *rig) {
		io.WriteString(r, "AT+VBAT?\r\n")
		list, at := pieces(t, r, len(vbatReply))
		if strings.Join(list, "") != vbatReply || len(list) != len(vbatReply) {
			t.Errorf("it comes as %q", list)
		}
		for i := range at[1:] {
			if gap := at[i+1] - at[i]; gap < time.Millisecond || gap > 1100*time.Microsecond {
				t.Errorf("%v between two pieces", gap)
			}
		}
		io.WriteString(r, "AT+VBAT?\r\n")
		if list, _ := pieces(t, r, len(vbatReply)); strings.Join(list, "|") != "+VBAT:3|326\r\n|\r\nOK\r\n" {
			t.Errorf("it comes as %q", list)
		}
		io.WriteString(r, "AT+VBAT?\r\n")
		if list, _ := pieces(t, r, len(vbatReply)); strings.Join(list, "|") != "+VBAT:3326\r\n|\r\nOK\r\n" {
			t.Errorf("it comes as %q", list)
		}
	})
}

func TestFaultMergedOutput(t *testing.T) {
	bubble(t, faults("merge@2"), func(r *rig) {
		r.ok("ATE1")
		io.WriteString(r, "AT+VBAT?\r\n")
		list, at := pieces(t, r, 10+len(vbatReply))
		if len(list) != 1 || list[0] != "AT+VBAT?\r\n"+vbatReply {
			t.Errorf("it comes as %q", list)
		}
		// 20 ms after the echo was written, which is when the line had come.
		check(t, "the piece", at[0], 50*time.Microsecond+20*time.Millisecond)
	})
}

// Over SPI pieces are frames; the bytes are the same.
func TestFaultsOfTheOutputOverSPI(t *testing.T) {
	inBubble(t, faults("split:5@1", "merge@2"), func(w *wires) {
		frames := func() int {
			before := w.Counts().Transactions
			w.do("AT+VBAT?", vbatReply)
			return int(w.Counts().Transactions-before) - 1 // that of the command
		}
		for i, want := range []int{3 + 2, 1, 2} {
			if got := frames(); got != want {
				t.Errorf("reply %d takes %d frames, want %d", i+1, got, want)
			}
		}
	})
}

func TestFaultShortRecv(t *testing.T) {
	p := payload(100)
	for fault, lost := range map[string]int{"short@2": 50, "short:3@2": 3, "short:1000@2": 99} {
		t.Run(fault, func(t *testing.T) {
			faulty(t, faults(fault), [3]string{taken(100), taken(100 - lost), taken(100)}, p+p[:100-lost]+p,
				map[string]uint64{"short": 1})
		})
	}
}

// What looks like replies has the length that +IPD says, and ends where it says.
func TestFaultPayloadThatLooksLikeReplies(t *testing.T) {
	const text = "\r\nOK\r\n\r\nERROR\r\n+IPD:0,5,hello\r\n\r\nSEND OK\r\n\r\n>+CIP:0,DISCONNECTED\r\nready\r\n"
	bubble(t, faults("replies@2"), func(r *rig) {
		peer := r.connect()
		defer peer.Close()
		for i, want := range []string{strings.Repeat("x", 100), (text + text)[:100], strings.Repeat("x", 100)} {
			peer.Write(bytes.Repeat([]byte{'x'}, 100))
			if got := readIPD(r, 100); got != want {
				t.Errorf("piece %d is %q", i+1, got)
			}
		}
		r.ok("AT")
	})
}
