package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	for _, c := range []struct {
		text    string
		secrets []string
		want    string
	}{
		{"password: hunter22", []string{"hunter22"}, "password: ***"},
		{"hunter22hunter22", []string{"hunter22"}, "******"},
		{"long secret and secret", []string{"secret", "long secret"}, "*** and ***"},
		{"nothing", []string{"", "hunter22"}, "nothing"},
		{"nothing", nil, "nothing"},
		{`AT+CWJAP="lab","a\"b\\c\,d"`, []string{`a"b\c,d`}, `AT+CWJAP="lab","***"`},
		{`{"password":"a\"b\u003cd\u003e"}`, []string{`a"b<d>`}, `{"password":"***"}`},
		{`{"password":"a\"b<d>"}`, []string{`a"b<d>`}, `{"password":"***"}`},
		{"tcp://me:p%40ss+word@host", []string{"p@ss word"}, "tcp://me:***@host"},
		{"tcp://me:p@ss%20word@host", []string{"p@ss word"}, "tcp://me:***@host"},
	} {
		if got := Mask(c.text, c.secrets); got != c.want {
			t.Errorf("Mask(%q, %q) = %q, want %q", c.text, c.secrets, got, c.want)
		}
	}
}

// In none of the usual encodings does a secret survive.
func TestMaskEveryEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringN(8, 63, -1).Draw(t, "secret")
		inJSON, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			secret, string(inJSON), fmt.Sprintf("%q", secret), url.QueryEscape(secret), url.PathEscape(secret),
			fmt.Sprintf("%q", `AT+CWJAP="lab","`+escapeAT.Replace(secret)+`"`),
		} {
			if got := Mask("<"+text+">", []string{secret}); !strings.Contains(got, masked) || strings.Contains(got, secret) {
				t.Fatalf("secret %q in %s is masked to %s", secret, text, got)
			}
		}
	})
}

// Secrets come out of no file, whichever way they come in, and a secret that is
// also the name of a key leaves the files readable.
func TestWriterMasks(t *testing.T) {
	const secret = `goodput"1`
	run := newRun()
	run.Secrets = []string{secret, "outcome", "schema", "goodput"}
	run.Identity["peer"] = "tcp://" + secret
	run.Conditions["ap"] = secret
	run.Rig = Document{Text: secret, Parsed: map[string]any{"list": []any{secret, 5, map[string]any{"deep": secret}}}}
	w, err := Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	r := result(1)
	r.Err, r.Conditions = "no answer to "+secret, map[string]string{"ssid": secret}
	event := struct {
		Event string
		Err   error
		N     int64
		Text  []string
	}{"end", nil, 1<<53 + 1, []string{secret}}
	later := run
	later.Secrets = nil // must not be forgotten
	if err := errors.Join(w.Append(r), w.Event(event), w.Update(later), w.Close()); err != nil {
		t.Fatal(err)
	}
	files := tree(t, w.Dir())
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if text := files[name]; strings.Contains(text, secret) || strings.Contains(text, `goodput\"1`) {
			t.Errorf("the secret is in %s:\n%s", name, text)
		}
	}
	if text := files[eventsFile]; !strings.Contains(text, "9007199254740993") || !strings.Contains(text, `"***"`) {
		t.Errorf("event is %s", text)
	}
	got := reopen(t, w)
	if got.Results[0].Metrics["goodput"] != r.Metrics["goodput"] || got.Results[0].Err != "no answer to ***" || got.Schema != Schema {
		t.Errorf("run is %+v", got)
	}
	if r.Err == got.Results[0].Err || run.Conditions["ap"] != secret {
		t.Error("the caller's values were masked too")
	}
}
