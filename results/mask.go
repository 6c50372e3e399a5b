package results

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// masked stands where a secret was.
const masked = "***"

// Mask replaces every secret in text by ***, in each form in which it can have
// been written: as it is, escaped as an AT command parameter (a backslash
// before quote, comma and backslash: AT command manual, section 3.1.5.5), as a
// JSON, YAML or Go string, or as part of a URL. Empty secrets are ignored.
func Mask(text string, secrets []string) string {
	for _, form := range forms(secrets) {
		text = strings.ReplaceAll(text, form, masked)
	}
	return text
}

var escapeAT = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `,`, `\,`)

// forms lists what to look for, the longest first, so that a secret that is
// part of another one does not leave the rest of it standing.
func forms(secrets []string) []string {
	var all []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		for _, form := range []string{s, escapeAT.Replace(s)} {
			all = append(all, form, inJSON(form, true), inJSON(form, false), unquoted(strconv.Quote(form)))
		}
		all = append(all, url.QueryEscape(s), url.PathEscape(s))
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(all)
}

func inJSON(s string, html bool) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(html)
	_ = e.Encode(s) // a string always encodes
	return unquoted(strings.TrimSuffix(out.String(), "\n"))
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// maskMap masks the values and leaves the keys, which are names.
func maskMap(m map[string]string, secrets []string) map[string]string {
	if m == nil || len(secrets) == 0 {
		return m
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = Mask(v, secrets)
	}
	return out
}

// maskAny masks the strings below v, by way of its JSON form. Keys stay: they
// are names, and a secret that happens to be one of them must not break the file.
func maskAny(v any, secrets []string) (any, error) {
	if v == nil || len(secrets) == 0 {
		return v, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // int64 nanoseconds do not fit in a float64
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	return maskTree(tree, secrets), nil
}

func maskTree(v any, secrets []string) any {
	switch v := v.(type) {
	case string:
		return Mask(v, secrets)
	case []any:
		for i := range v {
			v[i] = maskTree(v[i], secrets)
		}
	case map[string]any:
		for k := range v {
			v[k] = maskTree(v[k], secrets)
		}
	}
	return v
}

// masked returns the run as it may be stored.
func (r Run) masked() (Run, error) {
	r.Identity = maskMap(r.Identity, r.Secrets)
	r.Conditions = maskMap(r.Conditions, r.Secrets)
	for _, d := range []*Document{&r.Scenario, &r.Rig} {
		d.Text = Mask(d.Text, r.Secrets)
		parsed, err := maskAny(d.Parsed, r.Secrets)
		if err != nil {
			return Run{}, err
		}
		d.Parsed = parsed
	}
	return r, nil
}

// masked returns the result as it may be stored: an error can quote a command
// that carried a password.
func (r Result) masked(secrets []string) Result {
	r.Err = Mask(r.Err, secrets)
	r.Conditions = maskMap(r.Conditions, secrets)
	return r
}
