package emulator

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// States that examples begin in. Each opens a module, with SYSLOG off.
var states = map[string]func(r *rig){
	"fresh":  func(*rig) {},
	"joined": func(r *rig) { r.join() },
	"linked": func(r *rig) { keepReading(r.connect()) },
	"single": single,
	"passive": func(r *rig) {
		r.ok("AT+CIPRECVMODE=1")
		peer := r.connect()
		io.WriteString(peer, "hello")
		r.expect("+IPD:0,5\r\n")
	},
	"ble-server": func(r *rig) { r.ok("AT+BLEINIT=2") },
	"ble-client": func(r *rig) { r.ok("AT+BLEINIT=1") },
}

// single is a joined module with one TCP connection and CIPMUX=0.
func single(r *rig) {
	l, err := r.net.Listen("tcp", peerAddress)
	if err != nil {
		r.t.Fatal(err)
	}
	defer l.Close()
	r.join()
	r.do(`AT+CIPSTART="TCP","192.168.67.9",5001`, "+CIP:CONNECTED\r\n\r\nOK\r\n")
	peer, err := l.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	keepReading(peer)
}

// keepReading takes what the module sends until the peer's end closes.
func keepReading(peer io.ReadCloser) {
	go func() {
		io.Copy(io.Discard, peer)
		peer.Close()
	}()
}

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
		r := open(t, Config{Profile: profile})
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
			})
		})
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
			for form, line := range map[string]string{"query": "AT" + e.name + "?", "execute": "AT" + e.name, "test": "AT" + e.name + "=?"} {
				if !slices.Contains(e.forms, form) {
					r.do(line, "ERR CODE:0x010c0000\r\n\r\nERROR\r\n")
				}
			}
			if slices.Contains(e.forms, "set") {
				r.do("AT"+e.name+"="+strings.Repeat("1,", 16)+"1", "ERR CODE:0x01060000\r\n\r\nERROR\r\n")
				r.do("AT"+e.name+`="open`, "ERR CODE:0x01080000\r\n\r\nERROR\r\n")
			}
		}
	})
}
