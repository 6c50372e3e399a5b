package emulator

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What became of a setting: after a restart with AT+SYSSTORE=1 and =0, and after
// AT+RESTORE.
type kept struct{ stored, always, restored bool }

// A setting is kept over a restart as the data say: never, when AT+SYSSTORE is 1,
// or always; AT+RESTORE brings back the first value. An example that sets and then
// asks shows it, and each command that keeps something and can be asked has one.
func TestManualKeep(t *testing.T) {
	checked := 0
	for _, e := range manual(t) {
		x, ask, ok := setsAndAsks(t, e)
		switch {
		case ok:
			checked++
			checkKept(t, e, x, ask)
		case e.keep != "no" && slices.Contains(e.forms, "query"):
			t.Errorf("AT%s is kept, and no example sets it and then asks", e.name)
		}
	}
	if checked < 40 {
		t.Errorf("only %d settings were looked at", checked)
	}
}

func checkKept(t *testing.T, e entry, x example, ask string) {
	k := kept{outlives(t, x, ask, "AT+SYSSTORE=1", "AT+RST"), outlives(t, x, ask, "AT+SYSSTORE=0", "AT+RST"), !outlives(t, x, ask, "AT+SYSSTORE=1", "AT+RESTORE")}
	if want := (kept{e.keep != "no", e.keep == "always", true}); k != want {
		t.Errorf("%s: AT%s: %+v, want %+v", x.at, e.name, k, want)
	}
}

// setsAndAsks is an example of e that sets it to another value than at first and
// then asks, and how it asks.
func setsAndAsks(t *testing.T, e entry) (x example, ask string, ok bool) {
	ask = "AT" + e.name + "?"
	for _, x := range e.examples {
		set := slices.IndexFunc(x.steps, func(s step) bool { return s.kind == ">" && strings.HasPrefix(s.text, "AT"+e.name+"=") })
		if set < 0 || !slices.ContainsFunc(x.steps[set:], func(s step) bool { return s.kind == ">" && s.text == ask }) {
			continue
		}
		if replay(t, x, ask, "AT", func(*rig, string) {}) {
			return x, ask, true
		}
	}
	return example{}, "", false
}

// outlives says whether the answer to ask is the same after another line, which
// restarts the module.
func outlives(t *testing.T, x example, ask, store, restart string) (same bool) {
	replay(t, x, ask, store, func(r *rig, set string) {
		r.answer(restart)
		same = r.answer(ask) == set
	})
	return same
}

// replay goes through an example until the answer to ask has changed, and calls then
// with what it is; false when it does not change.
func replay(t *testing.T, x example, ask, store string, then func(r *rig, set string)) (changed bool) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Unit: 1, Ether: NewEther()})
		defer r.close()
		states[x.state](r)
		r.ok(store)
		fresh := r.answer(ask)
		for _, s := range x.steps {
			switch s.kind {
			case ">":
				if set := r.answer(s.text); s.text == ask && set != fresh {
					changed = true
					then(r, set)
					return
				}
			case ">>":
				io.WriteString(r, s.text)
			}
		}
	})
	return changed
}

// answer writes a line and returns what comes within ten seconds.
func (r *rig) answer(line string) string {
	r.t.Helper()
	io.WriteString(r, line+"\r\n")
	r.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, _ := io.ReadAll(r)
	return string(b)
}
