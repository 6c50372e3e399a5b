package remote

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/memnet"
)

// TestOpen sets a line up against a good server, in virtual time: in no time.
func TestOpen(t *testing.T) {
	for flow, want := range map[string][]byte{FlowNone: {44, 5, 1}, FlowRTSCTS: {44, 5, 3}} {
		synctest.Test(t, func(t *testing.T) {
			c := config
			c.Flow, c.Baud = flow, 65535 // bytes 0xFF, which are escaped
			s := &stub{}
			start := time.Now()
			conn, err := connect(t, s, c)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != 0 {
				t.Errorf("a server that answers at once made Open wait %v", took)
			}
			wanted := [][]byte{append([]byte{44, 1}, rate(65535)...), {44, 2, 8}, {44, 3, 1}, {44, 4, 1}, want, {44, 12, 1}}
			for _, w := range wanted {
				if !slices.ContainsFunc(s.got, func(g []byte) bool { return bytes.Equal(g, w) }) {
					t.Errorf("flow %s: the server did not get % d, it got % d", flow, w, s.got)
				}
			}
			id := map[string]string{"link": "rfc2217", "baud": "65535", "flow": flow}
			if got := conn.Identity(); !maps.Equal(got, id) {
				t.Errorf("identity is %v", got)
			}
			if got := conn.String(); got != "rfc2217:host:2217?baud=65535&flow="+flow {
				t.Errorf("the link is %q", got)
			}
			conditions := map[string]string{"server": "RFC 2217", "rate": "65535", "modem_lines": "set"}
			if got := conn.Conditions(); !maps.Equal(got, conditions) {
				t.Errorf("conditions are %v", got)
			}
		})
	}
}

// confirm answers every request with what was asked, but for some.
func confirm(other map[byte][]byte) func(byte, []byte) []byte {
	return func(command byte, value []byte) []byte {
		if v, ok := other[command]; ok {
			return v
		}
		return value
	}
}

func TestOpenRefused(t *testing.T) {
	for name, c := range map[string]struct {
		server *stub
		want   []string
		took   time.Duration
	}{
		"raw port":          {&stub{silent: true}, []string{"open rfc2217:host:2217: no answer to telnet's negotiation within 3s", "use tcp:host:2217 for a raw port"}, answerLimit},
		"raw port, echo":    {&stub{silent: true, greeting: []byte{255, 251, 0, 255, 253, 0, 255, 251, 3, 255, 253, 3, 255, 251, 44}}, []string{"no answer to COM-PORT-OPTION", "use tcp:"}, answerLimit},
		"plain telnet":      {&stub{refuses: true, refuse: 44}, []string{"refuses COM-PORT-OPTION", "telnet(rfc2217)", "use tcp:"}, 0},
		"no binary":         {&stub{refuses: true, refuse: 0}, []string{"refuses binary transmission (RFC 856)"}, 0},
		"no settings":       {&stub{answer: func(byte, []byte) []byte { return nil }}, []string{"did not answer SET-BAUDRATE, SET-DATASIZE, SET-PARITY, SET-STOPSIZE, SET-CONTROL within 3s"}, answerLimit},
		"other rate":        {&stub{answer: confirm(map[byte][]byte{1: rate(9600)})}, []string{"asked for 2000000 bit/s, the server runs the line at 9600, more than 2 % off"}, 0},
		"rate 2.05 % above": {&stub{answer: confirm(map[byte][]byte{1: rate(2_041_000)})}, []string{"at 2041000"}, 0},
		"rate 2.05 % below": {&stub{answer: confirm(map[byte][]byte{1: rate(1_959_000)})}, []string{"at 1959000"}, 0},
		"short rate":        {&stub{answer: confirm(map[byte][]byte{1: {37, 128}})}, []string{"answers SET-BAUDRATE with 25 80"}, 0},
		"seven bits":        {&stub{answer: confirm(map[byte][]byte{2: {7}})}, []string{"does not take 8 data bits", "SET-DATASIZE 8 with 07"}, 0},
		"other flow":        {&stub{answer: confirm(map[byte][]byte{5: {3}})}, []string{"does not take flow control none", "SET-CONTROL 1 with 3"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := connect(t, c.server, config)
				if err == nil {
					t.Fatal("it was opened")
				}
				for _, w := range c.want {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("the error is %q, want %q in it", err, w)
					}
				}
				if took := time.Since(start); took != c.took {
					t.Errorf("it took %v, want %v", took, c.took)
				}
			})
		})
	}
}

// A rate within 2 % is taken, and is what LineTime counts with.
func TestRateAsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, err := connect(t, &stub{answer: confirm(map[byte][]byte{1: rate(1_960_000), 0: []byte("box\xff\n")})}, config)
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.Conditions(); got["rate"] != "1960000" || got["server"] != `RFC 2217, "box\xff\n"` {
			t.Errorf("conditions are %v", got)
		}
		if d, ok := conn.LineTime([]int{96, 90}, []int{10}); d != time.Millisecond || !ok { // 196 bytes of 10 bits at 1.96 Mbit/s
			t.Errorf("line time of 196 bytes is %v, %v", d, ok)
		}
	})
}

// A server without modem lines, line states or a signature is waited for, but
// not for long, and never for ever.
func TestNoAnswerToModemLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		conn, err := connect(t, &stub{answer: func(command byte, value []byte) []byte {
			if command == 5 && value[0] > 3 || command == 10 || command == 0 {
				return nil
			}
			return value
		}}, config)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != optionalWait {
			t.Errorf("Open took %v, want %v", took, optionalWait)
		}
		if got := conn.Conditions()["modem_lines"]; got != "no answer" {
			t.Errorf("modem lines: %q", got)
		}
		if got := conn.Counters(); !maps.Equal(got, map[string]uint64{"suspend": 0}) {
			t.Errorf("counters are %v", got)
		}
	})
}

// What a server says before it hangs up is in the error.
func TestServerHangsUp(t *testing.T) {
	for _, greeting := range []string{"Port already in use\r\n", "\xff\xfb\x00\xff\xfd\x00\xff\xfd\x2cPort already in use\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			near, far := memnet.Pipe("server", 0)
			s := (&stub{silent: true, greeting: []byte(greeting)}).serve(far)
			time.AfterFunc(time.Second, func() { s.Close() })
			_, err := wrap(near, config)
			if err == nil || !strings.Contains(err.Error(), `the server ended the connection, after it said "Port already in use"`) || !strings.Contains(err.Error(), "another client") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// Input that is older than the settings is dropped; what comes after is not.
func TestPurge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{greeting: []byte("stale\r\n")}
		conn, err := connect(t, s, config)
		if err != nil {
			t.Fatal(err)
		}
		if s.asked(12) != 1 {
			t.Errorf("the server was asked to purge %d times", s.asked(12))
		}
		go s.Write([]byte("\r\nready\r\n"))
		got := make([]byte, 9)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != "\r\nready\r\n" {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

// Notifications of line errors are counted wherever they come in the stream, and
// are not in it.
func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{}
		conn, err := connect(t, s, config)
		if err != nil {
			t.Fatal(err)
		}
		for _, bits := range []byte{0x02, 0x0a, 0x04, 0x10, 0x61} {
			s.Write([]byte("x"))
			s.say(106, bits)
		}
		s.say(107, 0x10)
		s.say(108)
		s.Write([]byte("y"))
		got := make([]byte, 6)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != "xxxxxy" {
			t.Errorf("read %q, %v", got, err)
		}
		want := map[string]uint64{"overrun": 2, "framing": 1, "parity": 1, "break": 1, "suspend": 1}
		if got := conn.Counters(); !maps.Equal(got, want) {
			t.Errorf("counters are %v, want %v", got, want)
		}
	})
}

// Requests in mid-stream are refused ahead of the next write, each once, however
// often they come.
func TestLateNegotiation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{}
		conn, err := connect(t, s, config)
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			s.send([]byte{255, 253, 31, 255, 251, 1, 255, 253, 0, 255, 251, 44, 255, 241})
		}
		s.Write([]byte("x"))
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		want := []byte{255, 252, 31, 255, 254, 1, 255, 253, 44}
		if got := conn.port.options.replies; !bytes.Equal(got, want) {
			t.Errorf("answers are % d, want % d", got, want)
		}
		go conn.Write([]byte("AT\r\n"))
		got := make([]byte, 4)
		if _, err := io.ReadFull(s, got); err != nil || string(got) != "AT\r\n" {
			t.Errorf("the line got %q, %v", got, err)
		}
		if left := len(conn.port.options.replies); left != 0 {
			t.Errorf("%d bytes of answers are left", left)
		}
	})
}

func ExampleConfig_URL() {
	fmt.Println(Config{Scheme: TCP, Target: "[::1]:2000", Line: 2_000_000}.URL())
	fmt.Println(Config{Scheme: Unix, Target: "/run/module"}.URL())
	fmt.Println(Config{Scheme: RFC2217, Target: "lab:2217", Baud: 115200, Flow: FlowRTSCTS}.URL())
	// Output:
	// tcp:[::1]:2000?line=2000000
	// unix:/run/module
	// rfc2217:lab:2217?baud=115200&flow=rtscts
}
