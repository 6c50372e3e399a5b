package st67

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestJoin(t *testing.T) {
	want := Station{
		SSID: "home", BSSID: "aa:bb:cc:dd:ee:01", Channel: 6, RSSI: -48,
		IP: netip.MustParseAddr("192.168.1.77"), Gateway: netip.MustParseAddr("192.168.1.1"),
		Netmask: netip.MustParseAddr("255.255.255.0"), MAC: "40:82:7b:00:00:01",
	}
	for name, c := range map[string]struct{ reply, events string }{
		"events after OK (firmware)": {"+CW:CONNECTING\r\n" + ok, "+CW:CONNECTED\r\n+CW:GOTIP\r\n"},
		"events before OK (manual)":  {"+CW:CONNECTED\r\n+CW:GOTIP\r\n" + ok, ""},
		"one before, one after":      {"+CW:CONNECTED\r\n" + ok, "+CW:GOTIP\r\n"},
		"in place of an earlier association": {
			"+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n+CW:CONNECTING\r\n" + ok, "+CW:CONNECTED\r\n+CW:GOTIP\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
				f.set(func(f *fake) { f.joins(c.reply, c.events) })
				got, err := m.Join(t.Context(), home)
				if err != nil || got != want {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		})
	}
}

func TestJoinFails(t *testing.T) {
	for name, c := range map[string]struct {
		reply, events string
		code          int
		associated    bool
		text          string
	}{
		"wrong password": {"+CW:CONNECTING\r\n" + ok, "+CW:ERROR,8\r\n", 8, false, "wrong password"},
		"no such AP":     {"+CW:CONNECTING\r\n" + ok, "+CW:ERROR,12\r\n", 12, false, "not found in the scan"},
		"unknown code":   {ok, "+CW:ERROR,99\r\n", 99, false, "unknown reason (+CW:ERROR,99)"},
		"refused":        {"+CWJAP:2\r\nERR CODE:0x010a0000\r\n" + fail, "", 0, false, "wrong password"},
		"refused, new":   {"+CWJAP:7\r\n" + fail, "", 0, false, "unknown error 7"},
		"refused, bare":  {fail, "", 0, false, "the module refused"},
		"no DHCP":        {ok, "+CW:CONNECTED\r\n", 0, true, "DHCP gave it no address"},
		"no answer":      {"+CW:CONNECTING\r\n" + ok, "", 0, false, "no answer from the AP"},
		"lost meanwhile": {ok, "+CW:CONNECTED\r\n+CW:ERROR,16\r\n", 16, true, "beacons were lost"},
	} {
		t.Run(name, func(t *testing.T) {
			opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
				f.set(func(f *fake) { f.joins(c.reply, c.events) })
				begin := time.Now()
				_, err := m.Join(t.Context(), home)
				var join *JoinError
				if !errors.As(err, &join) {
					t.Fatalf("got %v", err)
				}
				if join.Code != c.code || join.Associated != c.associated || !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %+v: %v", join, err)
				}
				if took := time.Since(begin); took > joinLimit+time.Second {
					t.Errorf("took %v", took)
				}
				if _, refusal := Refusal(err); refusal {
					t.Error("a join that failed is no refusal")
				}
			})
		})
	}
}

// TestJoinLine: the escapes are those of the manual's own example, 3.1.5.7.
func TestJoinLine(t *testing.T) {
	got, err := joinLine(Wifi{SSID: `ab\,c`, Password: `0123456789"\`})
	if want := `AT+CWJAP="ab\\\,c","0123456789\"\\"`; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	got, err = joinLine(Wifi{SSID: "abc", Password: "0123456789", BSSID: "ca:d7:19:d8:a6:44"})
	if want := `AT+CWJAP="abc","0123456789","ca:d7:19:d8:a6:44"`; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	full := strings.Repeat(`"`, 32)
	got, err = joinLine(Wifi{SSID: full, Password: full + full, BSSID: "ca:d7:19:d8:a6:44"})
	if err != nil || len(got)+2 > 256 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, w := range []Wifi{
		{}, {SSID: full + "x"}, {SSID: "a", Password: full + full + "x"}, {SSID: "a\r\nAT+RESTORE"}, {SSID: "a", Password: "hunter\n2"},
	} {
		if line, err := joinLine(w); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%+v: %q, %v", w, line, err)
		}
	}
}

func TestAssociationForms(t *testing.T) {
	plain := Station{SSID: "home", BSSID: "aa:bb:cc:dd:ee:01", Channel: 11, RSSI: -61}
	odd, comma := plain, plain
	odd.SSID, comma.SSID = `a"b`, `my, net`
	for value, want := range map[string]Station{
		`"home","AA:bb:cc:dd:ee:01",11,-61,0`:        plain,
		`"home","aa:bb:cc:dd:ee:01",11,-61`:          plain, // no WEP field
		`home,aa:bb:cc:dd:ee:01,11,-61,0,3,1`:        plain, // no quotes, more fields
		`"home", "aa:bb:cc:dd:ee:01", 11, -61, 0`:    plain,
		`"a"b","aa:bb:cc:dd:ee:01",11,-61,0`:         odd, // not escaped by the module
		`"a\"b","aa:bb:cc:dd:ee:01",11,-61,0`:        odd,
		`"my, net","aa:bb:cc:dd:ee:01",11,-61,0`:     comma,
		`"my\, net","aa:bb:cc:dd:ee:01",11,-61,0`:    comma,
		`"no such form",11`:                          {},
		`"home","not a mac address",11,-61,0`:        {},
		`"","aa:bb:cc:dd:ee:01",eleven,-61,0`:        {},
		`"home","aa:bb:cc:dd:ee:01","eleven",-61,0,`: {},
	} {
		got, in := parseAssociation(value)
		if got != want || in != (want != Station{}) {
			t.Errorf("%s: got %+v, %v", value, got, in)
		}
	}
}

func TestPing(t *testing.T) {
	ms := time.Millisecond
	for name, c := range map[string]struct {
		reply, events string
		want          []time.Duration
		refused       bool
	}{
		"answers after OK (firmware)":  {ok, "+PING:7ms\r\n+PING:10ms\r\n+PING:8ms\r\n", []time.Duration{7 * ms, 10 * ms, 8 * ms}, false},
		"answers before OK (manual)":   {"+PING:7\r\n+PING:9\r\n+PING:8\r\n" + ok, "", []time.Duration{7 * ms, 9 * ms, 8 * ms}, false},
		"one lost":                     {ok, "+PING:7ms\r\n+PING:TIMEOUT\r\n+PING:8ms\r\n", []time.Duration{7 * ms, 8 * ms}, false},
		"all lost":                     {ok, "+PING:TIMEOUT\r\n+PING:TIMEOUT\r\n+PING:TIMEOUT\r\n", nil, false},
		"one answer missing":           {ok, "+PING:7ms\r\n+PING:8ms\r\n", []time.Duration{7 * ms, 8 * ms}, false},
		"a timeout as ERROR (manual)":  {"+PING:TIMEOUT\r\n" + fail, "", nil, false},
		"refused":                      {"ERR CODE:0x01070000\r\n" + fail, "", nil, true},
		"an unknown form is no answer": {ok, "+PING:?\r\n+PING:8ms\r\n+PING:9ms\r\n", []time.Duration{8 * ms, 9 * ms}, false},
	} {
		t.Run(name, func(t *testing.T) {
			opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
				f.set(func(f *fake) {
					f.on[`AT+PING="192.168.1.1",64,3,200`] = func() { f.write(c.reply); f.later(50*ms, c.events) }
				})
				got, err := m.Ping(t.Context(), "192.168.1.1", 3)
				if !slices.Equal(got, c.want) || (err != nil) != c.refused {
					t.Errorf("got %v, %v", got, err)
				}
			})
		})
	}
}
