package st67

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/transport/at"
)

func TestOpenSetsUp(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		got := f.lines()
		isSet := func(l string) bool { return strings.Contains(l, "=") }
		if first := got[slices.IndexFunc(got, isSet)]; first != "AT+SYSSTORE=0" {
			t.Errorf("the first set command is %s", first)
		}
		for _, l := range []string{"ATE0", "AT+SYSLOG=1", "AT+CWAUTOCONN=0", "AT+CIPMUX=1", "AT+CWMODE=1,0", "AT+GMR"} {
			if !slices.Contains(got, l) {
				t.Errorf("%s was not sent: %q", l, got)
			}
		}
		if slices.Contains(got, "AT+CWEVT=1") {
			t.Error("CWEVT was 1 already and was set all the same")
		}
		want := map[string]string{"SYSSTORE": "1", "SYSLOG": "0", "SYSMSG": "0", "CWEVT": "1", "CIPEVT": "1", "CIPMUX": "0", "CWMODE": "3"}
		if found := m.Found(); !equalMaps(found, want) {
			t.Errorf("found %v, want %v", found, want)
		}
		if !m.mode.mux || m.mode.passive || m.mode.info {
			t.Errorf("mode is %+v", m.mode)
		}
		if m.UnaskedReady() != 0 {
			t.Error("an unasked ready was counted")
		}
	})
}

func equalMaps(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// TestOpenWithAnOpenLink: CIPMUX cannot be changed while a link of an earlier run is open (manual 4.1.17.4).
func TestOpenWithAnOpenLink(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.answers["AT+CIPMUX=1"] = "ERR CODE:0x01100000\r\n" + fail
		f.on["AT+CIPCLOSE"] = func() {
			f.set(func(f *fake) { delete(f.on, "AT+CIPCLOSE"); delete(f.answers, "AT+CIPMUX=1") })
			f.write("+CIP:DISCONNECTED\r\n" + ok)
		}
		if _, err := Open(t.Context(), s, Options{}); err != nil || f.settings["CIPMUX"] != "1" {
			t.Errorf("CIPMUX is %s, %v", f.settings["CIPMUX"], err)
		}
	})
}

// TestOpenNeedsMux: a module that keeps refusing cannot be used, and the error says why.
func TestOpenNeedsMux(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.answers["AT+CIPMUX=1"] = "ERR CODE:0x01100000\r\n" + fail
		_, err := Open(t.Context(), s, Options{})
		if err == nil || !strings.Contains(err.Error(), "AT+CIPMUX=1") || !strings.Contains(err.Error(), "not allowed in this state") {
			t.Errorf("got %v", err)
		}
	})
}

// TestOpenWithFewCommands: a firmware that knows none of the optional commands can be used.
func TestOpenWithFewCommands(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		for _, name := range []string{"CWNETMODE", "SYSLOG", "SYSMSG", "CWEVT", "CIPEVT", "CIPRECVMODE"} {
			delete(f.settings, name)
		}
		for _, line := range []string{"AT+CIPDINFO?", "AT+CIFSR", "AT+CWJAP?"} {
			delete(f.answers, line)
		}
		m, err := Open(t.Context(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if m.Unit() != "" {
			t.Errorf("unit %s", m.Unit())
		}
	})
}

func TestOpenRefusesT02(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.settings["CWNETMODE"] = "0"
		_, err := Open(t.Context(), s, Options{})
		if !errors.Is(err, ErrT02) || !strings.Contains(err.Error(), "flash T01") {
			t.Errorf("got %v", err)
		}
		if slices.Contains(f.lines(), "AT+CIPMUX=1") {
			t.Error("network commands were sent to an image without them")
		}
	})
}

func TestOpenNamesASilentModule(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.on["AT"] = func() {}
		f.on["x"] = func() {}
		_, err := Open(t.Context(), s, Options{})
		var silent *SilentError
		if !errors.As(err, &silent) || len(silent.Seen) != 0 {
			t.Fatalf("got %v", err)
		}
		if silent.Waited < 4*time.Second || silent.Waited > 10*time.Second {
			t.Errorf("gave up after %v: a module starts within 4 s", silent.Waited)
		}
		if !DialogBroken(err) {
			t.Error("a silent module's dialog is broken")
		}
	})
}

func TestOpenShowsALogInsteadOfAT(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.on["x"] = func() {}
		f.on["AT"] = func() { f.write("[I][MAIN] heap 312k\r\n") }
		_, err := Open(t.Context(), s, Options{})
		var silent *SilentError
		if !errors.As(err, &silent) || !bytes.Contains(silent.Seen, []byte("[MAIN]")) || !strings.Contains(err.Error(), "SPI only") {
			t.Errorf("got %v", err)
		}
	})
}

func TestOpenAfterAHalfLine(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		// What the firmware does with "AT+CIPSEND=0,AT".
		f.on["AT"] = func() {
			f.set(func(f *fake) { delete(f.on, "AT") })
			f.write("ERR CODE:0x01080000\r\n" + fail)
		}
		if _, err := Open(t.Context(), s, Options{}); err != nil {
			t.Error(err)
		}
	})
}

// TestOpenInDataMode: the module counts the payload of a send that a killed run began.
func TestOpenInDataMode(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.on["AT"] = func() {
			f.set(func(f *fake) { delete(f.on, "AT") })
			if _, err := io.CopyN(io.Discard, f.in, 6144-4); err == nil {
				f.write("Recv 6144 bytes\r\n\r\nSEND OK\r\n")
			}
		}
		if _, err := Open(t.Context(), s, Options{}); err != nil {
			t.Error(err)
		}
	})
}

// TestOpenWhileTheModuleStarts: `ready` in the middle is not an unasked one.
func TestOpenWhileTheModuleStarts(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.on["AT"] = func() {}
		f.on["x"] = func() {}
		go func() {
			time.Sleep(3 * time.Second)
			f.set(func(f *fake) { delete(f.on, "AT"); delete(f.on, "x") })
			f.write("\r\nready\r\n")
		}()
		m, err := Open(t.Context(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if m.UnaskedReady() != 0 {
			t.Error("the start was taken for a brown-out")
		}
	})
}

// TestOpenStartsAgain: a start between two commands of the set-up undoes settings.
func TestOpenStartsAgain(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.on["AT+GMR"] = func() {
			f.set(func(f *fake) { delete(f.on, "AT+GMR"); f.settings["CIPMUX"] = "0" })
			f.write(f.answers["AT+GMR"] + "\r\nready\r\n")
		}
		f.on["AT+CIFSR"] = func() { time.Sleep(time.Millisecond); f.write(f.answers["AT+CIFSR"]) } // as a module takes time
		if _, err := Open(t.Context(), s, Options{}); err != nil || f.settings["CIPMUX"] != "1" {
			t.Errorf("CIPMUX is %s, %v", f.settings["CIPMUX"], err)
		}
	})
}

func TestOpenResetsASilentModule(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		f.on["AT"] = func() {}
		f.on["x"] = func() {}
		reset := func(context.Context) error {
			f.set(func(f *fake) { delete(f.on, "AT"); delete(f.on, "x") })
			f.later(time.Second, "\r\nready\r\n")
			return nil
		}
		if _, err := Open(t.Context(), s, Options{Reset: reset}); err != nil {
			t.Error(err)
		}
	})
}

func TestBoot(t *testing.T) {
	opened(t, Options{Wifi: home}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) { f.joins("+CW:CONNECTING\r\n"+ok, "+CW:CONNECTED\r\n+CW:GOTIP\r\n") })
		before := len(f.lines())
		begin := time.Now()
		if err := m.Boot(t.Context()); err != nil {
			t.Fatal(err)
		}
		// 1 s to `ready`, 100 ms after it, 1 s to the address: the fake has no other latency.
		if took := time.Since(begin); took < 2100*time.Millisecond || took > 2200*time.Millisecond {
			t.Errorf("took %v", took)
		}
		got := f.lines()[before:]
		for _, l := range []string{"AT+RST", "AT+SYSSTORE?", "AT+CIPMUX?", `AT+CWJAP="home","correct horse"`} {
			if !slices.Contains(got, l) {
				t.Errorf("%s was not sent: %q", l, got)
			}
		}
		if m.UnaskedReady() != 0 {
			t.Error("the reset was taken for a brown-out")
		}
	})
}

func TestResetWithoutReady(t *testing.T) {
	for late, want := range map[time.Duration]string{
		3900 * time.Millisecond: "",
		4100 * time.Millisecond: "no `ready` within 4s",
	} {
		opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
			f.set(func(f *fake) { f.on["AT+RST"] = func() { f.write(ok); f.later(late, "\r\nready\r\n") } })
			err := m.Reset(t.Context())
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("ready after %v: %v", late, err)
			}
		})
	}
}

// TestUnaskedReady: links and settings are gone; only a reset makes the module usable again.
func TestUnaskedReady(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.write("\r\nready\r\n")
		for m.UnaskedReady() == 0 {
			time.Sleep(time.Millisecond)
		}
		_, err := m.Send(t.Context(), 0, make([]byte, 10), SendOptions{})
		if !errors.Is(err, at.ErrReset) || !strings.Contains(err.Error(), "brown-out") || !DialogBroken(err) {
			t.Errorf("send: %v", err)
		}
		if _, err := m.Conditions(t.Context()); !errors.Is(err, at.ErrReset) {
			t.Errorf("conditions: %v", err)
		}
		if err := m.CloseLink(t.Context(), 0); err != nil {
			t.Errorf("closing what is gone: %v", err)
		}
		if err := m.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Conditions(t.Context()); err != nil || m.UnaskedReady() != 1 {
			t.Errorf("after the reset: %v, %d unasked", err, m.UnaskedReady())
		}
	})
}

func TestLogsHoldNoPassword(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	secret := Wifi{SSID: "home", Password: `hunter"2,x`}
	opened(t, Options{Wifi: secret, Log: log}, func(t *testing.T, f *fake, m *Module) {
		for _, reply := range []string{fail, "+CWJAP:2\r\n" + fail, "AT+CWJAP=\"home\",\"hunter\\\"2\\,x\"\r\n", ""} {
			f.set(func(f *fake) { f.joins(reply, "") })
			_, err := m.Join(t.Context(), secret)
			if err == nil {
				t.Fatal("joined")
			}
			for _, part := range []string{"hunter", `2,x`, `2\,x`} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the error shows the password: %v", err)
				}
			}
		}
	})
	if logged.Len() == 0 || strings.Contains(logged.String(), "hunter") {
		t.Errorf("log: %s", logged.String())
	}
}
