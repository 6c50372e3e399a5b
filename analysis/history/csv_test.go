package history

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

var mbps = []Column{{Name: "mbps", Better: +1, Margin: 0.03}}

const heading = "release,session,role,firmware,run,mbps\n"

// The same numbers however a program writes them: BOM, CRLF, quotes, blanks, other columns and another order of columns.
func TestReadCSV(t *testing.T) {
	for what, text := range map[string]string{
		"plain": heading + "2.0.75,a,candidate,v75,1,10\n2.0.75,a,reference,v60,1,8\n2.0.89,b,candidate,v89,1,9.5\n2.0.89,b,candidate,v89,2,\n",
		"windows": "\ufeff" + strings.ReplaceAll(heading+"2.0.75,a,candidate,v75,1,10\n2.0.75,a,reference,v60,1,8\n\n2.0.89,b,candidate,v89,1,9.5\n"+
			"2.0.89,b,candidate,v89,2,\n", "\n", "\r\n"),
		"order": "note,mbps,run,firmware,role,session,\" release \"\n,1e1,1,v75,candidate,a,2.0.75\n\"a, b\", 8.0 ,1,v60,reference,a,2.0.75\n" +
			",9.5,1,v89,candidate,b,2.0.89\n,,2,v89,candidate,b,2.0.89",
		"shared reference": heading + "2.0.75,a,candidate,v75,1,10\nold,a,reference,v60,1,8\n2.0.89,b,candidate,v89,1,9.5\n2.0.89,b,candidate,v89\n",
	} {
		all, err := ReadCSV("x.csv", strings.NewReader(text), mbps)
		if err != nil || len(all) != 1 || len(all[0].Releases) != 2 {
			t.Errorf("%s: %v, %+v", what, err, all)
			continue
		}
		a, b := all[0].Releases[0], all[0].Releases[1]
		if a.Name != "2.0.75" || a.Firmware != "v75" || b.Name != "2.0.89" || len(a.Sessions) != 1 || len(b.Sessions) != 1 {
			t.Errorf("%s: %+v, %+v", what, a, b)
			continue
		}
		s := a.Sessions[0]
		if s.Name != "a" || !slices.Equal(s.Candidate, []float64{10}) || !slices.Equal(s.Reference, []float64{8}) || s.ReferenceFirmware != "v60" {
			t.Errorf("%s: %+v", what, s)
		}
		if !slices.Equal(b.Sessions[0].Candidate, []float64{9.5}) {
			t.Errorf("%s: a missing value counts: %+v", what, b)
		}
	}
}

// Rows of one run are repeats of one boot and have their geometric mean; rows without a run stand alone.
func TestRepeatsOfRun(t *testing.T) {
	all, err := ReadCSV("x.csv", strings.NewReader(heading+"a,,candidate,,1,2\na,,candidate,,1,8\na,,candidate,,2,5\na,,candidate,,,7\na,,candidate,,,7\n"), mbps)
	if err != nil {
		t.Fatal(err)
	}
	got := all[0].Releases[0].Sessions[0].Candidate
	if len(got) != 4 || math.Abs(got[0]-4) > 1e-12 || !slices.Equal(got[1:], []float64{5, 7, 7}) {
		t.Errorf("%v, should be 4 5 7 7", got)
	}
}

func TestMistakesOfCSV(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    {"f.csv:1:1: the file is empty"},
		heading:               {"f.csv:1:1: there is no row"},
		"release,role\na,b\n": {"f.csv:1:1: the first row does not name session, firmware, run; it names release, role\n", "f.csv:1:1: no column mbps for --metric; there are "},
		"release;session;role;firmware;run;mbps\n":                       {"commas separate columns"},
		strings.Replace(heading, "run", "run,run", 1):                    {"f.csv:1:35: column run is there twice"},
		heading + "a,s,candidate,f,1,10 Mbit/s\n":                        {`f.csv:2:19: mbps: "10 Mbit/s" is not a number`},
		heading + "a,s,candidate,f,1,\"1,5\"\n":                          {`f.csv:2:19: mbps: "1,5" is not a number`},
		heading + "a,s,candidate,f,1,NaN\na,s,candidate,f,1,-3\n":        {"f.csv:2:19: mbps:", "f.csv:3:19: mbps: -3 is not positive"},
		heading + "a,s,candidate,f,1,0x1p4\n":                            {`f.csv:2:19: mbps: "0x1p4" is not a number`},
		heading + "a,s,candidat,f,1,10\n":                                {`f.csv:2:5: unknown role "candidat"; candidate and reference are allowed`},
		heading + ",s,candidate,f,1,10\n":                                {"f.csv:2:1: release is empty"},
		heading + "a,s,candidate,f,1,10,11\n":                            {"f.csv:2:22: 7 cells, but 6 columns"},
		heading + "a,s,candidate,f,1,\"10\n":                             {"f.csv:2:"},
		heading + "a\n":                                                  {`f.csv:2:1: unknown role ""`},
		strings.ReplaceAll(heading, "mbps", "kbps"):                      {"f.csv:1:1: no column mbps for --metric; there are kbps"},
		heading + strings.Repeat("a,s,candidate,f,1,x\n", 50):            {"f.csv:21:19: mbps:", "; what follows was not looked at"},
		heading + "a,s,reference,f,1,10\n":                               {"f.csv:2:1: every row is the reference's"},
		"\xff\xfer\x00e\x00,\x00m\x00\n\x00":                             {"f.csv:1:1: UTF-16; save it as UTF-8"},
		strings.ReplaceAll(heading+"a,s,candidate,f,1,10\n", "\n", "\r"): {"f.csv:1:1: its lines end with CR alone"},
		"\x01\x02,a\nx\n":                                                {`it names "\x01\x02", a`},
	} {
		_, err := ReadCSV("f.csv", strings.NewReader(text), mbps)
		var all Mistakes
		if !errors.As(err, &all) {
			t.Errorf("%q: %v is no list of mistakes", text, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %q lacks %q", text, err, w)
			}
		}
		if strings.Contains(want[0], ":1:1: ") && strings.Contains(err.Error(), ":2:") {
			t.Errorf("%q: rows are blamed for the first one: %v", text, err)
		}
		if len(all) > enoughMistakes {
			t.Errorf("%d mistakes are told", len(all))
		}
	}
}

// A loss, as export names it, may be 0 and is compared by its difference.
func TestLossOfCSV(t *testing.T) {
	loss := []Column{{Name: "length=64/loss", Better: -1, Margin: 0.001}}
	text := strings.Replace(heading, "mbps", "length=64/loss", 1)
	for i := range 12 {
		for boot := range 3 {
			text += fmt.Sprintf("r%d,,candidate,,%d,%g\nr%d,,candidate,,%[2]d,0\n", i, boot, map[bool]float64{true: 0.008}[i > 6], i)
		}
	}
	all, err := ReadCSV("x.csv", strings.NewReader(text), loss)
	if err != nil {
		t.Fatal(err)
	}
	c := Analyze(all, Options{}).Courses[0]
	if len(c.Changes) != 1 || c.Changes[0].Release != "r7" || math.Abs(c.Changes[0].Size-0.004) > 1e-9 {
		t.Errorf("%+v", c.Changes)
	}
	for _, bad := range []string{"-0.1", "1.5"} {
		if _, err := ReadCSV("x.csv", strings.NewReader(text+"r12,,candidate,,1,"+bad+"\n"), loss); err == nil {
			t.Errorf("a loss of %s is taken", bad)
		}
	}
}

func TestParseColumn(t *testing.T) {
	for text, want := range map[string]Column{
		"throughput_mbps:higher:3%": {"throughput_mbps", +1, 0.03},
		"rtt_p99_ms:lower:0.1":      {"rtt_p99_ms", -1, 0.1},
	} {
		if got, err := ParseColumn(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "x:higher", "x:up:3%", ":higher:3%", "x:higher:0", "x:lower:100%", "x:lower:-3%", "x:lower:3 ms"} {
		if c, err := ParseColumn(text); err == nil || !strings.Contains(err.Error(), "x") && text != "" && text[0] == 'x' {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

// Whatever the file, there are series or places of mistakes, and what was read can be analysed.
func FuzzReadCSV(f *testing.F) {
	f.Add(heading + "2.0.75,a,candidate,v75,1,10\n2.0.75,a,reference,v60,1,8\n2.0.89,b,candidate,v89,1,9.5\n")
	f.Add("\ufeffrelease,session,role,firmware,run,mbps,unit\r\na,,candidate,,,1,u\r\nb,,candidate,,,2,v\r\n")
	f.Add(heading + "a,s,candidate,f,1,\"1\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadCSV("f.csv", strings.NewReader(text), mbps)
		var mistakes Mistakes
		switch {
		case err == nil && len(all) == 1 && len(text) < 2000:
			if _, err := Analyze(all, Options{}).MarshalJSON(); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		case err != nil && !errors.As(err, &mistakes):
			t.Errorf("%q: %v", text, err)
		}
		for _, m := range mistakes {
			if m.Line < 1 || m.Col < 1 || m.File != "f.csv" || m.Text == "" || strings.Contains(m.Text, "\n") {
				t.Errorf("%q: %+v", text, m)
			}
		}
	})
}
