package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"st67bench/results"
)

// option is one key of a URL's query.
type option struct {
	name    string
	choices []string       // what it may be, or
	each    []string       // what each of up to eight words between commas may be, or
	form    *regexp.Regexp // what it must look like, or
	span    span           // its range; unit "Hz" beside the units of results
	example string         // for form
	def     string         // when it is not given; "" for none
}

// scheme is one kind of link or meter.
type scheme struct {
	name    string
	target  string // what the target is, for messages
	valid   func(string) bool
	options []option
	needs   []string // options that must be given
	open    bool     // further options are passed through, and may be given more than once
}

// barePercent is a per cent sign that ends a value, as in loss=1%; elsewhere it begins an escape.
var barePercent = regexp.MustCompile(`%(&|$)`)

// parseURL reads SCHEME:TARGET?KEY=VALUE&… by a grammar. what is "link" or "meter" for messages, and names are its schemes.
// The error is one line per mistake.
func parseURL(s, what string, schemes []scheme, names []string) (scheme, string, url.Values, error) {
	head, query, _ := strings.Cut(s, "?")
	g, target, err := grammar(head, what, schemes, names)
	if err != nil {
		return g, "", nil, err
	}
	values, err := url.ParseQuery(barePercent.ReplaceAllString(query, "%25$1"))
	if err != nil {
		return g, "", nil, fmt.Errorf("the part after ? in %q cannot be read: %w; it must be key=value&key=value", s, err)
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(values)) {
		wrong = append(wrong, g.check(key, values[key]))
	}
	for _, key := range g.needs {
		if !values.Has(key) {
			wrong = append(wrong, fmt.Errorf("%s: has no %s; it must have one", g.name, key))
		}
	}
	return g, target, values, errors.Join(wrong...)
}

// grammar finds the scheme of the part before the ?, and its target.
func grammar(head, what string, schemes []scheme, names []string) (scheme, string, error) {
	for _, g := range schemes {
		target, ok := strings.CutPrefix(head, g.name+":")
		if g.target == "" {
			target, ok = "", head == g.name
		}
		if !ok {
			continue
		}
		if g.target != "" && !g.valid(target) {
			return g, "", fmt.Errorf("%q is not a target of %s:; it must be %s", target, g.name, g.target)
		}
		return g, target, nil
	}
	name, _, _ := strings.Cut(head, ":")
	return scheme{}, "", errors.New(unknown(what, name, names))
}

// check holds one key of the query against the grammar.
func (g scheme) check(key string, values []string) error {
	i := slices.IndexFunc(g.options, func(o option) bool { return o.name == key })
	switch {
	case i < 0 && g.open:
		return nil
	case i < 0 && len(g.options) == 0:
		return fmt.Errorf("unknown key %q of %s:; it takes none", key, g.name)
	case i < 0:
		return errors.New(unknown("key", key, g.keys()))
	case len(values) > 1:
		return fmt.Errorf("%s is given %d times; keep one", key, len(values))
	}
	return g.options[i].check(values[0])
}

func (g scheme) keys() []string {
	var keys []string
	for _, o := range g.options {
		keys = append(keys, o.name)
	}
	return keys
}

func (o option) check(value string) error {
	switch {
	case o.each != nil:
		return o.checkWords(strings.Split(value, ","))
	case o.choices != nil && !slices.Contains(o.choices, value):
		return errors.New(unknown(o.name, value, o.choices))
	case o.form != nil && !o.form.MatchString(value):
		return fmt.Errorf("%s %q cannot be read; it must be %s", o.name, value, o.example)
	case o.choices == nil && o.form == nil:
		if _, err := o.span.parse(value); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

// checkWords holds words against those that are allowed; an empty one stands for nothing.
func (o option) checkWords(words []string) error {
	if len(words) > 8 {
		return fmt.Errorf("%s has %d words; allowed: 8, one for each channel", o.name, len(words))
	}
	var wrong []error
	for i, word := range words {
		switch {
		case word == "":
		case !slices.Contains(o.each, word):
			wrong = append(wrong, errors.New(unknown(o.name, word, o.each)))
		case slices.Contains(words[:i], word):
			wrong = append(wrong, fmt.Errorf("%s has %s twice; keep one", o.name, word))
		}
	}
	return errors.Join(wrong...)
}

// parseHertz reads a frequency, which is a plain number or has Hz, kHz or MHz.
func parseHertz(text, _ string) (float64, error) {
	for _, u := range []struct {
		name   string
		factor float64
	}{{"MHz", 1e6}, {"kHz", 1e3}, {"Hz", 1}, {"", 1}} {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			if v, err := results.ParseQuantity(number, "1"); err == nil {
				return v * u.factor, nil
			}
		}
	}
	return 0, fmt.Errorf("cannot read %q; allowed: Hz, kHz, MHz or a plain number of Hz", text)
}

// get is the value of a key, or its default when it is not given, or "" when it has none.
func (g scheme) get(given url.Values, key string) string {
	if given.Has(key) {
		return given.Get(key)
	}
	for _, o := range g.options {
		if o.name == key {
			return o.def
		}
	}
	return ""
}

// writeURL puts the keys in alphabetical order behind the head; the parser reads it back.
func writeURL(head string, query url.Values) string {
	sep := "?"
	for _, key := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[key] {
			head += sep + escape(key) + "=" + escape(value)
			sep = "&"
		}
	}
	return head
}

// escape leaves the slashes, colons and commas of paths and GPIO lines readable.
func escape(s string) string {
	return strings.NewReplacer("%2F", "/", "%3A", ":", "%2C", ",").Replace(url.QueryEscape(s))
}

func notEmpty(s string) bool { return s != "" }

// hostPort accepts HOST:PORT with a port from 1 to 65535; an IPv6 host stands in brackets.
func hostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, wrong := strconv.ParseUint(port, 10, 16)
	return err == nil && wrong == nil && host != "" && n > 0
}
