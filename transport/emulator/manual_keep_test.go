package emulator

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A setting is kept over a restart as the data say: never, when AT+SYSSTORE is 1,
// or always. Every example that sets and then asks shows it.
func TestManualKeep(t *testing.T) {
	checked := 0
	for _, e := range manual(t) {
		for _, x := range e.examples {
			ask, ok := asksAfterSet(e, x)
			if !ok {
				continue
			}
			checked++
			got := "no"
			switch stored, always := keptOver(t, x, ask, "1"), keptOver(t, x, ask, "0"); {
			case stored && always:
				got = "always"
			case stored:
				got = "sysstore"
			}
			if got != e.keep {
				t.Errorf("%s: AT%s is kept: %s, want %s", x.at, e.name, got, e.keep)
			}
			break
		}
	}
	if checked < 30 {
		t.Errorf("only %d settings were looked at", checked)
	}
}

// asksAfterSet is the example's last line when it asks for what was set before it.
func asksAfterSet(e entry, x example) (ask string, ok bool) {
	set := false
	for _, s := range x.steps {
		if s.kind != ">" {
			continue
		}
		set = set || strings.HasPrefix(s.text, "AT"+e.name+"=")
		if s.text == "AT"+e.name+"?" && set {
			ask = s.text
		}
	}
	return ask, ask != "" && (x.state == "fresh" || x.state == "joined")
}

// keptOver says whether the answer to ask is the same after a restart.
func keptOver(t *testing.T, x example, ask, store string) (kept bool) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		states[x.state](r)
		r.ok("AT+SYSSTORE=" + store)
		fresh := r.answer(ask)
		for _, s := range x.steps {
			switch s.kind {
			case ">":
				before := r.answer(s.text)
				if s.text == ask && before != fresh {
					r.answer("AT+RST")
					kept = r.answer(ask) == before
					return
				}
			case ">>":
				io.WriteString(r, s.text)
			}
		}
	})
	return kept
}

// answer writes a line and returns what comes within ten seconds.
func (r *rig) answer(line string) string {
	r.t.Helper()
	io.WriteString(r, line+"\r\n")
	r.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, _ := io.ReadAll(r)
	return string(b)
}
