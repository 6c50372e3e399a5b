package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func addFiles(f *testing.F, patterns ...string) {
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", p, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte("{{{{"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("? [k]\n: - v\n"))
	f.Add([]byte("\xef\xbb\xbfname: bom"))
	f.Add([]byte("name: 'a\r\n b'\r"))
}

// positions fails when an error is not made of mistakes with a place and a text.
func positions(t *testing.T, err error) {
	t.Helper()
	var mistakes Errors
	if err != nil && (!errors.As(err, &mistakes) || len(mistakes) == 0) {
		t.Fatalf("the error is not a list of mistakes: %v", err)
	}
	for _, m := range mistakes {
		if m.Line < 1 || m.Col < 1 || m.Text == "" || m.File != "f.yaml" || strings.Contains(m.Text, "\n") {
			t.Errorf("mistake without place or without one line of text: %+v", m)
		}
	}
}

func FuzzParse(f *testing.F) {
	addFiles(f, "*.yaml", "testdata/right/*.yaml", "testdata/wrong/*.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("f.yaml", text)
		positions(t, err)
		if err != nil {
			return
		}
		cases := s.Expand()
		if len(cases) == 0 || len(cases) > maxCases {
			t.Fatalf("%d cases", len(cases))
		}
		keys := map[string]bool{}
		for _, c := range cases {
			if keys[c.Key] || c.Key == "" {
				t.Fatalf("the key %q is not unique", c.Key)
			}
			keys[c.Key] = true
			for _, line := range append(c.Setup, c.Cleanup...) {
				if _, bad := Destructive(line); bad || len(line) > maxLine {
					t.Fatalf("line %q of %s", line, c.Key)
				}
			}
			w := c.Workload
			k := lookupKind(w.Kind)
			length, _ := lookupField("length")
			if k.has("length") && (w.Length < 1 || float64(w.Length) > k.field(length).span.max) || k.has("links") && (w.Links < 1 || w.Links > 5) ||
				w.Duration == 0 && w.Total == 0 && w.Sends == 0 {
				t.Fatalf("workload %+v", w)
			}
		}
	})
}

func FuzzParseRig(f *testing.F) {
	addFiles(f, "testdata/rigs/*.yaml", "testdata/wrong/rig-*.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseRig("f.yaml", text, lookupRigEnv)
		positions(t, err)
		if err == nil && (r.Name == "" || r.Module.Scheme == "") {
			t.Errorf("rig %+v", r)
		}
	})
}

func FuzzParseLink(f *testing.F) {
	for _, s := range []string{"uart:/dev/x?baud=9600", "spi:unix:/x", "tcp:[::1]:1", "emulated?fault=a&fault=b", "replay:?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLink(s)
		if err != nil {
			return
		}
		if again, err := ParseLink(l.String()); err != nil || again.String() != l.String() {
			t.Errorf("%q is written %q, which reads as %q, %v", s, l, again, err)
		}
	})
}
