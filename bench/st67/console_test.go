package st67

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/at"
)

// The commands with a prompt and their length parameter are those of the manual: 2.2.12, 2.2.24, 4.1.12 to 4.1.15, 5.1.2,
// 5.1.10, 6.1.22 and 6.1.27.
func TestDataPhase(t *testing.T) {
	for _, c := range []struct {
		line  string
		n     int
		plain bool
		ok    bool
	}{
		{"AT+CIPSEND=5", 5, false, true},
		{"AT+CIPSEND=1,5", 5, false, true},
		{`at+cipsend=12,"192.168.1.2",8080`, 12, false, true},
		{`AT+CIPSEND=2,7,"a, host",8080`, 7, false, true},
		{"AT+CIPSENDL=0,100000", 100000, false, true},
		{"AT+CIPSENDEX=3,9", 9, false, true},
		{"AT+OTASEND=2048", 2048, false, true},
		{`AT+EFUSE-W=4,"0x80"`, 4, false, true},
		{"AT+MQTTLONGCLIENTID=0,23", 23, true, true},
		{`AT+MQTTPUBRAW=0,"a,b",10,1,0`, 10, false, true},
		{"AT+BLEGATTSNTFY=0,1,20", 20, true, true},
		{"AT+BLEGATTCWR=0,1,2,3", 3, true, true},
		{line: "AT+CIPSEND"},
		{line: "AT+CIPSEND?"},
		{line: "AT+CIPSEND=0,x"},
		{line: "AT+CIPSEND=0,0"},
		{line: "AT+CIPSENDLCFG=1024,2920"},
		{line: "AT+MQTTPUBRAW=0"},
		{line: "AT+GMR"},
		{line: ""},
	} {
		n, plain, ok := DataPhase(c.line)
		if ok != c.ok || ok && (n != c.n || plain != c.plain) {
			t.Errorf("%q: %d bytes, plain %v, %v; want %d, %v, %v", c.line, n, plain, ok, c.n, c.plain, c.ok)
		}
	}
}

func TestRestartsAndPassthrough(t *testing.T) {
	for line, want := range map[string][2]bool{
		"AT+RST": {true, false}, "at+restore": {true, false}, "AT+OTAFIN": {true, false}, "AT+SET_CLOCK=2": {true, false},
		"AT+CIPSEND": {false, true}, " at+cipsend ": {false, true}, "AT+CIPSEND=0,1": {}, "AT+GET_CLOCK": {}, "AT": {},
	} {
		if got := [2]bool{Restarts(line), Passthrough(line)}; got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// The mode follows what was set and what was asked for, and nothing else.
func TestModeFollows(t *testing.T) {
	var m Mode
	for _, c := range []struct {
		line  string
		reply []string
		want  mode
	}{
		{"AT+GMR", []string{"AT version:1"}, mode{}},
		{"AT+CIPMUX=1", nil, mode{mux: true}},
		{"AT+CIPRECVMODE?", []string{"+CIPRECVMODE:1"}, mode{mux: true, passive: true}},
		{"at+cipdinfo?", []string{"+CIPDINFO:true"}, mode{mux: true, passive: true, info: true}},
		{"AT+CIPMUX?", nil, mode{mux: true, passive: true, info: true}},
		{"AT+CIPRECVMODE=0", nil, mode{mux: true, info: true}},
		{"AT+CIPMUX?", []string{"+CIPMUX:0"}, mode{info: true}},
	} {
		if m = m.After(c.line, c.reply); m.m != c.want {
			t.Errorf("after %q: %+v, want %+v", c.line, m.m, c.want)
		}
	}
	if g := m.During(`AT+CWJAP="a","b"`); !slices.Contains(g.Events, joinCode) {
		t.Error("the code of a join that fails is no event")
	}
	if g := m.During("AT+CWJAP?"); slices.Contains(g.Events, joinCode) {
		t.Error("the answer of CWJAP? is an event")
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string]string{
		"ready":                               "the module has started",
		"+CW:GOTIP":                           "the module has an IPv4 address",
		"+CW:ERROR,2":                         "no network: authentication failed",
		"+CW:ERROR,19":                        "disconnected as asked, with deauthentication",
		"+CW:ERROR,99":                        "no network: unknown reason",
		"+CW:STA_CONNECTED 02:00:00:00:00:01": "a station has joined the module's own AP",
		"+CIP:0,DISCONNECTED":                 "link 0 is closed",
		"+CIP:CONNECTED":                      "link 0 is connected",
		"+IPD:3,120":                          "120 bytes on link 3 wait for AT+CIPRECVDATA",
		"+IPD:120":                            "120 bytes on link 0 wait for AT+CIPRECVDATA",
		"+IPD:5,":                             "5 bytes on link 0",
		`+IPD:1,5,"10.0.0.1",80,`:             "5 bytes on link 1 from 10.0.0.1 port 80",
		"+PING:7ms":                           "echo after 7ms",
		"+PING:TIMEOUT":                       "no echo in time",
		"+MQTT:CONNECTED,0":                   "connected to the MQTT broker",
		"+CWJAP:2":                            "wrong password",
		"ERR CODE:0x01070000":                 "value out of range",
		"+LINK_CONN:0,1,0,0,1.2.3.4,80,81":    "a connection, in the detailed form",
		"anything else":                       "",
		"":                                    "",
	} {
		if got := Words(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// Resync ends a data phase that nobody ends, and changes no setting.
func TestResyncAlone(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Command(ctx, []byte("AT+CIPSEND=0,6000")); err != nil {
			t.Fatal(err) // the prompt is text to a command
		}
		if err := Resync(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for _, line := range f.lines() {
			if line != "AT" && line != "AT+CIPSEND=0,6000" && strings.Trim(line, "x") != "" {
				t.Errorf("Resync sent %q", line)
			}
		}
	})
}

func TestAwaitReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := make(chan struct{}, 1)
		if err := AwaitReady(t.Context(), started); err == nil {
			t.Error("a module that does not start is no error")
		}
		started <- struct{}{}
		if err := AwaitReady(t.Context(), started); err != nil {
			t.Error(err)
		}
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if err := AwaitReady(ctx, started); !errors.Is(err, why) {
			t.Errorf("%v, want %v", err, why)
		}
	})
}
