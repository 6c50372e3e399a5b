package st67

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/transport/at"
)

func TestDestructive(t *testing.T) {
	for line, want := range map[string]bool{
		`AT+EFUSE-W=4,"0x1c"`: true, "AT+EFUSE-CFM": true, `at+flash-w=4,"0x0"`: true, `AT+FLASH-E=4096,"0x0"`: true,
		"AT+OTAFIN": true, "AT+RESTORE": true, "  At+Restore  ": true, "AT\r\nAT+RESTORE": true, "AT+RESTORE=1": true,
		"AT": false, `AT+EFUSE-R=4,"0x1c"`: false, `AT+FLASH-R=4,"0x0"`: false, "AT+RST": false, "AT+RESTOREX": false,
		`AT+CWJAP="AT+RESTORE","x"`: false, "": false,
	} {
		if got := Destructive(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestCommand(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		lines, err := m.Command(t.Context(), "AT+SYSRAM?")
		if err != nil || !slices.Equal(lines, []string{"+SYSRAM:148408,84044"}) {
			t.Errorf("got %q, %v", lines, err)
		}
		before := len(f.lines())
		for _, line := range []string{"AT+RESTORE", "AT\r\nAT+RESTORE", "AT\nAT"} {
			if _, err := m.Command(t.Context(), line); err == nil {
				t.Errorf("%q was sent", line)
			}
		}
		if len(f.lines()) != before {
			t.Errorf("sent %q", f.lines()[before:])
		}
		_, err = m.Command(t.Context(), "AT+FAKE")
		if text, ok := Refusal(err); !ok || text != "ERR CODE:0x01090000 command not supported" {
			t.Errorf("got %q: %v", text, err)
		}
		if _, err := m.Command(t.Context(), "AT+CIPRECVMODE=1"); err != nil || !m.mode.passive {
			t.Errorf("mode %+v, %v", m.mode, err)
		}
		if m.Found()["CIPRECVMODE"] != "0" {
			t.Errorf("found %v", m.Found())
		}
	})
}

func TestRefusal(t *testing.T) {
	command := func(final string, code uint32) error {
		return fmt.Errorf("send: %w", &at.CommandError{Command: "AT+X", Final: final, Code: code})
	}
	for _, c := range []struct {
		err  error
		text string
		ok   bool
	}{
		{command("ERROR", 0x01070000), "ERR CODE:0x01070000 value out of range", true},
		{command("ERROR", 0x01061234), "ERR CODE:0x01061234 wrong number of parameters", true},
		{command("ERROR", 0x01990000), "ERR CODE:0x01990000 unknown error code", true},
		{command("ERROR", 0), "ERROR without a code", true},
		{command("ERROR", 0x010F0000), "", false},
		{command("SEND FAIL", 0), "", false},
		{command("busy p...", 0), "", false},
		{&LinkError{Err: command("ERROR", 0x01070000)}, "", false},
		{&JoinError{Err: command("ERROR", 0x01070000)}, "", false},
		{&at.ProtocolError{Err: context.DeadlineExceeded}, "", false},
		{nil, "", false},
	} {
		if text, ok := Refusal(c.err); text != c.text || ok != c.ok {
			t.Errorf("%v: got %q, %v", c.err, text, ok)
		}
	}
}

func TestRestore(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) { f.joins(ok, "+CW:CONNECTED\r\n+CW:GOTIP\r\n") })
		if _, err := m.Join(t.Context(), home); err != nil {
			t.Fatal(err)
		}
		connect(t, m, 0)
		if _, err := m.Command(t.Context(), "AT+CIPRECVMODE=1"); err != nil {
			t.Fatal(err)
		}
		before := len(f.lines())
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := m.Restore(ended); err != nil {
			t.Fatal(err)
		}
		got := slices.DeleteFunc(f.lines()[before:], func(l string) bool { return strings.HasSuffix(l, "?") || l == "AT" })
		want := []string{
			"AT+CIPCLOSE=5", "AT+CWQAP", "AT+CIPRECVMODE=0", "AT+CWMODE=3,0", "AT+CIPMUX=0", "AT+SYSLOG=0", "AT+SYSSTORE=1",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if m.mode != (mode{}) {
			t.Errorf("mode is %+v", m.mode)
		}
	})
}

// TestRestoreTwice: what is as it was found is left alone.
func TestRestoreTwice(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		if err := m.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := len(f.lines())
		if err := m.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		set := func(l string) bool {
			return strings.Contains(l, "=") && !strings.HasPrefix(l, "AT+SYSSTORE") && l != "AT+CIPCLOSE=5"
		}
		if got := f.lines()[before:]; slices.ContainsFunc(got, set) {
			t.Errorf("set again: %q", got)
		}
	})
}

func TestRestoreIsRefused(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) { f.answers["AT+CIPMUX=0"] = "ERR CODE:0x01100000\r\n" + fail })
		err := m.Restore(t.Context())
		if err == nil || !strings.Contains(err.Error(), "CIPMUX") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
		if got := f.lines(); got[len(got)-1] != "AT+SYSSTORE=1" {
			t.Errorf("the rest was not put back: %q", got)
		}
	})
}

func TestRestoreOfASilentModule(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) { f.on["AT"] = func() {}; f.on["x"] = func() {} })
		begin := time.Now()
		err := m.Restore(t.Context())
		if err == nil || time.Since(begin) > restoreLimit {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

// TestRestoreAfterAReset: the settings are those of the flash again, so nothing is set while the module would store it.
func TestRestoreAfterAReset(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) {
			f.settings["SYSSTORE"], f.settings["CWMODE"] = "1", "2"
		})
		before := len(f.lines())
		if err := m.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := f.lines()[before:]
		if i, j := slices.Index(got, "AT+SYSSTORE=0"), slices.Index(got, "AT+CWMODE=3,0"); i < 0 || j < i {
			t.Errorf("stored to flash: %q", got)
		}
	})
}

func TestEndedSession(t *testing.T) {
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		m, err := Open(t.Context(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		begin := time.Now()
		_, sendErr := m.Send(t.Context(), 0, []byte("x"), SendOptions{})
		_, joinErr := m.Join(t.Context(), home)
		for _, err := range []error{sendErr, joinErr, m.Restore(t.Context()), m.Reset(t.Context())} {
			if err == nil {
				t.Error("no error from a session that ended")
			}
		}
		if errors.Is(sendErr, context.DeadlineExceeded) || time.Since(begin) > time.Second {
			t.Errorf("took %v: %v", time.Since(begin), sendErr)
		}
	})
}
