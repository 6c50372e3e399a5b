package core

import (
	"errors"
	"strings"
	"testing"
)

// The escapes are the manual's example 3.1.5.7.
func TestParseParameters(t *testing.T) {
	for text, want := range map[string][]string{
		`0,"TCP","192.168.1.10",5001,60,,5000`: {"0", "'TCP'", "'192.168.1.10'", "5001", "60", "", "5000"},
		`"ab\\\,c","0123456789\"\\"`:           {`'ab\,c'`, `'0123456789"\'`},
		`"abc","0123456789",,,,,,,3`:           {"'abc'", "'0123456789'", "", "", "", "", "", "", "3"},
		``:                                     {""},
		`,`:                                    {"", ""},
		`"",-1`:                                {"''", "-1"},
		`"a,b?",1`:                             {"'a,b?'", "1"},
	} {
		var a Args
		if err := a.parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, v := range a.arg[:a.n] {
			if v.quoted {
				got = append(got, "'"+string(v.text)+"'")
			} else {
				got = append(got, string(v.text))
			}
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]Code{
		`"abc`: BadSyntax, `"abc"x`: BadSyntax, `a"b"`: BadSyntax, `"abc\`: BadSyntax, `1,"`: BadSyntax,
		strings.Repeat(",", MaxArgs): BadCount,
	} {
		var a Args
		if err := a.parse([]byte(text)); err != want {
			t.Errorf("%s gives %v, want %v", text, err, want)
		}
	}
}

func TestAccessors(t *testing.T) {
	for text, want := range map[string]error{
		"5": nil, "0": nil, "-1": BadValue, "11": BadValue, "": BadCount, `"5"`: BadType, "5x": BadType, "-": BadType,
		"9223372036854775808": BadValue, "99999999999999999999": BadValue, "0x5": BadType, "+5": BadType, " 5": BadType,
	} {
		var a Args
		if err := a.parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if a.Int(0, 0, 10); a.Err() != want {
			t.Errorf("%q as a number from 0 to 10: %v, want %v", text, a.Err(), want)
		}
	}
	var a Args
	if err := a.parse([]byte(`7,"name",,-3`)); err != nil {
		t.Fatal(err)
	}
	if a.Int(0, 0, 9) != 7 || string(a.Text(1, 4)) != "name" || a.IntOr(2, 42, 0, 99) != 42 ||
		a.IntOr(9, 43, 0, 99) != 43 || a.TextOr(2, "def", 3) != "def" || a.Int(3, -9, 9) != -3 || a.Err() != nil {
		t.Errorf("good parameters are misread: %v", a.Err())
	}
	if a.Text(1, 3); a.Err() != BadLength {
		t.Errorf("a text that is too long: %v", a.Err())
	}
	if a.Int(1, 0, 9); a.Err() != BadLength {
		t.Errorf("the first mistake is replaced by %v", a.Err())
	}
}

func TestCommandForms(t *testing.T) {
	for line, want := range map[string]struct {
		name   string
		form   form
		params string
	}{
		"AT": {"", execute, ""}, "at": {"", execute, ""}, "aTe0": {"E0", execute, ""},
		"AT+cwmode?": {"+CWMODE", query, ""}, "AT+CWMODE=?": {"+CWMODE", test, ""},
		"AT+CWMODE=1,0": {"+CWMODE", set, "1,0"}, "AT+CIPRECVBUF=0?": {"+CIPRECVBUF", ask, "0"},
		`AT+X="what?"`: {"+X", set, `"what?"`}, `AT+X="a\"b?"?`: {"+X", ask, `"a\"b?"`},
		"AT+X=": {"+X", set, ""}, `AT+X=a=b`: {"+X", set, "a=b"},
	} {
		name, form, params, err := command([]byte(line))
		if string(name) != want.name || form != want.form || string(params) != want.params || err != nil {
			t.Errorf("%s is %q, form %d, %q, %v; want %+v", line, name, form, params, err, want)
		}
	}
	for line, want := range map[string]Code{"": NoAT, "A": NoAT, "XT+X": NoAT, " AT": NoAT, "AT+X?1": BadSyntax} {
		if _, _, _, err := command([]byte(line)); err != want {
			t.Errorf("%q gives %v, want %v", line, err, want)
		}
	}
}

// Whatever the line, the parser returns, and what it returns lies in the line.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"AT", `AT+CWJAP="ab\\\,c","0123456789\"\\"`, `AT+X="`, "AT+X=,,,,,,,,,,,,,,,,,,", "AT+X=-9?", "at\x00="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		length := len(line)
		_, form, params, err := command(line)
		if err != nil {
			return
		}
		var a Args
		if form != set && form != ask {
			return
		}
		if err := a.parse(params); err != nil {
			if code := Code(0); !errors.As(err, &code) {
				t.Errorf("an error without code: %v", err)
			}
			return
		}
		total := 0
		for i := range a.n {
			total += len(a.arg[i].text)
			a.err = nil
			a.Int(i, -5, 5)
			a.Text(i, 8)
		}
		if a.n < 1 || a.n > MaxArgs || total > length {
			t.Errorf("%d parameters of %d bytes from a line of %d", a.n, total, length)
		}
	})
}
