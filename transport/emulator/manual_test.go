package emulator

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Every example of the manual, with the firmware's corrections, is answered as
// the profile says.
func TestManualExamples(t *testing.T) {
	for _, profile := range []string{"t01-2.0.106", "manual"} {
		for _, e := range manual(t) {
			for _, x := range e.examples {
				t.Run(profile+"/"+strings.TrimPrefix(e.name, "+")+"/"+x.at, func(t *testing.T) { runExample(t, profile, x) })
			}
		}
	}
}

func runExample(t *testing.T, profile string, x example) {
	synctest.Test(t, func(t *testing.T) {
		prepare := states[x.state]
		if prepare == nil {
			t.Fatalf("%s: no state %q", x.at, x.state)
		}
		r := open(t, Config{Profile: profile, Unit: 1, Ether: NewEther()})
		defer r.close()
		prepare(r)
		r.example(profile, x)
	})
}

func (r *rig) example(profile string, x example) {
	r.t.Helper()
	for i, s := range x.steps {
		switch s.kind {
		case ">":
			io.WriteString(r, s.text+"\r\n")
		case ">>":
			io.WriteString(r, s.text)
		case "fill":
			n, err := strconv.Atoi(s.text)
			if err != nil {
				r.t.Fatalf("%s: %v", s.at, err)
			}
			io.WriteString(r, strings.Repeat("\x00", n))
		case "wait":
			d, err := time.ParseDuration(s.text)
			if err != nil {
				r.t.Fatalf("%s: %v", s.at, err)
			}
			time.Sleep(d)
		case "<":
			if profile == "manual" && i+1 < len(x.steps) && x.steps[i+1].kind == "manual<" {
				continue
			}
			r.matches(s)
		case "manual<":
			if profile == "manual" {
				r.matches(s)
			}
		}
	}
	r.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	b := make([]byte, 256)
	if n, _ := r.Read(b); n > 0 && len(x.steps) > 0 {
		r.t.Fatalf("%s: the module also said %q", x.steps[len(x.steps)-1].at, b[:n])
	}
}

// matches reads until what came is what the step says, or a byte too many has come.
func (r *rig) matches(s step) {
	r.t.Helper()
	var got []byte
	b := make([]byte, 1)
	r.SetReadDeadline(time.Now().Add(patience))
	for !wild(s.text, string(got)) {
		if _, err := r.Read(b); err != nil {
			r.t.Fatalf("%s: the module said %q (%v), want %q", s.at, got, err, s.text)
		}
		got = append(got, b[0])
		if len(got) > 1<<16 {
			r.t.Fatalf("%s: the module said %q..., want %q", s.at, got[:256], s.text)
		}
	}
}

// wild says whether text is what the pattern says, in which * stands for any
// bytes but CR.
func wild(pattern, text string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' {
			for n := 0; ; n++ {
				if wild(pattern[i+1:], text[n:]) {
					return true
				}
				if n == len(text) || text[n] == '\r' {
					return false
				}
			}
		}
		if text == "" || text[0] != pattern[i] {
			return false
		}
		text = text[1:]
	}
	return text == ""
}

// The data have every command of the manual: testdata/commands.txt is its headings,
// 166 commands and +++. ATE0 and ATE1 share one; +++ is in the examples of CIPSEND.
func TestManualIsComplete(t *testing.T) {
	text, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(text)) {
		want = append(want, strings.TrimSpace(line))
	}
	if len(want) != 167 {
		t.Fatalf("the list has %d lines, want 166 commands and +++", len(want))
	}
	got := []string{"4.1.9 +++"}
	for _, e := range manual(t) {
		switch {
		case e.section == "-" || e.name == "E1":
		case e.name == "E0":
			got = append(got, e.section+" ATE")
		default:
			got = append(got, e.section+" AT"+e.name)
		}
		if len(e.examples) == 0 {
			t.Errorf("AT%s has no example", e.name)
		}
	}
	for _, c := range want {
		if !slices.Contains(got, c) {
			t.Errorf("%s is in no data file", c)
		}
	}
	for _, c := range got {
		if !slices.Contains(want, c) {
			t.Errorf("%s is not in the manual", c)
		}
	}
}

// The table has each command of the manual, in the forms of the manual, and
// nothing else is answered.
func TestManualForms(t *testing.T) {
	for _, profile := range Profiles() {
		t.Run(profile, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{Profile: profile})
				defer r.close()
				p, err := LoadProfile(profile)
				if err != nil {
					t.Fatal(err)
				}
				r.forms(p, manual(t))
				r.listed(p, manual(t))
			})
		})
	}
}

// listed compares AT+CMD? with the forms of the data (manual 2.2.5.2).
func (r *rig) listed(p Profile, entries []entry) {
	r.t.Helper()
	want := map[string]string{}
	for _, e := range entries {
		if e.since != "" && later(e.since, p) {
			continue
		}
		text := ""
		for _, form := range []string{"test", "query", "set", "execute"} {
			if slices.Contains(e.forms, form) {
				text += ",1"
			} else {
				text += ",0"
			}
		}
		want["AT"+e.name] = text
	}
	lines := strings.Split(strings.TrimSuffix(r.answer("AT+CMD?"), "\r\n\r\nOK\r\n"), "\r\n")
	for i, line := range lines {
		name, forms, _ := strings.Cut(strings.TrimPrefix(line, fmt.Sprintf("+CMD:%d,\"", i)), `"`)
		if want[name] != forms || forms == "" {
			r.t.Errorf("%q, want the forms %q of %s", line, want[name], name)
		}
	}
	if len(lines) != len(want) {
		r.t.Errorf("AT+CMD? has %d lines, want %d", len(lines), len(want))
	}
}

func (r *rig) forms(p Profile, entries []entry) {
	table := map[string][]string{}
	for _, c := range r.m.current().Commands() {
		var forms []string
		for form, has := range map[string]bool{"query": c.Query != nil || c.Ask != nil, "set": c.Set != nil, "execute": c.Execute != nil, "test": c.Test != nil} {
			if has {
				forms = append(forms, form)
			}
		}
		slices.Sort(forms)
		table[c.Name] = forms
	}
	for _, e := range entries {
		want := slices.Sorted(slices.Values(e.forms))
		got, there := table[e.name]
		delete(table, e.name)
		switch {
		case e.since != "" && later(e.since, p):
			if there {
				r.t.Errorf("AT%s is in profile %s, and comes with %s", e.name, p.Name, e.since)
			}
		case !there:
			r.t.Errorf("AT%s (manual %s) is missing", e.name, e.section)
		case !slices.Equal(got, want):
			r.t.Errorf("AT%s (manual %s) has the forms %v, want %v", e.name, e.section, got, want)
		}
	}
	for name := range table {
		r.t.Errorf("AT%s is in no data file", name)
	}
}

// later says whether a version comes after that of the profile.
func later(since string, p Profile) bool {
	var v Profile
	if err := parseVersion(&v, since); err != nil {
		panic(err)
	}
	return v.Version > p.Version
}
