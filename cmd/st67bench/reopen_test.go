package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"st67bench/bench"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/uart"
)

// realSession opens an emulated module over a real link.
func realSession(t *testing.T, url string) *session {
	t.Helper()
	rig, err := loadRig(url)
	if err != nil {
		t.Fatal(err)
	}
	link, err := openLink(t.Context(), rig.Module)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSession(t.Context(), link, rig, traceOptions{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// The serial line is really opened with what a case asks for, and then again with the rig's own: its termios say so, and
// the module sees it.
func TestReopenSerialLine(t *testing.T) {
	skipWithoutPTY(t)
	s := realSession(t, "emulated?link=uart")
	rig := s.Rig()
	module := s.emulator
	for _, tt := range []struct {
		settings map[string]string
		baud     int
		flow     string
	}{
		{map[string]string{"flow": "rtscts"}, 2_000_000, "rtscts"},
		{map[string]string{"speed": "0.5", "flow": "none"}, 1_000_000, "none"},
		{nil, 2_000_000, "none"},
	} {
		if err := rig.Reopen(t.Context(), tt.settings); err != nil {
			t.Fatal(err)
		}
		if baud, flow := module.Line(); baud != tt.baud || flow != tt.flow {
			t.Errorf("%v: the module has %d bit/s and flow control %s", tt.settings, baud, flow)
		}
		port, ok := rig.Link.(*uart.Port)
		if !ok {
			t.Fatalf("the link is a %T", rig.Link)
		}
		if id := port.Identity(); id["flow"] != tt.flow {
			t.Errorf("%v: identity %v", tt.settings, id)
		}
		if _, err := rig.Module.Command(t.Context(), "AT"); err != nil || s.emulator != module {
			t.Errorf("%v: %v", tt.settings, err)
		}
	}
	err := rig.Reopen(t.Context(), map[string]string{"frame": "512"})
	if !errors.Is(err, bench.ErrCannot) || !strings.Contains(err.Error(), "only a link by SPI has transfers") {
		t.Errorf("a frame on a serial line: %v", err)
	}
	if _, err := rig.Module.Command(t.Context(), "AT"); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// Over TCP and over the wires of SPI it is the same.
func TestReopenOtherLinks(t *testing.T) {
	s := realSession(t, "emulated?link=tcp&baud=921600")
	rig := s.Rig()
	for setting, want := range map[string]int{"0.5": 460_800, "1": 921_600} {
		if err := rig.Reopen(t.Context(), map[string]string{"speed": setting, "flow": "rtscts"}); err != nil {
			t.Fatal(err)
		}
		if baud, flow := s.emulator.Line(); baud != want || flow != "rtscts" {
			t.Errorf("TCP, speed %s: %d bit/s, %s", setting, baud, flow)
		}
	}
	bubbleSession(t, "emulated?link=spi&speed=10MHz", func(t *testing.T, s *session) {
		rig := s.Rig()
		for _, tt := range []struct{ setting, value, key, want string }{
			{"frame", "512", "max", "512"}, {"speed", "0.25", "speed", "2500000"}, {"frame", "6152", "max", "6152"}, {"speed", "1", "speed", "10000000"},
		} {
			if err := rig.Reopen(t.Context(), map[string]string{tt.setting: tt.value}); err != nil {
				t.Fatal(err)
			}
			if got := rig.Link.Identity()[tt.key]; got != tt.want {
				t.Errorf("%s %s: %s", tt.setting, tt.value, got)
			}
		}
		// A frame that this engine refuses leaves the link as it was.
		err := rig.Reopen(t.Context(), map[string]string{"frame": "100"})
		if !errors.Is(err, bench.ErrCannot) || !strings.Contains(err.Error(), "too short") || rig.Link.Identity()["max"] != "6152" {
			t.Errorf("a frame of 100 bytes: %v, %v", err, rig.Link.Identity())
		}
		if _, err := rig.Module.Command(t.Context(), "AT"); err != nil {
			t.Errorf("after that: %v", err)
		}
		if err := rig.Reopen(t.Context(), map[string]string{"flow": "rtscts"}); !errors.Is(err, bench.ErrCannot) {
			t.Errorf("flow control over SPI: %v", err)
		}
	})
}

// What a real link cannot be set to is said before anything is closed.
func TestRelinked(t *testing.T) {
	for _, tt := range []struct{ url, setting, value, want, says string }{
		{"uart:/dev/ttyUSB0?baud=2000000", "flow", "rtscts", "uart:/dev/ttyUSB0?baud=2000000&flow=rtscts", ""},
		{"uart:/dev/ttyUSB0", "speed", "0.5", "", "the module's baud rate is built into its firmware"},
		{"uart:/dev/ttyUSB0", "speed", "1", "uart:/dev/ttyUSB0", ""},
		{"rfc2217:host:4000", "flow", "rtscts", "rfc2217:host:4000?flow=rtscts", ""},
		{"tcp:host:4000", "flow", "rtscts", "", "a link by tcp has none"},
		{"spi:unix:/tmp/pins?speed=20MHz", "speed", "0.25", "spi:unix:/tmp/pins?speed=5000000", ""},
		{"spi:unix:/tmp/pins", "frame", "1024", "spi:unix:/tmp/pins?max=1024", ""},
		{"tcp:host:4000", "frame", "1024", "", "only a link by SPI has transfers"},
	} {
		link, err := scenarios.ParseLink(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := relinked(link, map[string]string{tt.setting: tt.value})
		switch {
		case tt.says != "" && (!errors.Is(err, bench.ErrCannot) || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s, %s %s: %v", tt.url, tt.setting, tt.value, err)
		case tt.says == "" && (err != nil || got.String() != tt.want):
			t.Errorf("%s, %s %s: %s, %v", tt.url, tt.setting, tt.value, got, err)
		}
		if link.String() != tt.url {
			t.Errorf("the rig's own link became %s", link)
		}
	}
}

// A link that cannot be opened again at all is an error that says so, and nothing is left open.
func TestReopenLost(t *testing.T) {
	s := realSession(t, "emulated?link=memory")
	rig := s.Rig()
	if err := s.emulator.Close(); err != nil {
		t.Fatal(err)
	}
	err := rig.Reopen(t.Context(), map[string]string{"flow": "rtscts"})
	if err == nil || errors.Is(err, bench.ErrCannot) || !strings.Contains(err.Error(), "and it cannot be opened as before") {
		t.Errorf("a module that is gone: %v", err)
	}
}

const speeds = `
name: speeds
workload: {kind: cipsend, sends: 40}
sweep: {link.speed: [0.25, 1], length: [512, 1460]}
repeats: {boots: 2, min: 2, max: 2}
warmup: 0
`

// A run whose cases differ in the line meets each one's closed form, in every boot, and claims no rate for all of them.
func TestLinkSpeedMeetsClosedForm(t *testing.T) {
	s, err := scenarios.Parse("speeds.yaml", []byte(speeds))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Results) != 16 {
		t.Errorf("%d results", len(run.Results))
	}
	for _, r := range run.Results {
		checkAtSpeed(t, r)
	}
	if baud, claimed := run.Identity["baud"]; claimed || run.Identity["flow"] != emulator.FlowNone {
		t.Errorf("the run claims a rate of %s for all cases: %v", baud, run.Identity)
	}
	// The trace goes on over every opening, and the second boot resets the module as the link is then.
	log := readLog(t, run.Dir)
	if n := strings.Count(log, "open \""); n < 4 {
		t.Errorf("%d openings in at.log", n)
	}
	if resets := strings.Count(log, `> "AT+RST\r\n"`); resets != 1 {
		t.Errorf("%d resets in at.log", resets)
	}
}

// checkAtSpeed is the closed form of exchangeTime at another line rate: the bytes of the exchange at 10 bit times each,
// the module's latency and the radio's time.
func checkAtSpeed(t *testing.T, r results.Result) {
	t.Helper()
	n, baud := map[string]int{"512": 512, "1460": 1460}[r.Factors["length"]], map[string]float64{"0.25": 500_000, "1": 2_000_000}[r.Factors["link.speed"]]
	if r.Outcome != results.Pass || n == 0 {
		t.Errorf("%s: %s %s", r.Case, r.Outcome, r.Err)
		return
	}
	line, total := exchangeTime(n, "", "connected")
	slower := time.Duration(float64(line) * virtualBaud / baud)
	total += slower - line
	near(t, r, "goodput", 8*float64(n)/total.Seconds())
	near(t, r, "ceiling", 8*float64(n)/slower.Seconds())
	near(t, r, "loss", 0)
	if want := map[string]string{"0.25": "500000", "1": "2000000"}[r.Factors["link.speed"]]; r.Conditions["link_baud"] != want {
		t.Errorf("%s: conditions %v", r.Case, r.Conditions)
	}
}
