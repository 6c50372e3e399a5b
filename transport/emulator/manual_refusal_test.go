package emulator

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

// A form that a command does not have is refused with its code, and so are 17
// parameters of one that it has.
func TestManualRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+SYSLOG=1")
		for _, e := range manual(t) {
			if e.name == "" || !strings.HasPrefix(e.name, "+") {
				continue
			}
			for form, line := range map[string]string{"query": "AT" + e.name + "?", "execute": "AT" + e.name, "set": "AT" + e.name + "=1", "test": "AT" + e.name + "=?"} {
				if !slices.Contains(e.forms, form) {
					r.do(line, refusal(int(core.BadForm)))
				}
			}
			if slices.Contains(e.forms, "set") {
				r.do("AT"+e.name+"="+strings.Repeat("1,", 16)+"1", refusal(int(core.BadCount)))
				r.do("AT"+e.name+`="open`, refusal(int(core.BadSyntax)))
			}
		}
	})
}

// Parameters too many or too few, of the wrong type, out of range or too long are
// refused with the code of that mistake; those at the ends of their ranges are not.
func TestManualParameters(t *testing.T) {
	for _, profile := range []string{"t01-2.0.106", "manual"} {
		p, err := LoadProfile(profile)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range manual(t) {
			if e.since != "" && later(e.since, p) {
				continue
			}
			if slices.Contains(e.forms, "set") && e.section != "-" && len(e.setForms(profile)) == 0 {
				t.Errorf("AT%s has a set form, and no parameters", e.name)
			}
			for _, f := range e.setForms(profile) {
				t.Run(profile+"/"+strings.TrimPrefix(e.name, "+")+"/"+f.state, func(t *testing.T) {
					refusesMistakes(t, profile, e, f)
					takesBounds(t, profile, e, f)
				})
			}
		}
	}
}

func refusesMistakes(t *testing.T, profile string, e entry, f form) {
	synctest.Test(t, func(t *testing.T) {
		r := inState(t, profile, f.state)
		defer func() { r.close() }()
		for _, m := range f.mistakes() {
			line := "AT" + e.name + "=" + strings.Join(m.values, ",")
			if len(line) > 254 {
				continue
			}
			if got := r.answer(line); !strings.HasSuffix(got, refusal(int(m.code))) {
				t.Errorf("%s is answered with %q, want %q", line, got, refusal(int(m.code)))
				r.close()
				r = inState(t, profile, f.state)
			}
		}
	})
}

func takesBounds(t *testing.T, profile string, e entry, f form) {
	synctest.Test(t, func(t *testing.T) {
		for _, values := range f.correct() {
			line := "AT" + e.name + "=" + strings.Join(values, ",")
			if len(line) > 254 {
				continue
			}
			r := inState(t, profile, f.state)
			got := r.promptly(line)
			for _, c := range []core.Code{core.BadLength, core.BadType, core.BadCount, core.BadValue, core.BadSyntax} {
				if strings.Contains(got, c.Error()) {
					t.Errorf("%s is answered with %q", line, got)
				}
			}
			r.close()
		}
	})
}

// inState is a new module in a state, which gives its error codes.
func inState(t *testing.T, profile, state string) *rig {
	prepare := states[state]
	if prepare == nil {
		t.Fatalf("no state %q", state)
	}
	r := open(t, Config{Profile: profile, Ether: NewEther(), Unit: 1})
	prepare(r)
	r.ok("AT+SYSLOG=1")
	return r
}

// promptly writes a line and returns what comes within a second.
func (r *rig) promptly(line string) string {
	r.t.Helper()
	fmt.Fprint(r, line, "\r\n")
	r.SetReadDeadline(time.Now().Add(time.Second))
	b, _ := io.ReadAll(r)
	return string(b)
}
