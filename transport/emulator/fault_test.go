package emulator

import (
	"io"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// faulty runs three sends of 100 bytes with the faults; answers are what the
// module says after each payload.
func faulty(t *testing.T, c Config, answers [3]string, arrives string, injected map[string]uint64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, c)
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		for _, answer := range answers {
			r.do("AT+CIPSEND=0,100", prompt)
			io.WriteString(r, payload(100))
			r.expect(answer)
		}
		r.quiet(time.Second)
		r.ok("AT")
		if got := receive(t, peer, len(arrives)); got != arrives {
			t.Errorf("the peer received\n%q, want\n%q", got, arrives)
		}
		if got := r.m.Injected(); !maps.Equal(got, injected) {
			t.Errorf("injected %v, want %v", got, injected)
		}
		// Nothing more is on its way.
		r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
		if rest, err := io.ReadAll(peer); len(rest) > 0 || err != nil {
			t.Errorf("%d bytes more arrived, then %v", len(rest), err)
		}
	})
}

func faults(list ...string) Config { return Config{Faults: list} }

func TestFaultsOfThePayload(t *testing.T) {
	p, all := payload(100), [3]string{taken(100), taken(100), taken(100)}
	flipped := p[:7] + string(p[7]^1) + p[8:]
	for name, c := range map[string]struct {
		fault   string
		arrives string
		counts  map[string]uint64
	}{
		"drop":         {"drop:7@2", p + p[:7] + p[8:] + p, map[string]uint64{"drop": 1}},
		"flip":         {"flip:7@3", p + p + flipped, map[string]uint64{"flip": 1}},
		"duplicate":    {"duplicate:99", p + p[99:] + p + p, map[string]uint64{"duplicate": 1}},
		"again":        {"drop:7@1/2", p[:7] + p[8:] + p + p[:7] + p[8:], map[string]uint64{"drop": 2}},
		"every":        {"drop:every=80@2", p + p[:79] + p[80:] + p[:59] + p[60:], map[string]uint64{"drop": 2}},
		"out of reach": {"drop:100", p + p + p, map[string]uint64{}},
	} {
		t.Run(name, func(t *testing.T) { faulty(t, faults(c.fault), all, c.arrives, c.counts) })
	}
	t.Run("several", func(t *testing.T) {
		faulty(t, faults("drop:7@2", "flip:7@3", "duplicate:99@2"), all,
			p+p[:7]+p[8:]+p[99:]+flipped, map[string]uint64{"drop": 1, "flip": 1, "duplicate": 1})
	})
}

func TestFaultsOfTheDialog(t *testing.T) {
	p, ok := payload(100), taken(100)
	for name, c := range map[string]struct {
		build, fault string
		answers      [3]string
		arrives      string
	}{
		"silence":   {BuildUART, "silence@2", [3]string{ok, "", ok}, p + p},
		"send-fail": {BuildUART, "send-fail@2", [3]string{ok, "\r\nSEND FAIL\r\n", ok}, p + p},
		"urc": {BuildUART, "urc:split@2", [3]string{ok, "Recv +CW:SCAN_DONE\r\n" + strings.TrimPrefix(ok, "Recv "), ok},
			p + p + p},
	} {
		t.Run(name, func(t *testing.T) {
			faulty(t, Config{Build: c.build, Faults: []string{c.fault}}, c.answers, c.arrives,
				map[string]uint64{strings.SplitN(strings.SplitN(c.fault, "@", 2)[0], ":", 2)[0]: 1})
		})
	}
}

func TestFaultUnaskedLineBeforeThePrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, faults("urc"))
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		r.do("AT+CIPSEND=0,3", "\r\nOK\r\n+CW:SCAN_DONE\r\n\r\n>")
		io.WriteString(r, "abc")
		r.expect(taken(3))
	})
}

func TestFaultReboot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, faults("reboot@2"))
		defer r.close()
		peer := r.connect()
		r.ok("AT+CWAUTOCONN=0")
		r.do("AT+CIPSEND=0,3", prompt)
		io.WriteString(r, "abc")
		r.expect(taken(3))
		r.do("AT+CIPSEND=0,1000", prompt)
		io.WriteString(r, payload(1000))
		r.expect("\r\nready\r\n")
		r.quiet(time.Second)
		if got, err := io.ReadAll(peer); string(got) != "abc" || err != nil {
			t.Errorf("the peer received %q, %v", got, err)
		}
		if got := r.m.Injected()["reboot"]; got != 1 {
			t.Errorf("%d reboots counted", got)
		}
		r.do("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n")
	})
}

func TestFaultClose(t *testing.T) {
	for build, answer := range map[string]string{BuildUART: "\r\nSEND FAIL\r\n", BuildSPI: taken(3)} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Build: build, Faults: []string{"close"}})
			defer r.close()
			peer := r.connect()
			r.do("AT+CIPSEND=0,3", prompt)
			io.WriteString(r, "abc")
			r.expect("+CIP:0,DISCONNECTED\r\n" + answer)
			if got, err := io.ReadAll(peer); len(got) > 0 || err != nil {
				t.Errorf("the peer received %q, %v", got, err)
			}
			r.do("AT+CIPSEND=0,3", "\r\nERROR\r\n")
		})
	}
}

func TestFaultRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, faults("refuse@2"))
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		l, _ := r.net.Listen("tcp", peerAddress)
		defer l.Close()
		const start = `AT+CIPSTART=1,"TCP","192.168.67.9",5001`
		r.do(start, "\r\nERROR\r\n")
		r.do(start, "+CIP:1,CONNECTED\r\n\r\nOK\r\n")
		if got := r.m.Injected()["refuse"]; got != 1 {
			t.Errorf("%d refusals counted", got)
		}
	})
}

// A place that is drawn comes from the seed.
func TestFaultAtARandomPlace(t *testing.T) {
	place := func(seed uint64) (at int) {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Faults: []string{"flip"}, Seed: seed})
			defer r.close()
			peer := r.connect()
			defer peer.Close()
			r.do("AT+CIPSEND=0,1000", prompt)
			io.WriteString(r, strings.Repeat("a", 1000))
			r.expect(taken(1000))
			at = strings.IndexByte(receive(t, peer, 1000), 'a'^1)
		})
		return at
	}
	if a, b, c := place(1), place(1), place(2); a != b || a == c || a < 0 {
		t.Errorf("seed 1 gives %d and %d, seed 2 gives %d; want the first two equal", a, b, c)
	}
}
