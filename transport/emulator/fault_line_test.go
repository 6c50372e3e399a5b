package emulator

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// On a line without flow control bytes are lost both ways, at the rate; with it
// none is.
func TestFaultLostBytes(t *testing.T) {
	for _, flow := range []string{FlowNone, FlowRTSCTS} {
		t.Run(flow, func(t *testing.T) {
			bubble(t, Config{Flow: flow, Faults: []string{"lose:1%"}, Boot: None}, func(r *rig) { lossy(t, r, flow) })
		})
	}
}

func lossy(t *testing.T, r *rig, flow string) {
	const lines = 2000
	r.SetReadDeadline(time.Time{})
	echo := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		echo <- string(b)
	}()
	io.WriteString(r, "ATE1\r\n")
	time.Sleep(time.Second)
	for range lines {
		io.WriteString(r, "AT+VBAT?\r\n")
		time.Sleep(10 * time.Millisecond)
	}
	lost := float64(r.m.Injected()["lose"])
	r.conn.Close()
	whole := strings.Count(<-echo, "AT+VBAT?\r\n+VBAT:3326\r\n\r\nOK\r\n")
	// 10 bytes go one way and 28 the other, most times.
	want := 0.01 * 38 * lines
	if flow == FlowRTSCTS {
		if whole != lines || lost != 0 {
			t.Errorf("%d of %d exchanges are whole, %v bytes lost; want none lost", whole, lines, lost)
		}
		return
	}
	if math.Abs(lost-want) > 0.15*want {
		t.Errorf("%v bytes are lost, want about %v", lost, want)
	}
	if p := math.Pow(0.99, 38); math.Abs(float64(whole)/lines-p) > 0.05 {
		t.Errorf("%d of %d exchanges are whole, want %.0f %%", whole, lines, 100*p)
	}
}

// A payload byte that is lost leaves the module waiting for it.
func TestFaultLostPayloadByte(t *testing.T) {
	bubble(t, Config{}, func(r *rig) {
		peer := r.connect()
		defer peer.Close()
		r.do("AT+CIPSEND=0,1000", prompt)
		if err := r.m.Inject("lose:0.5%"); err != nil {
			t.Fatal(err)
		}
		io.WriteString(r, payload(1000))
		r.quiet(time.Minute)
		if err := r.m.Inject("lose:0"); err != nil {
			t.Fatal(err)
		}
		lost := int(r.m.Injected()["lose"])
		if lost == 0 {
			t.Fatal("no byte was lost")
		}
		io.WriteString(r, strings.Repeat("x", lost))
		r.expect(taken(1000))
		if got := receive(t, peer, 1000); !strings.HasSuffix(got, strings.Repeat("x", lost)) || got[:lost] == payload(lost) && got[lost:] == payload(1000)[lost:] {
			t.Errorf("the peer received %q", got)
		}
	})
}

// A receive buffer runs over when commands come faster than they are carried
// out; flow control holds them off.
func TestFaultOverrun(t *testing.T) {
	for flow, answers := range map[string]int{FlowNone: 2, FlowRTSCTS: 20} {
		for _, baud := range []int{2_000_000, 921_600} {
			t.Run(fmt.Sprint(flow, baud), func(t *testing.T) {
				c := Config{Flow: flow, Baud: baud, Faults: []string{"overrun:10"}, Quirks: []string{"-busy-drop"}, CommandLatency: 10 * time.Millisecond}
				bubble(t, c, func(r *rig) {
					io.WriteString(r, strings.Repeat("AT+VBAT?\r\n", 20))
					for range answers {
						r.expect(vbatReply)
					}
					r.quiet(time.Minute)
					if got, want := r.m.Injected()["overrun"], uint64(10*(20-answers)); got != want {
						t.Errorf("%d bytes ran over, want %d", got, want)
					}
					r.ok("AT")
				})
			})
		}
	}
}

// With flow control the bytes that were held off arrive one line time after the
// firmware takes from its buffer again.
func TestFlowControlTakesItsTime(t *testing.T) {
	c := Config{Flow: FlowRTSCTS, Faults: []string{"overrun:10"}, Quirks: []string{"-busy-drop"}, CommandLatency: 10 * time.Millisecond}
	bubble(t, c, func(r *rig) {
		start := time.Now()
		io.WriteString(r, strings.Repeat("AT+VBAT?\r\n", 3))
		r.expect(vbatReply + vbatReply + vbatReply)
		// The third line was held off until the first was answered, and then
		// waits for the second: 50 µs of line, three latencies, 18 bytes back.
		check(t, "three replies", time.Since(start), 50*time.Microsecond+30*time.Millisecond+18*5*time.Microsecond)
	})
}

func TestInjectAndSwitchAtRunTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, faults("busy@3"))
		defer r.close()
		r.ok("AT")
		for _, s := range []string{"no-memory@1", "urc:reply@3/1"} {
			if err := r.m.Inject(s); err != nil {
				t.Fatal(err)
			}
		}
		r.do("AT", "\r\nERROR\r\n")
		r.do("AT", "\r\nbusy p...\r\n")
		r.do("AT", "+CW:SCAN_DONE\r\n\r\nOK\r\n")
		r.do("AT", "+CW:SCAN_DONE\r\n\r\nOK\r\n")
		if err := r.m.Inject("nonsense"); err == nil {
			t.Error("an unknown fault is taken")
		}
		r.do("AT+CIPDINFO?", "+CIPDINFO:false+CW:SCAN_DONE\r\n\r\nOK\r\n")
		if err := r.m.Switch("-bare-dinfo"); err != nil {
			t.Fatal(err)
		}
		r.do("AT+CIPDINFO?", "+CIPDINFO:false\r\n+CW:SCAN_DONE\r\n\r\nOK\r\n")
		if err := r.m.Switch("nonsense"); err == nil {
			t.Error("an unknown quirk is taken")
		}
		for err := error(nil); err == nil; err = r.m.Inject("drop@1000000") {
			if len(r.m.Injected()) > 5 {
				t.Fatal("the list of faults is not bounded")
			}
		}
	})
}
